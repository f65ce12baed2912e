/**
 * The parts that need a browser: a journal in IndexedDB, and exports as a person gives them to a page.
 *
 * @module
 */
export {
  droppedFiles,
  filesSource,
  pickedFiles,
  type DroppedEntry,
  type DroppedItem,
  type PickedFile,
} from "./importers/picked.ts";
