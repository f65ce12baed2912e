import type { Memory, MemoryType } from "../memory/record.ts";
import { emptyPostings, scorePostings, updatePostings } from "./postings.ts";
import type { Changed, Context, OwnTerms, Postings, Take } from "./postings.ts";
import { mostOf, weightOf, WEIGHTS, type Weighed, type Weights } from "./weights.ts";
import { termsOf } from "./words.ts";

/** What recall needs of a memory; a {@link Memory} has it all. */
export interface Searchable
  extends Pick<Memory, "id" | "salt" | "type" | "text" | "createdAt" | "tags" | "source">, Weighed {
  /** The name of the scope that it is in, if results are to be narrowed by it. */
  readonly scope?: string;
}

/** An index over memories, in memory. {@link openKept} keeps one on disk, sealed. */
export interface RecallIndex<M extends Searchable = Searchable> {
  readonly postings: Postings<M>;
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
  /** The present, in Unix milliseconds; without it neither age nor validity weighs in. */
  readonly now?: number;
  /** How much each property of a memory weighs; {@link WEIGHTS} unless given, and 0 switches one off. */
  readonly weights?: Partial<Weights>;
}

/** A memory that was found. */
export interface Hit<M extends Searchable = Searchable> {
  readonly memory: M;
  /** How well it fits; to be compared within one search only. */
  readonly score: number;
}

/**
 * What stands around a memory: two turns on each side, the question, its answer, and what is said to that, at eight tenths of the
 * memory's own words. Chosen by cross-validation over whole conversations (docs/bench.md, *Recall*).
 */
export const CONTEXT: Context = { reach: 2, weight: 0.8 };

/**
 * Indexes memories by their words.
 *
 * Besides its own text a memory is found, with less weight, by its date and by what was said right before and after it in the same conversation: the question that
 * it answers is often in its neighbour.
 *
 * @param memories - All memories to search, verified ones.
 * @param context - How much of what stands around a memory counts; {@link CONTEXT} unless given.
 * @returns The index.
 * @example
 * const index = createIndex(memories);
 * for (const { memory } of search(index, "When did I move to Utrecht?")) show(memory.text);
 */
export function createIndex<M extends Searchable>(
  memories: Iterable<M>,
  context: Context = CONTEXT,
): RecallIndex<M> {
  const index: RecallIndex<M> = { postings: emptyPostings(context) };
  updateIndex(index, memories);
  return index;
}

/**
 * Has an index hold some memories and no other; only what changed is indexed.
 *
 * @param index - From {@link createIndex}; it is changed.
 * @param memories - All that there are now.
 * @param known - Terms that were worked out before, if they were.
 * @returns The ids of what came, changed or went.
 */
export const updateIndex = <M extends Searchable>(
  { postings }: RecallIndex<M>,
  memories: Iterable<M>,
  known?: (memory: M) => OwnTerms | undefined,
): Changed => updatePostings(postings, memories, known);

/**
 * Searches by words. Every word counts for itself: a memory need not have all of them.
 *
 * @param index - From {@link createIndex}.
 * @param query - A question or some words, in the language of the memories.
 * @param options - How many, which memories to leave out, and what else weighs in.
 * @returns The best first; among equals the newer.
 */
export function search<M extends Searchable>(
  index: RecallIndex<M>,
  query: string,
  options: SearchOptions = {},
): Hit<M>[] {
  const { take, hits } = ranking<M>(options);
  scorePostings(index.postings, termsOf(query), take);
  return hits();
}

/** Takes what was found, and has the best of it. */
export interface RankingOf<M extends Searchable> {
  readonly take: Take<M>;
  readonly hits: () => Hit<M>[];
}

/** Leaves out what is not asked for, weighs the rest, and keeps the best of it. Nothing is made of what cannot be among them. */
export function ranking<M extends Searchable>(options: SearchOptions): RankingOf<M> {
  const { limit = 10, now } = options;
  const weights = { ...WEIGHTS, ...options.weights };
  const most = mostOf(weights);
  const isWanted = wantedBy(options);
  const kept: Hit<M>[] = [];
  let least = 0;
  const take: Take<M> = (memory, score) => {
    if (score * most < least || !isWanted(memory)) return;
    const weighed = score * weightOf(memory, weights, now);
    if (weighed < least) return;
    kept.push({ memory, score: weighed });
    // Sorted now and then only: between, a few too many are kept.
    if (kept.length < 4 * limit + 64) return;
    kept.sort(byRank).length = limit;
    least = kept[limit - 1]?.score ?? Infinity;
  };
  return { take, hits: () => kept.sort(byRank).slice(0, limit) };
}

/** Whether a memory is among those that are asked for. */
export const wantedBy =
  ({ types, since, scopes }: SearchOptions) =>
  ({ type, createdAt, scope }: Searchable): boolean =>
    (types?.includes(type) ?? true) &&
    (since === undefined || createdAt >= since) &&
    (scopes === undefined || (scope !== undefined && scopes.includes(scope)));

/** The best first; among equals the newer. */
export const byRank = (a: Hit, b: Hit): number =>
  b.score - a.score || b.memory.createdAt - a.memory.createdAt;
