import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, type TransactionReceipt } from "ethers";

import {
  CommitKeyMissing,
  HandedOver,
  OwnerClassOnly,
  RaceLost,
  RekeyPending,
  UncertainBatch,
  VaultError,
  WalletRequired,
} from "../errors.ts";
import { putAllVerified } from "../storage/store.ts";
import { grantCallsOf, revokedIn, welcomedBy, welcomesOf } from "./admission.ts";
import { buildCommit, type BuiltCommit } from "./commit.ts";
import {
  keyWallet,
  signDelta,
  stateRootAfter,
  type ChainHead,
  type Delta,
  type VaultCall,
} from "./contract.ts";
import type { OpenedHead } from "./head.ts";
import {
  readCandidates,
  removeOperations,
  writeCandidate,
  writeLostText,
  writeOperations,
  type Candidate,
  type LostText,
  type MemberState,
} from "./journal.ts";
import { uncommitted, withdraw } from "./memories.ts";
import type { VaultOperation } from "./operations.ts";
import { allOwedRevokes, endOnChain, goneMembers, mayRevoke } from "./owed.ts";
import {
  namesOwner,
  planCommit,
  secretsOf,
  type Base,
  type OperationOutcome,
  type Plan,
  type RekeyPlan,
} from "./plan.ts";
import { MAX_RACES, sendOnto } from "./races.ts";
import { journalRenewal } from "./renewal.ts";
import { locked, newestBlock, openWith, pinnedHead, stateOf, type Block, type Vault } from "./session.ts";
import { isUncertain, settleLocked } from "./settle.ts";

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
  /** What kept the commit from being settled after it had landed, if anything did: the next sync tries again. */
  readonly unsettled: VaultError | null;
}

/**
 * Commits everything that waits in the journal, in one transaction: read the head, apply, build, journal, store and
 * read back, send. The loser of a race applies its operations to the winner's head and tries again (SPEC §7).
 *
 * @throws {OwnerClassOnly} for a reader. {RaceLost} when other writers came first too many times.
 * @throws {UncertainBatch} when a batch may have landed long ago: it is shown, not sent again.
 */
export const sync = (vault: Vault): Promise<SyncResult> => syncWith(vault, null);

/**
 * Commits an operation now, with everything that waits, or takes it back: what failed, or changed nothing, must not be made
 * later behind its owner's back. A candidate that was sent still may land.
 *
 * @returns what the sync did, and what became of the operation: `null` where a first attempt had landed after all.
 */
export async function commitOrWithdraw(
  vault: Vault,
  operation: VaultOperation,
): Promise<{ readonly result: SyncResult; readonly outcome: OperationOutcome | null }> {
  await writeOperations(vault.journal, [operation]);
  const withdrawn = (): Promise<void> => withdraw(vault, [operation.id]);
  const result = await sync(vault).catch(async (fault: unknown) => {
    await withdrawn();
    throw fault;
  });
  const outcome = result.outcomes.get(operation.id) ?? null;
  if (outcome?.kind === "refused" || outcome?.kind === "unchanged") await withdrawn();
  return { result, outcome };
}

/** What a commit that rekeys stands on: a head that its owner chose, and new keys. */
export interface RekeyBase {
  readonly opened: OpenedHead;
  readonly plan: RekeyPlan;
}

/** Prepares the rekey that waits in the journal, or finds it landed (`null`). */
export type PrepareRekey = (state: MemberState, chain: ChainHead, block: Block) => Promise<RekeyBase | null>;

/** {@link sync}, for who goes on with a rekey. */
export const syncWith = (vault: Vault, prepareRekey: PrepareRekey | null): Promise<SyncResult> =>
  locked(vault, async () => {
    // Looking after earlier commits must keep nobody from writing, and no revoke from being made. A rekey looks at nothing
    // before it: a head that it is to leave out would take the secrets along that open the one to build on.
    if (prepareRekey === null) await settleSoftly(vault);
    const result = await commitPending(vault, prepareRekey);
    if (result.receipt === null && prepareRekey === null) return result;
    const unsettled = await settleSoftly(vault);
    const { pin } = await stateOf(vault);
    return { ...result, unsettled, final: pin !== null && pin.sequence >= result.sequence };
  });

/** What happened has happened: a store that fails afterwards must not make a commit look as if it had not. */
const settleSoftly = (vault: Vault): Promise<VaultError | null> =>
  settleLocked(vault).then(
    () => null,
    (fault: unknown) => {
      if (fault instanceof VaultError) return fault;
      throw fault;
    },
  );

