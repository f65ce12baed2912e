import type { VaultRef } from "../crypto/ref.ts";
import { deploymentOf } from "../deployments.ts";
import { BlocksOutOfReach } from "../errors.ts";

/** Blocks that are asked for at once: public nodes refuse wide ranges. */
const RANGE = 10_000;

/** How often they are asked for: an RPC may name any block as its newest. */
const MAX_RANGES = 10_000;

/** What events are asked for by. */
export interface BlockRange {
  readonly fromBlock: number;
  readonly toBlock: number;
}

/**
 * Ranges of blocks in which to look for events, newest first.
 *
 * @throws {BlocksOutOfReach} after 10,000 ranges of 10,000 blocks.
 */
export function* blockRanges(newest: number, oldest: number): Generator<BlockRange, void> {
  for (let i = 0; i < MAX_RANGES; i++) {
    const toBlock = newest - i * RANGE;
    if (toBlock < oldest) return;
    yield { fromBlock: Math.max(oldest, toBlock - RANGE + 1), toBlock };
  }
  if (newest - MAX_RANGES * RANGE >= oldest) throw new BlocksOutOfReach(newest, MAX_RANGES * RANGE);
}

/** The first block that can have an event of a vault: that of the contract's deployment, where it is known. */
export function firstBlock({ chainId, contract }: VaultRef): number {
  const known = deploymentOf(chainId);
  return known?.memoryVault.toLowerCase() === contract.toLowerCase() ? known.block : 0;
}
