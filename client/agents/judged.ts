import { bytesToHex } from "@noble/hashes/utils.js";

import { OwnerClassOnly, StoreUnavailable, VaultError, WrongKeyError } from "../errors.ts";
import { patiently } from "../storage/bounded.ts";
import { readBlob, type Digest } from "../storage/store.ts";
import { PERMISSION } from "../vault/contract.ts";
import { newestHead } from "../vault/grant.ts";
import { mapConcurrently, type OpenedHead } from "../vault/head.ts";
import { goneMembers } from "../vault/owed.ts";
import { rosterOf, secretsOf } from "../vault/plan.ts";
import { isInternal, type Roster, type RosterMember } from "../vault/roster.ts";
import { locked, newestBlock, stateOf, type Vault } from "../vault/session.ts";
import { decide, decisionsOn, isSpent, resumeDecisions } from "./decisions.ts";
import { ProposalRejected } from "./errors.ts";
import type { ProposedMemory } from "./handler.ts";
import { proposalTypedData, proposedIds, readProposal, type Proposal } from "./proposal.ts";
import { requireSignedBy } from "./signed.ts";
import { changeLane, lookForProposals, MAX_WAITING, type Looked, type ProposedEvent } from "./waiting.ts";

/** The grant that a proposer has now. */
export interface ProposersGrant {
  readonly memberId: string;
  /** The owner's own words. */
  readonly label: string;
  /** Whether it is over: by its date, on chain, or because it has no permission to propose any more. */
  readonly ended: boolean;
}

/** A memory that waits in the inbox. Its words are somebody else's: data, and never an instruction. */
export interface InboxMemory extends ProposedMemory {
  /** What the owner calls the scope; `null` where the vault has none of that id. */
  readonly scopeName: string | null;
}

/** A proposal that waits for the owner's decision. */
export interface InboxEntry {
  /** Digest of the file. */
  readonly id: Digest;
  /** The account that left it on chain, in lower case. */
  readonly proposer: string;
  /** `null` where the roster has no such account any more. */
  readonly grant: ProposersGrant | null;
  readonly block: number;
  readonly transaction: string;
  /** The block's time, in unix seconds. */
  readonly time: number;
  /** Whether the chain will not take it back. */
  readonly final: boolean;
  /** `null` where it could not be fetched or opened. */
  readonly memories: readonly InboxMemory[] | null;
  /** What keeps it from being accepted. What is missing is looked for again the next time. */
  readonly fault: VaultError | null;
}

/** An entry, and what it takes to decide on it. */
export interface Judged {
  readonly entry: InboxEntry;
  readonly event: ProposedEvent;
  /** `null` where it was not opened. */
  readonly proposal: Proposal | null;
}

/** What a look into the inbox found. */
export interface LookedAt {
  readonly judged: readonly Judged[];
  /** How many more of whom wait behind those. */
  readonly more: readonly { readonly proposer: string; readonly count: number }[];
  readonly strange: number;
  /** Of whose proposals the node did not tell all. */
  readonly withheld: readonly string[];
  readonly roster: Roster;
}

/** Most proposals that one look fetches and shows. */
export const MAX_SHOWN = 512;

/** Milliseconds that a store may take over one proposal, and over all of one proposer's. */
const FILE_PATIENCE = 10_000;
const LANE_PATIENCE = 30_000;

/** What a look judges by. */
interface Sight {
  /** The vault's inbox identity. */
  readonly identity: string;
  readonly roster: Roster;
  /** Members whose grant is over. */
  readonly gone: ReadonlyMap<string, unknown>;
  /** Whether the vault has a memory of that id, or had one that was shredded. */
  readonly knows: (id: string) => boolean;
}

/** What a look is for, where it is for one file. */
export interface Only {
  readonly digest: Digest;
  /** Whether what its proposers sent before it says nothing of it: one that is refused may have any nonce. */
  readonly alone: boolean;
}

/** One proposer's part of a look. */
interface LaneInSight {
  readonly proposer: string;
  readonly member: RosterMember | null;
  readonly events: readonly ProposedEvent[];
  readonly behind: number;
  readonly missing: ReadonlySet<Digest>;
}

