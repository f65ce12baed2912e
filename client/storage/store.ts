import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { base32nopad } from "@scure/base";

import { BlobAltered, BlobMissing, InvalidDigest } from "../errors.ts";

/** The sha256 of a blob, as 64 lower-case hexadecimal digits without a prefix. */
export type Digest = string;

/**
 * A place that keeps blobs under their digest. It is never trusted: {@link readBlob} checks what it hands out.
 *
 * Implementations throw `StoreUnavailable` or `StoreFull` when the place itself fails; a blob that is merely not there is `null`.
 */
export interface BlobStore {
  /** What errors and reports call this store. */
  readonly name: string;

  /** The largest blob that it takes, in bytes; whoever writes makes none that is larger. Any unless given. */
  readonly maxBlobSize?: number;

  /** What is put here stays for ever and is paid for each time: nothing is put here that nobody asked for, and `delete` does nothing. */
  readonly permanent?: boolean;

  /** It only reads: nothing of ours lies there, to be counted as a copy or to be given up. */
  readonly readOnly?: boolean;

  /** What it is made of, where it is several stores. */
  readonly parts?: StoreParts;

  /**
   * Keeps a blob; putting the same bytes again is harmless, and replaces a copy that was altered meanwhile.
   *
   * @param blob - Its bytes.
   * @returns The blob's digest, once the blob is safe there.
   */
  put(blob: Uint8Array): Promise<Digest>;

  /**
   * Keeps all blobs of one commit, where that is more than one `put` after the other: at once, or at one price.
   *
   * @param blobs - Their bytes.
   */
  putAll?(blobs: readonly Uint8Array[]): Promise<void>;

  /**
   * Fetches a blob.
   *
   * @param digest - The digest it was kept under.
   * @returns Its bytes, or null if this store does not have it.
   */
  get(digest: Digest): Promise<Uint8Array | null>;

  /**
   * Fetches a blob that this store has itself, where `get` asks others as well: what counts as a copy.
   *
   * @param digest - The digest it was kept under.
   * @returns Its bytes, or null if the store itself does not have it.
   */
  held?(digest: Digest): Promise<Uint8Array | null>;

  /**
   * Tells what lies there, whoever put it there: what the keeper of this store sees. Left out where a store cannot tell.
   *
   * @returns Each blob once.
   */
  list?(): Promise<readonly StoredBlob[]>;

  /**
   * Asks whether a blob is there. A claim of the store, not a proof: only reading proves it.
   *
   * @param digest - The digest it was kept under.
   * @returns True if the store claims to have it.
   */
  has(digest: Digest): Promise<boolean>;

  /**
   * Gives a blob up (unpins it, deletes its file); one that is not there is no fault.
   *
   * @param digest - The digest it was kept under.
   */
  delete(digest: Digest): Promise<void>;

  /**
   * Gives many blobs up, where that is more than one `delete` after the other: tries each, and throws at the end.
   *
   * @param digests - The digests they were kept under.
   */
  deleteAll?(digests: readonly Digest[]): Promise<void>;
}

/** A blob as the keeper of a store sees it. */
export interface StoredBlob {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** Several stores that are one. */
export interface StoreParts {
  /** In the order in which they are asked. */
  readonly stores: readonly BlobStore[];
  /** How many must have a blob. */
  readonly quorum: number;
  /** The same for who only looks: its reads put nothing back. */
  readonly asIs: BlobStore;
}

/**
 * The digest of a blob.
 *
 * @param blob - Its bytes.
 * @returns Its sha256.
 */
export function digestOf(blob: Uint8Array): Digest {
  return bytesToHex(sha256(blob));
}

/**
 * The name of a blob outside this project: what `ipfs block put` prints for the same bytes.
 *
 * @param digest - The blob's sha256.
 * @returns CIDv1, raw codec, sha2-256, base32.
 * @throws InvalidDigest if it is not 64 lower-case hexadecimal digits.
 */
export function cidOf(digest: Digest): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new InvalidDigest(digest);
  return `b${base32nopad.encode(concatBytes(CID_PREFIX, hexToBytes(digest))).toLowerCase()}`;
}

/**
 * Reads a blob and checks it: the only way in which the client takes bytes from a store.
 *
 * @param store - Where to look.
 * @param digest - What to look for.
 * @returns Bytes with that digest.
 * @throws BlobMissing if the store does not have it.
 * @throws BlobAltered if the store hands out other bytes.
 */
export async function readBlob(store: BlobStore, digest: Digest): Promise<Uint8Array> {
  return honest(store, digest, await store.get(digest));
}

/**
 * Fetches what a store has itself: a copy that somebody else hands out through it is none.
 *
 * @param store - Where to look.
 * @param digest - What to look for.
 */
export const heldBy = (store: BlobStore, digest: Digest): Promise<Uint8Array | null> =>
  store.held?.(digest) ?? store.get(digest);

function honest({ name }: BlobStore, digest: Digest, blob: Uint8Array | null): Uint8Array {
  if (blob === null) throw new BlobMissing(digest, [name]);
  if (digestOf(blob) !== digest) throw new BlobAltered(digest, name);
  return blob;
}

/**
 * Stores a blob and reads it back, so that no commit ever points to bytes that nobody has.
 *
 * @param store - Where to keep it.
 * @param blob - Its bytes.
 * @returns Its digest.
 * @throws BlobMissing if the store lost it at once.
 * @throws BlobAltered if the store hands out other bytes.
 */
export async function putVerified(store: BlobStore, blob: Uint8Array): Promise<Digest> {
  await putAllVerified(store, [blob]);
  return digestOf(blob);
}

/**
 * Stores all blobs of one commit and reads each back, as {@link putVerified} does.
 *
 * @param store - Where to keep them.
 * @param blobs - Their bytes.
 * @throws BlobMissing|BlobAltered as {@link putVerified} does.
 */
export async function putAllVerified(store: BlobStore, blobs: readonly Uint8Array[]): Promise<void> {
  await store.putAll?.(blobs);
  for (const blob of blobs) {
    if (store.putAll === undefined) await store.put(blob);
    // By our own digest, not the store's answer: a store that reports another one is caught by the read.
    const digest = digestOf(blob);
    honest(store, digest, await heldBy(store, digest));
  }
}

/**
 * A store in memory, for tests and for pages that keep nothing.
 *
 * @param name - What errors call it.
 * @returns An empty store.
 */
export function memoryStore(name = "memory"): BlobStore {
  const blobs = new Map<Digest, Uint8Array>();
  return {
    name,
    put(blob) {
      const digest = digestOf(blob);
      blobs.set(digest, blob.slice());
      return Promise.resolve(digest);
    },
    get: (digest) => Promise.resolve(blobs.get(digest)?.slice() ?? null),
    has: (digest) => Promise.resolve(blobs.has(digest)),
    delete(digest) {
      blobs.delete(digest);
      return Promise.resolve();
    },
  };
}

// Version 1, codec raw, hash sha2-256 of 32 bytes: each number takes one byte. The "b" above says base32.
const CID_PREFIX = Uint8Array.of(1, 0x55, 0x12, 32);