async function commitPending(vault: Vault, prepareRekey: PrepareRekey | null): Promise<SyncResult> {
  for (let races = 0; races < MAX_RACES; races++) {
    const base = await readBase(vault, prepareRekey);
    const owed = base.owed.length > 0 ? await endOnChain(vault, base.chain, base.owed, base.commitKey) : null;
    const attempt = await prepare(vault, base);
    if (attempt.candidate === null) {
      return { ...(await unwritten(vault, base, attempt.plan, races)), receipt: owed };
    }
    const receipt = await submit(vault, base, attempt.candidate);
    if (receipt === null) continue;
    const { candidate } = attempt;
    const apart = candidate.revoked.filter((grantee) => !carries(candidate, grantee));
    if (apart.length > 0) await endOnChain(vault, base.chain, apart, base.commitKey);
    if (attempt.built !== null) vault.cache = attempt.built.scopes;
    return {
      ...{ sequence: attempt.candidate.sequence, final: false, receipt, races, unsettled: null },
      blobs: attempt.candidate.blobs.map((blob) => blob.length),
      rotated: attempt.plan?.rotated ?? false,
      outcomes: attempt.plan?.outcomes ?? new Map<string, OperationOutcome>(),
    };
  }
  throw new RaceLost(MAX_RACES);
}

/** What the next commit stands on, and what it is to carry. */
interface SyncBase {
  readonly state: MemberState;
  readonly chain: ChainHead;
  readonly opened: OpenedHead | null;
  /** What the next head is to be sealed under. */
  readonly visibilityKey: Uint8Array;
  readonly commitKey: string | null;
  readonly operations: readonly VaultOperation[];
  readonly rekey: RekeyPlan | null;
  readonly gone: ReadonlyMap<string, boolean>;
  /** Grants that an earlier commit was to end on chain. */
  readonly owed: readonly string[];
  /** Unix seconds by the chain's clock. */
  readonly now: number;
}

/** Everything is read as of one block: a node that lags must not make a member look gone. */
async function readBase(vault: Vault, prepareRekey: PrepareRekey | null): Promise<SyncBase> {
  const state = await stateOf(vault);
  if (state.class !== "owner") throw new OwnerClassOnly("write");
  const block = await newestBlock(vault);
  const { number, timestamp: now } = block;
  const chain = await pinnedHead(vault, state, number);
  const rekeyed = (await prepareRekey?.(state, chain, block)) ?? null;
  const opened = rekeyed?.opened ?? (chain.sequence === 0n ? null : await openWith(vault, state, chain));
  const key = rekeyed?.plan.operation.commitKey ?? commitKeyOf(state, opened);
  await journalRenewal(vault, state);
  const operations = await pendingOperations(vault, opened);
  const waiting = operations.findLast(({ kind }) => kind === "rekey");
  if (waiting !== undefined && rekeyed === null) throw new RekeyPending(waiting.id);
  if (opened !== null && rekeyed === null && !namesOwner(opened, state))
    throw new HandedOver(vault.ref.vaultId);
  return {
    ...{ state, chain, opened, now, operations },
    rekey: rekeyed?.plan ?? null,
    visibilityKey: rekeyed?.plan.operation.newWords?.visibilityKey ?? (opened ?? state).visibilityKey,
    commitKey: key === null ? null : hexlify(key),
    gone: opened === null ? new Map() : await goneMembers(vault, opened, number, now),
    owed: opened === null ? [] : await allOwedRevokes(vault, opened, number),
  };
}

const commitKeyOf = ({ genesis }: MemberState, opened: OpenedHead | null): Uint8Array | null =>
  opened === null ? (genesis?.commitKey ?? null) : secretsOf(opened).commitKey;

/** Operations that say what stands already need no transaction; they go once the head that says so is final. */
async function unwritten(
  vault: Vault,
  base: SyncBase,
  plan: Plan | null,
  races: number,
): Promise<SyncResult> {
  const { sequence } = base.chain;
  // The head may be another device's, and final by now.
  const { pin } = base.operations.length === 0 ? base.state : await settleLocked(vault);
  const final = pin?.sequence === sequence;
  if (final && plan !== null) {
    for (const text of lostIn(plan)) await writeLostText(vault.journal, text);
    // A device's word waits for a commit that it can go along with.
    const said = settledIn(plan).filter((id) => plan.outcomes.get(id)?.kind !== "noted");
    await removeOperations(vault.journal, new Set(said));
  }
  const outcomes = plan?.outcomes ?? new Map<string, OperationOutcome>();
  return { sequence, final, receipt: null, blobs: [], rotated: false, outcomes, races, unsettled: null };
}

