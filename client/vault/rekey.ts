import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, isError, Wallet } from "ethers";

import { recipientBytes, recipientDigest, recipientOf } from "../crypto/identity.ts";
import { ratchet, type SeedSecrets } from "../crypto/keys.ts";
import {
  NotAMember,
  OwnDevice,
  OwnerClassOnly,
  RecipientsUnconfirmed,
  UnknownMember,
  VaultEmpty,
  VaultError,
  WordsNeeded,
  type UnconfirmedMember,
} from "../errors.ts";
import { setAuthorizer, type ChainHead } from "./contract.ts";
import { naming, requireOwner } from "./grant.ts";
import type { OpenedHead } from "./head.ts";
import { headsFrom, highestEpoch } from "./history.ts";
import {
  readCandidates,
  readOperations,
  readWitnessed,
  removeOperations,
  writeOperations,
  type MemberState,
} from "./journal.ts";
import { withdraw } from "./memories.ts";
import { ownerMember, wordsMember } from "./mint.ts";
import type { RekeyOperation } from "./operations.ts";
import { goneMembers } from "./owed.ts";
import { openPast, wordsOf } from "./past.ts";
import { namesOwner, rosterOf, secretsOf } from "./plan.ts";
import type { RosterMember } from "./roster.ts";
import { newestBlock, pinnedHead, stateOf, type Block, type Vault } from "./session.ts";
import { syncWith, type RekeyBase, type SyncResult } from "./sync.ts";
import { fingerprintOf, unwitnessed } from "./witness.ts";

/** Whom and what a rekey is to leave behind. */
export interface RekeyRequest {
  /** Member ids or recipients, as `devices` and `grants` show them. Nobody: all secrets are drawn anew all the same. */
  readonly remove: readonly string[];
  /** Fingerprints of the records that the owner vouches for, as {@link RecipientsUnconfirmed} shows them. */
  readonly confirmed?: readonly string[] | undefined;
  /** Sequence of the head to build on, where others wrote junk after it; the newest unless said. */
  readonly base?: bigint | undefined;
  /** The seed of the present 24 words: their member is then derived again, and a head that they open can be built on. */
  readonly words?: Uint8Array | undefined;
}

/** A rekey that was written. */
export interface RekeyResult extends SyncResult {
  /** Ids of the members that left. */
  readonly removed: readonly string[];
  /** Heads after the one that it builds on, newest first: their devices send again what was honest in them. */
  readonly leftOut: readonly ChainHead[];
}

/**
 * Removes a lost or hostile device. A new commit key comes first, by the owner's wallet, so that whoever has the old one
 * writes nothing any more. Then one commit gives everybody who stays a fresh secret, which each finds by itself, and the
 * inbox another key (SPEC §11). What was begun is gone on with by {@link resumeRekey}, or by calling this again.
 *
 * @throws {OwnerRequired} when the wallet is not the owner's. {UnknownMember|OwnDevice} when nobody may be removed so.
 * @throws {RecipientsUnconfirmed} while members stay whose keys or terms may be the work of who leaves. The commit key is
 *   the new one by then: confirm them, or remove them too.
 * @throws {BlobMissing|RootMismatch|…} when the head that it is to build on does not open: choose an earlier one.
 */
export async function rekey(vault: Vault, request: RekeyRequest): Promise<RekeyResult> {
  await requireOwner(vault);
  return goOn(vault, await journalled(vault, request));
}

/**
 * Goes on with a rekey that was interrupted, from whatever step.
 *
 * @returns `null` when none waits.
 */
export async function resumeRekey(vault: Vault): Promise<RekeyResult | null> {
  const operation = await waitingRekey(vault);
  return operation === null ? null : goOn(vault, operation);
}

/**
 * Members that a rekey would ask the owner to vouch for: to be shown, and compared, before it is begun.
 *
 * @throws {UnknownMember|OwnDevice} as {@link rekey} does.
 */
export async function unconfirmed(vault: Vault, request: RekeyRequest): Promise<UnconfirmedMember[]> {
  const state = await stateOf(vault);
  const chain = await pinnedHead(vault, state);
  const operation = await operationFor(vault, state, chain, request, null);
  const { opened } = await baseOf(vault, state, chain, operation);
  return doubtful(
    vault,
    operation,
    opened,
    await knownRecords(state, operation, opened),
    await newestBlock(vault),
  );
}

