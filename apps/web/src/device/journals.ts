import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import type { JournalStore, VaultRef } from "../../../../client/index.ts";

/**
 * What a vault's journal is called in this browser: names lie there in the clear, and this one tells nobody which vault it is.
 *
 * @param journalKey - The device's.
 * @returns 64 digits.
 */
export function journalNameOf(journalKey: Uint8Array, { chainId, contract, vaultId }: VaultRef): string {
  const key = hkdf(sha256, journalKey, undefined, utf8ToBytes("memory-vault/v1/journal-name"), 32);
  return bytesToHex(
    hmac(sha256, key, utf8ToBytes(`${chainId}/${contract.toLowerCase()}/${vaultId.toString(16)}`)),
  );
}

/**
 * A journal that nobody uses any more once the device is locked: what was under way ends there, and its lock is let go.
 *
 * @param expectOpen - Throws when it is locked.
 */
export function whileUnlocked(
  journal: Required<JournalStore>,
  expectOpen: () => unknown,
): Required<JournalStore> {
  const checked = async <T>(work: () => Promise<T>): Promise<T> => {
    expectOpen();
    return work();
  };
  return {
    list: () => checked(() => journal.list()),
    read: (name) => checked(() => journal.read(name)),
    write: (name, bytes) => checked(() => journal.write(name, bytes)),
    remove: (name) => checked(() => journal.remove(name)),
    lock: () => checked(() => lockOf(journal, expectOpen)),
  };
}

/** Somebody may have waited for the lock while the device was locked. */
async function lockOf(
  journal: Required<JournalStore>,
  expectOpen: () => unknown,
): Promise<() => Promise<void>> {
  const release = await journal.lock();
  try {
    expectOpen();
    return release;
  } catch (locked) {
    await release();
    throw locked;
  }
}
