import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { maskPointer, scopeKey } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import {
  chunkContext,
  headContext,
  indexContext,
  seal,
  SEAL_OVERHEAD,
  sectionContext,
  type Random,
} from "../crypto/seal.ts";
import { ContentTooLarge, TooManyScopes } from "../errors.ts";
import { MerkleTree, scopeLeaf } from "../memory/tree.ts";
import {
  dataIn,
  encodeHead,
  encodeItems,
  encodeSection,
  MAX_BLOB_DATA,
  MAX_LIST,
  MAX_SCOPES,
  MAX_SCOPES_OF_SMALL_BLOBS,
  MAX_SECTION_CHUNKS,
  pad,
} from "./blob.ts";
import type { SectionContent, SectionData } from "./blob.ts";
import { deltaAfter, type ChainHead, type Delta } from "./contract.ts";
import { hashed, segmentOf, type Leaves, type ScopeState, type Segment } from "./head.ts";
import { compareBytes } from "./keyring.ts";
import type { PlacedKeyring } from "./pages.ts";
import { isInternal, isRemoval, recordIdOf, ZERO } from "./roster.ts";

/** What the next commit says about one scope. */
export interface ScopeDraft {
  readonly id: string;
  readonly live: ReadonlyMap<string, Uint8Array>;
  /** The scope at the head before, which spares hashing again what stands. */
  readonly before?: ScopeState;
  /** What this commit puts and removes, in order. */
  readonly items: readonly Uint8Array[];
  /** What earlier heads hold, oldest first. */
  readonly segments: readonly Segment[];
  /** Whether to write the whole scope anew, with an empty list. */
  readonly snapshot: boolean;
}

/** Everything that the next commit is made of. */
export interface Draft {
  readonly ref: VaultRef;
  readonly chain: ChainHead;
  readonly visibilityKey: Uint8Array;
  readonly epoch: number;
  readonly epochKey: Uint8Array;
  readonly keyring: PlacedKeyring;
  readonly scopes: ReadonlyMap<string, ScopeDraft>;
  /** The largest blob that the store takes, in bytes; any unless given. */
  readonly maxBlobSize?: number | undefined;
}

/** A commit, built and not yet seen by anyone. */
export interface BuiltCommit {
  readonly delta: Delta;
  /** sha256 of the head blob. */
  readonly digest: Uint8Array;
  /** Every new blob; the head's is the last. */
  readonly blobs: readonly Uint8Array[];
  /** The scopes as this commit leaves them. */
  readonly scopes: ReadonlyMap<string, ScopeState>;
}

/** A section keeps content up to this many bytes; more goes to chunks, so that heads stay quick to fetch. */
const MAX_INLINE = 32_768;

/**
 * Builds a commit: seals sections and chunks, computes root and pointer. All salts are drawn here, so bytes that
 * differ always have another root, and no pad serves twice (SPEC §4).
 *
 * @throws {TooManyScopes} beyond 64 scopes, or 16 where the store takes small blobs alone. {ContentTooLarge} when the head
 *   would not fit its largest blob.
 */
export function buildCommit(draft: Draft, random: Random): BuiltCommit {
  const most = mostData(draft) < MAX_BLOB_DATA ? MAX_SCOPES_OF_SMALL_BLOBS : MAX_SCOPES;
  if (draft.scopes.size > most) throw new TooManyScopes(draft.scopes.size - 2, most - 2);
  const parts = [...draft.scopes.values()].map((scope) => partOf(draft, scope, random));
  const tree = new MerkleTree(parts.map(({ leaf }) => leaf));
  const sections = parts.map((part) => new Section(part, sectionOf(draft, part, tree)));
  const chunks = placeContent(draft, sections, random);
  return sealHead(draft, tree.root, sections, chunks, random);
}

/** The most data that a blob of this commit may carry. */
const mostData = ({ maxBlobSize = Infinity }: Draft): number => Math.min(dataIn(maxBlobSize), MAX_BLOB_DATA);

