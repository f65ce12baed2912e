/**
 * The parts that need Node.js: a folder for blobs, one for the journal, and exports as they lie on disk.
 *
 * @module
 */
export { readSources } from "./importers/files.ts";
export { directoryStore, type DirectoryStore } from "./storage/directory.ts";
export { fileJournalStore } from "./storage/files.ts";
