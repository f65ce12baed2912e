import { readImported, writeImported } from "./journal.ts";
import { locked, stateOf, type Vault } from "./session.ts";

/**
 * What imports on this device brought: ids of memories by the keys of what they were made of (`contentKey` of the importers). A memory
 * that is here and not in the vault was forgotten since; one whose key no longer fits was changed. What a shred took is not here.
 */
export const importedBefore = (vault: Vault): Promise<ReadonlyMap<string, string>> =>
  readImported(vault.journal);

/**
 * Notes what an import brought, or found there, so that the next one knows what was forgotten or changed since. Digests are noted and
 * no text; they stay on this device, sealed like the journal.
 *
 * @param sequence - of the verified head that the import looked at: behind a newer shred nothing is noted.
 * @param brought - ids of memories by their keys.
 */
export const noteImported = (
  vault: Vault,
  sequence: bigint,
  brought: ReadonlyMap<string, string>,
): Promise<void> =>
  locked(vault, async () => {
    if (brought.size === 0 || (await stateOf(vault)).shredSeen > sequence) return;
    await writeImported(vault.journal, brought);
  });
