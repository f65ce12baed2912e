import type { Previewed } from "../../client/index.ts";
import { createIndex, search, type SearchOptions } from "../../client/recall/index.ts";

/** Finds memories by words, or by whatever an implementation goes by. */
export interface Recall {
  /** Indexes memories; what it makes lives as long as the memories stay as they are. */
  index(memories: readonly Previewed[]): RecallSearch;
}

/** Searches what was indexed: ids, the best first. */
export type RecallSearch = (query: string, options: RecallOptions) => readonly string[];

/** Which memories to leave out. */
export type RecallOptions = Pick<SearchOptions, "types" | "since" | "scopes" | "now">;

/** Recall by words, on this device: no model is asked. */
export const wordRecall: Recall = {
  index(memories) {
    const index = createIndex(memories.map(({ memory, scope }) => ({ ...memory, scope })));
    return (query, options) =>
      search(index, query, { ...options, limit: memories.length }).map(({ memory }) => memory.id);
  },
};

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
