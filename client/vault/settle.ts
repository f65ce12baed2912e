import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { generateIdentity } from "../crypto/identity.ts";
import { JournalBusy, NotYetAdmitted, VaultError, VaultNotFound } from "../errors.ts";
import { digestOf, putVerified, type Digest } from "../storage/store.ts";
import type { ChainHead } from "./contract.ts";
import { followHandover, followShred } from "./follow.ts";
import type { OpenedHead } from "./head.ts";
import {
  readCandidates,
  readNeeded,
  readOperations,
  readRekey,
  removeCandidate,
  readShreds,
  removeOperations,
  removeWelcome,
  welcomedMembers,
  writeLostText,
  writeOperations,
  writeShred,
  writeState,
  writeWelcome,
  type Candidate,
  type MemberState,
} from "./journal.ts";
import type { VaultOperation } from "./operations.ts";
import { owedRevokes, stands } from "./owed.ts";
import { newestShredOf, rosterOf, secretsOf } from "./plan.ts";
import { giveUp, noteGarbage, reachOf } from "./reach.ts";
import { KEPT_BATCHES } from "./roster.ts";
import { keepSent, sendLeftOut } from "./sent.ts";
import { identitiesBehind } from "./renewal.ts";
import { finalNumber } from "./rpcs.ts";
import { agreedBlock, agreedHead, checkPin, locked, newestBlock, openWith, pinnedHead } from "./session.ts";
import { stateOf, type Vault } from "./session.ts";
import { witness } from "./witness.ts";

/** A device after it took in what became final. */
export interface Settled {
  readonly state: MemberState;
  /** The newest final head, or `null` when there is none that this member can open. */
  readonly opened: OpenedHead | null;
  /** What kept the final head from opening. */
  readonly fault: VaultError | null;
}

/**
 * Takes in what became final: moves the pin, erases older secrets, lets operations and candidates go, and has the
 * welcomes of final admissions ready to be collected. Only a final *and* verified head does any of it (SPEC §6, §9).
 *
 * @throws {StoreUnavailable} when a stored welcome or a losing blob could not be dealt with: it is tried again.
 */
export const settle = (vault: Vault): Promise<MemberState> => locked(vault, () => settleLocked(vault));

/** {@link settle} for who holds the journal's lock. */
export async function settleLocked(vault: Vault): Promise<MemberState> {
  const candidates = await readCandidates(vault.journal);
  const always =
    candidates.length > 0 || (await isShredding(vault)) || (await readNeeded(vault.journal)) !== null;
  const { state, opened, fault } = await advancePin(vault, (work) => work(), always);
  if (fault !== null) throw fault;
  if (opened !== null && state.class === "owner") {
    const { batches } = secretsOf(opened);
    await noteGarbage(
      vault,
      opened,
      candidates.filter(({ id }) => batches.has(id)),
    );
    await settleCandidates(vault, state, opened);
    // The head that a rekey builds on may need what no later one does.
    if ((await readRekey(vault.journal)) !== null) return state;
    await followHandover(vault, state, opened);
    return followShred(vault, state, opened);
  }
  return state;
}

/** Whether there is a shred that this device did not follow yet, or one of its own that is not done. */
async function isShredding(vault: Vault): Promise<boolean> {
  const { shredSeen, shredFollowed } = await stateOf(vault);
  return shredSeen > shredFollowed || (await readShreds(vault.journal)).length > 0;
}

/**
 * Moves the pin to the newest final head. Readers do no more than this: they wait for nobody, and what keeps the final
 * head from opening does not keep them from the newest one.
 */
export const lookForPin = (vault: Vault): Promise<Settled> =>
  advancePin(vault, (work) => unlessBusy(vault, work));

/** Another process works on the journal: what can wait is done next time. */
const unlessBusy = (vault: Vault, work: () => Promise<MemberState>): Promise<MemberState> =>
  locked(vault, work).catch((fault: unknown) => {
    if (fault instanceof JournalBusy) return stateOf(vault);
    throw fault;
  });

/**
 * Destroys a reader's identity once its grant is over at the final block, and no newer welcome was found: whoever kept its
 * welcomes would open them with it (SPEC §8).
 */
export async function dropIdentity(
  vault: Vault,
  { expiresAt, identity, secret }: MemberState,
): Promise<void> {
  if (expiresAt === null || identity === null) return;
  const number = await finalNumber(vault);
  const block = number === null ? null : await agreedBlock(vault, number);
  if (block === null || block.timestamp < expiresAt) return;
  await unlessBusy(vault, async () => {
    const present = await stateOf(vault);
    if (present.expiresAt !== expiresAt || !equalBytes(present.secret, secret)) return present;
    const without = { ...present, identity: null };
    await writeState(vault.journal, without);
    return without;
  });
}

