import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, isError, Wallet, type TransactionReceipt } from "ethers";

import {
  CommitKeyMissing,
  ContractRefusal,
  NotYetAdmitted,
  OwnerClassOnly,
  RaceLost,
  UncertainBatch,
  VaultNotFound,
  WalletRequired,
} from "../errors.ts";
import { digestOf, putVerified } from "../storage/store.ts";
import { buildCommit, type BuiltCommit } from "./commit.ts";
import {
  finalBlock,
  readChainHead,
  sendCalls,
  signDelta,
  stateRootAfter,
  type ChainHead,
} from "./contract.ts";
import { chainCallsOf, welcomesOf } from "./admission.ts";
import type { OpenedHead } from "./head.ts";
import {
  readCandidates,
  removeCandidate,
  removeOperations,
  writeCandidate,
  writeState,
  writeWelcome,
  type Candidate,
  type MemberState,
} from "./journal.ts";
import { uncommitted } from "./memories.ts";
import type { VaultOperation } from "./operations.ts";
import { planCommit, rosterOf, secretsOf, type Base, type OperationOutcome, type Plan } from "./plan.ts";
import { KEPT_BATCHES } from "./roster.ts";
import { chainTime, checkPin, openWith, pinnedHead, stateOf, type Vault } from "./session.ts";

/** What a sync did. */
export interface SyncResult {
  /** Sequence of the head after it. */
  readonly sequence: bigint;
  /** Whether that head is final already. */
  readonly final: boolean;
  /** The transaction, or `null` when there was nothing to write. */
  readonly receipt: TransactionReceipt | null;
  /** Sizes in bytes of the blobs stored. */
  readonly blobs: readonly number[];
  readonly rotated: boolean;
  /** By operation id: conflicts and losses are here to be shown. */
  readonly outcomes: ReadonlyMap<string, OperationOutcome>;
  /** How many times another writer came first. */
  readonly races: number;
}

const MAX_RACES = 8;

/**
 * Commits everything that waits in the journal, in one transaction: read the head, apply, build, journal, store and
 * read back, send. The loser of a race applies its operations to the winner's head and tries again (SPEC §7).
 *
 * @throws {OwnerClassOnly} for a reader. {RaceLost} when other writers came first too many times.
 * @throws {UncertainBatch} when a batch may have landed long ago: it is shown, not sent again.
 */
export async function sync(vault: Vault): Promise<SyncResult> {
  const release = (await vault.journal.store.lock?.()) ?? (() => Promise.resolve());
  try {
    await settle(vault);
    const result = await commitPending(vault);
    if (result.receipt === null) return result;
    const pin = (await settle(vault)).pin;
    return { ...result, final: pin !== null && pin.sequence >= result.sequence };
  } finally {
    await release();
  }
}

async function commitPending(vault: Vault): Promise<SyncResult> {
  for (let races = 0; races < MAX_RACES; races++) {
    const state = await stateOf(vault);
    if (state.class !== "owner") throw new OwnerClassOnly("write");
    const chain = await pinnedHead(vault, state);
    const opened = chain.sequence === 0n ? null : await openWith(vault, state, chain);
    const operations = await pendingOperations(vault, opened);
    const gone = opened === null ? new Set<string>() : await goneMembers(vault, opened);
    if (operations.length === 0 && gone.size === 0) {
      const final = state.pin?.sequence === chain.sequence;
      return {
        sequence: chain.sequence,
        final,
        receipt: null,
        blobs: [],
        rotated: false,
        outcomes: new Map(),
        races,
      };
    }
    const attempt = await prepare(vault, state, chain, opened, operations, gone);
    const receipt = await submit(vault, attempt.candidate, chain);
    if (receipt === null) continue;
    if (attempt.built !== null) vault.cache = attempt.built.scopes;
    return {
      ...{ sequence: attempt.candidate.sequence, final: false, receipt, races },
      blobs: attempt.candidate.blobs.map((blob) => blob.length),
      rotated: attempt.plan?.rotated ?? false,
      outcomes: attempt.plan?.outcomes ?? new Map<string, OperationOutcome>(),
    };
  }
  throw new RaceLost(MAX_RACES);
}

interface Attempt {
  readonly candidate: Candidate;
  /** `null` when an earlier candidate is sent again. */
  readonly plan: Plan | null;
  readonly built: BuiltCommit | null;
}

