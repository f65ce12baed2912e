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
import { scopeName, withdraw } from "./memories.ts";
import type { AdmitOperation } from "./operations.ts";
import { endOnChain, mayRevoke, stands } from "./owed.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import type { RosterMember } from "./roster.ts";
import { chainTime, openWith, pinnedHead, stateOf, type Vault } from "./session.ts";
import { sync, type SyncResult } from "./sync.ts";

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
  await refuseMember(vault, operation);
  if (operation.listed) await requireOwner(vault);
  await writeOperations(vault.journal, [operation]);
  const withdrawn = (): Promise<void> => withdraw(vault, [operation.id]);
  const result = await sync(vault).catch(async (fault: unknown) => {
    // A grant that failed must not be made later behind its owner's back; a candidate that was sent still may land.
    await withdrawn();
    throw fault;
  });
  const outcome = result.outcomes.get(operation.id);
  if (outcome?.kind === "refused" || outcome?.kind === "unchanged") {
    await withdrawn();
    if (outcome.kind === "refused") throw outcome.fault;
    await refuseMember(vault, operation);
    throw new InvalidExpiry(request.expiresAt, await chainTime(vault));
  }
  const { grantee, listed } = operation;
  // The commit's signature is public once it was sent: whoever lands it alone leaves the grant beside it out.
  // As of the block of its own transaction: a node that lags says that there never was a grant.
  const block = result.receipt?.blockNumber;
  if (listed && grantee !== null && !(await stands(vault, grantee, block))) throw new GrantLeftOut(grantee);
  return { ...result, memberId: operation.id, welcome: await collectWelcome(vault, operation.id) };
}

async function admission(vault: Vault, request: GrantRequest): Promise<AdmitOperation> {
  const { recipient, account, expiresAt, propose = false, label = "", storeWelcome = false } = request;
  if (account !== undefined && !isAddress(account)) throw new InvalidAccount(account);
  if (propose && account === undefined) throw new ProposalUnlisted();
  const scopes = [...new Set(request.scopes.map(scopeName))];
  if (scopes.length === 0) throw new NoScopes();
  const now = await chainTime(vault);
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= now) throw new InvalidExpiry(expiresAt, now);
  return {
    kind: "admit",
    id: bytesToHex(vault.random(16)),
    class: "reader",
    recipient: recipientBytes(recipient),
    grantee: account === undefined ? null : getAddress(account).toLowerCase(),
    listed: account !== undefined,
    scopes,
    expiresAt,
    permissions: PERMISSION.read | (propose ? PERMISSION.propose : 0),
    admission: "fresh",
    label,
    storeWelcome,
  };
}

async function refuseMember(vault: Vault, { grantee, recipient }: AdmitOperation): Promise<void> {
  const key = bytesToHex(recipient);
  const now = await chainTime(vault);
  const known = (await grants(vault)).find(
    (member) =>
      // One that has expired is dropped by the next commit, this one.
      (member.expiresAt === null || member.expiresAt > now) &&
      ((grantee !== null && member.grantee === grantee) || bytesToHex(member.recipient) === key),
  );
  if (known !== undefined) throw new AlreadyMember(known.grantee ?? known.label, known.id);
}

async function requireOwner(vault: Vault): Promise<void> {
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

/** Who can read what until when: the roster's readers, from the newest head. */
export async function grants(vault: Vault): Promise<RosterMember[]> {
  const state = await stateOf(vault);
  const chain = await pinnedHead(vault, state);
  if (chain.sequence === 0n) return [];
  const opened = await openWith(vault, state, chain);
  return [...rosterOf(opened).members.values()].filter((member) => member.class === "reader");
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
  const wanted = who.toLowerCase();
  const matches = (member: RosterMember): boolean =>
    member.id === wanted ||
    member.grantee === wanted ||
    (wanted.startsWith("age1") && bytesToHex(member.recipient) === bytesToHex(recipientBytes(wanted)));
  const readers = await grants(vault).catch((fault: unknown) => revokeAlone(vault, who, fault));
  const member = readers.find(matches);
  if (member === undefined) return revokeUnlisted(vault, who);
  const id = bytesToHex(vault.random(16));
  await removeWelcome(vault.journal, member.id);
  await writeOperations(vault.journal, [{ kind: "dismiss", id, memberId: member.id }]);
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