type Guard = (work: () => Promise<MemberState>) => Promise<MemberState>;

async function advancePin(vault: Vault, guard: Guard, always = false): Promise<Settled> {
  const state = await stateOf(vault);
  const block = await finalNumber(vault);
  const chain = block === null ? null : await finalHead(vault, state, block);
  if (chain === null || chain.sequence === 0n) return { state, opened: null, fault: null };
  if (state.pin?.sequence === chain.sequence && !always) return { state, opened: null, fault: null };
  let opened: OpenedHead;
  try {
    opened = await openWith(vault, state, chain);
    // An older secret may open all that is left: it goes when what comes after it was read back, and not from memory.
    if (!equalBytes(opened.secret, state.secret))
      opened = await openWith({ ...vault, cache: new Map() }, state, chain);
  } catch (fault) {
    if (!(fault instanceof VaultError)) throw fault;
    // An admission that is not final yet is no fault: the newest head may open, this one cannot.
    return { state, opened: null, fault: fault instanceof NotYetAdmitted ? null : fault };
  }
  const next = await guard(async () => {
    const present = await stateOf(vault);
    // What was opened with another membership, or behind another pin, says nothing of this one.
    if (!sameFooting(present, state)) return present;
    const pinned = await pinnedState(vault, present, chain, opened);
    if (pinned.class === "owner") await takeNote(vault, present, opened);
    await writeState(vault.journal, pinned);
    return pinned;
  });
  return { state: next, opened, fault: null };
}

/** What a final head says of members and rekeys, before the pin moves to it. */
async function takeNote(vault: Vault, state: MemberState, opened: OpenedHead): Promise<void> {
  const { pin } = state;
  const { rekeyed, members } = rosterOf(opened);
  // Before this head's members are noted: those of the last one tell whose admission was taken back.
  if (rekeyed !== null && (pin === null || pin.sequence < rekeyed.sequence)) {
    await sendLeftOut(vault, rekeyed, opened, state);
  }
  await witness(vault, pin, opened);
  // Another device revoked them before anybody collected these.
  for (const id of await welcomedMembers(vault.journal))
    if (!members.has(id)) await removeWelcome(vault.journal, id);
}

const sameFooting = (a: MemberState, b: MemberState): boolean =>
  a.memberId === b.memberId &&
  a.enrolling === b.enrolling &&
  a.epoch === b.epoch &&
  a.pin?.stateRoot === b.pin?.stateRoot &&
  equalBytes(a.secret, b.secret);

/** @returns the head at the final block, or `null` when that is older than the vault or than the pin. */
async function finalHead(vault: Vault, state: MemberState, block: number): Promise<ChainHead | null> {
  const chain = await agreedHead(vault, block).catch((fault: unknown) => {
    if (state.pin === null && fault instanceof VaultNotFound) return null;
    throw fault;
  });
  // A node that lags shows an older final head: no news. Whether the newest one is a rollback, readers check.
  if (chain === null || (state.pin !== null && chain.sequence < state.pin.sequence)) return null;
  checkPin(state, chain);
  return chain;
}

/** A recovered device becomes the member that it enrolled, once the roster has it. */
async function pinnedState(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  opened: OpenedHead,
): Promise<MemberState> {
  const { sequence, stateRoot, generation } = chain;
  const pinned = {
    ...state,
    ...opened.reissued,
    ...(await identitiesBehind(vault, state, opened)),
    secret: opened.secret,
    visibilityKey: opened.visibilityKey,
    epoch: opened.data.epoch,
    admitted: true,
    pin: { sequence, stateRoot, generation },
    genesis: null,
    shredSeen: state.class === "owner" ? (newestShredOf(opened)?.sequence ?? 0n) : 0n,
  };
  if (state.enrolling === null) return pinned;
  const member = rosterOf(opened).members.get(state.enrolling);
  const secret = secretsOf(opened).members.get(state.enrolling);
  if (member === undefined || secret === undefined) return pinned;
  const { id: memberId, locator, welcomeDigest } = member;
  // A rekey that came before this had a welcome for it already, to the identity that it enrolled with.
  const nextIdentity = welcomeDigest === null ? null : generateIdentity(vault.random);
  const own = { memberId, locator, secret, welcomeDigest, identity: state.nextIdentity, nextIdentity };
  return { ...pinned, ...own, enrolling: null };
}

