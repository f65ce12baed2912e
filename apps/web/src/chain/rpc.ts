import { isError, JsonRpcProvider, Network } from "ethers";

import { VaultError } from "../../../../client/errors.ts";
import { ChainFaulty, ChainUnreachable } from "./errors.ts";

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

/** What an RPC is called in messages: its host alone, for the rest of its address may be a key. */
export const hostOf = (rpc: string | null): string =>
  rpc === null ? "your wallet's RPC" : new URL(rpc).host;

const GONE = ["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT"];

/**
 * Waits for what a chain was asked, and gives what a provider throws a name of ours: its messages hold the whole address, and that
 * may be a key. What a contract refuses stays as it is, for the client reads it.
 *
 * @throws {ChainUnreachable} when nobody answers. {ChainFaulty} when the answer is an error, or none that makes sense.
 */
export async function answerFrom<T>(host: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (cause) {
    if (cause instanceof VaultError || !(cause instanceof Error)) throw cause;
    if (isError(cause, "CALL_EXCEPTION") || isError(cause, "INSUFFICIENT_FUNDS")) throw cause;
    const { code, info } = cause as {
      readonly code?: unknown;
      readonly info?: { readonly error?: { readonly code?: unknown } };
    };
    // A browser that got no answer throws this.
    if (cause instanceof TypeError || GONE.some((each) => each === code))
      throw new ChainUnreachable(host, { cause });
    if (typeof code !== "string") throw cause;
    const number = info?.error?.code;
    throw new ChainFaulty(host, typeof number === "number" ? `error ${number}` : code, { cause });
  }
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