const settledIn = ({ outcomes }: Plan): string[] =>
  [...outcomes]
    .filter(([, outcome]) => outcome.kind !== "refused" && !(outcome.kind === "rotated" && outcome.again))
    .map(([id]) => id);

/** Words that a concurrent forget took: it beats the change, and the text is kept aside (SPEC §7). */
const lostIn = ({ outcomes }: Plan): LostText[] =>
  [...outcomes.values()].flatMap((outcome) => {
    if (outcome.kind !== "removed" && outcome.kind !== "absent") return [];
    const { operationId, memoryId } = outcome;
    const text = outcome.kind === "removed" ? outcome.lostText : outcome.text;
    return text === null ? [] : [{ operationId, memoryId, text }];
  });

interface Attempt {
  /** `null` when there is nothing to write. */
  readonly candidate: Candidate | null;
  /** `null` when there was nothing to plan. */
  readonly plan: Plan | null;
  /** `null` when an earlier candidate is sent again. */
  readonly built: BuiltCommit | null;
}

/** Outcomes that the next head would differ by. */
const WRITTEN: ReadonlySet<OperationOutcome["kind"]> = new Set([
  "put",
  "conflict",
  "removed",
  "admitted",
  "dismissed",
  "changed",
  "renewed",
  "rekeyed",
  "shredded",
  "rotated",
  "handedOver",
]);

/** Builds a candidate and journals it before anyone sees its blobs or its signature. */
async function prepare(vault: Vault, base: SyncBase): Promise<Attempt> {
  const { state, chain, opened, commitKey, operations, rekey, gone, visibilityKey } = base;
  if (operations.length === 0 && gone.size === 0) return { candidate: null, plan: null, built: null };
  const id = bytesToHex(vault.random(16));
  const plan = planCommit({
    ref: vault.ref,
    visibilityKey,
    base: baseOf(state, chain, opened),
    operations,
    rekey,
    gone: new Set(gone.keys()),
    batchId: id,
    now: base.now,
    random: vault.random,
  });
  const outcomes = [...plan.outcomes.values()];
  const refused = outcomes.find((outcome) => outcome.kind === "refused");
  const writes = gone.size > 0 || outcomes.some(({ kind }) => WRITTEN.has(kind));
  if (!writes && refused !== undefined) throw refused.fault;
  if (!writes) return { candidate: null, plan, built: null };
  const again = await openCandidate(vault, base, plan);
  if (again !== null) return { candidate: await signedAgain(vault, base, again), plan, built: null };
  const { enrolling } = state;
  const welcomes = await welcomesOf(vault, plan, { enrolling, visibilityKey }, chain, commitKey);
  const built = buildCommit(
    { ...plan.draft(welcomes.digests), maxBlobSize: vault.store.maxBlobSize },
    vault.random,
  );
  const commit = await commitCall(vault, base, built.delta);
  const revoked = revokedIn(plan, gone);
  // A relayer may carry a commit, and revoke nothing: then the commit key ends the grants after it.
  const beside = vault.wallet === null || (await mayRevoke(vault, chain)) ? revoked : [];
  const revokes = beside.map((grantee): VaultCall => ({ kind: "revoke", grantee }));
  const candidate: Candidate = {
    id,
    sequence: built.delta.sequence,
    stateRoot: stateRootAfter(built.delta),
    epoch: plan.epoch,
    delta: built.delta,
    calls: [...revokes, ...grantCallsOf(plan, welcomes.pending), commit],
    blobs: [...welcomes.blobs, ...built.blobs],
    operations: settledIn(plan),
    gone: [...gone.keys()],
    welcomes: welcomes.pending,
    reissued: [...welcomes.digests.keys()],
    lost: lostIn(plan),
    revoked,
    authorizer: chain.authorizer,
    ratcheted: plan.ratcheted,
    shreds: outcomes.filter((outcome) => outcome.kind === "shredded"),
    shredded: plan.shredded,
    stays: rekey === null ? null : plan.owners,
  };
  await writeCandidate(vault.journal, candidate);
  return { candidate, plan, built };
}

