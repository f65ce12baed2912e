import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { expect } from "chai";
import { id, sha256, toUtf8Bytes, TypedDataEncoder, ZeroAddress } from "ethers";
import { network } from "hardhat";

import type { KeyRegistry } from "../../typechain-types/KeyRegistry.js";
import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import {
  AUTHORIZATION_TYPES,
  DELTA_TYPES,
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
    const [owner] = four(await ethers.getSigners());
    return { vault, keys, owner };
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
