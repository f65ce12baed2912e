import { decodeCbor, encodeCbor } from "../cbor.ts";
import type { Digest } from "../storage/store.ts";
import { blockRanges, firstBlock, type BlockRange } from "../vault/blocks.ts";
import { mapConcurrently } from "../vault/head.ts";
import { agreed, finalNumber, newestNumber } from "../vault/rpcs.ts";
import { agreedBlock, locked, type Vault } from "../vault/session.ts";
import { LogsRefused } from "./errors.ts";
import { readNote, writeNote } from "./journal.ts";
import { stretches, type LogSource } from "./logs.ts";

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
  /** The same for those who were asked for by themselves, where that is later. */
  readonly ahead: ReadonlyMap<string, number>;
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
  readonly first: readonly ProposedEvent[];
  readonly count: number;
}

/** What was found of each proposer. */
type Finds = ReadonlyMap<string, Found>;

/** What was found, and how far that goes. */
interface Gathered {
  readonly found: Finds;
  /** The last block of which it is all. */
  readonly block: number;
  /** What ended it before. */
  readonly fault: Error | null;
}

/** The same of all proposers, and of those who were asked for by themselves. */
interface Search extends Gathered {
  readonly ahead: ReadonlyMap<string, number>;
  readonly withheld: readonly string[];
}

/** Reads what waited when this device last looked. */
export async function readWaiting({ journal }: Pick<Vault, "journal">): Promise<Waiting> {
  const bytes = await readNote(journal, WALK);
  if (bytes === null) return { block: -1, ahead: new Map(), lanes: new Map(), strange: 0 };
  // What is sealed under the device's own key was written below: its bytes are authentic.
  const { ahead = {}, lanes, ...rest } = decodeCbor(bytes) as WaitingNote;
  return { ...rest, ahead: new Map(Object.entries(ahead)), lanes: new Map(Object.entries(lanes)) };
}

/** {@link Waiting}, as it is noted. */
interface WaitingNote extends Omit<Waiting, "ahead" | "lanes"> {
  readonly ahead?: Readonly<Record<string, number>>;
  readonly lanes: Readonly<Record<string, Lane>>;
}

const writeWaiting = (
  { journal }: Pick<Vault, "journal">,
  { ahead, lanes, ...rest }: Waiting,
): Promise<void> =>
  writeNote(
    journal,
    WALK,
    encodeCbor({ ...rest, ahead: Object.fromEntries(ahead), lanes: Object.fromEntries(lanes) }),
  );

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
  /** Members of whose proposals the node did not tell all: they are asked for again the next time. */
  readonly withheld: readonly string[];
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
  const searched = await search(vault, before, until, members);
  const refills = await refill(vault, before);
  const waiting = await locked(vault, async () => {
    const present = await readWaiting(vault);
    // Another process looked meanwhile: what it noted is there, and the rest comes with the next look.
    if (!isAsFar(present, before)) return present;
    const next = merged(present, refills, searched, members);
    await writeWaiting(vault, next);
    return next;
  });
  // What was found before a node went away is kept.
  if (searched.fault !== null) throw searched.fault;
  const settling = await search(vault, waiting, newest, members);
  if (settling.fault !== null) throw settling.fault;
  return {
    waiting,
    unsettled: new Map([...settling.found].map(([proposer, { first }]) => [proposer, first])),
    withheld: settling.withheld,
  };
}

const isAsFar = (one: Waiting, other: Waiting): boolean =>
  one.block === other.block &&
  one.ahead.size === other.ahead.size &&
  [...one.ahead].every(([proposer, block]) => other.ahead.get(proposer) === block);

/** Finds what is new up to some block. What a node refuses to tell of all it is asked of each member: nobody is hidden by another's many. */
async function search(
  vault: Vault,
  { block, ahead }: Waiting,
  until: number,
  members: ReadonlySet<string>,
): Promise<Search> {
  const since = Math.max(block + 1, firstBlock(vault.ref));
  const all = await gather(vault, { fromBlock: since, toBlock: until }, null, ahead);
  if (!(all.fault instanceof LogsRefused)) return { ...all, ahead, withheld: [] };
  const owns = await mapConcurrently([...members], async (proposer): Promise<[string, Gathered]> => {
    const fromBlock = Math.max(all.block, ahead.get(proposer) ?? -1) + 1;
    return [proposer, await gather(vault, { fromBlock, toBlock: until }, proposer)];
  });
  const isDone = ({ fault }: Gathered): boolean => fault === null || fault instanceof LogsRefused;
  return {
    found: new Map([...all.found, ...owns.map(([of, own]) => joined(of, all.found, own))]),
    block: all.block,
    ahead: new Map([...ahead, ...owns.map(([of, own]): [string, number] => [of, own.block])]),
    fault: owns.find(([, own]) => !isDone(own))?.[1].fault ?? null,
    withheld: owns.flatMap(([of, own]) => (own.fault instanceof LogsRefused ? [of] : [])),
  };
}

function joined(proposer: string, before: Finds, { found }: Gathered): [string, Found] {
  const [one, other] = [before.get(proposer) ?? NOTHING, found.get(proposer) ?? NOTHING];
  const first = [...one.first, ...other.first].slice(0, MAX_WAITING);
  return [proposer, { first, count: one.count + other.count }];
}

