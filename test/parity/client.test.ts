import { expect } from "chai";
import { hexlify, id, TypedDataEncoder, Wallet, ZeroHash } from "ethers";

import { PERMISSION, proveMemory, read, remember, sync, vaultIdOf } from "../../client/index.ts";
import { encodeWelcome } from "../../client/crypto/welcome-body.ts";
import { welcomeTypedData } from "../../client/crypto/welcome.ts";
import {
  DELTA_TYPES,
  deltaAfter,
  domainOf,
  PROFILE_ID,
  readChainHead,
  signDelta,
  spaceIdOf,
  stateRootAfter,
  transitionIdOf,
} from "../../client/vault/contract.ts";
import { emptyWelcome } from "../helpers/welcome.ts";
import { createWorld, ownedVault, type World } from "../helpers/world.ts";

/** What the client computes by itself and the contract computes again must be one thing. */
describe("Client and contract", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("derive one id from owner and salt", async () => {
    for (const { address } of [world.owner, world.buyer]) {
      for (const salt of [id("salt"), ZeroHash, `0x${"ff".repeat(32)}`]) {
        const spaceId = await world.memoryVault.deriveSpaceId(address, salt);
        expect(spaceIdOf(vaultIdOf(address, salt))).to.equal(spaceId);
      }
    }
  });

  it("use one domain, one type and one profile", async () => {
    const { vault } = await ownedVault(world);
    const { memoryVault } = world;
    const { name, version, chainId, verifyingContract } = await memoryVault.eip712Domain();
    expect(domainOf(vault.ref)).to.deep.equal({ name, version, chainId, verifyingContract });
    const typehash = id(TypedDataEncoder.from(DELTA_TYPES).encodeType("ExperienceDelta"));
    expect(typehash).to.equal(await memoryVault.EXPERIENCE_DELTA_TYPEHASH());
    expect(PROFILE_ID).to.equal(await memoryVault.PROFILE_ID());
    const bits = [await memoryVault.READ(), await memoryVault.PROPOSE()].map(Number);
    expect([PERMISSION.read, PERMISSION.propose]).to.deep.equal(bits);
  });

  it("sign welcomes in the domain of the vault", async () => {
    const { vault } = await ownedVault(world);
    const welcome = emptyWelcome(vault.ref);
    expect(encodeWelcome(welcome).length).to.be.greaterThan(0);
    const { domain, types, message } = welcomeTypedData(welcome);
    expect(TypedDataEncoder.hashDomain(domain)).to.equal(TypedDataEncoder.hashDomain(domainOf(vault.ref)));
    expect(message.vaultId).to.equal(spaceIdOf(vault.ref.vaultId));
    // A welcome's signature is never a commit's: the types differ.
    const welcomeType = TypedDataEncoder.from(types).encodeType("Welcome");
    expect(welcomeType).to.equal("Welcome(bytes32 vaultId,bytes32 recipientDigest,bytes32 bodyHash)");
  });

  it("reach one transition id and one state root, commit after commit", async () => {
    const { vault } = await ownedVault(world);
    let before = await readChainHead(vault.contract, vault.ref);
    for (let i = 0; i < 3; i++) {
      await remember(vault, { scope: "health", text: `fact ${i}` });
      await sync(vault);
      const after = await readChainHead(vault.contract, vault.ref);
      const delta = deltaAfter(before, vault.ref, after.root, after.pointer);
      expect(transitionIdOf(delta)).to.equal(after.transitionId);
      expect(stateRootAfter(delta)).to.equal(after.stateRoot);
      expect(after.prevStateRoot).to.equal(before.stateRoot);
      before = after;
    }
  });

  it("take one signature: what the commit key signs, anybody may send", async () => {
    const { memoryVault, owner, relayer } = world;
    const key = Wallet.createRandom();
    await memoryVault.connect(owner).mint(id("parity"), key.address);
    const chainId = (await world.provider.getNetwork()).chainId;
    const ref = {
      chainId,
      contract: world.address.toLowerCase(),
      vaultId: vaultIdOf(owner.address, id("parity")),
    };
    const delta = deltaAfter(await readChainHead(memoryVault, ref), ref, id("root"), id("pointer"));
    await memoryVault.connect(relayer).commitTransition(delta, await signDelta(key.privateKey, ref, delta));
    expect((await readChainHead(memoryVault, ref)).stateRoot).to.equal(stateRootAfter(delta));
  });

  it("agree on every leaf: each memory of a vault is proven on chain, and none that was changed", async () => {
    const { vault } = await ownedVault(world);
    const texts = ["a", "Läuft um sechs 🏃", "x".repeat(30_000), "b", "c", "d", "e"];
    await remember(vault, ...texts.map((text, i) => ({ scope: i % 2 === 0 ? "health" : "travel", text })));
    await sync(vault);
    for (const { memories } of (await read(vault)).scopes) {
      for (const memory of memories) {
        const { record, memoryPath, scopeId, count, scopeSalt, scopePath } = await proveMemory(
          vault,
          memory.id,
        );
        const proof = {
          record,
          memoryPath: [...memoryPath],
          scopeId,
          count,
          scopeSalt,
          scopePath: [...scopePath],
        };
        const verify = (changes: Partial<typeof proof>) =>
          world.memoryVault.verifyMemory(vault.ref.vaultId, { ...proof, ...changes });
        expect(await verify({})).to.equal(true);
        expect(await verify({ count: count + 1n })).to.equal(false);
        expect(await verify({ scopeSalt: hexlify(record.subarray(0, 32)) as never })).to.equal(false);
        expect(await verify({ record: record.with(20, record[20]! ^ 1) })).to.equal(false);
      }
    }
  });
});