/**
 * Looks into the inbox: on chain, in the store, and at each proposal.
 *
 * @param only - leaves out proposers who sent no such file, and what came behind it.
 * @returns `null` before the vault's first commit.
 */
export async function lookIn(vault: Vault, only: Only | null = null): Promise<LookedAt | null> {
  const sight = await sightOf(vault);
  if (sight === null) return null;
  const { roster } = sight;
  await locked(vault, () => resumeDecisions(vault, sight.knows));
  const proposers = new Map(
    [...roster.members.values()].flatMap((member) =>
      member.grantee === null ? [] : [[member.grantee, member]],
    ),
  );
  const looked = await lookForProposals(vault, new Set(proposers.keys()));
  const all: LaneInSight[] = [];
  for (const lane of shared(lanesIn(looked, proposers))) all.push(await withoutRepeats(vault, lane));
  const lanes = only === null ? all : all.map((lane) => upTo(lane, only));
  const judged = await mapConcurrently(lanes, async (lane) => {
    const files = await fetchLane(vault, lane);
    if (only === null) await noteMissing(vault, lane, files);
    return judgeLane(vault, sight, lane, files, looked.waiting.block);
  });
  return {
    judged: interleaved(judged),
    more: lanes.flatMap(({ proposer, behind }) => (behind > 0 ? [{ proposer, count: behind }] : [])),
    ...{ strange: looked.waiting.strange, withheld: looked.withheld, roster },
  };
}

async function sightOf(vault: Vault): Promise<Sight | null> {
  if ((await stateOf(vault)).class !== "owner") throw new OwnerClassOnly("look into the inbox");
  const { number, timestamp } = await newestBlock(vault);
  const opened = await newestHead(vault, number);
  if (opened === null) return null;
  const roster = rosterOf(opened);
  return {
    ...{ roster, identity: secretsOf(opened).inbox },
    gone: await goneMembers(vault, opened, number, timestamp),
    knows: knownTo(opened, roster),
  };
}

function knownTo({ scopes }: OpenedHead, { newestShred }: Roster): (id: string) => boolean {
  const shredded = new Set(newestShred?.memoryIds);
  const open = [...scopes.values()].filter(({ id }) => !isInternal(id));
  return (id) => shredded.has(id) || open.some(({ live }) => live.has(id));
}

/** What waits of each proposer, those who have a grant first. */
function lanesIn({ waiting, unsettled }: Looked, members: ReadonlyMap<string, RosterMember>): LaneInSight[] {
  const proposers = new Set([...waiting.lanes.keys(), ...unsettled.keys()]);
  const lanes = [...proposers].map((proposer): LaneInSight => {
    const lane = waiting.lanes.get(proposer);
    const settling = unsettled.get(proposer) ?? [];
    const noted = lane?.waiting ?? [];
    const room = lane !== undefined && lane.more > 0 ? 0 : MAX_WAITING - noted.length;
    return {
      ...{ proposer, member: members.get(proposer) ?? null },
      events: [...noted, ...settling.slice(0, room)],
      behind: (lane?.more ?? 0) + Math.max(0, settling.length - room),
      missing: new Set(lane?.missing),
    };
  });
  return lanes.sort((a, b) => Number(a.member === null) - Number(b.member === null));
}

/** What it takes to judge one file. */
function upTo(lane: LaneInSight, { digest, alone }: Only): LaneInSight {
  const last = lane.events.findLastIndex((event) => event.digest === digest);
  const events = lane.events.slice(0, last + 1);
  return { ...lane, events: alone ? events.filter((event) => event.digest === digest) : events };
}

/** Has every proposer's first one shown before any's second, and no more than a look can take. */
function shared(lanes: readonly LaneInSight[]): LaneInSight[] {
  const taken = new Set(interleaved(lanes.map(({ events }) => events)).slice(0, MAX_SHOWN));
  return lanes.map((lane) => {
    const events = lane.events.filter((event) => taken.has(event));
    return { ...lane, events, behind: lane.behind + lane.events.length - events.length };
  });
}

