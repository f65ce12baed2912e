import { decodeCbor, encodeCbor } from "../cbor.ts";
import { blockRanges, firstBlock } from "../vault/blocks.ts";
import { mapConcurrently } from "../vault/head.ts";
import type { Digest } from "../storage/store.ts";
import { agreed, finalNumber, newestNumber } from "../vault/rpcs.ts";
import { agreedBlock, locked, type Vault } from "../vault/session.ts";
import { readNote, writeNote } from "./journal.ts";

// What waits in the inbox is bounded whatever is sent: of each proposer the oldest, the rest by number. What was counted is
// found again in the chain's log when those before it are decided.

/** A proposal as the chain's log tells of it. */
export interface ProposedEvent {
  readonly digest: Digest;
  /** The account that sent it, in lower case. */
  readonly proposer: string;
  readonly block: number;
  /** Its place among the block's events. */
  readonly index: number;
  readonly transaction: string;
  /** The block's time, in unix seconds. */
  readonly time: number;
}

/** What waits of one proposer. */
export interface Lane {
  /** The oldest that are undecided, oldest first. */
  readonly waiting: readonly ProposedEvent[];
  /** How many more there are behind them. */
  readonly more: number;
  /** Where the last of those that ever waited stands: the rest is behind it. */
  readonly last: readonly [block: number, index: number];
  /** Digests that the store was asked for and did not have: they are asked for last. */
  readonly missing: readonly Digest[];
  /** Times of those that a rule took, in unix seconds. */
  readonly taken: readonly number[];
}

/** What waits, by proposer, as far as the chain was looked through. */
export interface Waiting {
  /** The last block that was looked through; -1 for none. */
  readonly block: number;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** How many came from accounts that have no grant, beyond those that are kept. */
  readonly strange: number;
}

/** Most undecided proposals of one proposer that are fetched and shown. */
export const MAX_WAITING = 64;

/** Of how many proposers without a grant anything is kept: former ones, and those of former owners. */
export const MAX_STRANGERS = 64;

const WALK = "proposals";

const NEW_LANE: Lane = { waiting: [], more: 0, last: [-1, -1], missing: [], taken: [] };

/** The log of one proposer: the first ones, and how many there are. */
interface Found {
  readonly first: ProposedEvent[];
  count: number;
}

/** What was found of each proposer. */
type Finds = ReadonlyMap<string, Found>;

/** Reads what waited when this device last looked. */
export async function readWaiting({ journal }: Pick<Vault, "journal">): Promise<Waiting> {
  const bytes = await readNote(journal, WALK);
  if (bytes === null) return { block: -1, lanes: new Map(), strange: 0 };
  // What is sealed under the device's own key was written below: its bytes are authentic.
  const { lanes, ...rest } = decodeCbor(bytes) as Omit<Waiting, "lanes"> & {
    readonly lanes: Readonly<Record<string, Lane>>;
  };
  return { ...rest, lanes: new Map(Object.entries(lanes)) };
}

const writeWaiting = ({ journal }: Pick<Vault, "journal">, { lanes, ...rest }: Waiting): Promise<void> =>
  writeNote(journal, WALK, encodeCbor({ ...rest, lanes: Object.fromEntries(lanes) }));

/** Changes one proposer's lane. The caller holds the journal's lock. */
export async function changeLane(
  vault: Vault,
  proposer: string,
  change: (lane: Lane) => Lane,
): Promise<void> {
  const waiting = await readWaiting(vault);
  const lanes = new Map(waiting.lanes);
  const lane = change(lanes.get(proposer) ?? NEW_LANE);
  if (lane.waiting.length + lane.more + lane.taken.length > 0) lanes.set(proposer, lane);
  else lanes.delete(proposer);
  await writeWaiting(vault, { ...waiting, lanes });
}

/** What a look at the chain found. */
export interface Looked {
  readonly waiting: Waiting;
  /** What stands in blocks that the chain may still take back, by proposer. Nothing of it is noted. */
  readonly unsettled: ReadonlyMap<string, readonly ProposedEvent[]>;
}

/**
 * Looks through the chain for proposals since the last time, and notes those in final blocks.
 *
 * @param members - accounts of those who have a grant, in lower case.
 * @throws {BlocksOutOfReach} when the RPC makes its newest block up. {RpcsDisagree} when two differ on what was proposed.
 */
export async function lookForProposals(vault: Vault, members: ReadonlySet<string>): Promise<Looked> {
  const [before, final, newest] = await Promise.all([
    readWaiting(vault),
    finalNumber(vault),
    newestNumber(vault),
  ]);
  // A node that lags has no news.
  const until = Math.max(before.block, final ?? -1);
  const begin = Math.max(before.block + 1, firstBlock(vault.ref));
  const found = until < begin ? new Map<string, Found>() : await findIn(vault, begin, until);
  const refills = await refill(vault, before);
  const waiting = await locked(vault, async () => {
    const present = await readWaiting(vault);
    // Another process looked meanwhile: what it noted is there, and the rest comes with the next look.
    if (present.block !== before.block) return present;
    const next = merged(present, refills, found, until, members);
    await writeWaiting(vault, next);
    return next;
  });
  const settling =
    newest > waiting.block ? await findIn(vault, waiting.block + 1, newest) : new Map<string, Found>();
  return { waiting, unsettled: new Map([...settling].map(([proposer, { first }]) => [proposer, first])) };
}

