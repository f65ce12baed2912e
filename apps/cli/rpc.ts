import { JsonRpcProvider, Network } from "ethers";

import { ChainUnreachable } from "../mcp/faults.ts";

/** How long a chain may take to say which one it is. */
const PATIENCE = 15_000;

/**
 * One JSON-RPC request.
 *
 * @throws {ChainUnreachable} when nobody answers, or no JSON-RPC.
 */
export async function rpc(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  patience = PATIENCE,
): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    signal: AbortSignal.timeout(patience),
  })
    .then((response) => response.json() as Promise<{ result?: unknown; error?: { message: string } }>)
    .catch((cause: unknown) => {
      throw new ChainUnreachable({ cause });
    });
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

/**
 * Connects to a chain. ethers' provider would ask a node that does not answer again and again, for ever: so it is asked
 * once before, and the provider is told which chain it is.
 *
 * @throws {ChainUnreachable} when nobody answers.
 */
export async function chainAt(url: string): Promise<JsonRpcProvider> {
  const chainId = BigInt(String(await rpc(url, "eth_chainId")));
  // Of the chains that ethers knows by name it would ask others as well: Polygon's, for its fees.
  const network = new Network(`chain ${chainId}`, chainId);
  const provider = new JsonRpcProvider(url, network, { staticNetwork: network, cacheTimeout: -1 });
  if (new URL(url).hostname === "127.0.0.1") provider.pollingInterval = 100;
  return provider;
}