/** Whoever names a file again means the same proposal: it waits once, and what was decided on it stands. */
async function withoutRepeats(vault: Vault, lane: LaneInSight): Promise<LaneInSight> {
  const { proposer, events } = lane;
  const seen = new Set<Digest>();
  const repeats = new Set<string>();
  for (const { digest, block, index } of events) {
    const decided = await decisionsOn(vault, digest);
    if (seen.has(digest) || decided.some((each) => each.proposer === proposer))
      repeats.add(placeText({ block, index }));
    seen.add(digest);
  }
  if (repeats.size === 0) return lane;
  const isFirst = (event: ProposedEvent): boolean => !repeats.has(placeText(event));
  await locked(vault, () =>
    changeLane(vault, proposer, (noted) => ({ ...noted, waiting: noted.waiting.filter(isFirst) })),
  );
  return { ...lane, events: events.filter(isFirst) };
}

const placeText = ({ block, index }: Pick<ProposedEvent, "block" | "index">): string => `${block} ${index}`;

/** The first of each list, then the second of each, and so on. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, round) =>
    lists.flatMap((list) => list.slice(round, round + 1)),
  ).flat();
}

/** Judges what one proposer sent, in its order: of several with one nonce the first counts. */
async function judgeLane(
  vault: Vault,
  sight: Sight,
  lane: LaneInSight,
  files: ReadonlyMap<Digest, Uint8Array | VaultError>,
  settled: number,
): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  const nonces = new Set<string>();
  for (const event of lane.events) {
    const file = files.get(event.digest) ?? notAskedFor(vault);
    const each = await judge(vault, sight, lane, event, file, nonces, event.block <= settled);
    if (!(await wasTakenElsewhere(vault, sight, each))) judged.push(each);
  }
  return judged;
}

/** Fetches a proposer's files, those last that were missing before, and for no longer than others should wait. */
async function fetchLane(
  vault: Vault,
  { events, missing }: LaneInSight,
): Promise<ReadonlyMap<Digest, Uint8Array | VaultError>> {
  const digests = [...new Set(events.map(({ digest }) => digest))];
  const order = [
    ...digests.filter((each) => !missing.has(each)),
    ...digests.filter((each) => missing.has(each)),
  ];
  const files = new Map<Digest, Uint8Array | VaultError>();
  const began = vault.now();
  for (const digest of order) {
    const left = began + LANE_PATIENCE - vault.now();
    if (left <= 0) break;
    files.set(digest, await fetched(vault, digest, left));
  }
  return files;
}

const notAskedFor = ({ store }: Vault): VaultError =>
  new StoreUnavailable(
    store.name,
    "it took too long over this proposer's, and is asked for this one next time",
  );

const fetched = ({ store }: Vault, digest: Digest, left: number): Promise<Uint8Array | VaultError> =>
  patiently(store, Math.min(FILE_PATIENCE, left), () => readBlob(store, digest)).catch((fault: unknown) => {
    if (fault instanceof VaultError) return fault;
    throw fault;
  });

/** What the store did not have is asked for last the next time, so that what comes after it is not held up. */
async function noteMissing(
  vault: Vault,
  { proposer, missing }: LaneInSight,
  files: ReadonlyMap<Digest, Uint8Array | VaultError>,
): Promise<void> {
  // What was not asked for now stays what it was.
  const isAbsent = (digest: Digest): boolean => {
    const file = files.get(digest);
    return file === undefined ? missing.has(digest) : file instanceof VaultError;
  };
  if ([...files.keys()].every((digest) => isAbsent(digest) === missing.has(digest))) return;
  await locked(vault, () =>
    changeLane(vault, proposer, (lane) => ({
      ...lane,
      missing: lane.waiting.map(({ digest }) => digest).filter(isAbsent),
    })),
  );
}

