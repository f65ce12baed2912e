import { bytesToHex } from "@noble/hashes/utils.js";

import type { OpenedHead } from "./head.ts";
import {
  dropImported,
  readCandidates,
  readLostTexts,
  readNeeded,
  readOperations,
  readShreds,
  removeGarbage,
  removeIndex,
  removeLostText,
  removeNeeded,
  removeShred,
  writeOperations,
  writeReceipt,
  writeShred,
  writeState,
  type MemberState,
  type ShredReceipt,
  type StartedShred,
  removeSent,
} from "./journal.ts";
import { namesOwner, newestShredOf, rosterOf, secretsOf } from "./plan.ts";
import { giveUpGarbage, openCandidates } from "./reach.ts";
import { KEPT_SHREDDED, WORDS_LABEL, type NewestShred, type RosterMember } from "./roster.ts";
import type { Vault } from "./session.ts";

/**
 * Does on this device what the newest shred of a final and verified head asks for, whichever device made it, and makes
 * the receipts of its own that are done by now. The older secret is gone already when this begins: it went with the pin.
 *
 * @throws {BlobMissing|BlobAltered} when the store lacks what the final head needs: nothing is given up then.
 * @throws {StoreUnavailable} when a blob could not be given up. Either way the next settling tries again.
 */
export async function followShred(
  vault: Vault,
  state: MemberState,
  opened: OpenedHead,
): Promise<MemberState> {
  const newestShred = newestShredOf(opened);
  // Until it is a member of its own, a recovered device stands on the words, which nothing can make forget.
  if (newestShred === null || state.enrolling !== null) return state;
  const due = newestShred.sequence > state.shredFollowed;
  if (due) await destroyWhatIsKept(vault, opened, newestShred);
  // A key that a welcome came to opens that welcome, and with it every epoch since: the word is given when it is gone.
  if (state.nextIdentity !== null || (await isUnsettled(vault, opened, newestShred))) return state;
  const next = due ? await giveWord(vault, state, newestShred) : state;
  await makeReceipts(vault, next, opened, newestShred);
  return next;
}

/**
 * Gives up what a vault that was handed over does not need any more, on the device that did it. What the owner class of
 * before needs to take it back is kept: no record leads there. A hand-over that was sent may land while its commit is open.
 *
 * @throws {BlobMissing|BlobAltered|StoreUnavailable} as {@link followShred} does.
 */
export async function followHandover(vault: Vault, state: MemberState, opened: OpenedHead): Promise<void> {
  const needed = await readNeeded(vault.journal);
  if (needed === null) return;
  if (namesOwner(opened, state)) {
    const open = await openCandidates(vault, opened);
    const begun = (await readOperations(vault.journal)).some(({ kind }) => kind === "handover");
    if (open.length === 0 && !begun) await removeNeeded(vault.journal);
    return;
  }
  await removeIndex(vault.journal);
  await dropImported(vault.journal, () => true);
  const { notes } = await giveUpGarbage(vault, opened, needed);
  for (const note of notes) await removeGarbage(vault.journal, note);
  await removeNeeded(vault.journal);
}

/** Whether a commit from before the shred landed and still owes: until it is settled, the journal has what it carried. */
async function isUnsettled(vault: Vault, opened: OpenedHead, { sequence }: NewestShred): Promise<boolean> {
  const { batches } = secretsOf(opened);
  return (await readCandidates(vault.journal)).some(
    (candidate) => candidate.sequence <= sequence && batches.has(candidate.id),
  );
}

/** Texts that were kept aside, operations that were sent, the index for search, digests of what was imported, and blobs that nothing needs. */
async function destroyWhatIsKept(
  vault: Vault,
  opened: OpenedHead,
  { sequence, memoryIds }: NewestShred,
): Promise<void> {
  const own = (await readShreds(vault.journal)).filter((started) => started.sequence <= sequence);
  // The head remembers the last ids only; what this device asked for it knows whole.
  const gone = new Set([...memoryIds, ...own.flatMap((started) => started.memoryIds)]);
  for (const { memoryId, operationId } of await readLostTexts(vault.journal))
    if (gone.has(memoryId)) await removeLostText(vault.journal, operationId);
  await removeSent(vault.journal, opened.chain.sequence);
  await removeIndex(vault.journal);
  await dropImported(
    vault.journal,
    await shreddedIn(vault, opened, gone, memoryIds.length === KEPT_SHREDDED),
  );
  const { notes, given } = await giveUpGarbage(vault, opened);
  // Interrupted before the notes are dropped, the same blobs are counted again, and not twice.
  for (const started of own)
    if (started.blobs < given) await writeShred(vault.journal, { ...started, blobs: given });
  for (const note of notes) await removeGarbage(vault.journal, note);
}

