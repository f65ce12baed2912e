import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { getBytes } from "ethers";

import { fixed } from "../cbor.ts";
import { maskPointer, ratchet, scopeKey, SCOPE_ZERO } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { chunkContext, headContext, indexContext, open, sectionContext } from "../crypto/seal.ts";
import {
  AlteredError,
  EpochOutOfReach,
  ForeignHead,
  MalformedData,
  NotAMember,
  NotYetAdmitted,
  RootMismatch,
  VaultEmpty,
  WrongKeyError,
} from "../errors.ts";
import { memoryLeaf, merkleRoot, processProof, scopeLeaf } from "../memory/tree.ts";
import { readBlob, type BlobStore } from "../storage/store.ts";
import { decodeHead, decodeItems, decodeSection, unpad } from "./blob.ts";
import type { HeadData, ListEntry, SectionContent, SectionData } from "./blob.ts";
import type { ChainHead } from "./contract.ts";
import { keyringReader, type KeyringReader } from "./pages.ts";
import { isRemoval, ONE, recordIdOf, ZERO, type MemberClass } from "./roster.ts";

/** What a member needs to open heads. */
export interface MemberKeys {
  readonly ref: VaultRef;
  readonly class: MemberClass;
  readonly visibilityKey: Uint8Array;
  /** The member's secret at `epoch`. */
  readonly secret: Uint8Array;
  readonly epoch: number;
  /** Sequence of a head at which `epoch` was in force; bounds how far later heads may ratchet. */
  readonly sequence: bigint;
  /** Whether the member's entry was ever found. */
  readonly admitted: boolean;
  /** Scope ids of a reader, hex; ignored for the owner class, which reads all. */
  readonly scopes: readonly string[];
}

/** What a newer welcome says than the one that a member stands on: it holds from the head that names it (SPEC §4). */
export interface Reissued {
  readonly welcomeDigest: Uint8Array;
  /** The member's secret at `epoch`. */
  readonly secret: Uint8Array;
  readonly epoch: number;
  readonly scopes: readonly { readonly id: string; readonly name: string }[];
  readonly expiresAt: number | null;
  readonly grantee: string | null;
  /** Where its proposals are encrypted to, 1,216 bytes, if it may propose. */
  readonly inboxRecipient: Uint8Array | null;
}

/** Looks in a head for a welcome that is newer than the member's own. */
export type FindWelcome = (data: HeadData, keyring: KeyringReader) => Promise<Reissued | null>;

/** Results of one section, and the blobs that they were moved to. */
type Content = Pick<Segment, "items" | "blobs">;

/** One listed blob's results for one scope. */
export interface Segment {
  readonly entry: ListEntry;
  /** A record, or 16 bytes: the id of a record removed. */
  readonly items: readonly Uint8Array[];
  /** Digests of the blobs that hold the items where the listed one does not: chunks, and their index. */
  readonly blobs: readonly Uint8Array[];
  /** Bytes of all items. */
  readonly size: number;
}

/** A scope as a verified head has it. Ids are hex. */
export interface ScopeState {
  readonly id: string;
  readonly live: ReadonlyMap<string, Uint8Array>;
  /** Oldest first; the head's own section is the last one when it has content. */
  readonly segments: readonly Segment[];
  readonly leaves: Leaves;
  /** Root over the live records, 32 bytes. */
  readonly root: Uint8Array;
}

/** The leaf of each live record, by the record's bytes themselves. */
export type Leaves = ReadonlyMap<Uint8Array, Uint8Array>;

/** A head, opened and verified against its root. */
export interface OpenedHead {
  readonly chain: ChainHead;
  readonly digest: Uint8Array;
  readonly data: HeadData;
  /** The visibility key that it is sealed under. */
  readonly visibilityKey: Uint8Array;
  /** The member's secret at this head's epoch. */
  readonly secret: Uint8Array;
  /** The newer welcome that it took to open the head, or `null`. */
  readonly reissued: Reissued | null;
  /** The epoch key: owner class only. */
  readonly epochKey: Uint8Array | null;
  readonly scopes: ReadonlyMap<string, ScopeState>;
  /** What ties each scope to the root, by scope id. */
  readonly proofs: ReadonlyMap<string, ScopeProof>;
}

