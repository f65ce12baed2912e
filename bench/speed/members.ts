import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";

import { open, pageContext } from "../../client/crypto/seal.ts";
import { memoryStore, type BlobStore } from "../../client/storage/store.ts";
import { unpad, type HeadData } from "../../client/vault/blob.ts";
import { drawKeyring, type KeyringMember } from "../../client/vault/keyring.ts";
import { keyringReader, placeKeyring, type PlacedKeyring } from "../../client/vault/pages.ts";
import { REF } from "../../test/client/vault/workbench.ts";
import { encrypted } from "./append.ts";
import { beside, type Beside } from "./clock.ts";
import { next, reader, required, write } from "./vault.ts";

/** What it takes to turn every key when one of many readers leaves. */
export interface Rotation extends Beside {
  /** Readers of one scope each who stay. */
  readonly members: number;
  /** Entries of the keyring, before blobs are padded. */
  readonly bytes: number;
  /** All blobs of the commit. */
  readonly uploadBytes: number;
}

/**
 * Dismisses one reader of many: planned, sealed and ready to be stored. Beside it, by the bare libraries: a ratchet and an
 * entry for each member, and the same blobs encrypted and hashed.
 */
export async function measureRotation(members: number, scopes: number, rounds: number): Promise<Rotation> {
  const admissions = Array.from({ length: members + 1 }, (_, i) => reader(i, scopes));
  const { head, keys, opened } = await write(admissions);
  const { id: memberId } = required(admissions[0]);
  const rotate = () =>
    next(keys, { chain: head, opened }, [{ kind: "dismiss", id: bytesToHex(randomBytes(16)), memberId }]);
  const { draft, built } = rotate();
  const measured = await beside(rounds, rotate, () => {
    for (let i = 0; i <= members; i++) drawEntry(randomBytes(32));
    encrypted(built.blobs);
  });
  return {
    ...{ ...measured, members, bytes: entryBytes(draft.keyring, keys.visibilityKey, draft.epoch) },
    uploadBytes: built.blobs.reduce((sum, { length }) => sum + length, 0),
  };
}

/** What one member of one scope takes: its secret ratcheted, its tag and its key derived, the scope's key wrapped. */
function drawEntry(secret: Uint8Array): void {
  const ratcheted = hkdf(sha256, secret, new Uint8Array(0), new Uint8Array(30), 32);
  const okm = hkdf(sha256, ratcheted, new Uint8Array(32), new Uint8Array(45), 64);
  chacha20poly1305(okm.subarray(32), new Uint8Array(12)).encrypt(secret);
}

function entryBytes({ entries, blobs }: PlacedKeyring, visibilityKey: Uint8Array, epoch: number): number {
  const context = pageContext(REF, epoch);
  const pages = blobs.map((blob) => unpad(required(open(visibilityKey, context, blob))));
  return [entries, ...pages].reduce((sum, { length }) => sum + length, 0);
}

/** What it takes a member to find its key in a keyring. */
export interface LookUp extends Beside {
  readonly members: number;
  /** The most that one look-up fetched. */
  readonly blobs: number;
}

const LOOK_UPS = 32;

/** Looks keys up, each as by a device that has the head and nothing else. Beside it: one page read, hashed and opened bare. */
export async function measureLookUp(members: number, rounds: number): Promise<LookUp> {
  const scopeId = randomBytes(16);
  const visibilityKey = randomBytes(32);
  const place = { ref: REF, visibilityKey, epoch: 0 };
  const readers = Array.from({ length: members }, (): KeyringMember => ({
    ...{ secret: randomBytes(32), locator: randomBytes(32), welcomeDigest: null },
    keys: [{ scopeId, key: randomBytes(32) }],
  }));
  const { salt, entries, pages, blobs } = placeKeyring(drawKeyring(readers, randomBytes), place, randomBytes);
  const data: HeadData = { epoch: 0, keyringSalt: salt, entries, pages, sections: [] };
  const { store, fetched } = counting();
  for (const blob of blobs) await store.put(blob);
  let most = 0;
  const lookUp = async (i: number): Promise<void> => {
    const before = fetched();
    const { secret } = required(readers[(i * 7_919) % members]);
    required(await keyringReader(data, place, store).keyOf(secret, scopeId));
    most = Math.max(most, fetched() - before);
  };
  const page = pages.length === 0 ? null : bytesToHex(required(pages[0]).digest);
  const least = async (): Promise<void> => {
    hkdf(sha256, visibilityKey, salt, scopeId, 64);
    if (page === null) return;
    const blob = required(await store.get(page));
    sha256(blob);
    chacha20poly1305(visibilityKey, new Uint8Array(12)).encrypt(blob);
  };
  let i = 0;
  const measured = await beside(rounds, () => lookUp(i++), least, LOOK_UPS);
  return { ...measured, members, blobs: most };
}

/** A store that counts what it hands out. */
function counting(): { store: BlobStore; fetched: () => number } {
  const store = memoryStore();
  let count = 0;
  const get = (digest: string): Promise<Uint8Array | null> => {
    count++;
    return store.get(digest);
  };
  return { store: { ...store, get }, fetched: () => count };
}
