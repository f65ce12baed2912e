import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { id } from "ethers";
import { network } from "hardhat";

import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import { DELTA_TYPES, domainOf, four, nextDelta } from "./signing.ts";

const SNAPSHOT = new URL("./gas.snapshot.json", import.meta.url);
const EXPIRY = 4_102_444_800n;

/** What a whole transaction may cost, base and calldata included. */
const TARGETS = {
  "mint, later, with a commit key": 80_000,
  "commit by the commit key": 54_000,
  "commit by the owner": 56_000,
  "commit relayed": 62_000,
  "grant with welcome": 54_500,
  "revoke and rotate by the commit key, 1 member": 64_000,
  "revoke and rotate by the commit key, 1000 members": 64_000,
  "revoke and rotate by the owner with the key's signature, 1 member": 72_000,
  "revoke and rotate by the owner with the key's signature, 1000 members": 72_000,
  "transfer, 1 grantee": 75_000,
  "transfer, 1000 grantees": 75_000,
} as const;

type Operation = keyof typeof TARGETS;

describe("Gas", () => {
  const measured = {} as Record<Operation, number>;

  /** Cold and steady: a transaction of its own, on slots that hold something already. */
  async function measure(operation: Operation, sent: Promise<ContractTransactionResponse>): Promise<void> {
    const receipt = await (await sent).wait();
    measured[operation] = Number(receipt?.gasUsed);
  }

  async function setUp() {
    const { ethers } = await network.create();
    const [owner, key, relayer, buyer] = four(await ethers.getSigners());
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const domain = await domainOf(vault);

    const mint = async (label: string, authorizer: string): Promise<bigint> => {
      const vaultId = BigInt(await vault.deriveSpaceId(owner.address, id(label)));
      await vault.mint(id(label), authorizer);
      return vaultId;
    };
    const commit = async (vaultId: bigint, label: string, by = key) =>
      vault.connect(by).commitTransition(await nextDelta(vault, vaultId, label), "0x");
    const grantMany = async (vaultId: bigint, from: number, to: number) => {
      for (let start = from; start < to; start += 100) {
        const calls = Array.from({ length: Math.min(100, to - start) }, (_, i) =>
          vault.interface.encodeFunctionData("grant", [
            vaultId,
            grantee(start + i),
            EXPIRY,
            3,
            id(`welcome ${start + i}`),
          ]),
        );
        await vault.multicall(calls);
      }
    };
    return { ethers, vault, domain, owner, key, relayer, buyer, mint, commit, grantMany };
  }

  const grantee = (n: number): string => `0x${id(`grantee ${n}`).slice(26)}`;

  before(async () => {
    const { vault, domain, owner, key, relayer, buyer, mint, commit, grantMany } = await setUp();

    const first = await mint("first", key.address);
    await measure("mint, later, with a commit key", vault.mint(id("second"), key.address));

    await commit(first, "one");
    await commit(first, "two");
    await measure("commit by the commit key", commit(first, "three"));
    const relayed = await nextDelta(vault, first, "four");
    const signature = await key.signTypedData(domain, DELTA_TYPES, relayed);
    await measure("commit relayed", vault.connect(relayer).commitTransition(relayed, signature));

    const own = await mint("own", "0x0000000000000000000000000000000000000000");
    await commit(own, "one", owner);
    await commit(own, "two", owner);
    await measure("commit by the owner", commit(own, "three", owner));

    await grantMany(first, 0, 1);
    await measure("grant with welcome", vault.grant(first, grantee(1), EXPIRY, 1, id("welcome")));
    await vault.revoke(first, grantee(1));

    /** A revocation and the commit that rotates the keys, in one transaction; the grant is given again after it. */
    const revokeAndRotate = async (label: string, signed: boolean) => {
      const delta = await nextDelta(vault, first, label);
      return vault
        .connect(signed ? owner : key)
        .multicall([
          vault.interface.encodeFunctionData("revoke", [first, grantee(0)]),
          vault.interface.encodeFunctionData("commitTransition", [
            delta,
            signed ? await key.signTypedData(domain, DELTA_TYPES, delta) : "0x",
          ]),
        ]);
    };
    await measure("revoke and rotate by the commit key, 1 member", revokeAndRotate("five", false));
    await grantMany(first, 0, 1);
    await measure(
      "revoke and rotate by the owner with the key's signature, 1 member",
      revokeAndRotate("six", true),
    );
    await grantMany(first, 0, 1000);
    await measure("revoke and rotate by the commit key, 1000 members", revokeAndRotate("seven", false));
    await grantMany(first, 0, 1);
    await measure(
      "revoke and rotate by the owner with the key's signature, 1000 members",
      revokeAndRotate("eight", true),
    );

    await grantMany(own, 0, 1);
    for (const vaultId of [own, first]) await vault.unlock(vaultId);
    const buyers = [buyer.address, relayer.address] as const;
    await measure("transfer, 1 grantee", vault.transferFrom(owner.address, buyers[0], own));
    await measure("transfer, 1000 grantees", vault.transferFrom(owner.address, buyers[1], first));

    if (process.env["UPDATE_GAS_SNAPSHOT"] !== undefined)
      await writeFile(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`);
  });

  for (const [operation, target] of Object.entries(TARGETS))
    it(`${operation}: stays within ${target.toLocaleString("en")}`, () => {
      expect(measured[operation as Operation])
        .to.be.greaterThan(21_000)
        .and.at.most(target);
    });

  it("is what the committed snapshot says, to the unit", async () => {
    expect(measured).to.deep.equal(JSON.parse(await readFile(SNAPSHOT, "utf8")));
  });
});