const NOTHING: Found = { first: [], count: 0 };

/** Gathers what was proposed in some blocks: by one, or by all but what is known of some. */
async function gather(
  vault: Vault,
  range: BlockRange,
  proposer: string | null,
  known: ReadonlyMap<string, number> = new Map(),
): Promise<Gathered> {
  const found = new Map<string, Found>();
  let block = range.fromBlock - 1;
  const ranges = oldestFirst(range);
  try {
    for await (const { logs, toBlock } of stretches(ranges, sourceOf(vault, proposer))) {
      const unknown = logs.filter((event) => event.block > (known.get(event.proposer) ?? -1));
      await add(vault, found, unknown);
      block = toBlock;
    }
    return { found, block, fault: null };
  } catch (fault) {
    if (!(fault instanceof Error)) throw fault;
    return { found, block, fault };
  }
}

const oldestFirst = ({ fromBlock, toBlock }: BlockRange): BlockRange[] =>
  [...blockRanges(toBlock, fromBlock)].reverse();

async function add(vault: Vault, found: Map<string, Found>, events: readonly ProposedEvent[]): Promise<void> {
  const next = new Map<string, { first: ProposedEvent[]; count: number }>();
  for (const event of events) {
    const { first, count } = found.get(event.proposer) ?? NOTHING;
    const of = next.get(event.proposer) ?? { first: [...first], count };
    if (of.first.length < MAX_WAITING) of.first.push(event);
    of.count += 1;
    next.set(event.proposer, of);
  }
  for (const [proposer, of] of await timed(vault, next)) found.set(proposer, of);
}

/** Finds what was only counted of proposers who have room again. */
async function refill(vault: Vault, { lanes, block, ahead }: Waiting): Promise<Finds> {
  const found = new Map<string, Found>();
  for (const [proposer, { waiting, more, last }] of lanes) {
    const room = MAX_WAITING - waiting.length;
    if (more === 0 || room === 0) continue;
    const range = { fromBlock: last[0], toBlock: Math.max(block, ahead.get(proposer) ?? -1) };
    const first = await after(vault, range, proposer, last, room);
    if (first !== null) found.set(proposer, { first, count: first.length });
  }
  return timed(vault, found);
}

/** The first events of one proposer behind a place, or `null` where the node does not tell. */
async function after(
  vault: Vault,
  range: BlockRange,
  proposer: string,
  last: Lane["last"],
  room: number,
): Promise<ProposedEvent[] | null> {
  const first: ProposedEvent[] = [];
  try {
    for await (const { logs } of stretches(oldestFirst(range), sourceOf(vault, proposer))) {
      first.push(...logs.filter((event) => isAfter(event, last)).slice(0, room - first.length));
      if (first.length === room) break;
    }
    return first;
  } catch (fault) {
    if (fault instanceof LogsRefused) return null;
    throw fault;
  }
}

const isAfter = ({ block, index }: ProposedEvent, [lastBlock, lastIndex]: Lane["last"]): boolean =>
  block > lastBlock || (block === lastBlock && index > lastIndex);

/** Asks for events in their order: of one proposer, or of all. */
function sourceOf(vault: Vault, proposer: string | null): LogSource<ProposedEvent> {
  const { vaultId } = vault.ref;
  const logs = async ({ fromBlock, toBlock }: BlockRange): Promise<ProposedEvent[]> => {
    const events = await agreed(
      vault,
      "what was proposed",
      async ({ contract }) => {
        const filter = contract.filters.Proposed(vaultId, proposer ?? undefined);
        const found = await contract.queryFilter(filter, fromBlock, toBlock);
        return found.map(({ args, blockNumber, index, transactionHash }) => ({
          ...{ digest: args.digest.slice(2), proposer: args.proposer.toLowerCase() },
          ...{ block: blockNumber, index, transaction: transactionHash, time: 0 },
        }));
      },
      toBlock,
    );
    return events
      .filter(({ block }) => block >= fromBlock && block <= toBlock)
      .sort((a, b) => a.block - b.block || a.index - b.index);
  };
  return { logs, reach: () => newestNumber(vault) };
}

/** The same with the time of each block that something is kept of. */
async function timed(vault: Vault, found: Finds): Promise<Finds> {
  const untimed = [...found.values()].flatMap(({ first }) => first.filter(({ time }) => time === 0));
  const blocks = new Set(untimed.map(({ block }) => block));
  const times = new Map(
    await mapConcurrently([...blocks], async (block): Promise<[number, number]> => [
      block,
      (await agreedBlock(vault, block)).timestamp,
    ]),
  );
  const timeOf = (event: ProposedEvent): ProposedEvent => ({
    ...event,
    time: times.get(event.block) ?? event.time,
  });
  return new Map(
    [...found].map(([proposer, { first, count }]) => [proposer, { first: first.map(timeOf), count }]),
  );
}

function merged(
  present: Waiting,
  refills: Finds,
  { found, block: until, ahead }: Search,
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
  const block = Math.max(present.block, until);
  return { block, ahead: new Map([...ahead].filter(([, own]) => own > block)), lanes, strange };
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
