/**
 * Search by words, and by vectors for those who bring a model, on the device. An entry of its own: the client's core never loads it.
 *
 * @module
 */
export { createIndex, search, updateIndex, CONTEXT } from "./search.ts";
export type { Hit, RecallIndex, Searchable, SearchOptions } from "./search.ts";
export type { Changed, Context } from "./postings.ts";
export { HALF_LIFE_MS, NO_WEIGHTS, WEIGHTS, type Weights } from "./weights.ts";
export { createVectors, EmbeddingInvalid, fuse, searchHybrid, updateVectors } from "./embedder.ts";
export type { Embedder, Vectors } from "./embedder.ts";