/** Which memories a shred took, as far as this device can tell: where the head may have let ids go, all that live no more. */
async function shreddedIn(
  vault: Vault,
  opened: OpenedHead,
  gone: ReadonlySet<string>,
  mayBeMore: boolean,
): Promise<(memoryId: string) => boolean> {
  if (!mayBeMore) return (memoryId) => gone.has(memoryId);
  const waiting = new Set((await readOperations(vault.journal)).map(({ id }) => id));
  const lives = (memoryId: string) => [...opened.scopes.values()].some(({ live }) => live.has(memoryId));
  return (memoryId) => gone.has(memoryId) || !(lives(memoryId) || waiting.has(memoryId));
}

/** The word comes first: said twice it changes nothing, and unsaid it would be missing. */
async function giveWord(vault: Vault, state: MemberState, { sequence }: NewestShred): Promise<MemberState> {
  const id = bytesToHex(vault.random(16));
  await writeOperations(vault.journal, [{ kind: "note", id, memberId: state.memberId, erased: sequence }]);
  const next = { ...state, shredFollowed: sequence };
  await writeState(vault.journal, next);
  return next;
}

async function makeReceipts(
  vault: Vault,
  state: MemberState,
  opened: OpenedHead,
  newest: NewestShred,
): Promise<void> {
  const started = await readShreds(vault.journal);
  if (started.length === 0 || (await isHeldUp(vault, opened, newest))) return;
  for (const shred of started) {
    if (shred.sequence > newest.sequence || !isCut(opened, shred)) continue;
    await writeReceipt(vault.journal, receiptOf(shred, state, opened, newest));
    await removeShred(vault.journal, shred.id);
  }
}

/** Whether a commit that was stored from before the shred may still open with everybody's secret. */
async function isHeldUp(vault: Vault, opened: OpenedHead, { sequence }: NewestShred): Promise<boolean> {
  if ((await readOperations(vault.journal)).some(({ kind }) => kind === "rotate")) return true;
  return (await openCandidates(vault, opened)).some(
    ({ ratcheted, epoch, shredded }) => ratcheted && shredded < sequence && epoch >= opened.data.epoch,
  );
}

/** A rekey that built on a head from before the shred has its scopes as they were. */
function isCut(opened: OpenedHead, { scopes, sequence, memoryIds }: StartedShred): boolean {
  const { scopeNames } = rosterOf(opened);
  return [...opened.scopes.values()].every(
    ({ id, live, segments }) =>
      !memoryIds.some((memoryId) => live.has(memoryId)) &&
      (!scopes.includes(scopeNames.get(id) ?? "") ||
        segments.every(({ entry }) => entry.sequence >= sequence)),
  );
}

function receiptOf(
  shred: StartedShred,
  { memberId }: MemberState,
  opened: OpenedHead,
  newest: NewestShred,
): ShredReceipt {
  const members = [...rosterOf(opened).members.values()];
  const devices = members.filter((member) => member.class === "owner" && member.label !== WORDS_LABEL);
  const readers = members.filter((member) => member.class === "reader");
  const silent = devices.filter((device) => device.erased < newest.sequence && device.id !== memberId);
  return {
    ...shred,
    doneAt: opened.chain.sequence,
    epoch: opened.data.epoch,
    listed: listedFromBefore(opened, shred.sequence),
    followed: idsOf(devices.filter((device) => !silent.includes(device))),
    silent: idsOf(silent),
    readers: idsOf(readers),
  };
}

const idsOf = (members: readonly RosterMember[]): string[] => members.map(({ id }) => id);

/** What is listed from before a shred is listed by other scopes, by keys of theirs. */
function listedFromBefore({ scopes }: OpenedHead, sequence: bigint): number {
  const entries = [...scopes.values()].flatMap(({ segments }) => segments.map(({ entry }) => entry));
  const earlier = entries.filter((entry) => entry.sequence < sequence);
  return new Set(earlier.map(({ digest }) => bytesToHex(digest))).size;
}
