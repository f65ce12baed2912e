import { bytesToHex } from "@noble/hashes/utils.js";

import { MalformedData } from "../errors.ts";
import { created } from "../memory/apply.ts";
import { encodeRecord } from "../memory/codec.ts";
import type { CreateOperation } from "../memory/operations.ts";
import { NO_SOURCE } from "../memory/record.ts";
import type { Digest } from "../storage/store.ts";
import { locked, type Vault } from "../vault/session.ts";
import { decide, decisionsOn, rulesAreSpent } from "./decisions.ts";
import { ProposalNotFinal, UnknownProposal } from "./errors.ts";
import { lookIn, type InboxEntry, type Judged, type LookedAt } from "./judged.ts";
import { besideProvenance, proposedIds } from "./proposal.ts";

/** What waits for the owner's decision. */
export interface Inbox {
  /** The oldest of each proposer, then the second of each, and so on: nobody's are behind somebody's many. */
  readonly entries: readonly InboxEntry[];
  /** How many more of whom wait behind those: they come when those are decided. */
  readonly more: LookedAt["more"];
  /** How many came from accounts that have no grant, beyond those that are shown. */
  readonly strange: number;
  /** Accounts with a grant of whose proposals the node did not tell all: there are too many in one block. */
  readonly withheld: readonly string[];
}

/** The inbox of a vault without a commit. */
export const EMPTY: Inbox = { entries: [], more: [], strange: 0, withheld: [] };

/**
 * Lists what agents and others proposed: finds it on chain, fetches and opens it, and says of each what keeps it from being
 * accepted (SPEC §15). Nothing is accepted by looking.
 *
 * @throws {OwnerClassOnly} for a reader. {BlocksOutOfReach|RpcsDisagree} when the chain cannot be looked through.
 */
export async function inbox(vault: Vault): Promise<Inbox> {
  const looked = await lookIn(vault);
  if (looked === null) return EMPTY;
  const { judged, more, strange, withheld } = looked;
  return { entries: judged.map(({ entry }) => entry), more, strange, withheld };
}

/**
 * Accepts a proposal: journals its memories, with where they come from. They are in the vault after the next sync. Accepted
 * again, on this device or another, they are the same memories and not made twice.
 *
 * @param id - digest of the proposal's file.
 * @returns the memories' ids, in order.
 * @throws {UnknownProposal} when none of that id waits, or it was refused.
 * @throws {ProposalRejected|NotSignedBy|BlobMissing|…} its fault. {ProposalNotFinal} while the chain may take it back.
 */
export async function acceptProposal(vault: Vault, id: Digest): Promise<readonly string[]> {
  const found = ((await lookIn(vault, { digest: id, alone: false }))?.judged ?? []).filter(
    ({ entry }) => entry.id === id,
  );
  const genuine = found.find(({ entry }) => entry.fault === null);
  if (genuine !== undefined) return (await take(vault, genuine)) ?? [];
  const fault = found[0]?.entry.fault;
  if (fault != null) throw fault;
  const accepted = (await decisionsOn(vault, id)).find(({ kind }) => kind === "accepted");
  if (accepted !== undefined) return proposedIds(id, accepted.memories);
  throw new UnknownProposal(id);
}

/**
 * Journals the memories of a proposal that has no fault, unless that was done.
 *
 * @returns `null` when it was to be by rule, and rules took as many as they may.
 */
export async function take(
  vault: Vault,
  { entry, event, proposal }: Judged,
  byRule = false,
): Promise<readonly string[] | null> {
  if (!entry.final) throw new ProposalNotFinal(entry.id);
  if (proposal === null) throw new UnknownProposal(entry.id);
  const operations = operationsOf(vault, entry);
  const nonce = bytesToHex(proposal.nonce);
  return locked(vault, async () => {
    // Another process may have decided while this one looked.
    const decided = await decisionsOn(vault, entry.id);
    if (decided.some(({ proposer }) => proposer === entry.proposer)) throw new UnknownProposal(entry.id);
    if (byRule && (await rulesAreSpent(vault, event))) return null;
    await decide(vault, event, { kind: "accepted", nonce, byRule }, operations);
    return operations.map(({ id }) => id);
  });
}

/** What makes a proposal's memories. Where they come from is written here, and never the proposer's word. */
function operationsOf(vault: Vault, { id, proposer, grant, transaction, time, memories }: InboxEntry) {
  const ids = proposedIds(id, memories?.length ?? 0);
  const proposal = { proposer, member: grant?.memberId ?? null, transaction, digest: id };
  return (memories ?? []).map(({ scope, scopeName, metadata = {}, ...memory }, i): CreateOperation => {
    if (scopeName === null) throw new MalformedData("roster", `no name of scope ${scope}`);
    const operation: CreateOperation = {
      ...{ type: "semantic", ...memory, kind: "create", id: ids[i] ?? "", scope: scopeName, at: vault.now() },
      createdAt: time * 1_000,
      source: { ...NO_SOURCE, agent: proposer },
      metadata: { proposal, ...besideProvenance(metadata) },
    };
    // Nothing is journalled that no record can hold.
    encodeRecord(created(operation, "00".repeat(16)));
    return operation;
  });
}

/**
 * Refuses a proposal: this device does not show it again, whoever names its file or spends its nonce again. Its text is nowhere in
 * the vault. The owner's other devices do not know, and a rule of theirs may accept it.
 *
 * @param id - digest of the proposal's file.
 * @param from - whose, where several accounts named one file; all of them unless given.
 * @throws {UnknownProposal} when none of that id waits. {ProposalNotFinal} while the chain may take it back.
 */
export async function refuseProposal(vault: Vault, id: Digest, from?: string): Promise<void> {
  const found = ((await lookIn(vault, { digest: id, alone: true }))?.judged ?? []).filter(
    ({ entry }) => entry.id === id && (from ?? entry.proposer).toLowerCase() === entry.proposer,
  );
  if (found.length === 0) throw new UnknownProposal(id);
  if (!found.some(({ entry }) => entry.final)) throw new ProposalNotFinal(id);
  for (const { entry, event, proposal } of found.filter((each) => each.entry.final)) {
    // A nonce is its proposer's own: nobody else's copy spends it.
    const own = proposal !== null && proposal.proposer === entry.proposer;
    await locked(vault, () =>
      decide(vault, event, { kind: "refused", nonce: own ? bytesToHex(proposal.nonce) : null }),
    );
  }
}
