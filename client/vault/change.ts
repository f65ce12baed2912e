import { bytesToHex } from "@noble/hashes/utils.js";

import { NotGranted } from "../errors.ts";
import { PERMISSION } from "./contract.ts";
import { ChangeLeftOut } from "./errors.ts";
import { checkedTerms, naming, newestHead, requireOwner } from "./grant.ts";
import type { ChangeOperation, Terms } from "./operations.ts";
import { rosterOf, sameTerms } from "./plan.ts";
import type { RosterMember } from "./roster.ts";
import { agreed, type Rpc } from "./rpcs.ts";
import type { Vault } from "./session.ts";
import { commitOrWithdraw, type SyncResult } from "./sync.ts";

/** What is to be otherwise about a grant; what is not named stays. Nothing named is a new welcome for one that was lost. */
export interface ChangeRequest {
  /** Scope names: all that the grantee is to read from now on. */
  readonly scopes?: readonly string[] | undefined;
  /** Unix seconds. */
  readonly expiresAt?: number | undefined;
  /** The owner's own words. */
  readonly label?: string | undefined;
  /** Whether the grantee may also propose memories; listed grants only. */
  readonly propose?: boolean | undefined;
}

/** A grant that was changed. */
export interface Changed extends SyncResult {
  readonly memberId: string;
  /** What the grant says now. */
  readonly terms: Terms;
  /** What was asked for, where another device had changed the grant as well and what is narrower stands. */
  readonly overruled: Terms | null;
}

/**
 * Changes a grant: other scopes, another end, another label. The grantee gets a new secret, in a new welcome that it
 * finds by itself with its next read; so it does where nothing is to be otherwise and its last welcome was lost. New scopes are opened as it was admitted, fresh or joined; a scope that is taken away
 * is closed to what is written from then on. A listed grant is given anew on chain, in the same transaction (SPEC §8).
 *
 * Where two devices change one grant at once, what is narrower of both stands, and `overruled` shows it.
 *
 * @param who - the grantee's account, its member id, or its recipient.
 * @throws {NotGranted} when nobody of that name has a grant, or has one any more. {ChangeLeftOut} when somebody landed the
 *   commits without the grant beside them: the reader has the terms, the chain those of before.
 * @throws {NoScopes|InvalidExpiry|ProposalUnlisted} as `grant` does. {OwnerRequired} when the chain's terms change and the
 *   wallet is not the owner's.
 */
export async function change(vault: Vault, who: string, request: ChangeRequest = {}): Promise<Changed> {
  const [member, operation] = await operationFor(vault, who, request);
  const wanted = operation.wanted ?? operation.seen;
  if (await differsOnChain(vault, member, wanted)) await requireOwner(vault);
  const { result, after } = await givenOnChain(vault, member, await committed(vault, operation));
  return {
    ...result,
    memberId: member.id,
    terms: after,
    overruled: operation.wanted === null || sameTerms(after, wanted) ? null : wanted,
  };
}

/** What a change came to. */
interface Committed {
  readonly result: SyncResult;
  /** What the grant says after it. */
  readonly after: Terms;
}

async function committed(vault: Vault, operation: ChangeOperation): Promise<Committed> {
  const { result, outcome } = await commitOrWithdraw(vault, operation);
  if (outcome?.kind === "refused") throw outcome.fault;
  const [after] = await readerNamed(vault, operation.memberId);
  if (after === null) throw new NotGranted(operation.memberId);
  return { result, after };
}

/**
 * The commit's signature is public once it was sent: whoever lands it alone leaves the grant beside it out. It is given then
 * beside a commit of its own, and with that or not at all: alone it could land behind a revoke.
 */
async function givenOnChain(vault: Vault, member: RosterMember, first: Committed): Promise<Committed> {
  const isLeftOut = ({ result, after }: Committed): Promise<boolean> =>
    differsOnChain(vault, member, after, result.receipt?.blockNumber);
  if (vault.wallet === null || member.grantee === null || !(await isLeftOut(first))) return first;
  const again = await committed(vault, {
    ...{ kind: "change", id: bytesToHex(vault.random(16)), memberId: member.id },
    ...{ seen: first.after, wanted: null, label: null, anew: true },
  });
  if (await isLeftOut(again)) throw new ChangeLeftOut(member.grantee);
  const outcomes = new Map([...first.result.outcomes, ...again.result.outcomes]);
  return { ...again, result: { ...again.result, outcomes, races: first.result.races + again.result.races } };
}

/** A reader of the newest head, and its terms. */
async function readerNamed(vault: Vault, who: string): Promise<[Terms, RosterMember] | [null]> {
  const opened = await newestHead(vault);
  if (opened === null) return [null];
  const { members, scopeNames } = rosterOf(opened);
  const member = [...members.values()].filter((each) => each.class === "reader").find(naming(who));
  if (member === undefined) return [null];
  const { expiresAt, permissions } = member;
  return [{ scopes: member.scopes.map((id) => scopeNames.get(id) ?? id), expiresAt, permissions }, member];
}

async function operationFor(
  vault: Vault,
  who: string,
  { scopes, expiresAt, label, propose }: ChangeRequest,
): Promise<[RosterMember, ChangeOperation]> {
  const [seen, member] = await readerNamed(vault, who);
  if (seen === null) throw new NotGranted(who);
  const terms = [scopes, expiresAt, propose].some((each) => each !== undefined);
  const asked = {
    scopes: scopes ?? seen.scopes,
    expiresAt: expiresAt ?? seen.expiresAt ?? 0,
    propose: propose ?? (seen.permissions & PERMISSION.propose) !== 0,
    listed: member.listed,
  };
  const id = bytesToHex(vault.random(16));
  const wanted = terms ? await checkedTerms(vault, asked) : null;
  const change = { kind: "change", id, memberId: member.id, seen, wanted, label: label ?? null } as const;
  return [member, { ...change, anew: false }];
}

/** Whether the chain has other terms than these of a listed grant. */
async function differsOnChain(
  vault: Vault,
  { listed, grantee }: RosterMember,
  { expiresAt, permissions }: Terms,
  blockTag: number | "latest" = "latest",
): Promise<boolean> {
  if (!listed || grantee === null || expiresAt === null) return false;
  const ask = async ({ contract }: Rpc): Promise<boolean> => {
    const standing = await contract.grantOf(vault.ref.vaultId, grantee, { blockTag });
    return standing.expiresAt !== BigInt(expiresAt) || standing.permissions !== BigInt(permissions);
  };
  return agreed(vault, "a grant", ask, blockTag);
}
