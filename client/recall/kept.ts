import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

import { bytesOf, decodeCbor, encodeCbor, fixed, text, tuple, uint } from "../cbor.ts";
import { JournalDamaged, JournalVersion, MalformedData, WrongKeyError } from "../errors.ts";
import { termsIn, type Changed, type OwnTerms } from "./postings.ts";
import { updateIndex, type RecallIndex, type Searchable } from "./search.ts";

/**
 * Where an index is kept: files of bytes that somebody else seals. The client's `indexFiles` gives those of a vault, which a shred
 * removes.
 */
export interface Files {
  list(): Promise<string[]>;
  read(name: string): Promise<Uint8Array | null>;
  /** Adds files and removes others; `null` when what they were made of is out of date. */
  replace(
    sequence: bigint,
    written: readonly Uint8Array[],
    removed: readonly string[],
  ): Promise<readonly string[] | null>;
}

/** A file with the terms of some memories: never changed, only replaced. */
interface Segment {
  readonly name: string;
  /** Salts by id: which revisions they are of. */
  readonly salts: ReadonlyMap<string, string>;
}

/** An index whose terms are kept on disk, in segments. */
export interface Kept {
  readonly files: Files;
  segments: readonly Segment[];
  /** Files that are no segments; they go with the next change. */
  broken: readonly string[];
  /** What was read and is not in the index yet. */
  known: ReadonlyMap<string, { readonly salt: string; readonly terms: OwnTerms }>;
}

/** Most memories of a segment: to forget one of them, so many are written anew at most. */
export const SEGMENT_MEMORIES = 1_024;

/** A segment is absorbed by the next one unless it has more than so many times its memories. */
const ABSORBED = 2;

/**
 * Reads what was kept. A file that cannot be read is no loss: its memories are indexed again.
 *
 * @throws {StoreUnavailable} when the device's folder cannot be read.
 */
export async function openKept(files: Files): Promise<Kept> {
  const kept: Kept = { files, segments: [], broken: [], known: new Map() };
  kept.known = await lookAgain(kept);
  return kept;
}

/** Learns which files there are by now: other processes of the device write some, and a shred removes all. */
async function lookAgain(kept: Kept): Promise<Kept["known"]> {
  const known = new Map<string, { salt: string; terms: OwnTerms }>();
  const names = await kept.files.list();
  const before = new Map(kept.segments.map((segment) => [segment.name, segment]));
  const segments: Segment[] = [];
  const broken: string[] = [];
  for (const name of names) {
    const standing = before.get(name);
    if (standing !== undefined) segments.push(standing);
    else {
      const entries = await entriesOf(kept.files, name);
      if (entries === null) broken.push(name);
      else segments.push({ name, salts: new Map(entries.map(({ id, salt }) => [id, salt])) });
      for (const { id, salt, terms } of entries ?? []) known.set(id, { salt, terms });
    }
  }
  [kept.segments, kept.broken] = [segments, broken];
  return known;
}

/** Has an index hold some memories, as {@link updateIndex} does, by terms that were kept where there are any. */
export function updateKept<M extends Searchable>(
  kept: Kept,
  index: RecallIndex<M>,
  memories: Iterable<M>,
): Changed {
  const { known } = kept;
  const changed = updateIndex(index, memories, ({ id, salt }) => {
    const found = known.get(id);
    return found?.salt === salt ? found.terms : undefined;
  });
  kept.known = new Map();
  return changed;
}

/**
 * Writes what changed in an index, and nothing that did not: new memories are a segment, which absorbs those that are not much larger; a
 * segment with a memory that changed or is gone is written without it.
 *
 * @param sequence - Of the verified head that the index has.
 * @returns How many files and bytes were written.
 * @throws {JournalBusy|StoreFull|StoreUnavailable} when it cannot be written: nothing but time is lost by that.
 */
