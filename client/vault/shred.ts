import { bytesToHex } from "@noble/hashes/utils.js";

import { NoMemories } from "./errors.ts";
import { readReceipts, removeReceipt, type ShredReceipt } from "./journal.ts";
import { journalOperations, type SeenMemory } from "./memories.ts";
import type { Vault } from "./session.ts";

/**
 * Journals that memories are to be shredded, not only forgotten. The next {@link sync} takes them and the records that
 * conflict with them out, turns the epoch, and writes their scopes anew without a list. Once that head is final this
 * device destroys what would open earlier blobs and gives those up that nothing needs any more; the owner's other devices
 * do so at their next sync. Then {@link receipts} says what was done, and what cannot be (SPEC §9).
 *
 * @param seen - the memories, as many as you like; the head names the last 128 to other devices, so that one of these may keep a
 *   text that a forget took of another (`lostTexts`). One that was forgotten long ago is named by its id: every scope is
 *   then written anew.
 * @returns the shred's id, which its receipt bears.
 * @throws {NoMemories} when none is named. {OwnerClassOnly} for a reader.
 */
export async function shred(vault: Vault, ...seen: readonly Pick<SeenMemory, "id">[]): Promise<string> {
  if (seen.length === 0) throw new NoMemories();
  const id = bytesToHex(vault.random(16));
  await journalOperations(vault, [{ kind: "shred", id, memoryIds: seen.map((memory) => memory.id) }]);
  return id;
}

/** Receipts of this device's shreds that are done; they stay until {@link dropReceipt}. */
export const receipts = (vault: Vault): Promise<ShredReceipt[]> => readReceipts(vault.journal);

/** Lets a receipt go, once it was shown. */
export const dropReceipt = (vault: Vault, id: string): Promise<void> => removeReceipt(vault.journal, id);
