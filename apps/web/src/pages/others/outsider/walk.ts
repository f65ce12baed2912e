import type { EventFilter, Interface, Log } from "ethers";

import {
  blockRanges,
  LogsRefused,
  stretches,
  type BlockRange,
  type LogSource,
  type Stretch,
} from "../../../../../../client/agents.ts";
import { MOST_BYTES, MOST_READ } from "./bounds.ts";
import { Keeper, type Limits } from "./keeper.ts";
import type { SeenEvent, Walked, Watched } from "./seen.ts";

/** A filter, and the interface that its events are of. */
export interface Asked {
  readonly of: SeenEvent["of"];
  readonly filter: EventFilter;
  readonly abi: Interface;
}

/** What is looked for in the chain's log, and how much of it is kept. */
export interface Walk extends Limits {
  readonly what: Walked["what"];
  readonly asked: readonly Asked[];
  /** What of it is meant: a filter does not tell all. Everything unless given. */
  readonly isWanted?: (event: SeenEvent) => boolean;
  /** An event as it is kept. As it is unless given. */
  readonly kept?: (event: SeenEvent) => SeenEvent;
  /** Before which there is nothing. */
  readonly isLast?: (event: SeenEvent) => boolean;
}

/** Who hears how far a walk is, from 0 to 1, and may end it. */
interface Walking {
  readonly onDone: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Goes through the log, newest first, and keeps of each answer what is wanted before it asks on. It ends early, and says so, where the node refuses
 * and where there is more than a page can read.
 *
 * @throws {RpcUnavailable} when the node is away.
 */
export async function walkBack(
  watched: Watched,
  walk: Walk,
  range: BlockRange,
  { onDone, signal }: Walking,
): Promise<Walked> {
  const keeper = new Keeper(walk);
  const isSpent = budget();
  let reached: number | null = null;
  const ended = (stopped: Walked["stopped"]): Walked => {
    const { events, leftOut } = keeper;
    return { what: walk.what, events: events.sort(byPlace), leftOut, reached, stopped };
  };
  try {
    for await (const { logs, fromBlock } of back(range, sourceOf(watched, walk, signal))) {
      const events = logs.flatMap(eventsIn).filter((event) => walk.isWanted?.(event) ?? true);
      for (const event of events.sort(byPlace).reverse()) keeper.add(walk.kept?.(event) ?? event);
      reached = fromBlock;
      onDone((range.toBlock - fromBlock + 1) / (range.toBlock - range.fromBlock + 1));
      if (events.some((event) => walk.isLast?.(event) ?? false)) break;
      if (isSpent(logs) && fromBlock > range.fromBlock) return ended("too much");
    }
  } catch (fault) {
    signal?.throwIfAborted();
    if (!(fault instanceof LogsRefused)) throw fault;
    return ended("refused");
  }
  onDone(1);
  return ended(null);
}

/** What a node answered to one of a walk's filters. */
interface Answer {
  readonly asked: Asked;
  readonly logs: readonly Log[];
}

type Source = LogSource<Answer>;

const sourceOf = ({ provider }: Watched, { asked: all }: Walk, signal: AbortSignal | undefined): Source => ({
  reach: () => {
    signal?.throwIfAborted();
    return provider.getBlockNumber();
  },
  logs: async (range) => {
    signal?.throwIfAborted();
    return Promise.all(
      all.map(async (asked) => ({ asked, logs: await provider.getLogs({ ...asked.filter, ...range }) })),
    );
  },
});

/** Counts what a walk reads, and says whether that is as much as it may. */
function budget(): (answers: readonly Answer[]) => boolean {
  let [read, bytes] = [0, 0];
  return (answers) => {
    for (const { data } of answers.flatMap(({ logs }) => logs)) {
      read++;
      bytes += data.length / 2;
    }
    return read >= MOST_READ || bytes >= MOST_BYTES;
  };
}

const byPlace = (a: SeenEvent, b: SeenEvent): number => a.block - b.block || a.index - b.index;

/** Stretches of the log, newest first, also where a range is refused: they are asked for by how far back they are. */
async function* back(
  { fromBlock: oldest, toBlock: newest }: BlockRange,
  { logs, reach }: Source,
): AsyncGenerator<Stretch<Answer>, void> {
  const mirrored = ({ fromBlock, toBlock }: BlockRange): BlockRange => ({
    ...{ fromBlock: newest - toBlock, toBlock: newest - fromBlock },
  });
  const ranges = function* (): Generator<BlockRange, void> {
    for (const range of blockRanges(newest, oldest)) yield mirrored(range);
  };
  const source = { reach, logs: (range: BlockRange) => logs(mirrored(range)) };
  for await (const { logs: answers, ...range } of stretches(ranges(), source))
    yield { ...mirrored(range), logs: answers };
}

const eventsIn = ({ asked, logs }: Answer): SeenEvent[] => logs.flatMap((log) => eventOf(asked, log));

/** An event by its interface; none where a contract logged, under the same topic, what has no such form. */
function eventOf({ of, abi }: Asked, log: Log): SeenEvent[] {
  try {
    const form = abi.getEvent(log.topics[0] ?? "");
    if (form === null) return [];
    const args = Object.entries(abi.decodeEventLog(form, log.data, log.topics).toObject());
    return [
      {
        ...{ of, address: log.address, name: form.name },
        args: Object.fromEntries(args.map(([name, value]) => [name, String(value)])),
        ...{ block: log.blockNumber, index: log.index, hash: log.transactionHash },
      },
    ];
  } catch {
    return [];
  }
}