function baseOf(state: MemberState, chain: ChainHead, opened: OpenedHead | null): Base {
  if (opened !== null) return { chain, opened };
  if (state.genesis === null) throw new OwnerClassOnly("make the first commit");
  return { chain, opened, genesis: state.genesis };
}

/** A retry sends the identical blob: a candidate for this very head that does what the plan does. */
async function openCandidate(
  vault: Vault,
  { state, chain, gone }: SyncBase,
  plan: Plan,
): Promise<Candidate | null> {
  const welcomed = welcomedBy(plan, state.enrolling).map(({ member }) => member.id);
  const reissued = plan.reissued.map(({ member }) => member.id);
  const candidates = await readCandidates(vault.journal);
  return (
    candidates.find(
      (candidate) =>
        candidate.sequence === chain.sequence + 1n &&
        candidate.delta.prevStateRoot === chain.stateRoot &&
        candidate.ratcheted === plan.ratcheted &&
        candidate.operations.join() === settledIn(plan).join() &&
        candidate.welcomes.map(({ memberId }) => memberId).join() === welcomed.join() &&
        candidate.reissued.join() === reissued.join() &&
        // A welcome bears the authorizer's signature: under another one it is built anew.
        (welcomed.length + reissued.length === 0 || candidate.authorizer === chain.authorizer) &&
        candidate.gone.join() === [...gone.keys()].join(),
    ) ?? null
  );
}

/** Another account may pay now, or another commit key be in force: the blob is the same, its signature is not. */
async function signedAgain(vault: Vault, base: SyncBase, candidate: Candidate): Promise<Candidate> {
  const calls = candidate.calls.filter(({ kind }) => kind !== "commit");
  return { ...candidate, calls: [...calls, await commitCall(vault, base, candidate.delta)] };
}

/** Operations that no commit up to this head carries. */
async function pendingOperations(vault: Vault, opened: OpenedHead | null): Promise<VaultOperation[]> {
  const operations = await uncommitted(vault, opened === null ? null : secretsOf(opened));
  if (opened === null) return operations;
  const waiting = new Set(operations.map(({ id }) => id));
  const doubtful = (await readCandidates(vault.journal)).find(
    (candidate) => isUncertain(candidate, opened) && candidate.operations.some((id) => waiting.has(id)),
  );
  if (doubtful !== undefined) throw new UncertainBatch(doubtful.id, doubtful.operations);
  return operations;
}

const carries = ({ calls }: Candidate, grantee: string): boolean =>
  calls.some((call) => call.kind === "revoke" && call.grantee === grantee);

async function commitCall(vault: Vault, { chain, commitKey }: SyncBase, delta: Delta): Promise<VaultCall> {
  const own = vault.wallet !== null && (await vault.wallet.getAddress()) === chain.authorizer;
  if (own) return { kind: "commit", delta, signature: "0x" };
  if (commitKey === null || keyWallet(commitKey).address !== chain.authorizer) {
    throw new CommitKeyMissing(chain.authorizer);
  }
  const signature = vault.wallet === null ? "0x" : await signDelta(commitKey, vault.ref, delta);
  return { kind: "commit", delta, signature };
}

/** @returns the receipt, or `null` when another writer came first. */
async function submit(
  vault: Vault,
  base: SyncBase,
  candidate: Candidate,
): Promise<TransactionReceipt | null> {
  const contract = payer(vault, base);
  try {
    await putAllVerified(vault.store, candidate.blobs);
    // Whoever must go goes at once, and so does what is to be cut off.
    if (!candidate.ratcheted && candidate.revoked.length === 0) await vault.hesitate?.();
  } catch (cause) {
    // A reader that must go does not stay because a store is down: the rotation is owed, and the journal keeps it.
    if (candidate.revoked.length > 0) await endOnChain(vault, base.chain, candidate.revoked, base.commitKey);
    throw cause;
  }
  const present = (): Promise<ChainHead> => pinnedHead(vault, base.state);
  return sendOnto(contract, vault.ref.vaultId, candidate.calls, { chain: base.chain, present });
}

/** The contract as the account that pays sees it: without a wallet the commit key pays. */
function payer(vault: Vault, { commitKey }: SyncBase) {
  if (vault.wallet !== null) return vault.contract.connect(vault.wallet);
  if (commitKey === null) throw new WalletRequired("commit");
  return vault.contract.connect(keyWallet(commitKey, vault.provider));
}
