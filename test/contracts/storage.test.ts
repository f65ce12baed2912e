import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";
import { AbiCoder, id, keccak256, MaxUint256, sha256, toBeHex, ZeroHash } from "ethers";
import { artifacts, network } from "hardhat";

import type { ConciergeAgent } from "../../typechain-types/agents/examples/ConciergeAgent.js";
import type { KeyRegistry } from "../../typechain-types/KeyRegistry.js";
import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import { four, nextDelta, toSpaceId } from "./signing.ts";

const CONTRACTS = {
  MemoryVault: "contracts/MemoryVault.sol:MemoryVault",
  KeyRegistry: "contracts/KeyRegistry.sol:KeyRegistry",
  BlobLog: "contracts/BlobLog.sol:BlobLog",
  ConciergeAgent: "contracts/agents/examples/ConciergeAgent.sol:ConciergeAgent",
} as const;
const SNAPSHOT = new URL("./storage.snapshot.json", import.meta.url);

/** The compiler's word for where a variable is kept. */
interface Variable {
  readonly label: string;
  readonly slot: string;
  readonly offset: number;
  readonly type: string;
}

interface Layout {
  readonly storage: readonly Variable[];
  readonly types: Readonly<
    Record<string, { label: string; numberOfBytes: string; members?: readonly Variable[] }>
  >;
}

async function layoutOf(contract: keyof typeof CONTRACTS): Promise<Layout> {
  const name = CONTRACTS[contract];
  const buildInfo = await artifacts.getBuildInfoId(name);
  const path = buildInfo === undefined ? undefined : await artifacts.getBuildInfoOutputPath(buildInfo);
  const { inputSourceName } = await artifacts.readArtifact(name);
  if (path === undefined || inputSourceName === undefined) throw new Error(`${contract} was not built`);
  const { output } = JSON.parse(await readFile(path, "utf8")) as {
    output: { contracts: Record<string, Record<string, { storageLayout: Layout }>> };
  };
  return output.contracts[inputSourceName]![contract]!.storageLayout;
}

/** A layout without the compiler's numbers for types, which any edit changes. */
function describeLayout({ storage, types }: Layout): Record<string, Record<string, string>> {
  const placesOf = (variables: readonly Variable[]) =>
    Object.fromEntries(
      variables.map(({ slot, offset, type, label }) => [
        `slot ${slot}, byte ${offset}`,
        `${types[type]!.label} ${label}, ${types[type]!.numberOfBytes} bytes`,
      ]),
    );
  const structs = Object.values(types).flatMap(({ label, members }) =>
    members === undefined ? [] : [[label, placesOf(members)] as const],
  );
  return { storage: placesOf(storage), ...Object.fromEntries(structs) };
}

/** Values of a struct by the names of its fields, as numbers. */
type Values = Readonly<Record<string, bigint>>;

/** A field of a struct: its slot, the bits before it, and all of its own. */
interface Field {
  readonly name: string;
  readonly slot: number;
  readonly shift: bigint;
  readonly maximum: bigint;
}

/** A struct as the compiler lays it out. */
const fieldsOf = ({ types }: Layout, struct: string): Field[] =>
  Object.values(types)
    .find(({ label }) => label === struct)!
    .members!.map(({ label, slot, offset, type }) => ({
      ...{ name: label, slot: Number(slot), shift: BigInt(offset) * 8n },
      maximum: (1n << (BigInt(types[type]!.numberOfBytes) * 8n)) - 1n,
    }));

/** The slots that hold these values and nothing else. */
function pack(fields: readonly Field[], values: Values): bigint[] {
  const slots: bigint[] = [];
  for (const { name, slot, shift, maximum } of fields) {
    const value = values[name]!;
    if (value > maximum) throw new RangeError(`${name} does not hold ${String(value)}`);
    slots[slot] = (slots[slot] ?? 0n) | (value << shift);
  }
  return slots;
}

const coder = AbiCoder.defaultAbiCoder();
/** Where a mapping keeps the value of a key. */
const placeIn = (mapping: bigint, type: string, key: unknown): bigint =>
  BigInt(keccak256(coder.encode([type, "uint256"], [key, mapping])));

