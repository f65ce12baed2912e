/**
 * Search by words, and by vectors for those who bring a model, on the device; and the files of a vault in which an index is kept. An entry of
 * its own: the client's core never loads it.
 *
 * @module
 */
export * from "./recall/index.ts";
export { indexFiles, type IndexFiles } from "./vault/index-files.ts";
