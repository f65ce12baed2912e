import { indexNames, indexSequence, readIndex, writeIndex } from "./journal.ts";
import { locked, stateOf, type Vault } from "./session.ts";

/**
 * Where a device keeps an index for search: sealed like the journal, and in its folder, so that a shred finds it whoever made it. What
 * stands in the files is the index's affair.
 */
export interface IndexFiles {
  /** All names. */
  list(): Promise<string[]>;
  /**
   * Reads one file.
   *
   * @returns its bytes, or `null` if there is none.
   * @throws {JournalDamaged|JournalVersion|WrongKeyError} when it was cut, or was made by another release or under another key.
   */
  read(name: string): Promise<Uint8Array | null>;
  /**
   * Adds files and removes others, in this order.
   *
   * @param sequence - of the verified head that they are made of.
   * @returns the new names; `null`, and nothing is done, when a shred or another process has gone on from that head: what it
   *   still has may be gone by now.
   */
  replace(
    sequence: bigint,
    written: readonly Uint8Array[],
    removed: readonly string[],
  ): Promise<readonly string[] | null>;
}

/** The files of a vault's index on this device. */
export function indexFiles(vault: Vault): IndexFiles {
  const { journal } = vault;
  return {
    list: () => indexNames(journal),
    read: (name) => readIndex(journal, name),
    replace: (sequence, written, removed) =>
      locked(vault, async () => {
        const newer = (await indexNames(journal)).some((name) => indexSequence(name) > sequence);
        if (newer || (await stateOf(vault)).shredSeen > sequence) return null;
        const names: string[] = [];
        for (const bytes of written) names.push(await writeIndex(journal, sequence, bytes));
        for (const name of removed) await journal.store.remove(name);
        return names;
      }),
  };
}
