import { SimpleMerkleTree } from "@openzeppelin/merkle-tree";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { AbiCoder, id, keccak256, sha256, type BytesLike } from "ethers";

import { memoryLeaf, MerkleTree, processProof, scopeLeaf } from "../../client/memory/tree.ts";
import { seeded } from "../helpers/seeded.ts";

const random = seeded("parity");
const hex = (bytes: Uint8Array) => `0x${bytesToHex(bytes)}`;

describe("the client's tree and OpenZeppelin's", () => {
  const sizes = [...Array.from({ length: 34 }, (_, i) => i + 1), 63, 64, 65, 127, 128, 129, 1_000];
  for (const size of sizes) {
    it(`agree on root and proofs of ${size} leaves`, () => {
      const leaves = Array.from({ length: size }, () => random(32));
      const ours = new MerkleTree(leaves);
      const theirs = SimpleMerkleTree.of(leaves.map(hex));
      expect(hex(ours.root)).to.equal(theirs.root);
      for (const leaf of size <= 129 ? leaves : leaves.slice(0, 20)) {
        const path = ours.proof(leaf);
        expect(path.map(hex)).to.deep.equal(theirs.getProof(hex(leaf)));
        expect(SimpleMerkleTree.verify(theirs.root, hex(leaf), path.map(hex))).to.equal(true);
        expect(hex(processProof(path, leaf))).to.equal(theirs.root);
      }
    });
  }

  it("agree on leaves that differ in their last byte only", () => {
    const leaves = Array.from({ length: 100 }, (_, i) => new Uint8Array(32).fill(0xfe).fill(i * 2, 31));
    expect(hex(new MerkleTree(leaves).root)).to.equal(SimpleMerkleTree.of(leaves.map(hex)).root);
  });
});

describe("the client's leaves and those of abi.encode", () => {
  const abi = AbiCoder.defaultAbiCoder();
  const twice = (data: BytesLike) => keccak256(keccak256(data));

  it("agree on a memory's", () => {
    for (const length of [0, 1, 55, 56, 64, 1_000, 65_536]) {
      const record = random(length);
      const encoded = abi.encode(["bytes32", "bytes32"], [id("memory-vault/v1/memory-leaf"), sha256(record)]);
      expect(hex(memoryLeaf(record))).to.equal(twice(encoded));
    }
  });

  it("agree on a scope's", () => {
    for (const count of [0n, 1n, 255n, 10_000n, 2n ** 32n, 2n ** 64n - 1n]) {
      const [scopeId, root, salt] = [random(16), random(32), random(32)];
      const types = ["bytes32", "bytes16", "bytes32", "uint64", "bytes32"];
      const values = [id("memory-vault/v1/scope-leaf"), hex(scopeId), hex(root), count, hex(salt)];
      expect(hex(scopeLeaf(scopeId, root, count, salt))).to.equal(twice(abi.encode(types, values)));
    }
  });
});
