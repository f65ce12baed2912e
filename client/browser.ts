/**
 * The parts that need a browser: a journal in IndexedDB, what seals a device's own files, and exports as a person gives them to a page.
 *
 * @module
 */
/** An identity of its own, for who makes a device and loads nothing else yet. */
export { generateIdentity } from "./crypto/identity.ts";
export { openForDevice, sealForDevice, unlockingKey } from "./crypto/device.ts";
export {
  droppedFiles,
  filesSource,
  pickedFiles,
  type DroppedEntry,
  type DroppedItem,
  type PickedFile,
} from "./importers/picked.ts";
export {
  askToKeep,
  indexedDbJournalStore,
  JournalBusyInTab,
  removeJournals,
  type IndexedDbJournalOptions,
  type KeepingStorage,
  type TabLocks,
} from "./storage/indexed-db.ts";
