import { BlobMissing, HandedOver, RekeyPending } from "../errors.ts";
import { countCopies, mendCopies, storesOf, type Copies, type Repaired } from "../storage/copies.ts";
import { putAllVerified, readBlob, type BlobStore } from "../storage/store.ts";
import { neededBy, type Needed } from "./needed.ts";
import { readGarbage, readNeeded, readReach, readRekey, removeGarbage } from "./journal.ts";
import { namesOwner } from "./plan.ts";
import { giveUp } from "./reach.ts";
import { locked, openWith, pinnedHead, stateOf, type Vault } from "./session.ts";

/** What a vault's stores have of what it needs. */
export interface Audit extends Copies, Pick<Needed, "from" | "fault" | "unknownWelcomes"> {}

/** A repair, and what it went by. */
export interface Repair extends Repaired, Pick<Needed, "from" | "fault" | "unknownWelcomes"> {}

/**
 * Reads every blob that the vault's head needs from every store, and tells what is missing, altered or out of reach, and how far each
 * is below the quorum. What a shred gave up on purpose is no loss; where it is still there it is told. Changes nothing.
 *
 * @throws whatever keeps the head from opening, where this device knows of no earlier one.
 */
export async function audit(vault: Vault): Promise<Audit> {
  const kept = storesOf(vault.store);
  // Opening reads, and reads of a mirror repair: whoever looks must see what there was.
  const { digests, givenUp, ...needed } = await neededBy({ ...vault, store: kept.asIs });
  const copies = await countCopies(kept, digests, givenUp);
  return { ...copies, ...told(needed) };
}

/**
 * Copies to every store what it lacks of what the head needs, from any other that has it, and gives up again what was given up and
 * came back, unless a rekey waits. A permanent store is paid for: it asks first.
 *
 * @throws as {@link audit} does.
 */
export async function repair(vault: Vault): Promise<Repair> {
  const { digests, givenUp, own, ...needed } = await neededBy(vault);
  // The head that a rekey builds on may need what came back.
  const left = (await readRekey(vault.journal)) === null ? givenUp : [];
  const repaired = await mendCopies(storesOf(vault.store), digests, left, own);
  return { ...repaired, ...told(needed) };
}

const told = ({ from, fault, unknownWelcomes }: Pick<Needed, "from" | "fault" | "unknownWelcomes">) => ({
  ...{ from, fault, unknownWelcomes },
});

/** How many blobs are carried at a time. */
const CARRIED = 32;

/**
 * Carries a vault to other stores, without a word to the chain: copies all that its head needs and reads every copy back. What is left
 * in the old ones stays until it is given up there.
 *
 * @param to - Where to; the vault works there once its handle is made with it.
 * @returns how many blobs, and their bytes.
 * @throws {BlobMissing|BlobAltered} when the old stores lack something: repair them first. Whatever the new one throws.
 */
export async function carryOver(
  vault: Vault,
  to: BlobStore,
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  const { digests, own, fault } = await neededBy(vault);
  if (fault !== null) throw fault;
  const all = [...new Set([...digests, ...own.keys()])];
  let bytes = 0;
  for (let at = 0; at < all.length; at += CARRIED) {
    const blobs = await Promise.all(
      all.slice(at, at + CARRIED).map(async (digest) => own.get(digest) ?? readBlob(vault.store, digest)),
    );
    await putAllVerified(to, blobs);
    bytes += blobs.reduce((sum, { length }) => sum + length, 0);
  }
  return { blobs: all.length, bytes };
}

/**
 * Gives up what dropped out of the head since the last shred, without a shred: it makes room, and destroys no key. A device or a
 * reader that slept may miss it until it reads a newer head.
 *
 * @returns how many blobs the store was told to give up.
 * @throws {BlobMissing|BlobAltered} when the store lacks what the head needs: what is given up may be all that is left.
 *   {RekeyPending} while a rekey waits, whose head may be an earlier one. {HandedOver} where a hand-over landed: what takes it
 *   back is in no head.
 */
export const collectGarbage = (vault: Vault): Promise<number> =>
  locked(vault, async () => {
    const rekey = await readRekey(vault.journal);
    if (rekey !== null) throw new RekeyPending(rekey.id);
    const { digests, own, fault } = await neededBy(vault);
    if (fault !== null) throw fault;
    await requireOwnHead(vault);
    const { lost, doubtful, below } = await countCopies(storesOf(vault.store), digests);
    const [worst] = [...lost, ...doubtful, ...below.map(({ digest }) => digest)];
    if (worst !== undefined) throw new BlobMissing(worst, [vault.store.name]);
    const notes = await readGarbage(vault.journal);
    // The last final head may be another one, and come back.
    const kept = new Set([...digests, ...own.keys(), ...(await readReach(vault.journal))]);
    const due = [...new Set([...notes.values()].flat())].filter((digest) => !kept.has(digest));
    await giveUp(vault, due);
    for (const note of notes.keys()) await removeGarbage(vault.journal, note);
    return due.length;
  });

/** The device that handed over knows what is needed until it has given up the rest; other devices of the owner never do. */
async function requireOwnHead(vault: Vault): Promise<void> {
  const state = await stateOf(vault);
  if (state.class === "reader" || (await readNeeded(vault.journal)) !== null) return;
  const chain = await pinnedHead(vault, state);
  if (chain.sequence > 0n && !namesOwner(await openWith(vault, state, chain), state))
    throw new HandedOver(vault.ref.vaultId);
}
