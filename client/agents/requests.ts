import { hexlify } from "ethers";

import { decodeCbor, encodeCbor, nullOr, text, tuple, uint } from "../cbor.ts";
import { recipientBytes, recipientDigest, recipientText } from "../crypto/identity.ts";
import { AlreadyMember } from "../errors.ts";
import { PERMISSION, registryContract } from "../vault/contract.ts";
import { checkedTerms, collectWelcome, grants, refuseMember, type GrantEntry } from "../vault/grant.ts";
import { pending } from "../vault/memories.ts";
import type { VaultOperation } from "../vault/operations.ts";
import { keyOf, type PublishedKey } from "../vault/registry.ts";
import { agreed } from "../vault/rpcs.ts";
import { locked, type Vault } from "../vault/session.ts";
import { settle } from "../vault/settle.ts";
import { sync } from "../vault/sync.ts";
import { claimOf, decodeRequest, requestIdOf, type AccessRequest } from "./access-request.ts";
import { operatorOf } from "./contract.ts";
import { KeyChanged, RequestElsewhere, RequestTaken, UnknownRequest } from "./errors.ts";
import { notesNamed, readNote, writeNote } from "./journal.ts";
import { requireSignedBy, type SignedBy } from "./signed.ts";

/** What became of a request on this device. */
export type RequestState = "waiting" | "accepting" | "accepted" | "refused";

/** A request that this device keeps. Others of the owner's do not know it. */
export interface KeptRequest {
  /** 64 hex digits. */
  readonly id: string;
  readonly line: string;
  readonly request: AccessRequest;
  readonly state: RequestState;
  /** The owner's own words, once it is accepted; never the request's. */
  readonly label: string;
  /** The member that it became. */
  readonly memberId: string | null;
}

/** A request that was checked against the chain. */
export interface CheckedRequest {
  readonly id: string;
  readonly request: AccessRequest;
  readonly signedBy: SignedBy;
  /** The account's key, of which the request names the digest. */
  readonly key: PublishedKey;
  /** Whether the account has code. */
  readonly isContract: boolean;
  /** The operator that the account names; whoever grants to it trusts that one with the text. */
  readonly operator: string | null;
}

/**
 * Checks a request: that it is for this vault, signed in the account's name, in time, under the key that KeyRegistry has for the
 * account now, and of nobody who is a member. Both RPCs must agree (SPEC §15).
 *
 * @param keyRegistry - the KeyRegistry contract.
 * @throws {RequestElsewhere} when it is for another vault. {NotSignedBy} when the account does not stand behind it.
 * @throws {InvalidExpiry} when it is over, or would last too long. {KeyNotPublished|KeyChanged} when the account has no key, or
 *   another one than was signed. {AlreadyMember} when it has a grant.
 */
export async function checkRequest(vault: Vault, keyRegistry: string, line: string): Promise<CheckedRequest> {
  const { request, signature } = decodeRequest(line);
  requireHere(vault, request);
  const { account, scopes, expiresAt, recipientDigest: digest } = request;
  const signedBy = await requireSignedBy(vault, account, claimOf(request), signature);
  await checkedTerms(vault, { scopes, expiresAt, propose: mayPropose(request), listed: true });
  const key = await publishedKey(vault, keyRegistry, account);
  if (key.digest !== digest) throw new KeyChanged(account, digest, key.digest);
  await refuseMember(vault, { grantee: account, recipient: recipientBytes(key.recipient) });
  const asked = await agreed(vault, "an agent's operator", async ({ provider }) => ({
    isContract: (await provider.getCode(account)) !== "0x",
    operator: await operatorOf(provider, account),
  }));
  return { id: requestIdOf(request), request, signedBy, key, ...asked };
}

function requireHere({ ref }: Vault, { ref: named }: AccessRequest): void {
  if (named.chainId !== ref.chainId)
    throw new RequestElsewhere(`chain ${named.chainId}`, `chain ${ref.chainId}`);
  if (named.contract !== ref.contract.toLowerCase())
    throw new RequestElsewhere(`the contract ${named.contract}`, ref.contract);
  if (named.vaultId !== ref.vaultId) throw new RequestElsewhere(idText(named.vaultId), idText(ref.vaultId));
}

