/**
 * Search: knows memories, and nothing of vaults.
 *
 * @module
 */
export { createIndex, search, updateIndex, CONTEXT } from "./search.ts";
export type { Hit, RecallIndex, Searchable, SearchOptions } from "./search.ts";
export type { Changed, Context } from "./postings.ts";
export { openKept, saveKept, updateKept, type Files, type Kept } from "./kept.ts";
export { termsOf } from "./words.ts";
export { HALF_LIFE_MS, NO_WEIGHTS, WEIGHTS, type Weights } from "./weights.ts";
export { createVectors, EmbeddingInvalid, fuse, searchHybrid, updateVectors } from "./embedder.ts";
export type { Embedder, Vectors } from "./embedder.ts";
