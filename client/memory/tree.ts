import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { abytes, bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import { MalformedData } from "../errors.ts";

const WORD = 32;

/** The tag of a memory's leaf. */
export const MEMORY_LEAF: Uint8Array = keccak_256(utf8ToBytes("memory-vault/v1/memory-leaf"));

/** The tag of a scope's leaf. */
export const SCOPE_LEAF: Uint8Array = keccak_256(utf8ToBytes("memory-vault/v1/scope-leaf"));

/** The root of a tree without leaves: 32 zero bytes. */
export const EMPTY_ROOT: Uint8Array = new Uint8Array(WORD);

/** The leaf of a memory's canonical record (SPEC §5). */
export function memoryLeaf(record: Uint8Array): Uint8Array {
  const words = new Uint8Array(2 * WORD);
  words.set(MEMORY_LEAF);
  words.set(sha256(record), WORD);
  return leafOf(words);
}

/**
 * The leaf of a scope (SPEC §5).
 *
 * @param scopeId - 16 bytes.
 * @param scopeRoot - the root over the scope's memories; zero if it has none.
 * @param count - the number of its memories.
 * @param scopeSalt - 32 bytes, drawn at every sealing.
 */
export function scopeLeaf(
  scopeId: Uint8Array,
  scopeRoot: Uint8Array,
  count: bigint | number,
  scopeSalt: Uint8Array,
): Uint8Array {
  const size = BigInt(count);
  if (size < 0n || size >> 64n !== 0n) throw new RangeError(`a count of ${size} does not fit 64 bits`);
  const words = new Uint8Array(5 * WORD);
  words.set(SCOPE_LEAF);
  // As `abi.encode` does: bytes16 stands at the left of its word, uint64 at the right.
  words.set(abytes(scopeId, 16, "scope id"), WORD);
  words.set(abytes(scopeRoot, WORD, "scope root"), 2 * WORD);
  new DataView(words.buffer).setBigUint64(4 * WORD - 8, size);
  words.set(abytes(scopeSalt, WORD, "scope salt"), 4 * WORD);
  return leafOf(words);
}

// Hashed twice, so that no leaf is the hash of a pair.
const leafOf = (words: Uint8Array): Uint8Array => keccak_256(keccak_256(words));

/**
 * A Merkle tree over a set of leaves, with the root and the proofs of OpenZeppelin's `SimpleMerkleTree`: leaves sorted,
 * laid out in reverse at the end of an array in which the children of node i are 2i + 1 and 2i + 2.
 */
export class MerkleTree {
  readonly #nodes: Uint8Array;
  readonly #sorted: readonly Uint8Array[];

  /**
   * @param leaves - 32 bytes each, in any order.
   * @throws {MalformedData} when a leaf stands there twice: a set is what the root is over.
   */
  constructor(leaves: readonly Uint8Array[]) {
    this.#sorted = leaves.map((leaf) => abytes(leaf, WORD, "leaf")).sort(compare);
    this.#sorted.forEach((leaf, i) => {
      const next = this.#sorted[i + 1];
      if (next !== undefined && compare(leaf, next) === 0) {
        throw new MalformedData("tree", `leaf ${bytesToHex(leaf)} stands there twice`);
      }
    });
    this.#nodes = layOut(this.#sorted);
  }

  /** The root: of no leaf zero, of one the leaf itself. */
  get root(): Uint8Array {
    return this.#sorted.length === 0 ? EMPTY_ROOT.slice() : this.#node(0);
  }

  /**
   * The siblings from a leaf to the root.
   *
   * @throws {RangeError} when the tree has no such leaf.
   */
  proof(leaf: Uint8Array): Uint8Array[] {
    const position = this.#sorted.findIndex((other) => compare(leaf, other) === 0);
    if (position === -1) throw new RangeError(`the tree has no leaf ${bytesToHex(leaf)}`);
    const path: Uint8Array[] = [];
    for (let i = 2 * (this.#sorted.length - 1) - position; i > 0; i = (i - 1) >> 1) {
      path.push(this.#node(i % 2 === 1 ? i + 1 : i - 1));
    }
    return path;
  }

  #node(i: number): Uint8Array {
    return this.#nodes.slice(i * WORD, (i + 1) * WORD);
  }
}

/** The root over leaves, where no proof is needed. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return new MerkleTree(leaves).root;
}

/** The root to which a path leads from a leaf, as OpenZeppelin's `MerkleProof` computes it. */
export function processProof(path: readonly Uint8Array[], leaf: Uint8Array): Uint8Array {
  const pair = new Uint8Array(2 * WORD);
  let node: Uint8Array = abytes(leaf, WORD, "leaf");
  for (const sibling of path) {
    setPair(pair, node, abytes(sibling, WORD, "sibling"));
    node = keccak_256(pair);
  }
  return node;
}

function layOut(sorted: readonly Uint8Array[]): Uint8Array {
  const count = Math.max(0, 2 * sorted.length - 1);
  const nodes = new Uint8Array(count * WORD);
  sorted.forEach((leaf, i) => {
    nodes.set(leaf, (count - 1 - i) * WORD);
  });
  const pair = new Uint8Array(2 * WORD);
  for (let i = sorted.length - 2; i >= 0; i--) {
    const left = (2 * i + 1) * WORD;
    setPair(pair, nodes.subarray(left, left + WORD), nodes.subarray(left + WORD, left + 2 * WORD));
    nodes.set(keccak_256(pair), i * WORD);
  }
  return nodes;
}

/** The smaller first: the order of a pair says nothing, and a proof needs no directions. */
function setPair(pair: Uint8Array, a: Uint8Array, b: Uint8Array): void {
  const ordered = compare(a, b) <= 0;
  pair.set(ordered ? a : b);
  pair.set(ordered ? b : a, WORD);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < WORD; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
