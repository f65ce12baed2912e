/**
 * Search by words, on the device. An entry of its own: the client's core never loads it.
 *
 * @module
 */
export { createIndex, search } from "./search.ts";
export type { Embedder, Hit, RecallIndex, Searchable, SearchOptions } from "./search.ts";
