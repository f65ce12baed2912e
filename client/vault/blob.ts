import { bytesOf, decodeCbor, encodeCbor, fixed, list, shown, tuple, uint } from "../cbor.ts";
import { SEAL_OVERHEAD } from "../crypto/seal.ts";
import { AlteredError, ContentTooLarge, MalformedData } from "../errors.ts";

/** The only sizes, in bytes, that a stored blob may have (SPEC §4). */
export const BLOB_SIZES = [4_096, 16_384, 65_536, 262_144] as const;

const MAX_BLOB_SIZE = Math.max(...BLOB_SIZES);

const LENGTH_BYTES = 4;

/** The most data, in bytes, that a blob of a size can carry. */
export const dataIn = (size: number): number => size - SEAL_OVERHEAD - LENGTH_BYTES;

/** The most data, in bytes, that one blob can carry. */
export const MAX_BLOB_DATA = dataIn(MAX_BLOB_SIZE);

/**
 * Frames data so that its sealed form has one of the four blob sizes: u32 length, data, zeros.
 *
 * @throws {ContentTooLarge} when the data exceed {@link MAX_BLOB_DATA}.
 */
export function pad(data: Uint8Array): Uint8Array {
  const size = BLOB_SIZES.find((candidate) => data.length <= candidate - SEAL_OVERHEAD - LENGTH_BYTES);
  if (size === undefined) throw new ContentTooLarge("blob", data.length, MAX_BLOB_DATA);
  const framed = new Uint8Array(size - SEAL_OVERHEAD);
  new DataView(framed.buffer).setUint32(0, data.length);
  framed.set(data, LENGTH_BYTES);
  return framed;
}

/**
 * Inverts {@link pad}.
 *
 * @throws {AlteredError} when the frame is not one that `pad` makes.
 */
export function unpad(framed: Uint8Array): Uint8Array {
  const size = framed.length + SEAL_OVERHEAD;
  const length =
    framed.length < LENGTH_BYTES
      ? Infinity
      : new DataView(framed.buffer, framed.byteOffset, framed.length).getUint32(0);
  if (!BLOB_SIZES.some((candidate) => candidate === size) || length > framed.length - LENGTH_BYTES) {
    throw new AlteredError("the frame of a blob");
  }
  const end = LENGTH_BYTES + length;
  // A second writer of the format must not be able to hide bytes behind the data.
  if (framed.subarray(end).some((byte) => byte !== 0)) throw new AlteredError("the padding of a blob");
  return framed.subarray(LENGTH_BYTES, end);
}

/** One blob of a scope's list: where it is and what opens the scope's section in it. */
export interface ListEntry {
  /** sha256 of the blob, 32 bytes. */
  readonly digest: Uint8Array;
  readonly sequence: bigint;
  readonly epoch: number;
  /** The scope's key in that epoch, 32 bytes. */
  readonly scopeKey: Uint8Array;
}

/** One page of a keyring that does not fit the head. */
export interface PageEntry {
  readonly firstTag: Uint8Array;
  readonly digest: Uint8Array;
}

/** The plaintext of a head blob (SPEC §4). */
export interface HeadData {
  readonly epoch: number;
  /** 32 bytes, drawn with the keyring. */
  readonly keyringSalt: Uint8Array;
  /** A multiple of sixteen 80-byte entries, sorted by tag; empty when pages hold them. */
  readonly entries: Uint8Array;
  readonly pages: readonly PageEntry[];
  /** Sealed sections, shuffled, unlabelled. */
  readonly sections: readonly Uint8Array[];
}

/** Where a section's results are: nowhere, in the section, in chunks, or in chunks that an index lists. */
export type SectionContent =
  | { readonly kind: "none" }
  | { readonly kind: "inline"; readonly items: readonly Uint8Array[] }
  | { readonly kind: "chunks"; readonly digests: readonly Uint8Array[] }
  | { readonly kind: "index"; readonly digest: Uint8Array };

/** The plaintext of a section: what one commit says about one scope (SPEC §4). */
export interface SectionData {
  readonly content: SectionContent;
  /** Oldest first. */
  readonly list: readonly ListEntry[];
  /** How many records the scope has. */
  readonly count: number;
  /** 32 bytes, drawn at every sealing. */
  readonly scopeSalt: Uint8Array;
  /** Siblings from the scope's leaf to the root. */
  readonly path: readonly Uint8Array[];
  /** In scope zero: the ids of all scopes. Elsewhere empty. */
  readonly scopeIds: readonly Uint8Array[];
}