async function journalled(vault: Vault, request: RekeyRequest): Promise<RekeyOperation> {
  const state = await stateOf(vault);
  if (state.class !== "owner") throw new OwnerClassOnly("rekey");
  const chain = await pinnedHead(vault, state);
  if (chain.sequence === 0n) throw new VaultEmpty(vault.ref.vaultId);
  const waiting = await waitingRekey(vault);
  const begun = waiting === null || (await hasLanded(vault, state, chain, waiting)) ? null : waiting;
  const operation = await operationFor(vault, state, chain, request, begun);
  await writeOperations(vault.journal, [operation]);
  if (begun !== null) await removeOperations(vault.journal, new Set([begun.id]));
  return operation;
}

/** @param begun - a rekey that is not done: its commit key may be in force, and is kept. */
async function operationFor(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  { remove, confirmed = [], base, words }: RekeyRequest,
  begun: RekeyOperation | null,
): Promise<RekeyOperation> {
  const commitKey = begun?.commitKey ?? vault.random(32);
  const inForce = chain.authorizer === addressOf(commitKey);
  const operation: RekeyOperation = {
    ...{ kind: "rekey", id: bytesToHex(vault.random(16)), remove: [], confirmed, commitKey },
    base: base === undefined ? null : Number(base),
    replaced: inForce ? (begun?.replaced ?? chain.authorizer) : chain.authorizer,
    words: words === undefined ? null : wordsOf(vault, state, words),
  };
  return { ...operation, remove: await idsOf(vault, state, chain, operation, remove) };
}

const MEMBER_ID = /^[0-9a-f]{32}$/;

/** What is named must be there, so that a slip of the pen removes nobody else, or nobody. */
async function idsOf(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  operation: RekeyOperation,
  names: readonly string[],
): Promise<string[]> {
  const own = state.enrolling ?? state.memberId;
  if (names.includes(own)) throw new OwnDevice(own);
  const opened = await baseOf(vault, state, chain, operation).then(
    (base) => base.opened,
    (fault: unknown) => {
      // Junk must not keep the commit key from being replaced: ids are taken at their word.
      if (fault instanceof VaultError && names.every((name) => MEMBER_ID.test(name))) return null;
      throw fault;
    },
  );
  if (opened === null) return [...names];
  const members = [...rosterOf(opened).members.values()];
  return names.map((name) => {
    const member = members.find(naming(name));
    if (member === undefined) throw new UnknownMember(name);
    if (member.id === own) throw new OwnDevice(own);
    return member.id;
  });
}

async function goOn(vault: Vault, operation: RekeyOperation): Promise<RekeyResult> {
  await authorise(vault, operation);
  let leftOut: readonly ChainHead[] = [];
  const result = await syncWith(vault, async (state, chain, block) => {
    const prepared = await prepare(vault, state, chain, block);
    leftOut = prepared?.after ?? [];
    return prepared;
  });
  const outcome = result.outcomes.get(operation.id);
  const removed = outcome?.kind === "rekeyed" ? outcome.removed : operation.remove;
  return { ...result, removed, leftOut };
}

/** Alone and first: from then on nobody else commits, whatever was signed before. */
async function authorise(vault: Vault, { id, commitKey, replaced }: RekeyOperation): Promise<void> {
  const { owner, authorizer } = await pinnedHead(vault, await stateOf(vault));
  // In force already, or replaced in its turn: what comes next tells.
  if (authorizer !== replaced || vault.wallet === null) return;
  await requireOwner(vault);
  const contract = vault.contract.connect(vault.wallet);
  await setAuthorizer(contract, vault.ref.vaultId, owner, addressOf(commitKey)).catch(
    async (fault: unknown) => {
      // Whoever said no in the wallet gave it up. After any other fault the key may be in force: it stays here.
      if (isError(fault, "ACTION_REJECTED")) await withdraw(vault, [id]);
      throw fault;
    },
  );
}

const addressOf = (key: Uint8Array): string => new Wallet(hexlify(key)).address;

/** The rekey that waits in the journal: of several the last one, which has the commit key of those before it. */
async function waitingRekey(vault: Vault): Promise<RekeyOperation | null> {
  const operations = await readOperations(vault.journal);
  return operations.findLast((each): each is RekeyOperation => each.kind === "rekey") ?? null;
}

async function hasLanded(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  operation: RekeyOperation,
): Promise<boolean> {
  const carriers = (await readCandidates(vault.journal)).filter(({ operations }) =>
    operations.includes(operation.id),
  );
  if (carriers.length === 0) return false;
  const opened = await orNull(openPast(vault, state, chain, operation));
  return opened !== null && carriers.some(({ id }) => secretsOf(opened).batches.has(id));
}

const orNull = <T>(work: Promise<T>): Promise<T | null> =>
  work.catch((fault: unknown) => {
    if (fault instanceof VaultError) return null;
    throw fault;
  });

interface Prepared extends RekeyBase {
  readonly after: readonly ChainHead[];
}