const idText = (vaultId: bigint): string => `vault 0x${vaultId.toString(16).padStart(64, "0")}`;

const mayPropose = ({ permissions }: AccessRequest): boolean => (permissions & PERMISSION.propose) !== 0;

const publishedKey = ({ provider, second }: Vault, keyRegistry: string, account: string) =>
  keyOf(
    registryContract(keyRegistry, provider),
    account,
    second === null ? undefined : registryContract(keyRegistry, second.provider),
  );

/**
 * Takes a request in: checks it, and keeps it until it is accepted or refused.
 *
 * @throws {RequestTaken} when it was accepted or refused on this device before, or is another one under the same nonce. And what
 *   {@link checkRequest} throws.
 */
export async function keepRequest(vault: Vault, keyRegistry: string, line: string): Promise<CheckedRequest> {
  const { request } = decodeRequest(line);
  requireHere(vault, request);
  const known = await readKept(vault, requestIdOf(request));
  // Another text under the same nonce is not what the owner was shown.
  if (known !== null && (known.state !== "waiting" || known.line !== line))
    throw new RequestTaken(known.id, known.state);
  const checked = await checkRequest(vault, keyRegistry, line);
  await note(vault, checked.id, known, { state: "waiting", line, label: "", memberId: null });
  return checked;
}

/** All requests that this device keeps, those included that were accepted or refused. */
export async function requests(vault: Vault): Promise<KeptRequest[]> {
  const names = await notesNamed(vault.journal, NOTE);
  const kept = await Promise.all(names.map((name) => readKept(vault, name.slice(NOTE.length))));
  return kept.filter((each) => each !== null);
}

/** What is granted for a request: what it says, to the key that was checked, under the owner's own label. */
export interface AcceptedTerms {
  readonly account: string;
  /** `age1pq1…`. */
  readonly recipient: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  readonly propose: boolean;
  readonly label: string;
}

/** Makes the grant of a request, as `grant` does: listed, admitted fresh. */
export type MakeGrant<G> = (terms: AcceptedTerms) => Promise<G & { readonly memberId: string }>;

/**
 * Accepts a request that was kept: a grant for exactly what it says. That it was begun is noted before and what came of it after,
 * so that the same request is taken once on this device; where the process died between, accepting it again goes on with it.
 *
 * @param label - the owner's own words for the grantee.
 * @param make - makes the grant: `grant`, or what does so and hands the welcome over as well. A grant that the request has
 *   become already it refuses with {@link AlreadyMember}, or goes on with.
 * @returns what `make` did; `null` when it had nothing left to do.
 * @throws {UnknownRequest} when none of that id is kept. {RequestTaken} when it was accepted or refused before. And what
 *   {@link checkRequest} and `make` throw.
 */
export async function acceptRequest<G>(
  vault: Vault,
  keyRegistry: string,
  id: string,
  label: string,
  make: MakeGrant<G>,
): Promise<(G & { readonly memberId: string }) | null> {
  const kept = await keptRequest(vault, id);
  const begun = await begunGrant(vault, kept);
  const over = kept.state === "accepted" || kept.state === "refused";
  if (over && begun === null) throw new RequestTaken(id, kept.state);
  const { request, line } = kept;
  const key =
    begun?.recipient ?? recipientBytes((await checkRequest(vault, keyRegistry, line)).key.recipient);
  const accepting = { state: "accepting", line, label: begun?.label ?? label, memberId: null } as const;
  await note(vault, id, kept, accepting);
  const made = await make({ ...termsOf(request), recipient: recipientText(key), label }).catch(
    (fault: unknown) => {
      // All of it was done, but for the note.
      if (fault instanceof AlreadyMember && fault.memberId === begun?.id) return null;
      throw fault;
    },
  );
  const memberId = made?.memberId ?? begun?.id ?? null;
  await note(vault, id, accepting, { ...accepting, state: "accepted", memberId });
  return made;
}

