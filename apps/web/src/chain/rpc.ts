import { JsonRpcProvider, Network } from "ethers";

import { ChainUnreachable } from "./errors.ts";

/** How long a chain may take to say which one it is. */
const PATIENCE = 15_000;

/** How often an RPC is asked for news, in milliseconds: one of this machine costs nobody anything. */
const POLLING = { near: 250, far: 4_000 } as const;

/** Whether an RPC is of this machine. */
export const isNear = (url: string): boolean =>
  /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);

/**
 * Asks a chain which one it is.
 *
 * @throws {ChainUnreachable} when nobody answers, or not as a chain does.
 */
export async function chainIdAt(url: string, patience = PATIENCE): Promise<bigint> {
  const { host } = new URL(url);
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
      signal: AbortSignal.timeout(patience),
    });
    const { result } = (await answer.json()) as { readonly result?: unknown };
    if (typeof result === "string" && /^0x[0-9a-f]{1,16}$/i.test(result)) return BigInt(result);
  } catch (cause) {
    throw new ChainUnreachable(host, { cause });
  }
  throw new ChainUnreachable(host);
}

/** A chain of which ethers knows nothing but its id: of those that it knows it would ask others, such as what gas costs on Polygon. */
export const plainNetwork = (chainId: bigint): Network => new Network(`chain ${chainId}`, chainId);

/**
 * Connects to a chain. ethers' provider would ask a node that does not answer again and again, for ever: so it is asked
 * once before, and the provider is told which chain it is.
 *
 * @throws {ChainUnreachable} when nobody answers.
 */
export async function chainAt(url: string): Promise<{ provider: JsonRpcProvider; chainId: bigint }> {
  const chainId = await chainIdAt(url);
  const network = plainNetwork(chainId);
  const provider = new JsonRpcProvider(url, network, { staticNetwork: network, cacheTimeout: -1 });
  provider.pollingInterval = isNear(url) ? POLLING.near : POLLING.far;
  return { provider, chainId };
}