const word = (value: bigint): string => toBeHex(value, 32);

describe("Storage", () => {
  async function deploy() {
    const { ethers, networkHelpers } = await network.create();
    const [owner, key, operator, buyer] = four(await ethers.getSigners());
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const keys: KeyRegistry = await ethers.deployContract("KeyRegistry");
    const agent: ConciergeAgent = await ethers.deployContract("ConciergeAgent", [vault, keys, operator]);
    await vault.mint(id("salt"), key);
    const vaultId = BigInt(await vault.deriveSpaceId(owner.address, id("salt")));

    /** A struct of a mapping, with its slots. */
    const at = async (
      contract: { getAddress(): Promise<string> },
      name: keyof typeof CONTRACTS,
      struct: string,
      placeOf: (mapping: (label: string) => bigint) => bigint,
    ) => {
      const layout = await layoutOf(name);
      const fields = fieldsOf(layout, struct);
      const place = placeOf((label) =>
        BigInt(layout.storage.find((variable) => variable.label === label)!.slot),
      );
      const address = await contract.getAddress();
      return {
        fields,
        write: async (values: Values) => {
          for (const [i, slot] of pack(fields, values).entries())
            await networkHelpers.setStorageAt(address, place + BigInt(i), slot);
        },
        expect: async (values: Values) => {
          const expected = pack(fields, values).map(word);
          const slots = expected.map((_, i) => ethers.provider.getStorage(address, place + BigInt(i)));
          expect(await Promise.all(slots)).to.deep.equal(expected);
        },
      };
    };

    const grantee = word(MaxUint256).slice(0, 42);
    const structs = {
      vault: await at(vault, "MemoryVault", "struct MemoryVault.Vault", (mapping) =>
        placeIn(mapping("_vaults"), "uint256", vaultId),
      ),
      grant: await at(vault, "MemoryVault", "struct IMemoryVault.Grant", (mapping) =>
        placeIn(placeIn(mapping("_grants"), "uint256", vaultId), "address", grantee),
      ),
      key: await at(keys, "KeyRegistry", "struct IKeyRegistry.Key", (mapping) =>
        placeIn(mapping("_keys"), "address", grantee),
      ),
      request: await at(agent, "ConciergeAgent", "struct IMemoryAgent.Request", (mapping) =>
        placeIn(mapping("_requests"), "uint256", 1),
      ),
    };
    const actAs = async (address: string) => {
      await networkHelpers.impersonateAccount(address);
      await networkHelpers.setBalance(address, 10n ** 20n);
      return ethers.getSigner(address);
    };
    return {
      networkHelpers,
      vault,
      keys,
      agent,
      vaultId,
      owner,
      key,
      operator,
      buyer,
      grantee,
      structs,
      actAs,
    };
  }

  it("is laid out as the committed snapshot says", async () => {
    const layouts: Record<string, unknown> = {};
    for (const contract of Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[])
      layouts[contract] = describeLayout(await layoutOf(contract));
    if (process.env["UPDATE_STORAGE_SNAPSHOT"] !== undefined)
      await writeFile(SNAPSHOT, `${JSON.stringify(layouts, null, 2)}\n`);
    expect(layouts).to.deep.equal(JSON.parse(await readFile(SNAPSHOT, "utf8")));
  });

  describe("is read where it is laid out, with each field in turn at its maximum:", () => {
    /** Values with one field at its maximum, so that one that is too wide, or displaced, shows in another. */
    const inTurn = (fields: readonly Field[], others: Values): Values[] => {
      expect(Object.keys(others)).to.deep.equal(fields.map(({ name }) => name));
      return fields.map(({ name, maximum }) => ({ ...others, [name]: maximum }));
    };

    it("a vault", async () => {
      const { vault, vaultId, structs } = await deploy();
      const { fields, write } = structs.vault;
      const others = {
        ...{ authorizer: 1n, sequence: 2n, configNonce: 3n, generation: 4n, flags: 2n },
        ...{ prevStateRoot: 5n, root: 6n, pointer: 7n, foreignTransitionId: 8n },
      };
      for (const values of inTurn(fields, others)) {
        await write(values);
        const head = await vault.memoryHead(vaultId);
        expect({
          ...{ authorizer: BigInt(head.authorizer), sequence: head.sequence, configNonce: head.configNonce },
          ...{ generation: head.generation, flags: (head.locked ? 1n : 0n) | (head.foreign ? 2n : 0n) },
          ...{ prevStateRoot: BigInt(head.prevStateRoot), root: BigInt(head.root) },
          ...{ pointer: BigInt(head.pointer), foreignTransitionId: BigInt(head.transitionId) },
          // Two of the eight flags have a meaning.
        }).to.deep.equal({ ...values, flags: values["flags"]! & 3n });
      }
    });

    it("a grant", async () => {
      const { vault, vaultId, grantee, structs } = await deploy();
      const { fields, write } = structs.grant;
      for (const values of inTurn(fields, { expiresAt: 1n, permissions: 2n, generation: 3n })) {
        await write(values);
        const { expiresAt, permissions, generation } = await vault.grantOf(vaultId, grantee);
        expect({ expiresAt, permissions, generation }).to.deep.equal(values);
      }
    });

    it("a key", async () => {
      const { keys, grantee, structs } = await deploy();
      const { fields, write } = structs.key;
      // One that has expired is not shown.
      const others = { recipientDigest: 1n, expiresAt: 1n << 63n, blockNumber: 2n, attestationDigest: 3n };
      for (const values of inTurn(fields, others)) {
        await write(values);
        const key = await keys.keyOf(grantee);
        expect({
          ...{ recipientDigest: BigInt(key.recipientDigest), expiresAt: key.expiresAt },
          ...{ blockNumber: key.blockNumber, attestationDigest: BigInt(key.attestationDigest) },
        }).to.deep.equal(values);
      }
    });

    it("a request", async () => {
      const { agent, structs } = await deploy();
      const { fields, write } = structs.request;
      const others = { vaultId: 1n, generation: 2n, deadline: 3n, requester: 4n, answered: 0n };
      for (const values of inTurn(fields, others)) {
        // A boolean fills a byte and holds one bit.
        const kept = { ...values, answered: values["answered"]! & 1n };
        await write(kept);
        const request = await agent.requestOf(1);
        expect({
          ...{ vaultId: request.vaultId, generation: request.generation, deadline: request.deadline },
          ...{ requester: BigInt(request.requester), answered: request.answered ? 1n : 0n },
        }).to.deep.equal(kept);
      }
    });
  });

  describe("is written where it is laid out, up to each field's maximum:", () => {
    const MAX_ADDRESS = (1n << 160n) - 1n;
    const MAX_40 = (1n << 40n) - 1n;
    const MAX_24 = (1n << 24n) - 1n;
    const MAX_64 = (1n << 64n) - 1n;
    const empty = { prevStateRoot: 0n, root: 0n, pointer: 0n, foreignTransitionId: 0n };

    it("a vault's commit key", async () => {
      const { vault, vaultId, owner, structs } = await deploy();
      await vault.updateSpaceAuthorization(toSpaceId(vaultId), owner, toBeHex(MAX_ADDRESS), "0x");
      await structs.vault.expect({
        ...{ authorizer: MAX_ADDRESS, sequence: 0n, configNonce: 1n, generation: 1n, flags: 1n },
        ...empty,
      });
    });

    it("a vault's sequence, flags and head", async () => {
      const { vault, vaultId, key, structs } = await deploy();
      const before = { authorizer: BigInt(key.address), configNonce: 5n, generation: 7n };
      await structs.vault.write({ ...before, sequence: MAX_40 - 1n, flags: 1n, ...empty, root: 6n });
      const delta = {
        ...(await nextDelta(vault, vaultId, "last")),
        ...{ deltaCommitment: word(MaxUint256), locatorCommitment: word(MaxUint256 - 1n) },
        profileId: id("another profile"),
      };
      await vault.connect(key).commitTransition(delta, "0x");
      const { transitionId } = await vault.memoryHead(vaultId);
      await structs.vault.expect({
        ...{ ...before, sequence: MAX_40, flags: 3n },
        ...{ prevStateRoot: BigInt(delta.prevStateRoot as string), root: MaxUint256 },
        ...{ pointer: MaxUint256 - 1n, foreignTransitionId: BigInt(transitionId) },
      });
      expect(delta.prevStateRoot).to.not.equal(ZeroHash);
    });

    it("a vault's configuration nonce", async () => {
      const { vault, vaultId, owner, key, structs } = await deploy();
      const before = { authorizer: 1n, sequence: 5n, generation: 7n, flags: 3n, ...empty };
      await structs.vault.write({ ...before, configNonce: MAX_24 - 1n });
      await vault.updateSpaceAuthorization(toSpaceId(vaultId), owner, key, "0x");
      await structs.vault.expect({ ...before, authorizer: BigInt(key.address), configNonce: MAX_24 });
    });

    it("a vault's generation", async () => {
      const { vault, vaultId, owner, buyer, structs } = await deploy();
      const before = { sequence: 5n, ...empty };
      await structs.vault.write({
        ...{ ...before, authorizer: 1n, configNonce: 6n, generation: MAX_24 - 1n, flags: 2n },
      });
      await vault.transferFrom(owner, buyer, vaultId);
      await structs.vault.expect({
        ...{ ...before, authorizer: 0n, configNonce: 7n, generation: MAX_24, flags: 3n },
      });
    });

    it("a grant", async () => {
      const { vault, vaultId, grantee, structs } = await deploy();
      await vault.grant(vaultId, grantee, MAX_64, 1, ZeroHash);
      await structs.grant.expect({ expiresAt: MAX_64, permissions: 1n, generation: 1n });
      await vault.grant(vaultId, grantee, MAX_64 >> 1n, 3, ZeroHash);
      await structs.grant.expect({ expiresAt: MAX_64 >> 1n, permissions: 3n, generation: 1n });
      await structs.vault.write({
        ...{ authorizer: 0n, sequence: 0n, configNonce: 0n, generation: MAX_24, flags: 1n },
        ...empty,
      });
      await vault.grant(vaultId, grantee, MAX_64 >> 1n, 2, ZeroHash);
      await structs.grant.expect({ expiresAt: MAX_64 >> 1n, permissions: 2n, generation: MAX_24 });
    });

    it("a key", async () => {
      const { keys, grantee, structs, actAs, networkHelpers } = await deploy();
      const account = keys.connect(await actAs(grantee));
      const recipient = new Uint8Array(1216).fill(7);
      await account.publishKey(recipient, MAX_64, word(MaxUint256));
      await structs.key.expect({
        ...{ recipientDigest: BigInt(sha256(recipient)), expiresAt: MAX_64 },
        ...{ blockNumber: BigInt(await networkHelpers.time.latestBlock()), attestationDigest: MaxUint256 },
      });
      // A later block than ethers can count is beyond this test.
      await networkHelpers.mine(1n << 52n);
      await account.publishKey(recipient, MAX_64 >> 1n, ZeroHash);
      const blockNumber = BigInt(await networkHelpers.time.latestBlock());
      expect(blockNumber > 1n << 52n).to.equal(true);
      await structs.key.expect({
        ...{ recipientDigest: BigInt(sha256(recipient)), expiresAt: MAX_64 >> 1n },
        ...{ blockNumber, attestationDigest: 0n },
      });
    });

    it("a request and its answer", async () => {
      const { vault, agent, vaultId, operator, grantee, structs, actAs, networkHelpers } = await deploy();
      await structs.vault.write({
        ...{ authorizer: 0n, sequence: 0n, configNonce: 0n, generation: MAX_24, flags: 1n },
        ...empty,
      });
      await vault.grant(vaultId, agent, MAX_64, 1, ZeroHash);
      const now = (1n << 52n) - 1n;
      await networkHelpers.time.setNextBlockTimestamp(now);
      await agent.connect(await actAs(grantee)).ask(vaultId, "what should we avoid?");
      const request = { vaultId, generation: MAX_24, deadline: now + 86_400n, requester: MAX_ADDRESS };
      await structs.request.expect({ ...request, answered: 0n });
      await agent.connect(operator).answer(1, "0x", 0, ZeroHash);
      await structs.request.expect({ ...request, answered: 1n });
    });
  });
});
