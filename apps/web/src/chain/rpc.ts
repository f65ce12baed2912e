import {
  FetchRequest,
  isError,
  JsonRpcProvider,
  makeError,
  Network,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
} from "ethers";

import { VaultError } from "../../../../client/errors.ts";
import { AnswerTooLong, ChainFaulty, ChainUnreachable } from "./errors.ts";

/** How long a chain may take to say which one it is. */
const PATIENCE = 15_000;

/** How long it may take for any other answer: what is asked next waits for it. */
const ANSWER_PATIENCE = 60_000;

/** How often an RPC is asked for news, in milliseconds: one of this machine costs nobody anything. */
const POLLING = { near: 250, far: 4_000 } as const;

/** What strangers make as long as they like, and how many bytes of it are read: a block that is full of logs has about as many. */
export const MOST_ANSWER: ReadonlyMap<string, number> = new Map([
  ["eth_getLogs", 2 ** 24],
  ["eth_getTransactionReceipt", 2 ** 21],
]);

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
    // A browser throws the first where it got no answer, the second where it got none in time.
    if (cause instanceof TypeError || cause.name === "TimeoutError" || GONE.some((each) => each === code))
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
 * @param patience - for each answer of the provider, in milliseconds.
 * @throws {ChainUnreachable} when nobody answers.
 */
export async function chainAt(
  url: string,
  patience = ANSWER_PATIENCE,
): Promise<{ provider: JsonRpcProvider; chainId: bigint }> {
  const chainId = await chainIdAt(url);
  const request = new FetchRequest(url);
  request.timeout = patience;
  const network = plainNetwork(chainId);
  const provider = new ChainRpc(request, network, { staticNetwork: network, cacheTimeout: -1 });
  provider.pollingInterval = isNear(url) ? POLLING.near : POLLING.far;
  return { provider, chainId };
}

/**
 * A node by its address. What strangers make long is asked for by itself, and given up when it is too long, so that it takes
 * nothing else with it. Answers are read by the browser: ethers turns each byte into a number and each number into a letter, a second for ten megabytes.
 */
export class ChainRpc extends JsonRpcProvider {
  #asked = 0;

  override async send(method: string, params: unknown[] | Record<string, unknown>): Promise<unknown> {
    if (this.destroyed || !MOST_ANSWER.has(method)) return super.send(method, params);
    const payload: JsonRpcPayload = { ...{ jsonrpc: "2.0", method, params }, id: ++this.#asked };
    const [answer] = await this._send(payload);
    if (answer?.id !== payload.id)
      throw makeError("no answer to what was asked", "BAD_DATA", { value: null });
    if ("error" in answer) throw this.getRpcError(payload, answer as unknown as JsonRpcError);
    return answer.result;
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    const request = this._getConnection();
    request.body = JSON.stringify(payload);
    request.setHeader("content-type", "application/json");
    const most = Array.isArray(payload) ? undefined : MOST_ANSWER.get(payload.method);
    if (most !== undefined) request.getUrlFunc = upTo(most);
    const response = await request.send();
    response.assertOk();
    return [jsonIn(response.body ?? new Uint8Array())].flat() as JsonRpcResult[];
  }
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw makeError("the answer is no JSON", "BAD_DATA", { value: null });
  }
}

/** Asks as ethers does, and reads no more of the answer than it may have. */
const upTo =
  (most: number): FetchRequest["getUrlFunc"] =>
  async (request) => {
    const { url, method, body, timeout } = request;
    const asked = { method, headers: [...request] as [string, string][], body: body?.slice() ?? null };
    const answer = await fetch(url, { ...asked, signal: AbortSignal.timeout(timeout) });
    const headers = Object.fromEntries(
      [...answer.headers].map(([name, value]) => [name.toLowerCase(), value]),
    );
    const { status: statusCode, statusText: statusMessage } = answer;
    return { statusCode, statusMessage, headers, body: await bodyOf(answer, new URL(url).host, most) };
  };

async function bodyOf(answer: Response, host: string, most: number): Promise<Uint8Array> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = answer.body?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    length += next.value.length;
    if (length > most) {
      await reader?.cancel();
      throw new AnswerTooLong(host, most);
    }
    parts.push(next.value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
