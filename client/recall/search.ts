import MiniSearch from "minisearch";

import type { Memory, MemoryType } from "../memory/record.ts";
import { termsOf } from "./words.ts";

/** What recall needs of a memory; a {@link Memory} has it all. */
export interface Searchable extends Pick<Memory, "id" | "type" | "text" | "createdAt" | "tags" | "source"> {
  /** The name of the scope that it is in, if results are to be narrowed by it. */
  readonly scope?: string;
}

/** An index over memories; in memory only, never stored. */
export interface RecallIndex<M extends Searchable = Searchable> {
  readonly memories: ReadonlyMap<string, M>;
  readonly terms: MiniSearch;
}

/** What to look for, and where. */
export interface SearchOptions {
  /** Most results; 10 unless given. */
  readonly limit?: number;
  /** Only memories of these types. */
  readonly types?: readonly MemoryType[];
  /** Only memories made then or later, in Unix milliseconds. */
  readonly since?: number;
  /** Only memories in these scopes. */
  readonly scopes?: readonly string[];
}

/** A memory that was found. */
export interface Hit<M extends Searchable = Searchable> {
  readonly memory: M;
  /** How well it fits; to be compared within one search only. */
  readonly score: number;
}

/**
 * Turns text into vectors, for those who bring a model. None is bundled and none is called: whatever computes the vectors sees the text, so choosing one is
 * the owner's decision.
 */
export interface Embedder {
  /**
   * Embeds texts.
   *
   * @param texts - Memories, or a query.
   * @returns One vector each, all of one length.
   */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}

/**
 * Indexes memories by their words.
 *
 * Besides its own text a memory is found, with less weight, by its date and by what was said right before and after it in the same conversation: the question that
 * it answers is often in its neighbour.
 *
 * @param memories - All memories to search, verified ones.
 * @returns The index.
 * @example
 * const index = createIndex(memories);
 * for (const { memory } of search(index, "When did I move to Utrecht?")) show(memory.text);
 */
export function createIndex<M extends Searchable>(memories: Iterable<M>): RecallIndex<M> {
  const all = [...memories];
  // Each text is split and stemmed once, however many neighbours it has.
  const own = new Map(all.map(({ id, text, tags }) => [id, termsOf([text, ...tags].join("\n"))]));
  const around = neighbours(all);
  const terms = new MiniSearch({
    fields: ["text", "context"],
    tokenize: (joined) => (joined === "" ? [] : joined.split(" ")),
    processTerm: (term) => term,
    searchOptions: { tokenize: termsOf, boost: { text: 1, context: CONTEXT_WEIGHT } },
  });
  terms.addAll(
    all.map(({ id, createdAt }) => ({
      id,
      text: own.get(id)?.join(" "),
      context: [
        ...termsOf(dateWords(createdAt)),
        ...(around.get(id) ?? []).flatMap((near) => own.get(near) ?? []),
      ].join(" "),
    })),
  );
  return { memories: new Map(all.map((memory) => [memory.id, memory])), terms };
}

/**
 * Searches by words. Every word counts for itself: a memory need not have all of them.
 *
 * @param index - From {@link createIndex}.
 * @param query - A question or some words, in the language of the memories.
 * @param options - How many, and which memories to leave out.
 * @returns The best first; among equals the newer.
 */
export function search<M extends Searchable>(
  index: RecallIndex<M>,
  query: string,
  options: SearchOptions = {},
): Hit<M>[] {
  const { limit = 10, types, since, scopes } = options;
  const wanted = ({ type, createdAt, scope }: M) =>
    (types?.includes(type) ?? true) &&
    (since === undefined || createdAt >= since) &&
    (scopes === undefined || (scope !== undefined && scopes.includes(scope)));
  const hits: Hit<M>[] = [];
  for (const { id, score } of index.terms.search(query)) {
    const memory = index.memories.get(id as string);
    if (memory !== undefined && wanted(memory)) hits.push({ memory, score });
  }
  hits.sort((a, b) => b.score - a.score || b.memory.createdAt - a.memory.createdAt);
  return hits.slice(0, limit);
}

const CONTEXT_WEIGHT = 0.4;
/** How far a neighbour may stand: the question, its answer, and what is said to that. */
const REACH = 2;

/** The ids of the memories before and after each one in its conversation. */
function neighbours(memories: readonly Searchable[]): Map<string, string[]> {
  const threads = new Map<string, Searchable[]>();
  for (const memory of memories) {
    if (memory.source.thread === null) continue;
    const key = JSON.stringify([memory.source.tool, memory.source.thread]);
    const thread = threads.get(key);
    if (thread === undefined) threads.set(key, [memory]);
    else thread.push(memory);
  }
  const around = new Map<string, string[]>();
  for (const thread of threads.values()) {
    // Stable: what has one time stays in the order given.
    thread.sort((a, b) => a.createdAt - b.createdAt);
    for (const [index, { id }] of thread.entries()) {
      const near = thread.slice(Math.max(0, index - REACH), index + REACH + 1);
      around.set(
        id,
        near.map((memory) => memory.id).filter((other) => other !== id),
      );
    }
  }
  return around;
}

const DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  weekday: "long",
  timeZone: "UTC",
});

/** As people write it in questions: "Monday 8 May 2023". Nothing for a time that no date has. */
function dateWords(time: number): string {
  return Number.isNaN(new Date(time).getTime()) ? "" : DATE.format(time);
}
