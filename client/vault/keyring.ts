import { concatBytes } from "@noble/hashes/utils.js";

import {
  keyringEntry,
  keyringTag,
  locatorEntry,
  locatorTag,
  openKeyringEntry,
  openLocatorEntry,
} from "../crypto/keys.ts";
import { MalformedData } from "../errors.ts";
import type { Random } from "../crypto/seal.ts";

/** Bytes of one keyring entry: a 32-byte tag and a wrapped 32-byte key. */
export const ENTRY_BYTES = 80;
/** Bytes of an entry's tag. */
export const TAG_BYTES = 32;
const ROUND = 16;

/** Most entries that stand in the head itself; beyond that all stand in pages. */
export const MAX_HEAD_ENTRIES = 256;

/** What the keyring holds for one member at the epoch of the head. */
export interface KeyringMember {
  readonly secret: Uint8Array;
  readonly locator: Uint8Array;
  /** Scope ids and keys of a reader; for an owner-class member scope zero's id with the epoch key. */
  readonly keys: readonly { readonly scopeId: Uint8Array; readonly key: Uint8Array }[];
  /** The newest welcome of a reissued member. */
  readonly welcomeDigest: Uint8Array | null;
}

/** A keyring, or the page of one, to look a tag up in. */
export interface Keyring {
  readonly salt: Uint8Array;
  /** Sorted by tag. */
  readonly entries: Uint8Array;
}

/** Draws a keyring: salt, entries sorted by tag, and random dummies to a multiple of 16 (SPEC §4). */
export function drawKeyring(members: readonly KeyringMember[], random: Random): Keyring {
  const salt = random(32);
  const entries = members.flatMap((member) => [
    ...member.keys.map(({ scopeId, key }) => keyringEntry(member.secret, salt, scopeId, key)),
    ...(member.welcomeDigest === null ? [] : [locatorEntry(member.locator, salt, member.welcomeDigest)]),
  ]);
  while (entries.length === 0 || entries.length % ROUND !== 0) entries.push(random(ENTRY_BYTES));
  return { salt, entries: concatBytes(...entries.sort(compareBytes)) };
}

/**
 * Looks one scope's key up by its tag: no trial decryption.
 *
 * @returns the key, or `null` when the member has no entry for that scope.
 * @throws {AlteredError} when the entry is there and broken.
 */
export function lookUpKey(keyring: Keyring, secret: Uint8Array, scopeId: Uint8Array): Uint8Array | null {
  const entry = findEntry(keyring.entries, keyringTag(secret, keyring.salt, scopeId));
  return entry === null ? null : openKeyringEntry(secret, keyring.salt, scopeId, entry);
}

/**
 * Looks up the digest of a reissued member's newest welcome, before any ratcheting.
 *
 * @returns the digest, or `null` when the member was not reissued.
 */
export function lookUpWelcome(keyring: Keyring, locator: Uint8Array): Uint8Array | null {
  const entry = findEntry(keyring.entries, locatorTag(locator, keyring.salt));
  return entry === null ? null : openLocatorEntry(locator, keyring.salt, entry);
}

function findEntry(entries: Uint8Array, tag: Uint8Array): Uint8Array | null {
  if (entries.length % ENTRY_BYTES !== 0) throw new MalformedData("keyring", `${entries.length} bytes`);
  let low = 0;
  let high = entries.length / ENTRY_BYTES - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const entry = entries.subarray(middle * ENTRY_BYTES, (middle + 1) * ENTRY_BYTES);
    const order = compareBytes(entry.subarray(0, TAG_BYTES), tag);
    if (order === 0) return entry;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return null;
}

/** Orders byte strings as unsigned numbers, big-endian. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const end = a.findIndex((byte, i) => byte !== b[i]);
  if (end === -1) return a.length - b.length;
  return (a[end] ?? 0) - (b[end] ?? -1);
}
