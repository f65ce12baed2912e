import { RollbackDetected } from "../errors.ts";
import { memoryJournalStore, type JournalStore } from "../storage/journal-store.ts";
import { writeState, type Journal, type MemberState, type Pin } from "../vault/journal.ts";
import { finalNumber } from "../vault/rpcs.ts";
import { agreedHead, checkPin, locked, stateOf, type Vault } from "../vault/session.ts";
import { OwnerNotFinal } from "./errors.ts";

/**
 * Becomes what the next owner of a vault made this reader (SPEC §15). What it was to the last one stays, whole, until the change is
 * final and the new membership has read everything; of its pin all but the generation stays for ever, because a vault's
 * sequence goes on from owner to owner.
 *
 * @param enter - takes the new owner's welcome into the journal that it is given, and reads the vault with it.
 * @throws {OwnerNotFinal} before the change is final. {RollbackDetected} where the chain shows an earlier owner or head than it did.
 * @throws what `enter` throws: nothing was changed then.
 */
export async function followHands(
  vault: Vault,
  enter: (journalStore: JournalStore) => Promise<void>,
): Promise<void> {
  const state = await stateOf(vault);
  if (state.pin === null) return;
  const pin = await finalHands(vault, state, state.pin);
  const trial: Journal = { ...vault.journal, store: memoryJournalStore() };
  // No membership of the last owner's is in force, whatever it is called.
  await writeState(trial, { ...state, memberId: "", pin });
  await enter(trial.store);
  await locked(vault, () => takeFrom(trial.store, vault.journal.store));
}

/** Puts what was tried in the place of what there was. Wherever this ends, a state stands there, and a pin in it. */
async function takeFrom(trial: JournalStore, store: JournalStore): Promise<void> {
  const names = await trial.list();
  for (const name of await store.list()) if (!names.includes(name)) await store.remove(name);
  for (const name of names) {
    const bytes = await trial.read(name);
    if (bytes !== null) await store.write(name, bytes);
  }
}

/** The pin as it holds under the owner that all RPCs show as final. */
async function finalHands(vault: Vault, state: MemberState, pin: Pin): Promise<Pin> {
  const number = await finalNumber(vault);
  const head = number === null ? null : await agreedHead(vault, number);
  const generation = head?.generation ?? pin.generation;
  if (head === null || generation === pin.generation) throw new OwnerNotFinal(vault.ref.vaultId);
  if (generation < pin.generation)
    throw new RollbackDetected(`generation ${pin.generation}`, `generation ${generation}`);
  const carried = { ...pin, generation };
  checkPin({ ...state, pin: carried }, head);
  return carried;
}
