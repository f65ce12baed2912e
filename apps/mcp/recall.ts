import type { Previewed } from "../../client/index.ts";
import {
  createIndex,
  openKept,
  saveKept,
  search,
  updateKept,
  type IndexFiles,
  type Kept,
  type RecallIndex,
  type Searchable,
  type SearchOptions,
} from "../../client/recall.ts";
import type { Sight } from "./sight.ts";

/** Finds memories by words, or by whatever an implementation goes by. One of them serves one vault. */
export interface Recall {
  /** Has all memories of a verified head searched. Asked for one head after the other, it takes in what changed. */
  head(memories: readonly Previewed[], sequence: bigint): Promise<RecallSearch>;
  /** Has what waits searched, which is little. */
  waiting(memories: readonly Previewed[]): RecallSearch;
  /**
   * Keeps what it has of the last head, for the next process.
   *
   * @throws {JournalBusy|StoreFull|StoreUnavailable} when it cannot: nothing but time is lost by that.
   */
  keep(): Promise<void>;
}

/** Searches what was indexed: ids, the best first. */
export type RecallSearch = (query: string, options: RecallOptions) => readonly string[];

/** Which memories to leave out, and the time that it is. */
export type RecallOptions = Pick<SearchOptions, "types" | "since" | "scopes" | "now">;

/**
 * Recall by words, on this device: no model is asked.
 *
 * @param files - Where its index is kept, sealed; without them it lives as long as the process.
 */
export function wordRecall(files: IndexFiles | null = null): Recall {
  const index = createIndex<Searchable>([]);
  let kept: Kept | null = null;
  let at: bigint | null = null;
  return {
    async head(memories, sequence) {
      kept ??= await openKept(files ?? NOWHERE);
      updateKept(kept, index, memories.map(searchable));
      at = sequence;
      return searchOf(index);
    },
    waiting: (memories) => searchOf(createIndex(memories.map(searchable))),
    async keep() {
      if (files !== null && kept !== null && at !== null) await saveKept(kept, index, at);
    },
  };
}

const NOWHERE: IndexFiles = {
  list: () => Promise.resolve([]),
  read: () => Promise.resolve(null),
  replace: () => Promise.resolve(null),
};

const searchable = ({ memory, scope }: Previewed): Searchable => ({ ...memory, scope });

const searchOf =
  (index: RecallIndex): RecallSearch =>
  (query, options) =>
    search(index, query, { ...options, limit: index.postings.byId.size }).map(({ memory }) => memory.id);

/**
 * Searches a head and what waits over it.
 *
 * @param head - Of the sight's head; `null` before the first commit.
 * @returns Everything that fits, the best first.
 */
export function searchSight(
  { memories }: Sight,
  recall: Recall,
  head: RecallSearch | null,
  query: string,
  options: RecallOptions,
): Previewed[] {
  const settled = head === null ? [] : head(query, options);
  const standing = settled.filter((id) => memories.get(id)?.pending === false);
  const fresh = [...memories.values()].filter(({ pending }) => pending);
  const waiting = fresh.length === 0 ? [] : recall.waiting(fresh)(query, options);
  return takeTurns(standing, waiting).flatMap((id) => memories.get(id) ?? []);
}

/**
 * Merges two rankings whose scores cannot be compared, because they come from different indexes: each has its turn, so
 * that the best of either is among the first two.
 */
export function takeTurns(first: readonly string[], second: readonly string[]): string[] {
  const longest = Math.max(first.length, second.length);
  return Array.from({ length: longest }, (_, i) => [
    ...first.slice(i, i + 1),
    ...second.slice(i, i + 1),
  ]).flat();
}