/** Opens a scope's leaf: its salt and the siblings up to the root. */
export interface ScopeProof {
  readonly scopeSalt: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** Scopes of an earlier head, so that what stands unchanged is neither fetched nor hashed again. */
export type ScopeCache = ReadonlyMap<string, ScopeState>;

const CONCURRENT_READS = 16;
/** A rotation every minute for two years; some ten seconds of work. */
const MAX_RATCHET = 2 ** 20;

/**
 * Opens a head and proves it: every live record of every scope that the member reads, against the root that the
 * chain holds (SPEC §6). Nothing is returned before the root matches.
 *
 * @throws {VaultEmpty} before the first commit. {ForeignHead} when another profile wrote the head.
 * @throws {BlobMissing|BlobAltered} when the store lacks or has altered a blob that the head needs.
 * @throws {NotAMember|NotYetAdmitted} when the keyring has no entry for the member.
 * @throws {RootMismatch} when the records are not all those that the root stands for.
 */
export async function openHead(
  chain: ChainHead,
  member: MemberKeys,
  store: BlobStore,
  cache: ScopeCache = new Map(),
  findWelcome: FindWelcome = () => Promise.resolve(null),
): Promise<OpenedHead> {
  const { ref } = member;
  if (chain.foreign) throw new ForeignHead(chain.transitionId);
  if (chain.sequence === 0n) throw new VaultEmpty(ref.vaultId);
  const root = getBytes(chain.root);
  const digest = digestOfHead(chain, member);
  const heads = headReader(member, store);
  const data = await heads(digest, chain.sequence);
  const keyring = keyringReader(data, member, store);
  const reissued = await findWelcome(data, keyring);
  const standing = reissued === null ? member : reissuedKeys(member, reissued);
  const secret = ratchetTo(standing, data.epoch, chain.sequence);
  const { epochKey, scopes } = await openSections(standing, chain.sequence, data, keyring, secret);
  const states = await mapConcurrently([...scopes], ([id, { key, section }]) =>
    openScope({
      id,
      key,
      section,
      root,
      own: { digest, epoch: data.epoch, sequence: chain.sequence, scopeKey: key },
      ref,
      store,
      heads,
      cache,
    }),
  );
  return {
    ...{ chain, digest, data, secret, reissued, epochKey, visibilityKey: member.visibilityKey },
    scopes: new Map(states.map((state) => [state.id, state])),
    proofs: new Map([...scopes].map(([id, { section }]) => [id, section])),
  };
}

/** A newer welcome counts instead of all that the member was told before, even where its epoch is lower. */
const reissuedKeys = (member: MemberKeys, { secret, epoch, scopes }: Reissued): MemberKeys => ({
  ...{ ...member, secret, epoch, sequence: BigInt(epoch), admitted: true },
  scopes: scopes.map(({ id }) => id),
});

type HeadReader = (digest: Uint8Array, sequence: bigint) => Promise<HeadData>;

/** What finds and unwraps head blobs. */
export type HeadKeys = Pick<MemberKeys, "ref" | "visibilityKey">;

const digestOfHead = (chain: ChainHead, { ref, visibilityKey }: HeadKeys): Uint8Array =>
  maskPointer(visibilityKey, ref, chain.sequence, getBytes(chain.root), getBytes(chain.pointer));

/** What a head's blob says, unproven: for who wants to know of a head that is not its own. */
export const readHeadData = (chain: ChainHead, keys: HeadKeys, store: BlobStore): Promise<HeadData> =>
  readHead(keys, store, bytesToHex(digestOfHead(chain, keys)), chain.sequence);

async function readHead(
  { ref, visibilityKey }: HeadKeys,
  store: BlobStore,
  digest: string,
  sequence: bigint,
): Promise<HeadData> {
  const framed = open(visibilityKey, headContext(ref, sequence), await readBlob(store, digest));
  if (framed === null) throw new WrongKeyError("the head's blob");
  return decodeHead(unpad(framed));
}

/** Reads head blobs, each once: several scopes may list the same one. */
function headReader(member: MemberKeys, store: BlobStore): HeadReader {
  const known = new Map<string, Promise<HeadData>>();
  return (digest, sequence) => {
    const name = `${bytesToHex(digest)}/${sequence}`;
    const head = known.get(name) ?? readHead(member, store, bytesToHex(digest), sequence);
    known.set(name, head);
    return head;
  };
}

/** An epoch above what the sequence allows would make members ratchet for ever (SPEC §9). */
function ratchetTo(member: MemberKeys, epoch: number, sequence: bigint): Uint8Array {
  const steps = epoch - member.epoch;
  if (BigInt(epoch) > sequence || BigInt(steps) > sequence - member.sequence) {
    throw new MalformedData("head", `epoch ${epoch} at sequence ${sequence}`);
  }
  if (steps < 0) throw new NotYetAdmitted(member.epoch, epoch);
  // Both bounds above are the RPC's own words.
  if (steps > MAX_RATCHET) throw new EpochOutOfReach(epoch, member.epoch);
  return ratchet(member.secret, steps);
}

interface OpenedSection {
  readonly key: Uint8Array;
  readonly section: SectionData;
}

/** Finds each scope's section by trying its key: sections carry no label. */
async function openSections(
  member: MemberKeys,
  sequence: bigint,
  data: HeadData,
  keyring: KeyringReader,
  secret: Uint8Array,
): Promise<{ epochKey: Uint8Array | null; scopes: Map<string, OpenedSection> }> {
  const sealed = new Set(data.sections);
  const find = (id: string, key: Uint8Array): OpenedSection => {
    const context = sectionContext(member.ref, sequence, data.epoch, hexToBytes(id));
    for (const candidate of sealed) {
      const plain = open(key, context, candidate);
      if (plain === null) continue;
      sealed.delete(candidate);
      return { key, section: decodeSection(plain) };
    }
    throw new MalformedData("head", `no section for a scope that the keyring grants (${id})`);
  };
  if (member.class === "reader") {
    const scopes = await mapConcurrently(member.scopes, async (id) => {
      const key = await keyring.keyOf(secret, hexToBytes(id));
      if (key === null) throw missingEntry(member, data.epoch);
      return [id, find(id, key)] as const;
    });
    return { epochKey: null, scopes: new Map(scopes) };
  }
  const epochKey = await keyring.keyOf(secret, SCOPE_ZERO);
  if (epochKey === null) throw missingEntry(member, data.epoch);
  const keyOf = (id: string): Uint8Array => scopeKey(epochKey, hexToBytes(id));
  const zero = find(ZERO, keyOf(ZERO));
  const scopes = new Map([[ZERO, zero], ...[ONE].map((id) => [id, find(id, keyOf(id))] as const)]);
  for (const id of zero.section.scopeIds.map(bytesToHex)) scopes.set(id, find(id, keyOf(id)));
  if (sealed.size > 0)
    throw new MalformedData("head", `${sealed.size} sections that scope zero does not name`);
  return { epochKey, scopes };
}

const missingEntry = (member: MemberKeys, epoch: number): Error =>
  // An epoch above the welcome's has turned since the admission: whoever was admitted then had an entry once.
  member.admitted || epoch > member.epoch ? new NotAMember(epoch) : new NotYetAdmitted(member.epoch, epoch);

interface ScopeRequest extends OpenedSection {
  readonly id: string;
  readonly root: Uint8Array;
  /** The head that is being opened, as a list would name it. */
  readonly own: ListEntry;
  readonly ref: VaultRef;
  readonly store: BlobStore;
  readonly heads: HeadReader;
  readonly cache: ScopeCache;
}

async function openScope(request: ScopeRequest): Promise<ScopeState> {
  const { id, section, root, own, ref, store } = request;
  const known = request.cache.get(id);
  const cached = new Map(known?.segments.map((segment) => [bytesToHex(segment.entry.digest), segment]));
  const listed = await mapConcurrently(section.list, async (entry) => {
    checkListEntry(entry, own);
    return cached.get(bytesToHex(entry.digest)) ?? readSegment(entry, request);
  });
  const segments = [...listed];
  const latest = cached.get(bytesToHex(own.digest));
  if (latest !== undefined) segments.push(latest);
  else {
    const content = await readContent(section.content, own, id, ref, store);
    if (content !== null) segments.push(segmentOf(own, content));
  }
  const state =
    known !== undefined && sameSegments(known, segments) ? known : scopeStateOf(id, segments, known?.leaves);
  verifyScope(state, section, root);
  return state;
}

function checkListEntry(entry: ListEntry, own: ListEntry): void {
  if (entry.sequence >= own.sequence || entry.epoch > own.epoch || BigInt(entry.epoch) > entry.sequence) {
    throw new MalformedData("list", `names sequence ${entry.sequence}, epoch ${entry.epoch}`);
  }
}

/** Reads the results that an earlier head has for one scope, by the key that the list names. */
async function readSegment(entry: ListEntry, { id, ref, store, heads }: ScopeRequest): Promise<Segment> {
  const { sections } = await heads(entry.digest, entry.sequence);
  const context = sectionContext(ref, entry.sequence, entry.epoch, hexToBytes(id));
  for (const sealed of sections) {
    const plain = open(entry.scopeKey, context, sealed);
    if (plain === null) continue;
    const content = await readContent(decodeSection(plain).content, entry, id, ref, store);
    if (content === null) break;
    return segmentOf(entry, content);
  }
  throw new MalformedData("list", `a blob without content for scope ${id}`);
}

async function readContent(
  content: SectionContent,
  entry: ListEntry,
  id: string,
  ref: VaultRef,
  store: BlobStore,
): Promise<Content | null> {
  if (content.kind === "none") return null;
  if (content.kind === "inline") return { items: content.items, blobs: [] };
  const scope = hexToBytes(id);
  const read = async (digest: Uint8Array, context: Uint8Array): Promise<Uint8Array[]> => {
    const framed = open(entry.scopeKey, context, await readBlob(store, bytesToHex(digest)));
    if (framed === null) throw new AlteredError("a chunk: its key does not open it");
    return decodeItems(unpad(framed));
  };
  const digests =
    content.kind === "chunks"
      ? content.digests
      : (await read(content.digest, indexContext(ref, entry.epoch, scope))).map((digest) =>
          fixed(digest, 32, "chunk digest"),
        );
  // One chunk named a thousand times would fill the memory of whoever reads it.
  if (new Set(digests.map(bytesToHex)).size < digests.length) {
    throw new MalformedData("content", "names a chunk twice");
  }
  const context = chunkContext(ref, entry.epoch, scope);
  const items = (await mapConcurrently(digests, (digest) => read(digest, context))).flat();
  return { items, blobs: content.kind === "index" ? [content.digest, ...digests] : digests };
}

/** Bundles items with the list entry that finds them. */
export const segmentOf = (entry: ListEntry, { items, blobs }: Content): Segment => ({
  ...{ entry, items, blobs },
  size: items.reduce((size, item) => size + item.length, 0),
});

/** Builds a scope from its segments: puts and removals in order, no rule beyond that. */
export function scopeStateOf(id: string, segments: readonly Segment[], known?: Leaves): ScopeState {
  const live = new Map<string, Uint8Array>();
  for (const item of segments.flatMap((segment) => segment.items)) {
    if (isRemoval(item)) live.delete(bytesToHex(item));
    else live.set(recordIdOf(item), item);
  }
  return { id, live, segments, ...hashed(live, known) };
}

const blobsOf = (segments: readonly Segment[]): string =>
  segments.map(({ entry }) => bytesToHex(entry.digest)).join();

const sameSegments = (known: ScopeState, segments: readonly Segment[]): boolean =>
  blobsOf(known.segments) === blobsOf(segments);

/** Hashes what lives; what was hashed before is not hashed again. */
export function hashed(
  live: ReadonlyMap<string, Uint8Array>,
  known?: Leaves,
): Pick<ScopeState, "leaves" | "root"> {
  const leaves = new Map(
    [...live.values()].map((record) => [record, known?.get(record) ?? memoryLeaf(record)]),
  );
  return { leaves, root: merkleRoot([...leaves.values()]) };
}

function verifyScope(state: ScopeState, section: SectionData, root: Uint8Array): void {
  if (state.live.size !== section.count) {
    throw new RootMismatch(state.id, `${section.count} records`, `${state.live.size} records`);
  }
  const leaf = scopeLeaf(hexToBytes(state.id), state.root, section.count, section.scopeSalt);
  const actual = processProof(section.path, leaf);
  if (!equalBytes(actual, root)) throw new RootMismatch(state.id, bytesToHex(root), bytesToHex(actual));
}

/** Works on many inputs, a few of them at a time, in their order. */
export async function mapConcurrently<T, R>(
  inputs: readonly T[],
  work: (input: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = inputs.entries();
  // Lanes share one iterator, so that each input is taken once.
  const lane = async (): Promise<void> => {
    for (const [i, input] of queue) results[i] = await work(input);
  };
  await Promise.all(Array.from({ length: CONCURRENT_READS }, lane));
  return results;
}
