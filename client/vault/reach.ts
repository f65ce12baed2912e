import { bytesToHex } from "@noble/hashes/utils.js";

import { giveUpIn } from "../storage/give-up.ts";
import { digestOf, readBlob, type Digest } from "../storage/store.ts";
import { mapConcurrently, type OpenedHead } from "./head.ts";
import {
  noteGiven,
  readCandidates,
  readGarbage,
  readReach,
  writeGarbage,
  writeReach,
  type Candidate,
} from "./journal.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import { openWith, pinnedHead, stateOf, type Vault } from "./session.ts";

/**
 * The blobs that a head needs: itself, the pages of its keyring, the blobs that its scopes list, their chunks, and the
 * welcomes that its keyring leads to (SPEC §9). Only the owner class sees all of them.
 */
export function reachOf(opened: OpenedHead): ReadonlySet<Digest> {
  const segments = [...opened.scopes.values()].flatMap((scope) => scope.segments);
  // A reader has no roster: what it reaches is what its scopes need.
  const members = opened.epochKey === null ? [] : [...rosterOf(opened).members.values()];
  const welcomes = members.map(({ welcomeDigest }) => welcomeDigest);
  const digests = [
    opened.digest,
    ...opened.data.pages.map(({ digest }) => digest),
    ...segments.flatMap(({ entry, blobs }) => [entry.digest, ...blobs]),
    ...welcomes.filter((digest) => digest !== null),
  ];
  return new Set(digests.map(bytesToHex));
}

/**
 * Notes what a final head does not need any more, so that a shred knows what to give up however long ago it was
 * written. What is noted stays in the store until then: a device that slept may still ask for it.
 *
 * @param landed - this device's commits up to that head: what they wrote may have dropped out before this device looked.
 */
export async function noteGarbage(
  vault: Vault,
  opened: OpenedHead,
  landed: readonly Candidate[],
): Promise<void> {
  const reach = reachOf(opened);
  const known = [...(await readReach(vault.journal)), ...landed.flatMap(({ blobs }) => blobs.map(digestOf))];
  const dropped = known.filter((digest) => !reach.has(digest));
  // The note comes first: interrupted between the two, it is made again.
  if (dropped.length > 0) await writeGarbage(vault.journal, dropped);
  await writeReach(vault.journal, reach);
}

/** What the newest head needs beside a final one: a rekey that is not final yet may have built on an earlier head. */
async function newestReach(vault: Vault, final: OpenedHead): Promise<ReadonlySet<Digest>> {
  const state = await stateOf(vault);
  const chain = await pinnedHead(vault, state);
  if (chain.stateRoot === final.chain.stateRoot) return new Set();
  return reachOf(await openWith(vault, state, chain));
}

/**
 * Gives up what was noted, but for what the final head and the newest one reach and what open candidates wrote. The final
 * head's own blobs are read back first: what is given up may be all that is left of them.
 *
 * @param needed - what the head needs and does not tell of.
 * @returns the notes, to be dropped, and how many blobs the store was told to give up.
 * @throws {BlobMissing|BlobAltered|…} when the store lacks what the head needs, or the newest one does not open.
 *   {StoreUnavailable} when it could not be told.
 */
export async function giveUpGarbage(
  vault: Vault,
  opened: OpenedHead,
  needed: readonly Digest[] = [],
): Promise<{ readonly notes: readonly string[]; readonly given: number }> {
  const reach = reachOf(opened);
  await mapConcurrently([...reach], (digest) => readBlob(vault.store, digest));
  const newest = await newestReach(vault, opened);
  const garbage = await readGarbage(vault.journal);
  const noted = [...garbage.values()].flat();
  const open = await openCandidates(vault, opened);
  const kept = new Set([...reach, ...newest, ...needed, ...open.flatMap(({ blobs }) => blobs.map(digestOf))]);
  const due = new Set(noted.filter((digest) => !kept.has(digest)));
  await giveUp(vault, [...due]);
  const later = noted.filter((digest) => newest.has(digest) && !reach.has(digest));
  if (later.length > 0) await writeGarbage(vault.journal, later);
  return { notes: [...garbage.keys()], given: due.size };
}

/** Commits of this device that a head does not have: they may still land. */
export async function openCandidates(vault: Vault, opened: OpenedHead): Promise<Candidate[]> {
  const { batches } = secretsOf(opened);
  return (await readCandidates(vault.journal)).filter(({ id }) => !batches.has(id));
}

/**
 * Has the store give blobs up, and notes which: that they are gone is no loss, and where they come back they go again.
 *
 * @throws when all are tried, and one could not be given up.
 */
export async function giveUp(vault: Vault, digests: readonly Digest[]): Promise<void> {
  if (digests.length === 0) return;
  // The note comes first: what a store could not be told is found by it.
  await noteGiven(vault.journal, digests);
  await giveUpIn(vault.store, digests);
}