/** Most chunk digests that a section names itself; beyond that it names an index chunk. */
export const MAX_SECTION_CHUNKS = 48;
/** Most blobs that a scope's list names. */
export const MAX_LIST = 16;
/** Most scopes of a vault, the two internal ones among them. */
export const MAX_SCOPES = 64;
/** Most scopes of a vault whose store takes no blobs of 256 KiB: their sections must fit a smaller head (SPEC §12). */
export const MAX_SCOPES_OF_SMALL_BLOBS = 16;

const VERSION = 1;

export function encodeHead(head: HeadData): Uint8Array {
  return encodeCbor([
    VERSION,
    head.epoch,
    head.keyringSalt,
    head.entries,
    head.pages.map((page) => [page.firstTag, page.digest]),
    head.sections,
  ]);
}

/** @throws {MalformedData} when the bytes are no head of this version. */
export function decodeHead(bytes: Uint8Array): HeadData {
  const [version, epoch, keyringSalt, entries, pages, sections] = tuple(decodeCbor(bytes), 6, "head");
  if (version !== VERSION) throw new MalformedData("head", `version ${shown(version)}`);
  const head: HeadData = {
    epoch: uint(epoch, "head epoch", 0xffff_ffff),
    keyringSalt: fixed(keyringSalt, 32, "keyring salt"),
    entries: bytesOf(entries, "keyring entries"),
    pages: list(pages, "keyring pages").map((page) => {
      const [firstTag, digest] = tuple(page, 2, "keyring page");
      return { firstTag: fixed(firstTag, 32, "page tag"), digest: fixed(digest, 32, "page digest") };
    }),
    sections: list(sections, "sections").map((section) => bytesOf(section, "section")),
  };
  if (head.sections.length > MAX_SCOPES) throw new MalformedData("head", `${head.sections.length} sections`);
  return head;
}

export function encodeSection(section: SectionData): Uint8Array {
  return encodeCbor([
    VERSION,
    encodeContent(section.content),
    section.list.map((entry) => [entry.digest, entry.sequence, entry.epoch, entry.scopeKey]),
    section.count,
    section.scopeSalt,
    section.path,
    section.scopeIds,
  ]);
}

/** @throws {MalformedData} when the bytes are no section of this version. */
export function decodeSection(bytes: Uint8Array): SectionData {
  const [version, content, entries, count, scopeSalt, path, scopeIds] = tuple(
    decodeCbor(bytes),
    7,
    "section",
  );
  if (version !== VERSION) throw new MalformedData("section", `version ${shown(version)}`);
  const section: SectionData = {
    content: decodeContent(content),
    list: list(entries, "list").map(decodeListEntry),
    count: uint(count, "count"),
    scopeSalt: fixed(scopeSalt, 32, "scope salt"),
    path: list(path, "path").map((node) => fixed(node, 32, "path node")),
    scopeIds: list(scopeIds, "scope ids").map((id) => fixed(id, 16, "scope id")),
  };
  if (section.list.length > MAX_LIST) throw new MalformedData("section", `a list of ${section.list.length}`);
  return section;
}

function encodeContent(content: SectionContent): unknown {
  switch (content.kind) {
    case "none":
      return null;
    case "inline":
      return [0, content.items];
    case "chunks":
      return [1, content.digests];
    case "index":
      return [2, content.digest];
  }
}

function decodeContent(value: unknown): SectionContent {
  if (value === null) return { kind: "none" };
  const [kind, body] = tuple(value, 2, "content");
  if (kind === 0) return { kind: "inline", items: list(body, "items").map((item) => bytesOf(item, "item")) };
  if (kind === 2) return { kind: "index", digest: fixed(body, 32, "index digest") };
  const digests = list(body, "chunks").map((digest) => fixed(digest, 32, "chunk digest"));
  if (kind !== 1 || digests.length > MAX_SECTION_CHUNKS) throw new MalformedData("section", "content");
  return { kind: "chunks", digests };
}

function decodeListEntry(value: unknown): ListEntry {
  const [digest, sequence, epoch, scopeKey] = tuple(value, 4, "list entry");
  return {
    digest: fixed(digest, 32, "list digest"),
    sequence: BigInt(uint(sequence, "list sequence")),
    epoch: uint(epoch, "list epoch", 0xffff_ffff),
    scopeKey: fixed(scopeKey, 32, "list scope key"),
  };
}

/** A chunk carries an array of items; an index chunk an array of chunk digests. */
export const encodeItems = (items: readonly Uint8Array[]): Uint8Array => encodeCbor(items);

/** @throws {MalformedData} when the bytes are no array of byte strings. */
export function decodeItems(bytes: Uint8Array): Uint8Array[] {
  return list(decodeCbor(bytes), "chunk").map((item) => bytesOf(item, "chunk item"));
}
