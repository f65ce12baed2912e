import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import {
  AbiCoder,
  Contract,
  id,
  keccak256,
  sha256,
  toBeHex,
  toUtf8Bytes,
  ZeroAddress,
  ZeroHash,
} from "ethers";
import { network } from "hardhat";

import type { KeyRegistry } from "../../typechain-types/KeyRegistry.js";
import type { IERC8350, MemoryVault } from "../../typechain-types/MemoryVault.js";
import { thrown } from "../helpers/thrown.ts";
import { receiptOf } from "./behaviours/port.ts";
import { artifactOf, deployDouble } from "./doubles/double.ts";
import { DELTA_TYPES, domainOf, four, nextDelta, PUBLISH_KEY_TYPES } from "./signing.ts";

const EXPIRY = 4_102_444_800;
const READ = 1;
const RECIPIENT = new Uint8Array(1216).fill(7);
const LAST_STEP = 2n ** 24n - 1n;

/** What SPEC.md and SECURITY.md say that the contracts do not do, shown. */
describe("Limits", () => {
  async function deploy() {
    const connection = await network.create();
    const { ethers, networkHelpers } = connection;
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const [owner, key, buyer, stranger] = four(await ethers.getSigners());
    await vault.mint(id("salt"), key);
    const spaceId = await vault.deriveSpaceId(owner, id("salt"));
    const vaultId = BigInt(spaceId);
    const signed = async (delta: IERC8350.ExperienceDeltaStruct): Promise<string> =>
      key.signTypedData(await domainOf(vault), DELTA_TYPES, delta);
    const next = (label: string) => nextDelta(vault, vaultId, label);
    return {
      connection,
      ethers,
      networkHelpers,
      vault,
      owner,
      key,
      buyer,
      stranger,
      spaceId,
      vaultId,
      signed,
      next,
    };
  }

  const expectFault = async (sent: Promise<unknown>, fault: string): Promise<void> => {
    expect(String(await thrown(sent))).to.include(fault);
  };

  it("an escrow that knows ERC-721 alone keeps a vault for ever", async () => {
    const { connection, vault, owner, key, buyer, vaultId } = await deploy();
    const address = await deployDouble(connection, "OrdinaryEscrow");
    const escrow = new Contract(address, (await artifactOf("OrdinaryEscrow")).abi, owner);
    await vault.unlock(vaultId);
    await vault["safeTransferFrom(address,address,uint256)"](owner, address, vaultId);
    for (const to of [buyer, owner])
      await expectFault(escrow.getFunction("release").send(vault, to, vaultId), `VaultLocked(${vaultId})`);
    for (const former of [owner, key])
      await expectFault(
        vault.connect(former).unlock(vaultId),
        `Unauthorized(${vaultId}, "${await former.getAddress()}")`,
      );
    expect(await vault.ownerOf(vaultId)).to.equal(address);
  });

  describe("a signed commit of a batch", () => {
    async function deployBatches() {
      const deployed = await deploy();
      const { vault, vaultId, buyer, next, signed } = deployed;
      const { interface: abi } = vault;
      const delta = await next("rotation");
      const commit = abi.encodeFunctionData("commitTransition", [delta, await signed(delta)]);
      const grant = abi.encodeFunctionData("grant", [vaultId, buyer.address, EXPIRY, READ, ZeroHash]);
      const revoke = abi.encodeFunctionData("revoke", [vaultId, buyer.address]);
      return { ...deployed, delta, commit, grant, revoke };
    }

    it("landed alone leaves the grant out, and the batch fails each time", async () => {
      const { vault, owner, buyer, stranger, vaultId, commit, grant, next, signed } = await deployBatches();
      await stranger.sendTransaction({ to: vault, data: commit });
      await expectFault(vault.multicall([grant, commit]), "StaleHead");
      expect(await vault.canRead(vaultId, buyer)).to.equal(false);
      const again = await next("again");
      const data = vault.interface.encodeFunctionData("commitTransition", [again, await signed(again)]);
      await stranger.sendTransaction({ to: vault, data });
      await expectFault(vault.connect(owner).multicall([grant, data]), "StaleHead");
      expect(await vault.canRead(vaultId, buyer)).to.equal(false);
      expect((await vault.memoryHead(vaultId)).sequence).to.equal(2n);
    });

    it("landed alone leaves the grant standing that the batch was to end", async () => {
      const { vault, owner, buyer, stranger, vaultId, commit, grant, revoke } = await deployBatches();
      await owner.sendTransaction({ to: vault, data: grant });
      await stranger.sendTransaction({ to: vault, data: commit });
      await expectFault(vault.multicall([revoke, commit]), "StaleHead");
      expect(await vault.canRead(vaultId, buyer)).to.equal(true);
      await owner.sendTransaction({ to: vault, data: revoke });
      expect(await vault.canRead(vaultId, buyer)).to.equal(false);
    });

    it("cannot be taken out when its key sends it without a signature", async () => {
      const { vault, owner, key, buyer, stranger, vaultId, grant, revoke, delta } = await deployBatches();
      await owner.sendTransaction({ to: vault, data: grant });
      await expectFault(
        vault.connect(stranger).commitTransition(delta, "0x"),
        `Unauthorized(${vaultId}, "${stranger.address}")`,
      );
      const commit = vault.interface.encodeFunctionData("commitTransition", [delta, "0x"]);
      await vault.connect(key).multicall([revoke, commit]);
      expect(await vault.canRead(vaultId, buyer)).to.equal(false);
    });

    it("counts again when its key is appointed again before the head moves", async () => {
      const { vault, owner, key, stranger, spaceId, delta, signed, vaultId } = await deployBatches();
      const signature = await signed(delta);
      const knock = (): Promise<ContractTransactionResponse> =>
        vault.connect(stranger).commitTransition(delta, signature);
      await vault.updateSpaceAuthorization(spaceId, owner, owner, "0x");
      await expectFault(knock(), "InvalidSignature");
      await vault.updateSpaceAuthorization(spaceId, owner, key, "0x");
      await knock();
      expect((await vault.memoryHead(vaultId)).root).to.equal(delta.deltaCommitment);
    });
  });

  describe("a seller", () => {
    it("may name the commit key of before, which commits and revokes until it is replaced", async () => {
      const { vault, key, buyer, stranger, spaceId, vaultId, next } = await deploy();
      await vault.updateSpaceAuthorization(spaceId, buyer, key, "0x");
      const [byBuyer, byKey] = [vault.connect(buyer), vault.connect(key)];
      await byBuyer.grant(vaultId, stranger, EXPIRY, READ, ZeroHash);
      await byKey.commitTransition(await next("junk"), "0x");
      expect((await vault.memoryHead(vaultId)).sequence).to.equal(1n);
      await byKey.revoke(vaultId, stranger);
      expect(await vault.canRead(vaultId, stranger)).to.equal(false);

      await byBuyer.updateSpaceAuthorization(spaceId, buyer, buyer, "0x");
      const refused = `Unauthorized(${vaultId}, "${key.address}")`;
      await expectFault(byKey.commitTransition(await next("more junk"), "0x"), refused);
      await expectFault(byKey.revoke(vaultId, stranger), refused);
    });

    it("may use up the configuration nonce, and what it sells then is stuck with its key", async () => {
      const { networkHelpers, vault, owner, key, buyer, spaceId, vaultId, next } = await deploy();
      // The first slot: authorizer 160, sequence 40, configuration nonce 24, generation 24, flags 8.
      const slot = keccak256(AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [vaultId, 8]));
      const first = BigInt(await networkHelpers.getStorageAt(await vault.getAddress(), slot));
      const spent = first | ((LAST_STEP - 1n) << 200n);
      await networkHelpers.setStorageAt(await vault.getAddress(), slot, toBeHex(spent, 32));
      await vault.updateSpaceAuthorization(spaceId, buyer, key, "0x");
      const byBuyer = vault.connect(buyer);
      expect((await vault.memoryHead(vaultId)).configNonce).to.equal(LAST_STEP);
      await byBuyer.unlock(vaultId);
      for (const door of [
        () => byBuyer.updateSpaceAuthorization(spaceId, buyer, buyer, "0x"),
        () => byBuyer.transferFrom(buyer, owner, vaultId),
        () => byBuyer.burn(vaultId),
      ])
        await expectFault(door(), "panic code 0x11");
      await vault.connect(key).commitTransition(await next("for ever"), "0x");
      expect((await vault.memoryHead(vaultId)).authorizer).to.equal(key.address);
    });

    it("pays 1.4e11 gas for that, in multicalls", async () => {
      const { vault, owner, spaceId } = await deploy();
      const step = vault.interface.encodeFunctionData("updateSpaceAuthorization", [
        ...([spaceId, owner.address, owner.address, "0x"] as const),
      ]);
      const gasOf = async (steps: number): Promise<bigint> =>
        (await receiptOf(vault.multicall(Array<string>(steps).fill(step)))).gasUsed;
      await gasOf(1);
      const [few, many] = [await gasOf(100), await gasOf(1100)];
      const total = ((many - few) * LAST_STEP) / 1000n;
      expect(Number(total)).to.be.closeTo(1.4e11, 0.05e11);
    });
  });

  it("an approval outlives a new commit key, and not a new owner", async () => {
    const { vault, owner, buyer, stranger, spaceId, vaultId } = await deploy();
    await vault.unlock(vaultId);
    await vault.approve(stranger, vaultId);
    await vault.updateSpaceAuthorization(spaceId, owner, buyer, "0x");
    expect(await vault.getApproved(vaultId)).to.equal(stranger.address);
    await vault.connect(stranger).transferFrom(owner, buyer, vaultId);
    expect(await vault.getApproved(vaultId)).to.equal(ZeroAddress);
    await vault.connect(buyer).unlock(vaultId);
    await expectFault(
      vault.connect(stranger).transferFrom(buyer, owner, vaultId),
      `ERC721InsufficientApproval("${stranger.address}", ${vaultId})`,
    );
  });

  it("a multicall gives a stranger no door", async () => {
    const { vault, stranger, vaultId } = await deploy();
    const abi = vault.interface;
    const calls = [
      abi.encodeFunctionData("grant", [vaultId, stranger.address, EXPIRY, READ, ZeroHash]),
      abi.encodeFunctionData("unlock", [vaultId]),
      abi.encodeFunctionData("burn", [vaultId]),
    ];
    for (const first of calls.keys())
      await expectFault(
        vault.connect(stranger).multicall(calls.slice(first)),
        `Unauthorized(${vaultId}, "${stranger.address}")`,
      );
    expect(await vault.locked(vaultId)).to.equal(true);
    expect(await vault.canRead(vaultId, stranger)).to.equal(false);
  });

  it("a burn is told by three events, and by no other", async () => {
    const { vault, owner, spaceId, vaultId } = await deploy();
    await vault.unlock(vaultId);
    const { logs } = await receiptOf(vault.burn(vaultId));
    const told = logs.map((log) => {
      const event = vault.interface.parseLog(log);
      return event === null ? null : [event.name, ...(event.args.toArray() as unknown[])];
    });
    expect(told).to.deep.equal([
      ["Transfer", owner.address, ZeroAddress, vaultId],
      ["Locked", vaultId],
      ["SpaceAuthorizationUpdated", spaceId, ZeroAddress, ZeroAddress, 1n],
    ]);
  });

  it("a memory under a head of another profile, or of a provenance, is not verified", async () => {
    const { vault, key, vaultId, next } = await deploy();
    const [record, scopeId, scopeSalt] = [
      toUtf8Bytes("a memory"),
      id("scope").slice(0, 34),
      id("scope salt"),
    ];
    const memory = StandardMerkleTree.of(
      [[id("memory-vault/v1/memory-leaf"), sha256(record)]],
      ["bytes32", "bytes32"],
    );
    const scope = StandardMerkleTree.of(
      [[id("memory-vault/v1/scope-leaf"), scopeId, memory.root, 1, scopeSalt]],
      ["bytes32", "bytes16", "bytes32", "uint64", "bytes32"],
    );
    const proof = { record, memoryPath: [], scopeId, count: 1, scopeSalt, scopePath: [] };
    const verifiedAs = async (foreign: Partial<IERC8350.ExperienceDeltaStruct>): Promise<boolean> => {
      const delta = { ...(await next("memory")), deltaCommitment: scope.root, ...foreign };
      await vault.connect(key).commitTransition(delta, "0x");
      return vault.verifyMemory(vaultId, proof);
    };
    expect(await verifiedAs({ profileId: id("another profile") })).to.equal(false);
    expect(await verifiedAs({ provenanceCommitment: id("a provenance") })).to.equal(false);
    expect(await verifiedAs({})).to.equal(true);
  });

  it("a published key's signature has the deadline that was signed", async () => {
    const { ethers, owner: account, stranger } = await deploy();
    const keys: KeyRegistry = await ethers.deployContract("KeyRegistry");
    const deadline = EXPIRY - 10;
    const publication = { account: account.address, recipient: RECIPIENT, expiresAt: EXPIRY };
    const signature = await account.signTypedData(await domainOf(keys), PUBLISH_KEY_TYPES, {
      ...{ ...publication, attestationDigest: ZeroHash, nonce: 0, deadline },
    });
    const publish = (until: number): Promise<ContractTransactionResponse> =>
      keys.connect(stranger).publishKeyBySig(account, RECIPIENT, EXPIRY, ZeroHash, 0, until, signature);
    for (const other of [deadline - 1, deadline + 1])
      await expectFault(publish(other), `InvalidSignature("${account.address}")`);
    await publish(deadline);
    expect((await keys.keyOf(account)).expiresAt).to.equal(BigInt(EXPIRY));
  });

  it("an answer is marked before the agent is told of it", async () => {
    const { connection, ethers, vault, owner, vaultId } = await deploy();
    const keys = await ethers.deployContract("KeyRegistry");
    const { abi } = await artifactOf("EchoingAgent");
    const address = await deployDouble(connection, "EchoingAgent", vault, keys);
    const agent = new Contract(address, abi, owner);
    await vault.grant(vaultId, address, EXPIRY, READ, ZeroHash);
    await agent.getFunction("ask").send(vaultId, EXPIRY);
    await agent.getFunction("answerTwice").send(1n);
    expect(await agent.getFunction("answers").staticCall()).to.equal(1n);
    const fault = (await agent.getFunction("fault").staticCall()) as string;
    expect(fault).to.equal(agent.interface.encodeErrorResult("AlreadyAnswered", [1n]));
  });
});