export async function saveKept(
  kept: Kept,
  { postings }: RecallIndex,
  sequence: bigint,
): Promise<{ readonly files: number; readonly bytes: number }> {
  await lookAgain(kept);
  const placed = new Set<string>();
  const removed = [...kept.broken];
  const standing: Segment[] = [];
  for (const segment of kept.segments) {
    const holds = [...segment.salts].every(
      ([id, salt]) => postings.byId.get(id)?.memory.salt === salt && !placed.has(id),
    );
    if (!holds) removed.push(segment.name);
    else for (const id of (standing.push(segment), segment.salts.keys())) placed.add(id);
  }
  const fresh = [...postings.byId.keys()].filter((id) => !placed.has(id));
  if (fresh.length === 0 && removed.length === 0) return { files: 0, bytes: 0 };
  standing.sort((a, b) => a.salts.size - b.salts.size);
  for (let [next] = standing; next !== undefined && isAbsorbed(next, fresh.length); [next] = standing) {
    standing.shift();
    removed.push(next.name);
    fresh.push(...next.salts.keys());
  }
  const pieces: Entry[][] = [];
  for (let at = 0; at < fresh.length; at += SEGMENT_MEMORIES) {
    const ids = fresh.slice(at, at + SEGMENT_MEMORIES);
    pieces.push(
      ids.flatMap((id) => {
        const [memory, terms] = [postings.byId.get(id)?.memory, termsIn(postings, id)];
        return memory === undefined || terms === undefined ? [] : [{ id, salt: memory.salt, terms }];
      }),
    );
  }
  // Even one of nothing: its name says up to which head the others are right.
  if (pieces.length === 0) pieces.push([]);
  const written = pieces.map(encodeSegment);
  const names = await kept.files.replace(sequence, written, removed);
  // Who has gone on wrote what is to be kept.
  if (names === null) return { files: 0, bytes: 0 };
  const added = names.map((name, i) => ({
    name,
    salts: new Map((pieces[i] ?? []).map(({ id, salt }) => [id, salt])),
  }));
  [kept.segments, kept.broken] = [[...standing, ...added], []];
  return { files: written.length, bytes: written.reduce((sum, { length }) => sum + length, 0) };
}

const isAbsorbed = ({ salts }: Segment, fresh: number): boolean =>
  fresh > 0 && salts.size < SEGMENT_MEMORIES && salts.size <= ABSORBED * fresh;

async function entriesOf(files: Files, name: string): Promise<readonly Entry[] | null> {
  try {
    const bytes = await files.read(name);
    return bytes === null ? null : decodeSegment(bytes);
  } catch (fault) {
    const isUseless = [JournalDamaged, JournalVersion, WrongKeyError, MalformedData].some(
      (kind) => fault instanceof kind,
    );
    if (isUseless) return null;
    throw fault;
  }
}

/** The terms of one memory at one revision. */
export interface Entry {
  readonly id: string;
  readonly salt: string;
  readonly terms: OwnTerms;
}

/** How terms are made: those of another way are not found by a query's. */
const TERMS_VERSION = 1;
const ID_BYTES = 16;

/**
 * Encodes a segment: the words that it has, each once; ids and salts; for each memory the number of its terms, and for each of these the place
 * of its word and how often it stands there.
 */
export function encodeSegment(entries: readonly Entry[]): Uint8Array {
  const places = new Map<string, number>();
  const numbers: number[] = [];
  for (const { terms } of entries) {
    numbers.push(terms.words.length);
    for (const [i, word] of terms.words.entries()) {
      const place = places.get(word) ?? places.size;
      places.set(word, place);
      numbers.push(place, terms.counts[i] ?? 1);
    }
  }
  const sixteen = (hex: string): Uint8Array => fixed(hexToBytes(hex), ID_BYTES, "id");
  return encodeCbor([
    TERMS_VERSION,
    [...places.keys()].join(" "),
    concatBytes(...entries.map(({ id }) => sixteen(id))),
    concatBytes(...entries.map(({ salt }) => sixteen(salt))),
    packed(numbers),
  ]);
}

/**
 * Decodes a segment.
 *
 * @throws {MalformedData} when it is none, or of another version.
 */
export function decodeSegment(bytes: Uint8Array): Entry[] {
  const [version, joined, ids, salts, packedNumbers] = tuple(decodeCbor(bytes), 5, "segment");
  uint(version, "segment's version", TERMS_VERSION);
  const words = text(joined, "words").split(" ");
  const allIds = bytesOf(ids, "ids");
  const allSalts = fixed(salts, allIds.length, "salts");
  const next = unpacked(bytesOf(packedNumbers, "numbers"));
  return Array.from({ length: allIds.length / ID_BYTES }, (_, i) => {
    const at = (of: Uint8Array): string => bytesToHex(of.subarray(i * ID_BYTES, (i + 1) * ID_BYTES));
    const count = next();
    const terms = { words: new Array<string>(count), counts: new Array<number>(count) };
    for (let each = 0; each < count; each++) {
      const word = words[next()];
      if (word === undefined) throw new MalformedData("segment", "a word that is not there");
      terms.words[each] = word;
      terms.counts[each] = next();
    }
    return { id: at(allIds), salt: at(allSalts), terms };
  });
}

/** Numbers in groups of seven bits, the lowest first; the high bit says that more follow. */
function packed(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const number of numbers) {
    let rest = number;
    for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

function unpacked(bytes: Uint8Array): () => number {
  let at = 0;
  return () => {
    let number = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    throw new MalformedData("segment", "a number that does not end");
  };
}