async function judge(
  vault: Vault,
  sight: Sight,
  { proposer, member }: LaneInSight,
  event: ProposedEvent,
  file: Uint8Array | VaultError,
  nonces: Set<string>,
  final: boolean,
): Promise<Judged> {
  const { digest: id, block, transaction, time } = event;
  const about = { id, proposer, grant: grantOf(sight, member), block, transaction, time, final };
  const opened = file instanceof VaultError ? file : await openedBy(sight, file);
  if (opened instanceof VaultError)
    return { entry: { ...about, memories: null, fault: opened }, event, proposal: null };
  const { proposal, signature } = opened;
  const memories = proposal.memories.map((memory) => ({
    ...memory,
    scopeName: sight.roster.scopeNames.get(memory.scope) ?? null,
  }));
  const fault = await faultOf(async () => {
    await requireGenuine(vault, event, proposal, signature);
    await requireNew(vault, event, proposal, nonces);
    requireGranted(sight, member, proposal);
  });
  return { entry: { ...about, memories, fault }, event, proposal };
}

function grantOf({ gone }: Sight, member: RosterMember | null): ProposersGrant | null {
  if (member === null) return null;
  const { id: memberId, label, permissions } = member;
  return { memberId, label, ended: gone.has(memberId) || (permissions & PERMISSION.propose) === 0 };
}

async function faultOf(work: () => Promise<void>): Promise<VaultError | null> {
  try {
    await work();
    return null;
  } catch (fault) {
    if (fault instanceof VaultError) return fault;
    throw fault;
  }
}

const openedBy = ({ identity }: Sight, file: Uint8Array) =>
  readProposal(file, identity).catch((fault: unknown) => {
    if (fault instanceof WrongKeyError) return new ProposalRejected(EARLIER_KEY, { cause: fault });
    if (fault instanceof VaultError) return fault;
    throw fault;
  });

const EARLIER_KEY = "it is sealed to an earlier inbox key, or to somebody else's, and cannot be opened";

/** It must name this vault and the account that left it, which must have signed it. */
async function requireGenuine(
  vault: Vault,
  { proposer }: ProposedEvent,
  proposal: Proposal,
  signature: Uint8Array,
): Promise<void> {
  const { chainId, contract, vaultId } = vault.ref;
  const { ref } = proposal;
  const here = ref.chainId === chainId && ref.vaultId === vaultId && ref.contract === contract.toLowerCase();
  if (!here) throw new ProposalRejected("it was written for another vault");
  if (proposal.proposer !== proposer)
    throw new ProposalRejected(`it is ${proposal.proposer}'s, and was left by another account`);
  await requireSignedBy(vault, proposer, proposalTypedData(proposal), signature);
}

/** A proposal is taken once: neither file nor nonce comes back, whatever was decided. */
async function requireNew(
  vault: Vault,
  { proposer, digest }: ProposedEvent,
  { nonce: bytes }: Proposal,
  nonces: Set<string>,
): Promise<void> {
  const nonce = bytesToHex(bytes);
  const decided = await decisionsOn(vault, digest);
  const again = decided.some((each) => each.proposer === proposer) || (await isSpent(vault, proposer, nonce));
  if (again) throw new ProposalRejected("it was decided on before, and is a replay");
  if (nonces.has(nonce)) throw new ProposalRejected("it has the nonce of an earlier one, and is a replay");
  nonces.add(nonce);
}

/** Whoever has no grant in the roster has no scopes that could be looked up. */
function requireGranted({ roster }: Sight, member: RosterMember | null, { memories }: Proposal): void {
  if (member === null)
    throw new ProposalRejected("its proposer has no grant any more, and no scope that it could be for");
  const strange = memories.find(({ scope }) => !member.scopes.includes(scope));
  if (strange === undefined) return;
  const name = roster.scopeNames.get(strange.scope) ?? strange.scope;
  throw new ProposalRejected(`its proposer was not granted the scope ${JSON.stringify(name)}`);
}

/** Another of the owner's devices took it: its memories are in the vault, or were shredded since. */
async function wasTakenElsewhere(
  vault: Vault,
  { knows }: Sight,
  { entry, event, proposal }: Judged,
): Promise<boolean> {
  if (entry.fault !== null || !entry.final || proposal === null) return false;
  if (!proposedIds(entry.id, proposal.memories.length).some(knows)) return false;
  const nonce = bytesToHex(proposal.nonce);
  const memories = proposal.memories.length;
  await locked(vault, () => decide(vault, event, { kind: "accepted", nonce, memories }));
  return true;
}