/** One scope's share of a commit, before its place in the tree is known. */
interface Part extends Merged {
  readonly key: Uint8Array;
  readonly leaves: Leaves;
  readonly root: Uint8Array;
  readonly salt: Uint8Array;
  readonly leaf: Uint8Array;
}

function partOf(draft: Draft, scope: ScopeDraft, random: Random): Part {
  const id = hexToBytes(scope.id);
  const { before, items, live } = scope;
  // Every change of the records is among the items.
  const { leaves, root } = before !== undefined && items.length === 0 ? before : hashed(live, before?.leaves);
  const salt = random(32);
  const leaf = scopeLeaf(id, root, scope.live.size, salt);
  return { ...mergeSegments(scope), key: scopeKey(draft.epochKey, id), leaves, root, salt, leaf };
}

const sectionOf = (
  draft: Draft,
  { scope, items, listed, salt, leaf }: Part,
  tree: MerkleTree,
): SectionData => ({
  content: items.length === 0 ? { kind: "none" } : { kind: "inline", items },
  list: listed.map((segment) => segment.entry),
  count: scope.live.size,
  scopeSalt: salt,
  path: tree.proof(leaf),
  scopeIds: scope.id === ZERO ? namedScopes(draft) : [],
});

const namedScopes = (draft: Draft): Uint8Array[] =>
  [...draft.scopes.keys()].filter((id) => !isInternal(id)).map((id) => hexToBytes(id));

/** A section in the making: where its content goes is still open, and its size follows. */
class Section {
  readonly part: Part;
  /** Digests of the blobs that its content went to. */
  readonly blobs: Uint8Array[] = [];
  #data: SectionData;
  #size: number;

  constructor(part: Part, data: SectionData) {
    this.part = part;
    this.#data = data;
    this.#size = encodeSection(data).length + SEAL_OVERHEAD;
  }

  get id(): Uint8Array {
    return hexToBytes(this.part.scope.id);
  }

  get data(): SectionData {
    return this.#data;
  }

  /** Bytes that the sealed section takes in the head. */
  get size(): number {
    return this.#size;
  }

  place(content: SectionContent): void {
    this.#data = { ...this.#data, content };
    this.#size = encodeSection(this.#data).length + SEAL_OVERHEAD;
  }
}

interface Merged {
  readonly scope: ScopeDraft;
  readonly listed: readonly Segment[];
  readonly items: readonly Uint8Array[];
}

/**
 * A new section absorbs trailing segments while they are no more than twice its size, so that lists stay short and
 * a record is rewritten a logarithmic number of times; when none is left the section is a snapshot (SPEC §4).
 */
function mergeSegments(scope: ScopeDraft): Merged {
  if (scope.snapshot) return { scope, listed: [], items: [...scope.live.values()] };
  if (scope.items.length === 0) return { scope, listed: scope.segments, items: [] };
  const listed = [...scope.segments];
  let items = net(scope.items);
  let size = sizeOf(items);
  for (let last = listed.at(-1); last !== undefined; last = listed.at(-1)) {
    if (last.size > 2 * size && listed.length < MAX_LIST) break;
    listed.pop();
    items = net([...last.items, ...items]);
    size = sizeOf(items);
  }
  return { scope, listed, items: listed.length === 0 ? [...scope.live.values()] : items };
}

const sizeOf = (items: readonly Uint8Array[]): number => items.reduce((size, item) => size + item.length, 0);

/** Only the last word on each record counts. */
function net(items: readonly Uint8Array[]): Uint8Array[] {
  const last = new Map<string, Uint8Array>();
  for (const item of items) {
    const id = isRemoval(item) ? bytesToHex(item) : recordIdOf(item);
    last.delete(id);
    last.set(id, item);
  }
  return [...last.values()];
}

