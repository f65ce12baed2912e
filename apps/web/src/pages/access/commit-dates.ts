import { toBeHex } from "ethers";

import type { Vault } from "../../../../../client/index.ts";

/** Most ranges of blocks that are looked through for dates: they are a comfort, and nodes are asked for them. */
const MOST_RANGES = 60;

/** When commits were made: unix seconds by their sequences, as far as the RPC tells. It decides nothing. */
export async function commitDates(
  vault: Vault,
  sequences: ReadonlySet<bigint>,
): Promise<ReadonlyMap<bigint, number>> {
  const { blockRanges } = await import("../../../../../client/agents.ts");
  const { deploymentOf } = await import("../../../../../client/index.ts");
  const { contract, provider, ref } = vault;
  const filter = contract.filters.TransitionCommitted(toBeHex(ref.vaultId, 32));
  const dates = new Map<bigint, number>();
  let ranges = 0;
  for (const { fromBlock, toBlock } of blockRanges(
    await provider.getBlockNumber(),
    deploymentOf(ref.chainId)?.block ?? 0,
  )) {
    if (dates.size >= sequences.size || ++ranges > MOST_RANGES) break;
    for (const { args, blockNumber } of await contract.queryFilter(filter, fromBlock, toBlock)) {
      if (!sequences.has(args.sequence) || dates.has(args.sequence)) continue;
      const block = await provider.getBlock(blockNumber);
      if (block !== null) dates.set(args.sequence, block.timestamp);
    }
  }
  return dates;
}
