import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress, hexlify, isAddress } from "ethers";

import { recipientBytes } from "../crypto/identity.ts";
import {
  AlreadyMember,
  GrantLeftOut,
  InvalidAccount,
  InvalidExpiry,
  NoScopes,
  NotGranted,
  OwnerRequired,
  ProposalUnlisted,
  VaultError,
} from "../errors.ts";
import { PERMISSION } from "./contract.ts";
import { readWelcome, removeWelcome, writeOperations } from "./journal.ts";
import { scopeName } from "./memories.ts";
import type { OpenedHead } from "./head.ts";
import type { AdmitOperation, Terms } from "./operations.ts";
import { endOnChain, goneMembers, mayRevoke, stands } from "./owed.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import type { Admission, RosterMember } from "./roster.ts";
import { chainTime, newestBlock, openWith, pinnedHead, stateOf, type Vault } from "./session.ts";
import { commitOrWithdraw, sync, type SyncResult } from "./sync.ts";
import { unprinted } from "./unprinted.ts";

/** A grant: who may read what until when. */
export interface GrantRequest {
  /** The key that the welcome is encrypted to, `age1pq1…`: KeyRegistry has that of an account. */
  readonly recipient: string;
  /** The grantee's account. With it the grant is *listed*: it also stands on chain. */
  readonly account?: string | undefined;
  /** Scope names. */
  readonly scopes: readonly string[];
  /** Unix seconds. There are no grants without an end. */
  readonly expiresAt: number;
  /** Whether the grantee may also propose memories; listed grants only. */
  readonly propose?: boolean | undefined;
  /**
   * `fresh`, unless said: the grantee reads what lives in the scopes and what comes. `joined`: no key turns, and it can
   * also open what was written there in this epoch and in every epoch that the scope still lists, deleted text included.
   */
  readonly admission?: Admission | undefined;
  /** The owner's own words. */
  readonly label?: string | undefined;
  /** Also leave the welcome in the store, for an agent that runs unattended. */
  readonly storeWelcome?: boolean | undefined;
}

/** A grant that was written. */
export interface Granted extends SyncResult {
  readonly memberId: string;
  /** The age file to hand over, or `null` until the head is final: then {@link collectWelcome} has it. */
  readonly welcome: Uint8Array | null;
}

/**
 * Grants read access to scopes until a date: the roster, a new epoch with a new snapshot of those scopes (the grantee
 * reads nothing earlier), and for an account the grant on chain, in one transaction (SPEC §8).
 *
 * @throws {NoScopes} when none is named. {InvalidExpiry} when the grant would not end, or has.
 * @throws {AlreadyMember} when the account or the key has a grant: revoke it first.
 * @throws {OwnerRequired} when the wallet is not the vault's owner.
 * @throws {GrantLeftOut} when somebody landed the commit without the grant: nobody was admitted, grant again.
 */
export async function grant(vault: Vault, request: GrantRequest): Promise<Granted> {
  const operation = await admission(vault, request);
  if (operation.listed) await requireOwner(vault);
  const granted = await admit(vault, operation);
  const { grantee, listed } = operation;
  // The commit's signature is public once it was sent: whoever lands it alone leaves the grant beside it out.
  // As of the block of its own transaction: a node that lags says that there never was a grant.
  const block = granted.receipt?.blockNumber;
  if (listed && grantee !== null && !(await stands(vault, grantee, block))) throw new GrantLeftOut(grantee);
  return granted;
}

/** Admits a member of either class. */
export async function admit(vault: Vault, operation: AdmitOperation): Promise<Granted> {
  await refuseMember(vault, operation);
  const { result, outcome } = await commitOrWithdraw(vault, operation);
  if (outcome?.kind === "refused") throw outcome.fault;
  if (outcome?.kind === "unchanged") {
    await refuseMember(vault, operation);
    throw invalidExpiry(operation.expiresAt ?? 0, await chainTime(vault));
  }
  return { ...result, memberId: operation.id, welcome: await collectWelcome(vault, operation.id) };
}

async function admission(vault: Vault, request: GrantRequest): Promise<AdmitOperation> {
  const { recipient, account, propose = false, label = "", storeWelcome = false } = request;
  if (account !== undefined && !isAddress(account)) throw new InvalidAccount(account);
  const listed = account !== undefined;
  return {
    kind: "admit",
    id: bytesToHex(vault.random(16)),
    class: "reader",
    recipient: recipientBytes(recipient),
    grantee: account === undefined ? null : getAddress(account).toLowerCase(),
    listed,
    ...(await checkedTerms(vault, { ...request, propose, listed })),
    admission: request.admission ?? "fresh",
    label,
    storeWelcome,
  };
}

/** Terms as somebody asks for them. */
interface AskedTerms {
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  readonly propose: boolean;
  readonly listed: boolean;
}

/** The longest that a grant may last, in seconds: 100 years. What is beyond it was meant in milliseconds. */
const LONGEST_GRANT = 3_155_760_000;

const invalidExpiry = (expiresAt: number, now: number): InvalidExpiry =>
  new InvalidExpiry(expiresAt, now, now + LONGEST_GRANT);

/** @throws {NoScopes|InvalidExpiry|ProposalUnlisted} when nobody can be granted that. */
export async function checkedTerms(vault: Vault, asked: AskedTerms): Promise<Terms> {
  const { expiresAt, propose, listed } = asked;
  if (propose && !listed) throw new ProposalUnlisted();
  const scopes = [...new Set(asked.scopes.map(scopeName))];
  if (scopes.length === 0) throw new NoScopes();
  const now = await chainTime(vault);
  const fits = Number.isSafeInteger(expiresAt) && expiresAt > now && expiresAt <= now + LONGEST_GRANT;
  if (!fits) throw invalidExpiry(expiresAt, now);
  return { scopes, expiresAt, permissions: PERMISSION.read | (propose ? PERMISSION.propose : 0) };
}

