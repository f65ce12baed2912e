import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";

import { beside, type Beside } from "./clock.ts";
import { land, memory, next, write } from "./vault.ts";

/** What one more memory takes, at each of some commits one after the other. */
export interface Appending {
  readonly memories: number;
  readonly scopes: number;
  readonly commits: readonly Beside[];
}

/** The mean over all commits, the dear ones that merge what small ones left behind among them. */
export const meanOf = (commits: readonly Beside[]): Beside => ({
  ours: mean(commits.map(({ ours }) => ours)),
  floor: mean(commits.map(({ floor }) => floor)),
});

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Appends memories to a vault, one in a commit, on a device that has the others open: applied, planned, sealed and ready to be
 * stored. Beside it: the same blobs encrypted and hashed.
 */
export async function measureAppend(
  memories: number,
  scopes: number,
  commits: number,
  rounds: number,
): Promise<Appending> {
  let written = await write(Array.from({ length: memories }, (_, i) => memory(i, scopes)));
  const measured: Beside[] = [];
  for (let i = 0; i < commits; i++) {
    const { head, keys, opened } = written;
    // What it builds on does not change, so that each round builds the same commit.
    const append = () => next(keys, { chain: head, opened }, [memory(memories + i, scopes)]);
    const appended = append();
    measured.push(await beside(rounds, append, () => encrypted(appended.built.blobs)));
    written = await land(written, appended.built, head);
  }
  return { memories, scopes, commits: measured };
}

/** The bare cipher and hash over blobs of the same sizes. */
export function encrypted(blobs: readonly Uint8Array[]): void {
  const [key, nonce] = [randomBytes(32), new Uint8Array(12)];
  for (const blob of blobs) sha256(chacha20poly1305(key, nonce).encrypt(blob));
}
