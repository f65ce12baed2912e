import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { maskPointer, scopeKey } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { chunkContext, headContext, indexContext, seal, SEAL_OVERHEAD, sectionContext, type Random } from "../crypto/seal.ts";
import { ContentTooLarge, TooManyScopes } from "../errors.ts";
import { MerkleTree, scopeLeaf } from "../memory/tree.ts";
import {
  encodeHead,
  encodeItems,
  encodeSection,
  MAX_BLOB_DATA,
  MAX_LIST,
  MAX_SCOPES,
  MAX_SECTION_CHUNKS,
  pad,
} from "./blob.ts";
import type { SectionContent, SectionData } from "./blob.ts";
import { deltaAfter, type ChainHead, type Delta } from "./contract.ts";
import { rootOf, segmentOf, type ScopeState, type Segment } from "./head.ts";
import type { Keyring } from "./keyring.ts";
import { ONE, recordIdOf, ZERO } from "./roster.ts";

/** What the next commit says about one scope. */
export interface ScopeDraft {
  readonly id: string;
  readonly live: ReadonlyMap<string, Uint8Array>;
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
  readonly keyring: Keyring;
  readonly scopes: ReadonlyMap<string, ScopeDraft>;
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
 * @throws {TooManyScopes} beyond 64 scopes. {ContentTooLarge} when the head would not fit 256 KiB.
 */
export function buildCommit(draft: Draft, random: Random): BuiltCommit {
  if (draft.scopes.size > MAX_SCOPES) throw new TooManyScopes(draft.scopes.size - 2, MAX_SCOPES - 2);
  const merged = [...draft.scopes.values()].map(mergeSegments);
  const salts = merged.map(() => random(32));
  const roots = merged.map(({ scope }) => rootOf(scope.live));
  const scopeLeaves = merged.map(({ scope }, i) =>
    scopeLeaf(hexToBytes(scope.id), roots[i]!, scope.live.size, salts[i]!),
  );
  const tree = new MerkleTree(scopeLeaves);
  const sections = merged.map(({ scope, listed, items }, i) => ({
    id: scope.id,
    key: scopeKey(draft.epochKey, hexToBytes(scope.id)),
    listed,
    items,
    root: roots[i]!,
    live: scope.live,
    data: {
      content: items.length === 0 ? { kind: "none" } : { kind: "inline", items },
      list: listed.map((segment) => segment.entry),
      count: scope.live.size,
      scopeSalt: salts[i]!,
      path: tree.proof(scopeLeaves[i]!),
      scopeIds: scope.id === ZERO ? namedScopes(draft) : [],
    } satisfies SectionData as SectionData,
  }));
  const chunks = placeContent(draft, sections, random);
  return sealHead(draft, tree.root, sections, chunks, random);
}

interface Section {
  readonly id: string;
  readonly key: Uint8Array;
  readonly listed: readonly Segment[];
  readonly items: readonly Uint8Array[];
  readonly root: Uint8Array;
  readonly live: ReadonlyMap<string, Uint8Array>;
  data: SectionData;
}

const namedScopes = (draft: Draft): Uint8Array[] =>
  [...draft.scopes.keys()].filter((id) => id !== ZERO && id !== ONE).map((id) => hexToBytes(id));

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
    const id = item.length === 16 ? bytesToHex(item) : recordIdOf(item);
    last.delete(id);
    last.set(id, item);
  }
  return [...last.values()];
}

/** Moves content that does not fit the head to chunks, the largest first, and chunk lists to an index. */
function placeContent(draft: Draft, sections: Section[], random: Random): Uint8Array[] {
  const blobs: Uint8Array[] = [];
  const sizes = sections.map(({ data }) => encodeSection(data).length + SEAL_OVERHEAD);
  const overhead = encodeHead({ ...draftHead(draft), sections: [] }).length + sections.length * 5;
  const total = (): number => sizes.reduce((sum, size) => sum + size, overhead);
  const move = (i: number, content: SectionContent): void => {
    const section = sections[i]!;
    section.data = { ...section.data, content };
    sizes[i] = encodeSection(section.data).length + SEAL_OVERHEAD;
  };
  const toChunks = (i: number): void => {
    const { id, key, items } = sections[i]!;
    const context = chunkContext(draft.ref, draft.epoch, hexToBytes(id));
    const digests = packChunks(items).map((data) => {
      const blob = seal(key, context, pad(data), random);
      blobs.push(blob);
      return sha256(blob);
    });
    move(i, { kind: "chunks", digests });
    if (digests.length > MAX_SECTION_CHUNKS) toIndex(i);
  };
  const toIndex = (i: number): void => {
    const { id, key, data } = sections[i]!;
    if (data.content.kind !== "chunks") return;
    const context = indexContext(draft.ref, draft.epoch, hexToBytes(id));
    const blob = seal(key, context, pad(encodeItems(data.content.digests)), random);
    blobs.push(blob);
    move(i, { kind: "index", digest: sha256(blob) });
  };
  const largest = (kind: SectionContent["kind"]): number =>
    sections.reduce(
      (best, { data }, i) => (data.content.kind === kind && sizes[i]! > (sizes[best] ?? 0) ? i : best),
      -1,
    );
  sections.forEach(({ items }, i) => {
    if (sizeOf(items) > MAX_INLINE) toChunks(i);
  });
  for (let i = largest("inline"); total() > MAX_BLOB_DATA && i >= 0; i = largest("inline")) toChunks(i);
  for (let i = largest("chunks"); total() > MAX_BLOB_DATA && i >= 0; i = largest("chunks")) toIndex(i);
  if (total() > MAX_BLOB_DATA) throw new ContentTooLarge("head", total(), MAX_BLOB_DATA);
  return blobs;
}

/** Splits items over as few chunks as hold them. */
function packChunks(items: readonly Uint8Array[]): Uint8Array[] {
  const ITEM_HEADER = 5;
  const chunks: Uint8Array[][] = [];
  let room = 0;
  for (const item of items) {
    const size = item.length + ITEM_HEADER;
    if (size > room) {
      chunks.push([]);
      room = MAX_BLOB_DATA - ITEM_HEADER;
    }
    chunks.at(-1)!.push(item);
    room -= size;
  }
  return chunks.map(encodeItems);
}

const draftHead = (draft: Draft) => ({
  epoch: draft.epoch,
  keyringSalt: draft.keyring.salt,
  entries: draft.keyring.entries,
  pages: [],
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
  const sealed = sections.map(({ id, key, data }) =>
    seal(key, sectionContext(ref, sequence, epoch, hexToBytes(id)), encodeSection(data), random),
  );
  const head = encodeHead({ ...draftHead(draft), sections: shuffled(sealed, random) });
  const blob = seal(visibilityKey, headContext(ref, sequence), pad(head), random);
  const digest = sha256(blob);
  const pointer = maskPointer(visibilityKey, ref, sequence, root, digest);
  const scopes = sections.map(({ id, key, listed, items, live, root: scopeRoot }): ScopeState => {
    const own = items.length === 0 ? [] : [segmentOf({ digest, sequence, epoch, scopeKey: key }, items)];
    return { id, live, root: scopeRoot, segments: [...listed, ...own] };
  });
  return {
    delta: deltaAfter(chain, ref, hexlify(root), hexlify(pointer)),
    digest,
    blobs: [...chunks, blob],
    scopes: new Map(scopes.map((scope) => [scope.id, scope])),
  };
}

/** Fisher and Yates; 32 random bits over at most 64 places leave no bias worth the name. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = (random(4).reduce((sum, byte) => sum * 256 + byte, 0)) % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
