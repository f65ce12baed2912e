import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { locatorTag, keyringTag } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { open, pageContext, seal, type Random } from "../crypto/seal.ts";
import { AlteredError, MalformedData } from "../errors.ts";
import { readBlob, type BlobStore } from "../storage/store.ts";
import { pad, unpad, type HeadData, type PageEntry } from "./blob.ts";
import {
  compareBytes,
  ENTRY_BYTES,
  lookUpKey,
  lookUpWelcome,
  MAX_HEAD_ENTRIES,
  TAG_BYTES,
  type Keyring,
} from "./keyring.ts";

/** Entries of a full page: a multiple of 16 that fits a blob of 64 KiB, which every store takes. */
export const PAGE_ENTRIES = 816;

/** Most pages of a keyring: their list takes 5 KiB of the head, which the sections always leave. */
export const MAX_PAGES = 64;

/** Most entries of a keyring. */
export const MAX_KEYRING_ENTRIES = MAX_PAGES * PAGE_ENTRIES;

/** A keyring in its place: in the head, or in pages that the head lists. */
export interface PlacedKeyring {
  readonly salt: Uint8Array;
  /** All entries, or none when pages hold them. */
  readonly entries: Uint8Array;
  readonly pages: readonly PageEntry[];
  /** The pages' blobs that are to be stored; none for a keyring that stands already. */
  readonly blobs: readonly Uint8Array[];
}

/** Where a keyring belongs that a commit draws. */
export interface KeyringPlace {
  readonly ref: VaultRef;
  readonly visibilityKey: Uint8Array;
  readonly epoch: number;
}

/** Puts a drawn keyring into its place: up to 256 entries stand in the head, more stand in pages, all of them (SPEC §4). */
export function placeKeyring({ salt, entries }: Keyring, place: KeyringPlace, random: Random): PlacedKeyring {
  if (entries.length <= MAX_HEAD_ENTRIES * ENTRY_BYTES) return { salt, entries, pages: [], blobs: [] };
  const context = pageContext(place.ref, place.epoch);
  const pages: PageEntry[] = [];
  const blobs: Uint8Array[] = [];
  for (let start = 0; start < entries.length; start += PAGE_ENTRIES * ENTRY_BYTES) {
    const page = entries.subarray(start, start + PAGE_ENTRIES * ENTRY_BYTES);
    const blob = seal(place.visibilityKey, context, pad(page), random);
    pages.push({ firstTag: page.slice(0, TAG_BYTES), digest: sha256(blob) });
    blobs.push(blob);
  }
  return { salt, entries: new Uint8Array(0), pages, blobs };
}

/** A head's keyring, for a commit that leaves it as it stands, byte for byte. */
export const standingKeyring = ({ keyringSalt, entries, pages }: HeadData): PlacedKeyring => ({
  ...{ salt: keyringSalt, entries, pages, blobs: [] },
});

/** A head's keyring to look things up in. */
export interface KeyringReader {
  /** A member's key of one scope, or `null` when it has no entry for it. */
  readonly keyOf: (secret: Uint8Array, scopeId: Uint8Array) => Promise<Uint8Array | null>;
  /** The digest of a reissued member's newest welcome, or `null` when it was not reissued. */
  readonly welcomeOf: (locator: Uint8Array) => Promise<Uint8Array | null>;
}

/**
 * Reads a head's keyring. A look-up takes one page at most, whatever the number of members.
 *
 * @throws {MalformedData} when the pages are too many, not in order, or beside entries in the head.
 * The look-ups throw {BlobMissing|BlobAltered} when the store lacks a page or has altered it.
 */
export function keyringReader(
  data: HeadData,
  { ref, visibilityKey }: Omit<KeyringPlace, "epoch">,
  store: BlobStore,
): KeyringReader {
  const { keyringSalt: salt, entries, pages, epoch } = data;
  const unordered = pages.some(({ firstTag }, i) => {
    const before = pages[i - 1];
    return before !== undefined && compareBytes(before.firstTag, firstTag) >= 0;
  });
  if (pages.length > MAX_PAGES) throw new MalformedData("keyring", `${pages.length} pages`);
  if (unordered || (pages.length > 0 && entries.length > 0)) {
    throw new MalformedData("keyring", "its pages are not in order");
  }
  const known = new Map<PageEntry, Promise<Uint8Array>>();
  const read = async ({ firstTag, digest }: PageEntry): Promise<Uint8Array> => {
    const framed = open(visibilityKey, pageContext(ref, epoch), await readBlob(store, bytesToHex(digest)));
    if (framed === null) throw new AlteredError("a page of the keyring: its key does not open it");
    const page = unpad(framed);
    if (compareBytes(page.subarray(0, TAG_BYTES), firstTag) !== 0) {
      throw new MalformedData("keyring", "a page that does not begin as the head says");
    }
    return page;
  };
  const among = async (tag: Uint8Array): Promise<Keyring> => {
    if (pages.length === 0) return { salt, entries };
    const page = pages.findLast(({ firstTag }) => compareBytes(firstTag, tag) <= 0);
    if (page === undefined) return { salt, entries };
    const held = known.get(page) ?? read(page);
    known.set(page, held);
    return { salt, entries: await held };
  };
  return {
    keyOf: async (secret, scopeId) =>
      lookUpKey(await among(keyringTag(secret, salt, scopeId)), secret, scopeId),
    welcomeOf: async (locator) => lookUpWelcome(await among(locatorTag(locator, salt)), locator),
  };
}
