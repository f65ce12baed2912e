/**
 * The parts that need Node.js: a folder for blobs and one for the journal.
 *
 * @module
 */
export { directoryStore } from "./storage/directory.ts";
export { fileJournalStore } from "./storage/files.ts";
