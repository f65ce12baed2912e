import { RpcUnavailable, VaultError } from "../errors.ts";
import type { BlockRange } from "../vault/blocks.ts";
import { LogsRefused } from "./errors.ts";

// Nodes refuse what has too many events, or too many blocks, and whoever pays for the gas makes as many events as it likes: less
// is asked for then, down to one block.

/** A node that is asked for its log. */
export interface LogSource<T> {
  /** Events of a range of blocks. */
  readonly logs: (range: BlockRange) => Promise<readonly T[]>;
  /** Throws where the node is away: a node that answers this, and not the other, refuses. */
  readonly reach: () => Promise<unknown>;
}

/** Some blocks, and all of their events. */
export interface Stretch<T> extends BlockRange {
  readonly logs: readonly T[];
}

/** How many refusals a walk takes before it leaves the rest for the next time. */
export const MAX_REFUSALS = 256;

/** How many answers in a row it takes to ask for twice as many blocks again. */
const CALM = 8;

/**
 * Asks for the events of ranges, in their order, and of half as many blocks when that is refused.
 *
 * @throws {LogsRefused} when one block is refused, or after 256 refusals. {RpcUnavailable} when the node is away.
 */
export async function* stretches<T>(
  ranges: Iterable<BlockRange>,
  source: LogSource<T>,
): AsyncGenerator<Stretch<T>, void> {
  let width = Number.POSITIVE_INFINITY;
  let [refusals, calm] = [0, 0];
  for (const { fromBlock, toBlock } of ranges) {
    for (let first = fromBlock; first <= toBlock;) {
      const range = { fromBlock: first, toBlock: Math.min(toBlock, first + width - 1) };
      const asked = await askedOf(source, range);
      if ("logs" in asked) {
        yield { ...range, logs: asked.logs };
        first = range.toBlock + 1;
        calm = (calm + 1) % CALM;
        if (calm === 0) width *= 2;
        continue;
      }
      const blocks = range.toBlock - first + 1;
      if (blocks === 1 || ++refusals > MAX_REFUSALS) throw new LogsRefused(first, { cause: asked.fault });
      width = Math.ceil(blocks / 2);
      calm = 0;
    }
  }
}

/**
 * The events of one range, all of them.
 *
 * @throws {LogsRefused} when one block is refused. {RpcUnavailable} when the node is away.
 */
export async function logsOfRange<T>(range: BlockRange, source: LogSource<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const { logs } of stretches([range], source)) all.push(...logs);
  return all;
}

async function askedOf<T>(
  { logs, reach }: LogSource<T>,
  range: BlockRange,
): Promise<{ readonly logs: readonly T[] } | { readonly fault: unknown }> {
  try {
    return { logs: await logs(range) };
  } catch (fault) {
    // What differs between two nodes is no refusal.
    if (fault instanceof VaultError && !(fault instanceof RpcUnavailable)) throw fault;
    await reach();
    return { fault };
  }
}
