import { bytesToHex } from "@noble/hashes/utils.js";

import { NotGranted } from "../errors.ts";
import { members } from "./grant.ts";
import { removeWelcome, writeOperations } from "./journal.ts";
import type { DismissOperation } from "./operations.ts";
import type { Vault } from "./session.ts";
import { sync, type SyncResult } from "./sync.ts";

/**
 * Ends several grants, as `revoke` ends one: all of them out of the roster, one new epoch, all ended on chain, in one
 * transaction (SPEC §8).
 *
 * @param memberIds - the readers' member ids.
 * @throws {NotGranted} when one of them has no grant: nobody is revoked then.
 */
export async function revokeAll(vault: Vault, memberIds: readonly string[]): Promise<SyncResult> {
  const readers = (await members(vault)).filter(({ class: kind }) => kind === "reader");
  const unknown = memberIds.find((memberId) => !readers.some(({ id }) => id === memberId));
  if (unknown !== undefined) throw new NotGranted(unknown);
  const dismissals = [...new Set(memberIds)].map((memberId): DismissOperation => {
    return { kind: "dismiss", id: bytesToHex(vault.random(16)), memberId };
  });
  // In this order: what is journalled goes on by itself after a crash, and takes the welcomes along.
  await writeOperations(vault.journal, dismissals);
  for (const { memberId } of dismissals) await removeWelcome(vault.journal, memberId);
  return sync(vault);
}