/** Builds a candidate and journals it before anyone sees its blobs or its signature. */
async function prepare(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  opened: OpenedHead | null,
  operations: readonly VaultOperation[],
  gone: ReadonlySet<string>,
): Promise<Attempt> {
  const again = await openCandidate(vault, chain, operations, gone);
  if (again !== null) return { candidate: again, plan: null, built: null };
  const id = bytesToHex(vault.random(16));
  const plan = planCommit({
    ref: vault.ref,
    visibilityKey: state.visibilityKey,
    base: baseOf(state, chain, opened),
    operations,
    gone,
    batchId: id,
    now: await chainTime(vault),
    random: vault.random,
  });
  const carried = operations.filter(
    ({ id: operationId }) => plan.outcomes.get(operationId)?.kind !== "refused",
  );
  const refused = [...plan.outcomes.values()].find((outcome) => outcome.kind === "refused");
  if (refused !== undefined && carried.length === 0 && gone.size === 0) throw refused.fault;
  const built = buildCommit(plan.draft, vault.random);
  const commitKey = commitKeyOf(state, opened);
  const welcomes = await welcomesOf(vault, plan, chain, commitKey);
  const signature = await signatureFor(vault, chain, built, commitKey);
  const candidate: Candidate = {
    id,
    sequence: built.delta.sequence,
    stateRoot: stateRootAfter(built.delta),
    epoch: plan.draft.epoch,
    delta: built.delta,
    calls: [...chainCallsOf(plan, welcomes), { kind: "commit", delta: built.delta, signature }],
    blobs: built.blobs,
    operations: carried.map(({ id: operationId }) => operationId),
    gone: [...gone],
    welcomes,
  };
  await writeCandidate(vault.journal, candidate);
  return { candidate, plan, built };
}

function baseOf(state: MemberState, chain: ChainHead, opened: OpenedHead | null): Base {
  if (opened !== null) return { chain, opened };
  if (state.genesis === null) throw new OwnerClassOnly("make the first commit");
  return { chain, opened, genesis: state.genesis };
}

/** A retry sends the identical blob: a candidate for this very head with these very operations. */
async function openCandidate(
  vault: Vault,
  chain: ChainHead,
  operations: readonly VaultOperation[],
  gone: ReadonlySet<string>,
): Promise<Candidate | null> {
  const wanted = operations.map((operation) => operation.id).join();
  const candidates = await readCandidates(vault.journal);
  const found = candidates.find(
    (candidate) =>
      candidate.sequence === chain.sequence + 1n &&
      candidate.delta.prevStateRoot === chain.stateRoot &&
      candidate.operations.join() === wanted &&
      candidate.gone.join() === [...gone].join(),
  );
  return found ?? null;
}

/** Operations that no commit up to this head carries. */
async function pendingOperations(vault: Vault, opened: OpenedHead | null): Promise<VaultOperation[]> {
  if (opened === null) return uncommitted(vault, null);
  const { batches } = secretsOf(opened);
  const candidates = await readCandidates(vault.journal);
  const doubtful = candidates.find((candidate) => isUncertain(candidate, batches, opened.chain.sequence));
  if (doubtful !== undefined) throw new UncertainBatch(doubtful.id, doubtful.operations);
  return uncommitted(vault, { batches });
}

/** Beyond the batches that scope zero remembers nobody can tell whether a signed one landed. */
const isUncertain = (candidate: Candidate, batches: ReadonlyMap<string, bigint>, sequence: bigint): boolean =>
  !batches.has(candidate.id) && candidate.sequence + BigInt(KEPT_BATCHES) <= sequence;

/** Readers that the next commit must drop: expired, or listed and not on chain any more. The chain never adds one. */
async function goneMembers(vault: Vault, opened: OpenedHead): Promise<Set<string>> {
  const now = await chainTime(vault);
  const readers = [...rosterOf(opened).members.values()].filter((member) => member.class === "reader");
  const gone = await Promise.all(
    readers.map(async ({ expiresAt, listed, grantee }) => {
      if (expiresAt !== null && expiresAt <= now) return true;
      return listed && grantee !== null && !(await vault.contract.canRead(vault.ref.vaultId, grantee));
    }),
  );
  return new Set(readers.filter((_, i) => gone[i]).map(({ id }) => id));
}

function commitKeyOf(state: MemberState, opened: OpenedHead | null): string | null {
  const key = opened === null ? (state.genesis?.commitKey ?? null) : secretsOf(opened).commitKey;
  return key === null ? null : hexlify(key);
}

async function signatureFor(
  vault: Vault,
  chain: ChainHead,
  { delta }: BuiltCommit,
  commitKey: string | null,
): Promise<string> {
  if ((await vault.wallet?.getAddress()) === chain.authorizer) return "0x";
  if (commitKey === null || new Wallet(commitKey).address !== chain.authorizer) {
    throw new CommitKeyMissing(chain.authorizer);
  }
  return vault.wallet === null ? "0x" : signDelta(commitKey, vault.ref, delta);
}

