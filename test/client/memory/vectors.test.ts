import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { decodeRecord, encodeRecord } from "../../../client/memory/codec.ts";
import type { Memory } from "../../../client/memory/record.ts";
import { memoryLeaf, MerkleTree, scopeLeaf } from "../../../client/memory/tree.ts";
import { testVectors } from "../../helpers/vectors.ts";

testVectors("records", {
  record: (memory: Memory) => {
    const record = encodeRecord(memory);
    return {
      record: bytesToHex(record),
      sha256: bytesToHex(sha256(record)),
      leaf: bytesToHex(memoryLeaf(record)),
    };
  },

  refused: (record: string) => {
    try {
      return decodeRecord(hexToBytes(record));
    } catch (error) {
      return (error as Error).name;
    }
  },

  scopeLeaf: (input: Record<"scopeId" | "scopeRoot" | "count" | "scopeSalt", string>) => {
    const [id, root, salt] = [input.scopeId, input.scopeRoot, input.scopeSalt].map(hexToBytes);
    return bytesToHex(scopeLeaf(id!, root!, BigInt(input.count), salt!));
  },

  tree: (input: { leaves: string[]; prove: string | null }) => {
    const tree = new MerkleTree(input.leaves.map(hexToBytes));
    const proof = input.prove === null ? null : tree.proof(hexToBytes(input.prove)).map(bytesToHex);
    return { root: bytesToHex(tree.root), proof };
  },
});
