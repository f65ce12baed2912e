import { InvalidName } from "../errors.ts";

/**
 * Where a device keeps its journal: small named files, each replaced as a whole or not at all. Their bytes are sealed before they come here.
 */
export interface JournalStore {
  /**
   * Lists what is kept.
   *
   * @returns All names, sorted.
   */
  list(): Promise<string[]>;

  /**
   * Reads one file.
   *
   * @param name - Its name.
   * @returns Its bytes as last written, or null if there is none.
   */
  read(name: string): Promise<Uint8Array | null>;

  /**
   * Writes one file, atomically and durably: when this returns, a crash leaves the new bytes; before, the old ones.
   *
   * @param name - Lower-case letters, digits, dots and dashes, no dot first, at most 100.
   * @param bytes - Its new content.
   * @throws InvalidName if the name is anything else.
   */
  write(name: string, bytes: Uint8Array): Promise<void>;

  /**
   * Removes one file; a missing one is no fault.
   *
   * @param name - Its name.
   */
  remove(name: string): Promise<void>;

  /**
   * Keeps every other user of the same journal out, in this process and in others, until it is released.
   *
   * @returns Releases the lock; safe to call twice.
   * @throws JournalBusy if somebody else keeps it too long.
   */
  lock?(): Promise<() => Promise<void>>;
}

/**
 * Checks the name of a journal file. Names become file names as they are, so nothing that could leave the folder or hide in it is one.
 *
 * @param name - What a caller wants to call a file.
 * @returns The same name.
 * @throws InvalidName if it is not a plain name.
 */
export function journalName(name: string): string {
  if (!/^[a-z0-9-][a-z0-9.-]{0,99}$/.test(name)) throw new InvalidName(name);
  return name;
}

/**
 * A journal in memory, for tests and for pages that keep nothing.
 *
 * @returns An empty journal; its lock queues callers in order.
 */
export function memoryJournalStore(): JournalStore {
  const files = new Map<string, Uint8Array>();
  // A bad name rejects, as it does on disk; it does not throw.
  const soon = async <T>(work: () => T): Promise<T> => {
    await Promise.resolve();
    return work();
  };
  let queue: Promise<unknown> = Promise.resolve();
  return {
    list: () => soon(() => [...files.keys()].sort()),
    read: (name) => soon(() => files.get(journalName(name))?.slice() ?? null),
    write: (name, bytes) => soon(() => void files.set(journalName(name), bytes.slice())),
    remove: (name) => soon(() => void files.delete(journalName(name))),
    async lock() {
      const before = queue;
      let open: () => void = () => undefined;
      queue = new Promise<void>((resolve) => (open = resolve));
      await before;
      return () => soon(open);
    },
  };
}