/** Moves content that does not fit the head to chunks, the largest first, and chunk lists to an index. */
function placeContent(draft: Draft, sections: readonly Section[], random: Random): Uint8Array[] {
  const blobs: Uint8Array[] = [];
  const most = mostData(draft);
  const SECTION_HEADER = 5;
  const overhead =
    encodeHead({ ...draftHead(draft), sections: [] }).length + sections.length * SECTION_HEADER;
  const total = (): number => sections.reduce((sum, { size }) => sum + size, overhead);
  const store = (section: Section, context: Uint8Array, data: Uint8Array): Uint8Array => {
    const blob = seal(section.part.key, context, pad(data), random);
    const digest = sha256(blob);
    blobs.push(blob);
    section.blobs.push(digest);
    return digest;
  };
  const toIndex = (section: Section, digests: readonly Uint8Array[]): void => {
    const context = indexContext(draft.ref, draft.epoch, section.id);
    section.place({ kind: "index", digest: store(section, context, encodeItems(digests)) });
  };
  const toChunks = (section: Section): void => {
    const context = chunkContext(draft.ref, draft.epoch, section.id);
    const digests = packChunks(section.part.items, most).map((data) => store(section, context, data));
    if (digests.length > MAX_SECTION_CHUNKS) toIndex(section, digests);
    else section.place({ kind: "chunks", digests });
  };
  for (const section of sections) if (sizeOf(section.part.items) > MAX_INLINE) toChunks(section);
  const bySize = sections.toSorted((a, b) => b.size - a.size);
  for (const section of bySize) {
    if (total() > most && section.data.content.kind === "inline") toChunks(section);
  }
  for (const section of bySize) {
    const { content } = section.data;
    if (total() > most && content.kind === "chunks") toIndex(section, content.digests);
  }
  if (total() > most) throw new ContentTooLarge("head", total(), most);
  return blobs;
}

/** Splits items over as few chunks as hold them. */
function packChunks(items: readonly Uint8Array[], most: number): Uint8Array[] {
  const ITEM_HEADER = 5;
  const chunks: Uint8Array[] = [];
  let chunk: Uint8Array[] = [];
  let size = ITEM_HEADER;
  for (const item of items) {
    if (size + item.length + ITEM_HEADER > most) {
      chunks.push(encodeItems(chunk));
      [chunk, size] = [[], ITEM_HEADER];
    }
    chunk.push(item);
    size += item.length + ITEM_HEADER;
  }
  return [...chunks, encodeItems(chunk)];
}

const draftHead = (draft: Draft) => ({
  epoch: draft.epoch,
  keyringSalt: draft.keyring.salt,
  entries: draft.keyring.entries,
  pages: draft.keyring.pages,
});

function sealHead(
  draft: Draft,
  root: Uint8Array,
  sections: readonly Section[],
  chunks: readonly Uint8Array[],
  random: Random,
): BuiltCommit {
  const { ref, chain, epoch, visibilityKey } = draft;
  const sequence = chain.sequence + 1n;
  const sealed = sections.map(({ part, id, data }) =>
    seal(part.key, sectionContext(ref, sequence, epoch, id), encodeSection(data), random),
  );
  const head = encodeHead({ ...draftHead(draft), sections: shuffled(sealed, random) });
  const blob = seal(visibilityKey, headContext(ref, sequence), pad(head), random);
  const digest = sha256(blob);
  const pointer = maskPointer(visibilityKey, ref, sequence, root, digest);
  const scopes = sections.map(({ blobs, part }): ScopeState => {
    const { scope, key, listed, items, leaves, root: scopeRoot } = part;
    const entry = { digest, sequence, epoch, scopeKey: key };
    const own = items.length === 0 ? [] : [segmentOf(entry, { items, blobs })];
    return { id: scope.id, live: scope.live, leaves, root: scopeRoot, segments: [...listed, ...own] };
  });
  return {
    delta: deltaAfter(chain, ref, hexlify(root), hexlify(pointer)),
    digest,
    blobs: [...draft.keyring.blobs, ...chunks, blob],
    scopes: new Map(scopes.map((scope) => [scope.id, scope])),
  };
}

/** Orders items by random tickets: none can tell a section's scope by its place. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const tickets = items.map((item) => ({ item, ticket: random(16) }));
  return tickets.sort((a, b) => compareBytes(a.ticket, b.ticket)).map(({ item }) => item);
}
