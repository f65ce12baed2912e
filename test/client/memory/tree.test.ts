import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { MalformedData } from "../../../client/errors.ts";
import {
  EMPTY_ROOT,
  memoryLeaf,
  MerkleTree,
  merkleRoot,
  processProof,
  scopeLeaf,
} from "../../../client/memory/tree.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";

const random = seeded("tree");
const leaves = (count: number) => Array.from({ length: count }, () => random(32));

describe("a tree", () => {
  it("has a zero root without leaves, and is its leaf with one", () => {
    const [leaf] = leaves(1);
    expect(merkleRoot([])).to.deep.equal(new Uint8Array(32));
    expect(merkleRoot([leaf!])).to.deep.equal(leaf);
    expect(new MerkleTree([leaf!]).proof(leaf!)).to.deep.equal([]);
  });

  it("does not depend on the order of its leaves, and leaves them as they are", () => {
    const some = leaves(50);
    const order = some.map(bytesToHex);
    expect(merkleRoot(some.toReversed())).to.deep.equal(merkleRoot(some));
    expect(some.map(bytesToHex)).to.deep.equal(order);
  });

  it("changes with any leaf that is added, removed or altered", () => {
    const some = leaves(9);
    const roots = [
      some,
      ...some.map((_, i) => some.toSpliced(i, 1)),
      ...some.map((leaf, i) => some.with(i, flipped(leaf, 3))),
      [...some, random(32)],
    ].map((set) => bytesToHex(merkleRoot(set)));
    expect(new Set(roots)).to.have.property("size", roots.length);
  });

  it("proves each of its leaves, and no other", () => {
    const some = leaves(21);
    const tree = new MerkleTree(some);
    for (const leaf of some) {
      const path = tree.proof(leaf);
      expect(processProof(path, leaf)).to.deep.equal(tree.root);
      expect(processProof(path, flipped(leaf, 7))).not.to.deep.equal(tree.root);
      expect(processProof(path.slice(1), leaf)).not.to.deep.equal(tree.root);
    }
    expect(() => tree.proof(random(32))).to.throw(RangeError);
  });

  it("hands out copies, so that nobody can change it", () => {
    const some = leaves(2);
    const tree = new MerkleTree(some);
    const root = bytesToHex(tree.root);
    for (const bytes of [tree.root, tree.proof(some[0]!)[0]!, merkleRoot([])]) bytes.fill(0xff);
    expect(bytesToHex(tree.root)).to.equal(root);
    expect(merkleRoot([])).to.deep.equal(new Uint8Array(32));
  });

  it("is over a set: a leaf that stands there twice is refused", () => {
    const some = leaves(5);
    expect(() => merkleRoot([...some, some[2]!.slice()])).to.throw(MalformedData, "twice");
  });

  it("takes leaves of 32 bytes", () => {
    expect(() => merkleRoot([random(31)])).to.throw(RangeError);
    expect(() => processProof([random(33)], random(32))).to.throw(RangeError);
    expect(() => processProof([], random(64))).to.throw(RangeError);
  });
});

describe("leaves", () => {
  const [id, root, salt] = [random(16), random(32), random(32)] as const;

  it("of a scope hold its id, root, count and salt", () => {
    const all = [
      scopeLeaf(id, root, 1, salt),
      scopeLeaf(flipped(id, 0), root, 1, salt),
      scopeLeaf(id, flipped(root, 0), 1, salt),
      scopeLeaf(id, root, 2, salt),
      scopeLeaf(id, root, 1, flipped(salt, 0)),
      scopeLeaf(id, EMPTY_ROOT, 0, salt),
    ];
    expect(new Set(all.map(bytesToHex))).to.have.property("size", all.length);
    expect(scopeLeaf(id, root, 1n, salt)).to.deep.equal(all[0]);
  });

  it("of a scope refuse what does not fit", () => {
    expect(() => scopeLeaf(random(15), root, 1, salt)).to.throw(RangeError);
    expect(() => scopeLeaf(id, random(31), 1, salt)).to.throw(RangeError);
    expect(() => scopeLeaf(id, root, 1, random(33))).to.throw(RangeError);
    for (const count of [-1, 1.5, 2n ** 64n])
      expect(() => scopeLeaf(id, root, count, salt)).to.throw(RangeError);
  });

  it("of a memory are never those of a scope, even over the same bytes", () => {
    expect(memoryLeaf(random(0))).not.to.deep.equal(scopeLeaf(id, root, 0, salt));
  });
});
