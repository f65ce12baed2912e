import { dataLength, Interface, type Provider } from "ethers";

import { registryContract, vaultContract } from "../../../../../../client/index.ts";
import { blobLogContract } from "../../../../../../client/stores.ts";
import type { SeenEvent, SeenTransaction, Waiting, Watched } from "./seen.ts";

/** How much a node is asked at a time. */
const AT_ONCE = 8;

/** The transactions that left some events, in the chain's order. */
export async function transactionsOf(
  { provider, deployment }: Watched,
  events: readonly SeenEvent[],
  { onProgress, signal }: Waiting,
): Promise<SeenTransaction[]> {
  const blocks = new Map(events.map(({ hash, block }) => [hash, block]));
  const abis = [
    vaultContract(deployment.memoryVault, provider).interface,
    registryContract(deployment.keyRegistry, provider).interface,
    blobLogContract(deployment.blobLog, provider).interface,
  ];
  const timeOf = clock(provider);
  let done = 0;
  return inTurns([...blocks], async ([hash, block]) => {
    signal?.throwIfAborted();
    const seen = await transactionOf(provider, abis, hash, block, timeOf);
    onProgress?.({ doing: "transactions", done: ++done / blocks.size });
    return seen;
  });
}

async function transactionOf(
  provider: Provider,
  abis: readonly Interface[],
  hash: string,
  block: number,
  timeOf: (block: number) => Promise<number>,
): Promise<SeenTransaction> {
  const [sent, receipt, time] = await Promise.all([
    provider.getTransaction(hash),
    provider.getTransactionReceipt(hash),
    timeOf(block),
  ]);
  return {
    ...{ hash, block, time },
    from: sent?.from ?? receipt?.from ?? null,
    to: sent?.to ?? receipt?.to ?? null,
    bytes: sent === null ? null : dataLength(sent.data),
    gas: receipt === null ? null : Number(receipt.gasUsed),
    fee: receipt === null ? null : receipt.fee,
    calls: sent === null ? [] : callsIn(abis, sent.data),
  };
}

/** The time of a block, each asked for once. */
export function clock(provider: Provider): (block: number) => Promise<number> {
  const times = new Map<number, Promise<number>>();
  return (block) => {
    const known = times.get(block);
    if (known !== undefined) return known;
    const asked = provider.getBlock(block).then((found) => found?.timestamp ?? 0);
    times.set(block, asked);
    return asked;
  };
}

const MULTICALL = new Interface(["function multicall(bytes[] data) returns (bytes[] results)"]);

/** The functions that a call is, or that are within it. */
export function callsIn(abis: readonly Interface[], data: string): string[] {
  const several = parsed(MULTICALL, data);
  if (several !== null)
    return [...(several.args[0] as readonly string[])].flatMap((call) => callsIn(abis, call));
  const known = abis.map((abi) => parsed(abi, data)?.name).find((name) => name !== undefined);
  return [known ?? (data === "0x" ? "no function" : `function ${data.slice(0, 10)}`)];
}

function parsed(abi: Interface, data: string) {
  try {
    return abi.parseTransaction({ data });
  } catch {
    return null;
  }
}

/** Does the same with many things, some at a time, and keeps their order. */
export async function inTurns<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < things.length; start += AT_ONCE)
    results.push(...(await Promise.all(things.slice(start, start + AT_ONCE).map(work))));
  return results;
}