/** @throws {AlreadyMember} when the account or the key has a grant that is not over. */
export async function refuseMember(
  vault: Vault,
  { grantee, recipient }: Pick<AdmitOperation, "grantee" | "recipient">,
): Promise<void> {
  const key = bytesToHex(recipient);
  const now = await chainTime(vault);
  const known = (await members(vault)).find(
    (member) =>
      // One that has expired is dropped by the next commit, this one.
      (member.expiresAt === null || member.expiresAt > now) &&
      ((grantee !== null && member.grantee === grantee) || bytesToHex(member.recipient) === key),
  );
  if (known !== undefined) throw new AlreadyMember(known.grantee ?? known.label, known.id);
}

/** @throws {OwnerRequired} when the wallet is not the vault's owner. */
export async function requireOwner(vault: Vault): Promise<void> {
  const { owner } = await pinnedHead(vault, await stateOf(vault));
  const account = (await vault.wallet?.getAddress()) ?? null;
  if (account !== owner) throw new OwnerRequired(owner, account);
}

/**
 * Takes the welcome of a grant whose head is final.
 *
 * @returns the age file, or `null` when it is not final yet (sync again later) or was dropped.
 */
export const collectWelcome = (vault: Vault, memberId: string): Promise<Uint8Array | null> =>
  readWelcome(vault.journal, memberId);

/** Forgets a welcome after it was handed over. */
export const dropWelcome = (vault: Vault, memberId: string): Promise<void> =>
  removeWelcome(vault.journal, memberId);

/** One line of the ledger: who can read what until when, on chain or not, since when and admitted how. */
export interface GrantEntry extends RosterMember {
  readonly scopeNames: readonly string[];
  /** Whether the grant is over, by its date or on chain: the next commit of any device drops the reader. */
  readonly ended: boolean;
}

/**
 * The ledger of grants, from the newest head. The sealed roster alone says who is a member: what stands on chain can end
 * a grant of it and make none (SPEC §8).
 */
export async function grants(vault: Vault): Promise<GrantEntry[]> {
  const { number, timestamp } = await newestBlock(vault);
  const opened = await newestHead(vault, number);
  if (opened === null) return [];
  const roster = rosterOf(opened);
  const gone = await goneMembers(vault, opened, number, timestamp);
  return [...roster.members.values()]
    .filter((member) => member.class === "reader")
    .map((member) => {
      const scopeNames = member.scopes.map((id) => roster.scopeNames.get(id) ?? id);
      return unprinted({ ...member, scopeNames, ended: gone.has(member.id) }, "locator");
    });
}

/** @returns the newest head opened, or `null` before the first commit. */
export async function newestHead(vault: Vault, block?: number): Promise<OpenedHead | null> {
  const state = await stateOf(vault);
  const chain = await pinnedHead(vault, state, block);
  return chain.sequence === 0n ? null : openWith(vault, state, chain);
}

/** All members that the newest head's roster has. */
export async function members(vault: Vault): Promise<RosterMember[]> {
  const opened = await newestHead(vault);
  return opened === null ? [] : [...rosterOf(opened).members.values()];
}

/** What an account, a member id or a recipient names. */
export function naming(who: string): (member: RosterMember) => boolean {
  const wanted = who.toLowerCase();
  return ({ id, grantee, recipient }) =>
    id === wanted ||
    grantee === wanted ||
    (wanted.startsWith("age1") && bytesToHex(recipient) === bytesToHex(recipientBytes(wanted)));
}

/**
 * Ends a grant: takes the reader out of the roster, turns the epoch, and ends the grant on chain, in one transaction
 * and at the same gas with one reader or ten thousand. What the reader has read it keeps (SPEC §8).
 *
 * @param who - the grantee's account, its member id, or its recipient.
 * @throws {NotGranted} when nobody of that name is in the roster.
 * @throws {StoreUnavailable|BlobMissing|BlobAltered} when the roster cannot be read. The grant of an account has then
 *   ended on chain all the same, and the next sync of any device rotates.
 */
export async function revoke(vault: Vault, who: string): Promise<SyncResult> {
  const known = await members(vault).catch((fault: unknown) => revokeAlone(vault, who, fault));
  const member = known.filter(({ class: kind }) => kind === "reader").find(naming(who));
  if (member === undefined) return revokeUnlisted(vault, who);
  const id = bytesToHex(vault.random(16));
  // In this order: what is journalled goes on by itself after a crash, and takes the welcome along.
  await writeOperations(vault.journal, [{ kind: "dismiss", id, memberId: member.id }]);
  await removeWelcome(vault.journal, member.id);
  return sync(vault);
}

/** A grant that the roster does not know any more, and the chain does, is ended there. */
async function revokeUnlisted(vault: Vault, who: string): Promise<SyncResult> {
  if (!isAddress(who) || !(await stands(vault, who))) throw new NotGranted(who);
  const state = await stateOf(vault);
  const chain = await pinnedHead(vault, state);
  const key = secretsOf(await openWith(vault, state, chain)).commitKey;
  const receipt = await endOnChain(vault, chain, [who], key === null ? null : hexlify(key));
  return { ...(await sync(vault)), receipt };
}

/**
 * A reader that must go does not stay because a head cannot be read (SPEC §7): a store is down, or whoever stole the
 * commit key wrote junk.
 */
async function revokeAlone(vault: Vault, who: string, fault: unknown): Promise<never> {
  if (fault instanceof VaultError && isAddress(who)) {
    const chain = await pinnedHead(vault, await stateOf(vault));
    if (await mayRevoke(vault, chain)) await endOnChain(vault, chain, [who], null);
  }
  throw fault;
}
