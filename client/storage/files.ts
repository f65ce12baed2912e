// Node only: the journal of a device, a folder of small files.
import { readdir, readFile, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileWork, isMissing, makeFolder, sweepTemporaries, syncFolder, writeAtomic } from "./atomic.ts";
import { journalName, type JournalStore } from "./journal-store.ts";
import { lockFolder } from "./lock.ts";

/** What a journal folder takes from outside. */
export interface FileJournalOptions {
  /** How long `lock` waits for somebody else, in milliseconds; 10,000 unless given. */
  readonly patience?: number;
  /** The present, in unix milliseconds. `Date.now` unless given. */
  readonly now?: () => number;
}

/**
 * Keeps a journal in a folder that only its user can read: folder 0700, files 0600, every write fsynced and renamed into place.
 *
 * @param path - The folder; made when first needed.
 * @param options - Where time comes from and how long to wait for the lock.
 * @returns The journal's store, with a lock that holds across processes. Its methods throw StoreUnavailable or StoreFull when the folder fails.
 */
export function fileJournalStore(path: string, options: FileJournalOptions = {}): Required<JournalStore> {
  const folder = resolve(path);
  const now = options.now ?? Date.now;
  const patience = options.patience ?? 10_000;
  const name = `journal ${folder}`;
  let swept = false;

  return {
    list: () =>
      fileWork(name, async () => {
        const names = await readdir(folder).catch((error: unknown) => orIfMissing(error, []));
        // Temporary files and lock claims begin with a dot.
        return names.filter((entry) => !entry.startsWith(".")).sort();
      }),
    read: (entry) =>
      fileWork(name, async () => {
        const bytes = await readFile(join(folder, journalName(entry))).catch((error: unknown) =>
          orIfMissing(error, null),
        );
        return bytes && new Uint8Array(bytes);
      }),
    write: (entry, bytes) =>
      fileWork(name, async () => {
        const target = journalName(entry);
        await makeFolder(folder);
        if (!swept) await sweepTemporaries(folder, now());
        swept = true;
        await writeAtomic(folder, target, bytes, 0o600);
      }),
    remove: (entry) =>
      fileWork(name, async () => {
        const gone = await unlink(join(folder, journalName(entry))).catch((error: unknown) =>
          orIfMissing(error, null),
        );
        if (gone !== null) await syncFolder(folder);
      }),
    lock: () =>
      fileWork(name, async () => {
        await makeFolder(folder);
        return lockFolder(folder, patience, now);
      }),
  };
}

function orIfMissing<T>(error: unknown, value: T): T {
  if (isMissing(error)) return value;
  throw error;
}
