import { dataLength, getAddress, Interface, isAddress, type Provider } from "ethers";

import { registryContract, vaultContract } from "../../../../../../client/index.ts";
import { blobLogContract } from "../../../../../../client/stores.ts";
import { AnswerTooLong } from "../../../chain/errors.ts";
import type { RpcProvider } from "../../../chain/network.ts";
import type { SeenEvent, SeenTransaction, Waiting, Watched } from "./seen.ts";

/** How much a node is asked at a time. */
const AT_ONCE = 8;

const unlooked = ({ hash, block }: Pick<SeenEvent, "hash" | "block">): SeenTransaction => ({
  ...{ hash, block, looked: false, time: null, from: null, to: null, bytes: null, gas: null, fee: null },
  calls: [],
});

/** The transactions that left some events, each once and in their order. Nobody was asked about them yet. */
export const transactionsOf = (events: readonly SeenEvent[]): SeenTransaction[] => [
  ...new Map(events.map((event) => [event.hash, unlooked(event)])).values(),
];

/** What others than owners leave in the vault's log. */
const OTHERS = new Set(["Proposed", "Approval", "ApprovalForAll"]);

/**
 * The same, newest first: what only owners leave before all else, so that nobody's come before
 * them.
 *
 * @param events - Oldest first.
 */
export function inTurnOf(events: readonly SeenEvent[]): SeenTransaction[] {
  const rank = ({ of, name }: SeenEvent): number => (of !== "vault" ? 2 : OTHERS.has(name) ? 1 : 0);
  const ordered = events.toReversed().sort((a, b) => rank(a) - rank(b));
  return transactionsOf(ordered);
}

/** Looks some transactions up. */
export function lookedUp(
  { provider, deployment }: Watched,
  wanted: readonly SeenTransaction[],
  { onProgress, signal }: Waiting,
): Promise<SeenTransaction[]> {
  const suite = new Map<string, Interface>([
    [deployment.memoryVault.toLowerCase(), vaultContract(deployment.memoryVault, provider).interface],
    [deployment.keyRegistry.toLowerCase(), registryContract(deployment.keyRegistry, provider).interface],
    [deployment.blobLog.toLowerCase(), blobLogContract(deployment.blobLog, provider).interface],
  ]);
  const timeOf = clock(provider);
  let done = 0;
  return inTurns(wanted, async ({ hash, block }) => {
    signal?.throwIfAborted();
    const seen = await transactionOf(provider, suite, hash, block, timeOf);
    onProgress?.({ doing: "transactions", done: ++done / wanted.length });
    return seen;
  });
}

async function transactionOf(
  provider: RpcProvider,
  suite: ReadonlyMap<string, Interface>,
  hash: string,
  block: number,
  timeOf: (block: number) => Promise<number | null>,
): Promise<SeenTransaction> {
  const [sent, receipt, time] = await Promise.all([
    provider.getTransaction(hash),
    receiptOf(provider, hash),
    timeOf(block),
  ]);
  return {
    ...{ hash, block, looked: true, time },
    from: sent?.from ?? receipt?.from ?? null,
    to: sent?.to ?? receipt?.to ?? null,
    bytes: sent === null ? null : dataLength(sent.data),
    gas: receipt?.gas ?? null,
    fee: receipt?.fee ?? null,
    calls: sent === null ? [] : callsIn(suite.get(sent.to?.toLowerCase() ?? ""), sent.data),
  };
}

interface Receipt {
  readonly from: string;
  readonly to: string | null;
  readonly gas: number;
  readonly fee: bigint | null;
}

/** What a transaction cost; `null` where the node does not tell, or too much with it. The logs in it, which strangers make as long as they like, are left unread. */
async function receiptOf(provider: RpcProvider, hash: string): Promise<Receipt | null> {
  const answer: unknown = await provider
    .send("eth_getTransactionReceipt", [hash])
    .catch((fault: unknown): null => {
      if (fault instanceof AnswerTooLong) return null;
      throw fault;
    });
  if (typeof answer !== "object" || answer === null) return null;
  const { from, to, gasUsed, effectiveGasPrice: price } = answer as Readonly<Record<string, unknown>>;
  if (!isAddress(from) || !isQuantity(gasUsed)) return null;
  const fee = isQuantity(price) ? BigInt(gasUsed) * BigInt(price) : null;
  const sentTo = isAddress(to) ? getAddress(to) : null;
  return { from: getAddress(from), to: sentTo, gas: Number(gasUsed), fee };
}

const isQuantity = (value: unknown): value is string =>
  typeof value === "string" && /^0x[0-9a-f]{1,64}$/i.test(value);

/** The time of a block, each asked for once; `null` where the node has no such block. */
function clock(provider: Provider): (block: number) => Promise<number | null> {
  const times = new Map<number, Promise<number | null>>();
  return (block) => {
    const known = times.get(block);
    if (known !== undefined) return known;
    const asked = provider.getBlock(block).then((found) => found?.timestamp ?? null);
    times.set(block, asked);
    return asked;
  };
}

const MULTICALL = new Interface(["function multicall(bytes[] data) returns (bytes[] results)"]);

/** Calls within one that are named. */
const MOST_CALLS = 32;

/**
 * The functions that a call is, or that are within it.
 *
 * @param abi - Of the contract that is called, where it is known. What another one is sent is not looked into: few bytes can be made to say
 *   that they are any number of calls within calls, and ours alone have carried them out.
 */
export function callsIn(abi: Interface | undefined, data: string): string[] {
  if (data === "0x") return ["no function"];
  if (abi === undefined || nameOf(MULTICALL, data) !== "multicall") return [nameOf(abi, data)];
  const calls = within(data);
  const names = calls.slice(0, MOST_CALLS).map((call) => nameOf(abi, call));
  return calls.length > MOST_CALLS ? [...names, `${calls.length - MOST_CALLS} more`] : names;
}

const nameOf = (abi: Interface | undefined, call: string): string =>
  abi?.getFunction(call.slice(0, 10))?.name ?? `function ${call.slice(0, 10)}`;

function within(data: string): readonly string[] {
  try {
    return [...(MULTICALL.parseTransaction({ data })?.args[0] as readonly string[])];
  } catch {
    // Bytes after the selector that are no calls: none was made.
    return [];
  }
}

/** Does the same with many things, some at a time, and keeps their order. */
export async function inTurns<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < things.length; start += AT_ONCE)
    results.push(...(await Promise.all(things.slice(start, start + AT_ONCE).map(work))));
  return results;
}