/** Finds what was proposed in some blocks. */
async function findIn(vault: Vault, begin: number, until: number): Promise<Finds> {
  const found = new Map<string, Found>();
  for (const { fromBlock, toBlock } of [...blockRanges(until, begin)].reverse())
    for (const event of await eventsIn(vault, fromBlock, toBlock)) {
      const of = found.get(event.proposer) ?? { first: [], count: 0 };
      if (of.first.length < MAX_WAITING) of.first.push(event);
      of.count += 1;
      found.set(event.proposer, of);
    }
  return timed(vault, found);
}

/** Finds what was only counted of proposers who have room again. */
async function refill(vault: Vault, { lanes, block }: Waiting): Promise<Finds> {
  const found = new Map<string, Found>();
  for (const [proposer, { waiting, more, last }] of lanes) {
    const room = MAX_WAITING - waiting.length;
    if (more === 0 || room === 0) continue;
    const first: ProposedEvent[] = [];
    for (const { fromBlock, toBlock } of [...blockRanges(block, last[0])].reverse()) {
      const events = await eventsIn(vault, fromBlock, toBlock, proposer);
      first.push(...events.filter((event) => isAfter(event, last)).slice(0, room - first.length));
      if (first.length === room) break;
    }
    found.set(proposer, { first, count: first.length });
  }
  return timed(vault, found);
}

const isAfter = ({ block, index }: ProposedEvent, [lastBlock, lastIndex]: Lane["last"]): boolean =>
  block > lastBlock || (block === lastBlock && index > lastIndex);

/** Events of some blocks, in their order; of one proposer, or of all. */
async function eventsIn(
  vault: Vault,
  fromBlock: number,
  toBlock: number,
  proposer?: string,
): Promise<ProposedEvent[]> {
  const { vaultId } = vault.ref;
  const events = await agreed(
    vault,
    "what was proposed",
    async ({ contract }) => {
      const filter = contract.filters.Proposed(vaultId, proposer);
      const logs = await contract.queryFilter(filter, fromBlock, toBlock);
      return logs.map(({ args, blockNumber, index, transactionHash }) => ({
        ...{ digest: args.digest.slice(2), proposer: args.proposer.toLowerCase() },
        ...{ block: blockNumber, index, transaction: transactionHash, time: 0 },
      }));
    },
    toBlock,
  );
  return events
    .filter(({ block }) => block >= fromBlock && block <= toBlock)
    .sort((a, b) => a.block - b.block || a.index - b.index);
}

/** The same with the time of each block that something is kept of, each asked for once. */
async function timed(vault: Vault, found: Finds): Promise<Finds> {
  const blocks = new Set([...found.values()].flatMap(({ first }) => first.map(({ block }) => block)));
  const times = new Map(
    await mapConcurrently([...blocks], async (block): Promise<[number, number]> => [
      block,
      (await agreedBlock(vault, block)).timestamp,
    ]),
  );
  const timeOf = (event: ProposedEvent): ProposedEvent => ({ ...event, time: times.get(event.block) ?? 0 });
  return new Map(
    [...found].map(([proposer, { first, count }]) => [proposer, { first: first.map(timeOf), count }]),
  );
}

function merged(
  present: Waiting,
  refills: Finds,
  found: Finds,
  block: number,
  members: ReadonlySet<string>,
): Waiting {
  const lanes = new Map(present.lanes);
  let { strange } = present;
  for (const [proposer, { first }] of refills) {
    const lane = lanes.get(proposer);
    if (lane !== undefined) lanes.set(proposer, filled(lane, first));
  }
  for (const [proposer, { first, count }] of found) {
    const known = lanes.get(proposer);
    const strangers = [...lanes.keys()].filter((each) => !members.has(each)).length;
    if (known === undefined && !members.has(proposer) && strangers >= MAX_STRANGERS) strange += count;
    else lanes.set(proposer, extended(known ?? NEW_LANE, first, count));
  }
  return { block, lanes, strange };
}

/** What was counted is there now; what the log does not have any more was never final. */
const filled = (lane: Lane, first: readonly ProposedEvent[]): Lane => {
  const taken = first
    .filter((event) => isAfter(event, lane.last))
    .slice(0, MAX_WAITING - lane.waiting.length);
  const complete = lane.waiting.length + taken.length < MAX_WAITING;
  return { ...withMore(lane, taken), more: complete ? 0 : lane.more - taken.length };
};

/** Behind what was counted nothing is kept: it is found in its turn. */
function extended(lane: Lane, first: readonly ProposedEvent[], count: number): Lane {
  const taken = lane.more > 0 ? [] : first.slice(0, MAX_WAITING - lane.waiting.length);
  return { ...withMore(lane, taken), more: lane.more + count - taken.length };
}

function withMore(lane: Lane, events: readonly ProposedEvent[]): Lane {
  const last = events.at(-1);
  return {
    ...lane,
    waiting: [...lane.waiting, ...events],
    last: last === undefined ? lane.last : [last.block, last.index],
  };
}