const termsOf = (request: AccessRequest) => ({
  account: request.account,
  scopes: request.scopes,
  expiresAt: request.expiresAt,
  propose: mayPropose(request),
});

/**
 * Refuses a request, for good on this device.
 *
 * @throws {UnknownRequest} when none of that id is kept. {RequestTaken} when it was accepted or refused before, or its grant stands
 *   because the process died while it was accepted: revoke that one.
 */
export async function refuseRequest(vault: Vault, id: string): Promise<void> {
  const kept = await keptRequest(vault, id);
  if (kept.state === "accepted" || kept.state === "refused") throw new RequestTaken(id, kept.state);
  if (
    kept.state === "accepting" &&
    ((await admission(vault, kept)) !== null || (await memberOf(vault, kept)) !== null)
  )
    throw new RequestTaken(id, kept.state);
  await note(vault, id, kept, { state: "refused", line: kept.line, label: "", memberId: null });
}

/**
 * A request that this device keeps.
 *
 * @throws {UnknownRequest} when there is none of that id.
 */
export async function keptRequest(vault: Vault, id: string): Promise<KeptRequest> {
  const kept = await readKept(vault, id);
  if (kept === null) throw new UnknownRequest(id);
  return kept;
}

/**
 * The grant that a request has become: while it is accepted, once it stands in the roster; after that, until its welcome was handed
 * over. What is journalled of it is committed first.
 */
async function begunGrant(vault: Vault, kept: KeptRequest): Promise<GrantEntry | null> {
  if (kept.state === "waiting" || kept.state === "refused") return null;
  await settle(vault);
  const waits = await admission(vault, kept);
  if (waits !== null && (await memberOf(vault, kept)) === null) await sync(vault);
  const found = await memberOf(vault, kept);
  if (found === null || kept.state === "accepting") return found;
  const handedOver = waits === null && (await collectWelcome(vault, found.id)) === null;
  return handedOver || found.id !== kept.memberId ? null : found;
}

/** The admission that waits in the journal for a request. */
const admission = async (vault: Vault, { request }: KeptRequest): Promise<VaultOperation | null> =>
  (await pending(vault)).find((each) => each.kind === "admit" && each.grantee === request.account) ?? null;

/** The member of the newest head that has exactly what a request asks for. */
async function memberOf(vault: Vault, { request }: KeptRequest): Promise<GrantEntry | null> {
  const isIts = ({ grantee, recipient, expiresAt, permissions, scopeNames }: GrantEntry): boolean =>
    grantee === request.account &&
    hexlify(recipientDigest(recipient)) === request.recipientDigest &&
    expiresAt === request.expiresAt &&
    permissions === request.permissions &&
    scopeNames.toSorted().join("\n") === request.scopes.toSorted().join("\n");
  return (await grants(vault)).find((member) => !member.ended && isIts(member)) ?? null;
}

const NOTE = "request-";
const STATES: readonly RequestState[] = ["waiting", "accepting", "accepted", "refused"];

type Noted = Pick<KeptRequest, "state" | "line" | "label" | "memberId">;

/** Writes what became of a request, unless another process of this device came first. */
const note = (vault: Vault, id: string, before: Noted | null, after: Noted): Promise<void> =>
  locked(vault, async () => {
    const known = await readKept(vault, id);
    if (known !== null && known.state !== before?.state) throw new RequestTaken(id, known.state);
    const { state, line, label, memberId } = after;
    await writeNote(vault.journal, NOTE + id, encodeCbor([STATES.indexOf(state), line, label, memberId]));
  });

async function readKept(vault: Vault, id: string): Promise<KeptRequest | null> {
  const bytes = await readNote(vault.journal, NOTE + id);
  if (bytes === null) return null;
  const [state, line, label, memberId] = tuple(decodeCbor(bytes), 4, "request");
  const kept = text(line, "request's line");
  return {
    id,
    line: kept,
    request: decodeRequest(kept).request,
    state: STATES[uint(state, "request's state", STATES.length - 1)] ?? "refused",
    label: text(label, "request's label"),
    memberId: nullOr(memberId, (value) => text(value, "request's member")),
  };
}
