import type { EventFilter, Interface } from "ethers";

import {
  blockRanges,
  LogsRefused,
  stretches,
  type BlockRange,
  type LogSource,
  type Stretch,
} from "../../../../../../client/agents.ts";
import { AnswerTooLong } from "../../../chain/errors.ts";
import { BIG, FIRST_BLOCKS, MOST_BYTES, MOST_DATA, MOST_READ, SMALL } from "./bounds.ts";
import { eventOf, placeOf, type Placed } from "./decode.ts";
import { Keeper, type Limits } from "./keeper.ts";
import { rawLogs, type RawLog } from "./raw-logs.ts";
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
  /** What of it is meant, where an event's place tells; it is not decoded else. */
  readonly isPlaced?: (placed: Placed) => boolean;
  /** The same as `by`, where an event's place tells: when there is no place for it, it is counted and not decoded. */
  readonly byPlace?: (placed: Placed) => string;
  /** What of it is meant: a filter does not tell all. Everything unless given. */
  readonly isWanted?: (event: SeenEvent) => boolean;
  /** An event as it is kept. As it is unless given. */
  readonly kept?: (event: SeenEvent) => SeenEvent;
  /** Whether its logs may be of any length, which whoever logged them chose: few blocks are asked for at first. */
  readonly isFlooded?: boolean;
  /** Bytes of data that are kept of each log, if not all that may be shown. */
  readonly data?: number;
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
  const width = walk.isFlooded === true ? widths() : null;
  let reached: number | null = null;
  const ended = (stopped: Walked["stopped"]): Walked => {
    const { events, leftOut } = keeper;
    return { what: walk.what, events: events.sort(byPlace), leftOut, reached, stopped };
  };
  try {
    for await (const { logs, fromBlock } of back(range, sourceOf(watched, walk, signal), width?.next)) {
      const isEnd = await keep(keeper, walk, logs, signal);
      width?.had(bytesOf(logs));
      reached = fromBlock;
      onDone((range.toBlock - fromBlock + 1) / (range.toBlock - range.fromBlock + 1));
      if (isEnd) break;
      if (isSpent(logs) && fromBlock > range.fromBlock) return ended("too much");
    }
  } catch (fault) {
    signal?.throwIfAborted();
    if (!(fault instanceof LogsRefused)) throw fault;
    return ended(fault.cause instanceof AnswerTooLong ? "too much" : "refused");
  }
  onDone(1);
  return ended(null);
}

/** Bytes, or else events, that are decoded before the page has its turn. */
const A_TURN = { bytes: 2 ** 17, events: 256 } as const;

/** Keeps what is wanted of some answers, newest first, and says whether there is nothing before it. */
async function keep(
  keeper: Keeper,
  walk: Walk,
  answers: readonly Answer[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const found = answers.flatMap(({ asked, logs }) => logs.map((log) => ({ asked, log })));
  found.sort((a, b) => byPlace(b.log, a.log));
  let [isEnd, bytes, events] = [false, 0, 0];
  for (const { asked, log } of found) {
    const event = keepOne(keeper, walk, asked, log);
    isEnd ||= event !== null && (walk.isLast?.(event) ?? false);
    bytes += event === null ? 0 : log.data.length / 2;
    if (++events % A_TURN.events !== 0 && bytes < A_TURN.bytes) continue;
    bytes = 0;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
  return isEnd;
}

/** Keeps an event, if it is wanted; `null` where it was not decoded, because its place shows that it is left out. */
function keepOne(keeper: Keeper, walk: Walk, { of, abi }: Asked, log: RawLog): SeenEvent | null {
  const placed = placeOf(of, abi, log);
  if (placed === null || !(walk.isPlaced?.(placed) ?? true)) return null;
  if (walk.byPlace !== undefined && keeper.isFull(placed, walk.byPlace(placed))) {
    keeper.leaveOut(placed, walk.byPlace(placed));
    return null;
  }
  const event = eventOf(placed, abi, log);
  if (event === null || !(walk.isWanted?.(event) ?? true)) return null;
  keeper.add(walk.kept?.(event) ?? event);
  return event;
}

/** What a node answered to one of a walk's filters. */
interface Answer {
  readonly asked: Asked;
  readonly logs: readonly RawLog[];
}

type Source = LogSource<Answer>;

const sourceOf = (
  { provider }: Watched,
  { asked: all, data = MOST_DATA }: Walk,
  signal: AbortSignal | undefined,
): Source => ({
  reach: () => {
    signal?.throwIfAborted();
    return provider.getBlockNumber();
  },
  logs: async (range) => {
    signal?.throwIfAborted();
    return Promise.all(
      all.map(async (asked) => ({ asked, logs: await rawLogs(provider, asked.filter, range, data) })),
    );
  },
});

/** Counts what a walk reads, and says whether that is as much as it may. */
function budget(): (answers: readonly Answer[]) => boolean {
  let [read, bytes] = [0, 0];
  return (answers) => {
    read += answers.reduce((sum, { logs }) => sum + logs.length, 0);
    bytes += bytesOf(answers);
    return read >= MOST_READ || bytes >= MOST_BYTES;
  };
}

const bytesOf = (answers: readonly Answer[]): number =>
  answers.flatMap(({ logs }) => logs).reduce((sum, { bytes }) => sum + bytes, 0);

/** How many blocks to ask for: few at first, more while answers are small, and fewer when they are big. */
function widths(): { readonly next: () => number; readonly had: (bytes: number) => void } {
  let width = FIRST_BLOCKS;
  return {
    next: () => width,
    had: (bytes) => {
      if (bytes < SMALL) width *= 4;
      if (bytes > BIG) width = Math.max(1, Math.ceil(width / 4));
    },
  };
}

type Place = Pick<SeenEvent, "block" | "index">;

const byPlace = (a: Place, b: Place): number => a.block - b.block || a.index - b.index;

/** Stretches of the log, newest first, also where a range is refused: they are asked for by how far back they are. */
async function* back(
  { fromBlock: oldest, toBlock: newest }: BlockRange,
  { logs, reach }: Source,
  width: () => number = () => Number.POSITIVE_INFINITY,
): AsyncGenerator<Stretch<Answer>, void> {
  const mirrored = ({ fromBlock, toBlock }: BlockRange): BlockRange => ({
    ...{ fromBlock: newest - toBlock, toBlock: newest - fromBlock },
  });
  const ranges = function* (): Generator<BlockRange, void> {
    for (const range of blockRanges(newest, oldest)) {
      const { fromBlock, toBlock } = mirrored(range);
      for (let first = fromBlock, last; first <= toBlock; first = last + 1) {
        last = Math.min(toBlock, first + width() - 1);
        yield { fromBlock: first, toBlock: last };
      }
    }
  };
  const source = { reach, logs: (range: BlockRange) => logs(mirrored(range)) };
  for await (const { logs: answers, ...range } of stretches(ranges(), source))
    yield { ...mirrored(range), logs: answers };
}
