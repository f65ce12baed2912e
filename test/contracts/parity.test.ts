import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { id, sha256, toUtf8Bytes, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";
import { network } from "hardhat";

import type { KeyRegistry } from "../../typechain-types/KeyRegistry.js";
import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import {
  AUTHORIZATION_TYPES,
  DELTA_TYPES,
  domainOf,
  four,
  nextDelta,
  PROFILE_ID,
  PUBLISH_KEY_TYPES,
  REGISTRATION_TYPES,
} from "./signing.ts";

/** What stands in Solidity and in TypeScript must be one thing. */
describe("Contract parity", () => {
  async function deploy() {
    const { ethers } = await network.create();
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const keys: KeyRegistry = await ethers.deployContract("KeyRegistry");
    const [owner, key, relayer] = four(await ethers.getSigners());
    return { vault, keys, owner, key, relayer };
  }

  it("type hashes and the profile", async () => {
    const { vault, keys } = await deploy();
    const typehash = (types: Record<string, { name: string; type: string }[]>) =>
      id(TypedDataEncoder.from(types).encodeType(Object.keys(types)[0] ?? ""));
    expect(await vault.EXPERIENCE_DELTA_TYPEHASH()).to.equal(typehash(DELTA_TYPES));
    expect(await vault.SPACE_REGISTRATION_TYPEHASH()).to.equal(typehash(REGISTRATION_TYPES));
    expect(await vault.SPACE_AUTHORIZATION_TYPEHASH()).to.equal(typehash(AUTHORIZATION_TYPES));
    expect(await keys.PUBLISH_KEY_TYPEHASH()).to.equal(typehash(PUBLISH_KEY_TYPES));
    expect(await vault.PROFILE_ID()).to.equal(PROFILE_ID);
    expect([await vault.READ(), await vault.PROPOSE()]).to.deep.equal([1n, 2n]);
  });

  it("what ethers signs, every relayed door takes", async () => {
    const { vault, keys, owner, key, relayer } = await deploy();
    const domain = await domainOf(vault);
    const byRelayer = vault.connect(relayer);
    const salt = id("salt");
    const spaceId = await vault.deriveSpaceId(owner.address, salt);
    const registration = { spaceId, controller: owner.address, authorizer: key.address };
    const registered = await owner.signTypedData(domain, REGISTRATION_TYPES, registration);
    await byRelayer.registerSpace(spaceId, owner, key, salt, registered);

    const delta = await nextDelta(vault, BigInt(spaceId), "one");
    await byRelayer.commitTransition(delta, await key.signTypedData(domain, DELTA_TYPES, delta));

    const update = { spaceId, newController: relayer.address, newAuthorizer: owner.address, nonce: 1 };
    const updated = await owner.signTypedData(domain, AUTHORIZATION_TYPES, update);
    await byRelayer.updateSpaceAuthorization(spaceId, update.newController, update.newAuthorizer, updated);
    expect(await vault.spaceAuthorization(spaceId)).to.deep.equal([relayer.address, owner.address, 1n]);

    const publication = {
      account: owner.address,
      recipient: new Uint8Array(1216).fill(7),
      expiresAt: 4_102_444_800,
      attestationDigest: ZeroHash,
      nonce: 0,
      deadline: 4_102_444_800,
    };
    const published = await owner.signTypedData(await domainOf(keys), PUBLISH_KEY_TYPES, publication);
    await keys
      .connect(relayer)
      .publishKeyBySig(
        publication.account,
        publication.recipient,
        publication.expiresAt,
        publication.attestationDigest,
        publication.nonce,
        publication.deadline,
        published,
      );
    expect((await keys.keyOf(owner)).recipientDigest).to.equal(sha256(publication.recipient));
  });

  it("OpenZeppelin's trees prove what verifyMemory accepts", async () => {
    const { vault, owner } = await deploy();
    await vault.mint(id("salt"), ZeroAddress);
    const vaultId = BigInt(await vault.deriveSpaceId(owner.address, id("salt")));

    const scopes = [1, 2, 7, 20].map((count, s) => {
      const records = Array.from({ length: count }, (_, i) => toUtf8Bytes(`memory ${i} of scope ${s}`));
      const leaves = records.map((record) => [id("memory-vault/v1/memory-leaf"), sha256(record)]);
      const tree = StandardMerkleTree.of(leaves, ["bytes32", "bytes32"]);
      return { records, tree, scopeId: id(`scope ${s}`).slice(0, 34), scopeSalt: id(`scope salt ${s}`) };
    });
    const root = StandardMerkleTree.of(
      scopes.map(({ tree, records, scopeId, scopeSalt }) => [
        id("memory-vault/v1/scope-leaf"),
        scopeId,
        tree.root,
        records.length,
        scopeSalt,
      ]),
      ["bytes32", "bytes16", "bytes32", "uint64", "bytes32"],
    );
    await vault.commitTransition(
      { ...(await nextDelta(vault, vaultId, "trees")), deltaCommitment: root.root },
      "0x",
    );

    for (const [s, { records, tree, scopeId, scopeSalt }] of scopes.entries())
      for (const [i, record] of records.entries()) {
        const proof = {
          record,
          memoryPath: tree.getProof(i),
          scopeId,
          count: records.length,
          scopeSalt,
          scopePath: root.getProof(s),
        };
        expect(await vault.verifyMemory(vaultId, proof)).to.equal(true);
        expect(await vault.verifyMemory(vaultId, { ...proof, count: proof.count + 1 })).to.equal(false);
      }
  });
});