/** Each candidate whose sequence is final has landed or has lost. One that could not be dealt with is kept. */
async function settleCandidates(vault: Vault, state: MemberState, opened: OpenedHead): Promise<void> {
  const { batches } = secretsOf(opened);
  // In their order: of two welcomes of one member the later one is handed over.
  const due = (await readCandidates(vault.journal))
    .filter(({ sequence }) => sequence <= opened.chain.sequence)
    .sort((a, b) => Number(a.sequence - b.sequence));
  if (due.length === 0) return;
  const operations = await readOperations(vault.journal);
  const waiting = new Set(operations.map(({ id }) => id));
  // As of one block: a node that lags must not make a grant look gone, for its welcome would be dropped.
  const { number } = await newestBlock(vault);
  const newest = await openWith(vault, state, await pinnedHead(vault, state, number));
  const faults: unknown[] = [];
  // One that nobody can tell of is shown while its operations wait; withdrawn, it is dealt with as if it had lost.
  const told = due.filter(
    (candidate) => !isUncertain(candidate, opened) || !candidate.operations.some((id) => waiting.has(id)),
  );
  await turnPast(
    vault,
    told.filter(({ id }) => !batches.has(id)),
    opened,
    operations,
  );
  const reached = new Set([...reachOf(opened), ...reachOf(newest)]);
  for (const candidate of told) {
    const landed = batches.has(candidate.id);
    // A grant that it was to end still stands: the next sync ends it, and needs this record for it.
    if (landed && (await owedRevokes(vault, candidate, newest, number)).length > 0) continue;
    const shredded = newestShredOf(opened)?.sequence ?? 0n;
    await (
      landed
        ? letLand(vault, candidate, newest, number, operations, shredded)
        : destroy(vault, candidate, reached)
    ).then(
      () => removeCandidate(vault.journal, candidate.id),
      (fault: unknown) => void faults.push(fault),
    );
  }
  if (faults.length > 0) throw faults[0];
}

/**
 * A welcome leaves the device only when its head is final, and only for who is still a member by then: a grant that
 * was taken back before must not be handed over after.
 */
async function letLand(
  vault: Vault,
  candidate: Candidate,
  newest: OpenedHead,
  block: number,
  waiting: readonly VaultOperation[],
  shredded: bigint,
): Promise<void> {
  const { operations, welcomes, lost, shreds, sequence } = candidate;
  const left: Uint8Array[] = [];
  for (const { operationId: id, memoryIds, unknown, scopes } of shreds)
    await writeShred(vault.journal, { id, sequence, memoryIds, unknown, scopes, blobs: 0 });
  for (const text of lost) await writeLostText(vault.journal, text);
  for (const { memberId, file, store } of welcomes) {
    const member = rosterOf(newest).members.get(memberId);
    const dismissed = waiting.some((each) => each.kind === "dismiss" && each.memberId === memberId);
    if (member === undefined || dismissed) continue;
    if (member.grantee !== null && member.listed && !(await stands(vault, member.grantee, block))) continue;
    await writeWelcome(vault.journal, memberId, file);
    if (store) left.push(file);
  }
  // What the newest shred came after may hold what it took out.
  if (sequence > shredded) await keepSent(vault, candidate, waiting);
  await removeOperations(vault.journal, new Set(operations));
  for (const file of left) await putVerified(vault.store, file);
}

/**
 * Whoever archived a loser that turned the epoch opens it with everybody's secret, ratcheted to that epoch; and who was to get
 * another scope by one that did not, has a welcome that leads to its present key there: so the epoch turns past it (SPEC §9).
 */
async function turnPast(
  vault: Vault,
  lost: readonly Candidate[],
  { data }: OpenedHead,
  waiting: readonly VaultOperation[],
): Promise<void> {
  const epochs = lost.filter(({ ratcheted }) => ratcheted).map(({ epoch }) => epoch);
  const above = Math.max(-1, ...epochs);
  if (above < data.epoch || waiting.some((each) => each.kind === "rotate" && each.above >= above)) return;
  await writeOperations(vault.journal, [{ kind: "rotate", id: bytesToHex(vault.random(16)), above }]);
}

/**
 * A loser's keyring opens with secrets that are still in use, so its blobs must not stay.
 *
 * @param reached - what stays: of a commit that nobody can tell of, heads have it where it landed.
 */
async function destroy(vault: Vault, { blobs }: Candidate, reached: ReadonlySet<Digest>): Promise<void> {
  await giveUp(
    vault,
    blobs.map(digestOf).filter((digest) => !reached.has(digest)),
  );
}

/** Beyond the batches that scope zero remembers nobody can tell whether a signed one landed. */
export const isUncertain = (candidate: Candidate, opened: OpenedHead): boolean =>
  !secretsOf(opened).batches.has(candidate.id) &&
  candidate.sequence + BigInt(KEPT_BATCHES) <= opened.chain.sequence;