/** @returns the receipt, or `null` when another writer came first. */
async function submit(
  vault: Vault,
  candidate: Candidate,
  base: ChainHead,
): Promise<TransactionReceipt | null> {
  const revokes = candidate.calls.filter((call) => call.kind === "revoke");
  const signer = await payer(vault, candidate);
  try {
    for (const blob of candidate.blobs) await putVerified(vault.store, blob);
  } catch (cause) {
    // A reader that must go does not stay because a store is down: the rotation is owed, and the journal keeps it.
    if (revokes.length > 0) await sendCalls(signer, vault.ref.vaultId, revokes);
    throw cause;
  }
  try {
    return await sendCalls(signer, vault.ref.vaultId, candidate.calls);
  } catch (fault) {
    // A replaced or clashing transaction is a lost race, whoever's the other one was (SPEC §7).
    if (isError(fault, "TRANSACTION_REPLACED") || isError(fault, "NONCE_EXPIRED")) return null;
    if (!(fault instanceof ContractRefusal)) throw fault;
    const now = await pinnedHead(vault, await stateOf(vault));
    if (now.sequence === base.sequence && now.stateRoot === base.stateRoot) throw fault;
    return null;
  }
}

/** The contract as the account that pays sees it. */
async function payer(vault: Vault, candidate: Candidate) {
  if (vault.wallet !== null) return vault.contract.connect(vault.wallet);
  const state = await stateOf(vault);
  const opened =
    candidate.sequence === 1n ? null : await openWith(vault, state, await pinnedHead(vault, state));
  const commitKey = commitKeyOf(state, opened);
  if (commitKey === null) throw new WalletRequired("commit");
  return vault.contract.connect(new Wallet(commitKey, vault.provider));
}

/**
 * Takes in what became final: moves the pin, erases older secrets, lets operations and candidates go, hands welcomes
 * over to be collected. Only a final *and* verified head does any of it (SPEC §6, §9).
 */
export async function settle(vault: Vault): Promise<MemberState> {
  const state = await stateOf(vault);
  const number = await finalBlock(vault.provider, vault.finality);
  if (number === null) return state;
  const chain = await finalHead(vault, state, number);
  if (chain === null || chain.sequence === 0n) return state;
  const candidates = (await readCandidates(vault.journal)).filter(
    ({ sequence }) => sequence <= chain.sequence,
  );
  if (state.pin?.sequence === chain.sequence && candidates.length === 0) return state;
  const opened = await openWith(vault, state, chain).catch((fault: unknown) => {
    // The admission itself is not final yet: the newest head may open, this one cannot.
    if (fault instanceof NotYetAdmitted) return null;
    throw fault;
  });
  if (opened === null) return state;
  if (state.class === "owner") await settleCandidates(vault, candidates, opened);
  const present = await stateOf(vault);
  // Another process of this device may have settled a later head meanwhile: its word stands.
  if (present.pin !== null && present.pin.sequence > chain.sequence) return present;
  const next = settledState(present, chain, opened);
  await writeState(vault.journal, next);
  return next;
}

/** @returns the head at the final block, or `null` when that is older than the vault or than the pin. */
async function finalHead(vault: Vault, state: MemberState, block: number): Promise<ChainHead | null> {
  const chain = await readChainHead(vault.contract, vault.ref.vaultId, block).catch((fault: unknown) => {
    if (state.pin === null && fault instanceof VaultNotFound) return null;
    throw fault;
  });
  // A node that lags shows an older final head: no news. Whether the newest one is a rollback, readers check.
  if (chain === null || (state.pin !== null && chain.sequence < state.pin.sequence)) return null;
  checkPin(state, chain);
  return chain;
}

async function settleCandidates(
  vault: Vault,
  candidates: readonly Candidate[],
  opened: OpenedHead,
): Promise<void> {
  const { batches } = secretsOf(opened);
  for (const candidate of candidates) {
    if (batches.has(candidate.id)) {
      for (const { memberId, file, store } of candidate.welcomes) {
        await writeWelcome(vault.journal, memberId, file);
        if (store) await putVerified(vault.store, file);
      }
      await removeOperations(vault.journal, new Set(candidate.operations));
    } else if (isUncertain(candidate, batches, opened.chain.sequence)) {
      continue;
    } else {
      // The loser's keyring opens with secrets that are still in use: its blobs go first, then its record.
      for (const blob of candidate.blobs) await vault.store.delete(digestOf(blob));
    }
    await removeCandidate(vault.journal, candidate.id);
  }
}

/** A recovered device becomes the member that it enrolled, once the roster has it. */
function settledState(state: MemberState, chain: ChainHead, opened: OpenedHead): MemberState {
  const { sequence, stateRoot, generation } = chain;
  const settled = {
    ...state,
    secret: opened.secret,
    epoch: opened.data.epoch,
    admitted: true,
    pin: { sequence, stateRoot, generation },
    genesis: null,
  };
  if (state.enrolling === null) return settled;
  const member = rosterOf(opened).members.get(state.enrolling);
  const secret = secretsOf(opened).members.get(state.enrolling);
  if (member === undefined || secret === undefined) return settled;
  return { ...settled, memberId: member.id, locator: member.locator, secret, enrolling: null };
}
