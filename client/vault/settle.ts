import { NotYetAdmitted, VaultNotFound } from "../errors.ts";
import { digestOf, putVerified } from "../storage/store.ts";
import { finalBlock, readChainHead, type ChainHead } from "./contract.ts";
import type { OpenedHead } from "./head.ts";
import {
  readCandidates,
  readOperations,
  removeCandidate,
  removeOperations,
  writeLostText,
  writeState,
  writeWelcome,
  type Candidate,
  type MemberState,
} from "./journal.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import { KEPT_BATCHES } from "./roster.ts";
import { checkPin, locked, openWith, stateOf, type Vault } from "./session.ts";

/** A device after it took in what became final. */
export interface Settled {
  readonly state: MemberState;
  /** The newest final head, or `null` when there is none that this member can open. */
  readonly opened: OpenedHead | null;
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
  const { state, opened } = await advancePin(vault, await hasCandidates(vault));
  if (opened !== null && state.class === "owner") await settleCandidates(vault, opened);
  return state;
}

const hasCandidates = async (vault: Vault): Promise<boolean> =>
  (await readCandidates(vault.journal)).length > 0;

/**
 * Moves the pin to the newest final head. Readers do no more than this: it waits for no lock and asks nothing of the
 * store but the head itself.
 *
 * @param always - open the head even when the pin stands there already.
 */
export async function advancePin(vault: Vault, always = false): Promise<Settled> {
  const state = await stateOf(vault);
  const block = await finalBlock(vault.provider, vault.finality);
  const chain = block === null ? null : await finalHead(vault, state, block);
  if (chain === null || chain.sequence === 0n) return { state, opened: null };
  if (state.pin?.sequence === chain.sequence && !always) return { state, opened: null };
  const opened = await openWith(vault, state, chain).catch((fault: unknown) => {
    // The admission itself is not final yet: the newest head may open, this one cannot.
    if (fault instanceof NotYetAdmitted) return null;
    throw fault;
  });
  if (opened === null) return { state, opened };
  const present = await stateOf(vault);
  // Another process of this device may have taken in a later head meanwhile: its word stands.
  if (present.pin !== null && present.pin.sequence > chain.sequence) return { state: present, opened };
  const next = pinnedState(present, chain, opened);
  await writeState(vault.journal, next);
  return { state: next, opened };
}

/** @returns the head at the final block, or `null` when that is older than the vault or than the pin. */
async function finalHead(vault: Vault, state: MemberState, block: number): Promise<ChainHead | null> {
  const chain = await readChainHead(vault.contract, vault.ref, block).catch((fault: unknown) => {
    if (state.pin === null && fault instanceof VaultNotFound) return null;
    throw fault;
  });
  // A node that lags shows an older final head: no news. Whether the newest one is a rollback, readers check.
  if (chain === null || (state.pin !== null && chain.sequence < state.pin.sequence)) return null;
  checkPin(state, chain);
  return chain;
}

/** A recovered device becomes the member that it enrolled, once the roster has it. */
function pinnedState(state: MemberState, chain: ChainHead, opened: OpenedHead): MemberState {
  const { sequence, stateRoot, generation } = chain;
  const pinned = {
    ...state,
    secret: opened.secret,
    epoch: opened.data.epoch,
    admitted: true,
    pin: { sequence, stateRoot, generation },
    genesis: null,
  };
  if (state.enrolling === null) return pinned;
  const member = rosterOf(opened).members.get(state.enrolling);
  const secret = secretsOf(opened).members.get(state.enrolling);
  if (member === undefined || secret === undefined) return pinned;
  return { ...pinned, memberId: member.id, locator: member.locator, secret, enrolling: null };
}

/** Each candidate whose sequence is final has landed or has lost. One that could not be dealt with is kept. */
async function settleCandidates(vault: Vault, opened: OpenedHead): Promise<void> {
  const { batches } = secretsOf(opened);
  const waiting = new Set((await readOperations(vault.journal)).map(({ id }) => id));
  const faults: unknown[] = [];
  const candidates = await readCandidates(vault.journal);
  for (const candidate of candidates.filter(({ sequence }) => sequence <= opened.chain.sequence)) {
    if (isUncertain(candidate, opened)) {
      // Its operations were withdrawn: only the record is left, and nobody waits for it.
      const settled = !candidate.operations.some((id) => waiting.has(id));
      if (settled) await removeCandidate(vault.journal, candidate.id);
      continue;
    }
    const deal = batches.has(candidate.id) ? letLand : destroy;
    await deal(vault, candidate).then(
      () => removeCandidate(vault.journal, candidate.id),
      (fault: unknown) => void faults.push(fault),
    );
  }
  if (faults.length > 0) throw faults[0];
}

async function letLand(vault: Vault, { operations, welcomes, lost }: Candidate): Promise<void> {
  for (const text of lost) await writeLostText(vault.journal, text);
  await removeOperations(vault.journal, new Set(operations));
  for (const { memberId, file } of welcomes) await writeWelcome(vault.journal, memberId, file);
  for (const { file, store } of welcomes) if (store) await putVerified(vault.store, file);
}

/** A loser's keyring opens with secrets that are still in use, so its blobs must not stay. */
async function destroy(vault: Vault, { blobs }: Candidate): Promise<void> {
  for (const blob of blobs) await vault.store.delete(digestOf(blob));
}

/** Beyond the batches that scope zero remembers nobody can tell whether a signed one landed. */
export const isUncertain = (candidate: Candidate, opened: OpenedHead): boolean =>
  !secretsOf(opened).batches.has(candidate.id) &&
  candidate.sequence + BigInt(KEPT_BATCHES) <= opened.chain.sequence;