async function prepare(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  block: Block,
): Promise<Prepared | null> {
  const operation = await waitingRekey(vault);
  if (operation === null || (await hasLanded(vault, state, chain, operation))) return null;
  const { opened, after } = await baseOf(vault, state, chain, operation);
  const known = await knownRecords(state, operation, opened);
  const members = await doubtful(vault, operation, opened, known, block);
  if (members.length > 0) throw new RecipientsUnconfirmed(members);
  const from = { sequence: opened.chain.sequence, epoch: opened.data.epoch };
  const epoch = 1 + (await highestEpoch(state, vault.store, from, after));
  return { opened, after, plan: { operation, epoch, known } };
}

/** The head to build on, opened, and those after it, newest first. */
async function baseOf(
  vault: Vault,
  state: MemberState,
  newest: ChainHead,
  operation: RekeyOperation,
): Promise<{ readonly opened: OpenedHead; readonly after: readonly ChainHead[] }> {
  const heads = await headsFrom(vault, newest, BigInt(operation.base ?? newest.sequence));
  const base = heads.at(-1) ?? newest;
  return { opened: await openPast(vault, state, base, operation), after: heads.slice(0, -1) };
}

/** What this device knows better than a roster that others wrote: its own record, and that of the words if it has them. */
async function knownRecords(
  state: MemberState,
  { id, remove, words }: RekeyOperation,
  opened: OpenedHead,
): Promise<RosterMember[]> {
  const members = [...rosterOf(opened).members.values()];
  const own = state.enrolling === null ? [await ownRecord(state, members, opened)] : [];
  const typed = words ?? standingOn(state);
  if (typed === null) {
    if (!namesOwner(opened, state)) throw new WordsNeeded();
    return own;
  }
  const derived = await wordsMember(id, typed);
  const standing = members.find(({ locator }) => equalBytes(locator, derived.locator));
  if (standing === undefined) return [...own, derived];
  if (remove.includes(standing.id)) return own;
  const { label, since, written, welcomeDigest } = standing;
  return [...own, { ...derived, id: standing.id, label, since, written, welcomeDigest }];
}

/** A device that enrols itself is not a member yet, and stands on the words. */
const standingOn = ({
  enrolling,
  visibilityKey,
  secret,
  locator,
  identity,
}: MemberState): SeedSecrets | null =>
  enrolling === null || identity === null
    ? null
    : { visibilityKey, recoverySecret: secret, recoveryLocator: locator, recoveryIdentity: identity };

async function ownRecord(
  state: MemberState,
  members: readonly RosterMember[],
  opened: OpenedHead,
): Promise<RosterMember> {
  const { memberId, identity, nextIdentity, locator } = state;
  const standing = members.find(({ id }) => id === memberId) ?? (await handedOverBy(state, opened));
  if (standing === null) throw new NotAMember(opened.data.epoch);
  const identities = [identity, nextIdentity].filter((each) => each !== null);
  const held = await Promise.all(identities.map(async (each) => recipientBytes(await recipientOf(each))));
  const named = held.find((recipient) => equalBytes(recipient, standing.recipient));
  return {
    ...{ ...standing, class: "owner", locator, recipient: named ?? held[0] ?? standing.recipient },
    ...{ scopes: [], grantee: null, listed: false, expiresAt: null },
  };
}

/** What a head that was handed over left out: its keyring still lets this device in, so that it can be taken back. */
async function handedOverBy(
  { memberId, identity, locator, secret, epoch }: MemberState,
  opened: OpenedHead,
): Promise<RosterMember | null> {
  const steps = opened.data.epoch - epoch;
  const letIn = steps >= 0 && equalBytes(opened.secret, ratchet(secret, steps));
  return letIn && identity !== null ? ownerMember(memberId, identity, locator, "this device") : null;
}

/** Who would stay by a record that nobody vouches for. Readers whose grant is over do not stay. */
async function doubtful(
  vault: Vault,
  { remove, confirmed }: RekeyOperation,
  opened: OpenedHead,
  known: readonly RosterMember[],
  { number, timestamp }: Block,
): Promise<UnconfirmedMember[]> {
  const removed = new Set(remove);
  const gone = await goneMembers(vault, opened, number, timestamp);
  const settled = new Set([...removed, ...gone.keys(), ...known.map(({ id }) => id)]);
  const staying = [...rosterOf(opened).members.values()].filter(({ id }) => !settled.has(id));
  return unwitnessed(staying, await readWitnessed(vault.journal), removed)
    .map((member) => ({
      ...{ fingerprint: fingerprintOf(member), id: member.id, class: member.class, label: member.label },
      recipientDigest: hexlify(recipientDigest(member.recipient)),
    }))
    .filter(({ fingerprint }) => !confirmed.includes(fingerprint));
}
