import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, isError } from "ethers";

import { seedSecrets, type SeedSecrets } from "../crypto/keys.ts";
import { InvalidWords, OwnerClassOnly, VaultEmpty, VaultError } from "../errors.ts";
import { keyWallet, setAuthorizer, type ChainHead } from "./contract.ts";
import {
  NotEnrolled,
  OwnDevice,
  RecipientsUnconfirmed,
  UnknownMember,
  type UnconfirmedMember,
} from "./errors.ts";
import { naming, requireOwner } from "./grant.ts";
import type { OpenedHead } from "./head.ts";
import { headsFrom, highestEpoch, isInChain } from "./history.ts";
import {
  readCandidates,
  readRekey,
  removeOperations,
  removeWelcome,
  writeOperations,
  type MemberState,
} from "./journal.ts";
import { withdraw } from "./memories.ts";
import type { RekeyOperation } from "./operations.ts";
import { openPast, wordsOf } from "./past.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import { newestBlock, openWith, pinnedHead, stateOf, type Block, type Vault } from "./session.ts";
import { checkLocators, doubtful, partiesOf } from "./staying.ts";
import { syncWith, type RekeyBase, type SyncResult } from "./sync.ts";

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
  /**
   * The seed of 24 words that replace the present ones. The vault gets another visibility key by them, so that nobody finds
   * the next head by what it has: `collectWelcome` has a welcome for each member, to be handed over.
   */
  readonly newWords?: Uint8Array | undefined;
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
 * @throws {LocatorShared} when two members that stay have one locator: remove one of them too.
 * @throws {InvalidWords} when words are another vault's, or new words the present ones. {NotEnrolled} when a device that was just
 *   recovered is to renew the words.
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
  const operation = await readRekey(vault.journal);
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
  const parties = await partiesOf(state, operation, opened);
  return doubtful(vault, operation, parties, opened, await newestBlock(vault));
}

async function journalled(vault: Vault, request: RekeyRequest): Promise<RekeyOperation> {
  const state = await stateOf(vault);
  if (state.class !== "owner") throw new OwnerClassOnly("rekey");
  const chain = await pinnedHead(vault, state);
  if (chain.sequence === 0n) throw new VaultEmpty(vault.ref.vaultId);
  const waiting = await readRekey(vault.journal);
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
  { remove, confirmed = [], base, words, newWords }: RekeyRequest,
  begun: RekeyOperation | null,
): Promise<RekeyOperation> {
  const commitKey = begun?.commitKey ?? vault.random(32);
  const inForce = chain.authorizer === addressOf(commitKey);
  const present = await presentOf(vault, state, chain, words ?? newWords);
  const operation: RekeyOperation = {
    ...{ kind: "rekey", id: bytesToHex(vault.random(16)), remove: [], confirmed, commitKey },
    base: base === undefined ? null : Number(base),
    replaced: inForce ? (begun?.replaced ?? chain.authorizer) : chain.authorizer,
    words: words === undefined ? null : wordsOf(vault, present, words),
    newWords: newWords === undefined ? null : otherWords(vault, present, newWords),
  };
  return { ...operation, remove: await idsOf(vault, state, chain, operation, remove) };
}

/** The state by the words that the newest head has: those that were renewed last may wait to be final. */
async function presentOf(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  asked: Uint8Array | undefined,
): Promise<MemberState> {
  if (asked === undefined) return state;
  const { visibilityKey } = await openWith(vault, state, chain).catch((fault: unknown) => {
    if (fault instanceof VaultError) return state;
    throw fault;
  });
  return { ...state, visibilityKey };
}

/** Words for this vault that are not the present ones. */
function otherWords(vault: Vault, { visibilityKey, enrolling }: MemberState, seed: Uint8Array): SeedSecrets {
  // Behind the new visibility key a device that stands on the old words would not find itself.
  if (enrolling !== null) throw new NotEnrolled(enrolling);
  const words = seedSecrets(seed, vault.ref);
  if (equalBytes(visibilityKey, words.visibilityKey)) throw new InvalidWords("they are the present ones");
  return words;
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
  for (const id of removed) await removeWelcome(vault.journal, id);
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

const addressOf = (key: Uint8Array): string => keyWallet(hexlify(key)).address;

/** Whether the newest head has it: a rekey of another device may have left it out since. */
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
  const opened = await openPast(vault, state, chain, operation).catch((fault: unknown) => {
    if (fault instanceof VaultError) return null;
    throw fault;
  });
  if (opened !== null) return carriers.some(({ id }) => secretsOf(opened).batches.has(id));
  // What keeps the head from opening is no sign that it is not there: to make it twice would drop what came after it.
  for (const carrier of carriers) if (await isInChain(vault, chain, carrier)) return true;
  return false;
}

interface Prepared extends RekeyBase {
  readonly after: readonly ChainHead[];
}

async function prepare(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  block: Block,
): Promise<Prepared | null> {
  const operation = await readRekey(vault.journal);
  if (operation === null || (await hasLanded(vault, state, chain, operation))) return null;
  const { opened, after } = await baseOf(vault, state, chain, operation);
  const parties = await partiesOf(state, operation, opened);
  checkLocators(parties, opened);
  const members = await doubtful(vault, operation, parties, opened, block);
  if (members.length > 0) throw new RecipientsUnconfirmed(members);
  const from = { sequence: opened.chain.sequence, epoch: opened.data.epoch };
  const epoch = 1 + (await highestEpoch(state, vault.store, from, after));
  return { opened, after, plan: { operation, epoch, ...parties } };
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
