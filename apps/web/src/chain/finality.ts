import type { Provider } from "ethers";

const LOCAL_CHAINS = new Set([31_337n, 31_338n, 1_337n]);

/** How deep a block is called final on a chain that does not say. */
const CONFIRMATIONS = 64;

/** How long somebody looks, in milliseconds: half an hour is more than any chain of ours takes. */
const PATIENCE = 1_800_000;

/**
 * Waits until a block is final, for what a page shows. What counts for the vault, its own client decides.
 *
 * @returns Whether it is, when nobody looks any more.
 */
export async function finalAt(
  provider: Provider,
  chainId: bigint,
  block: number,
  pause: number,
): Promise<boolean> {
  if (LOCAL_CHAINS.has(chainId)) return true;
  for (let waited = 0; waited < PATIENCE; waited += pause) {
    const newest = await finalBlock(provider).catch(() => -1);
    if (newest >= block) return true;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  return false;
}

async function finalBlock(provider: Provider): Promise<number> {
  const final = await provider.getBlock("finalized").catch(() => null);
  return final?.number ?? (await provider.getBlockNumber()) - CONFIRMATIONS;
}
