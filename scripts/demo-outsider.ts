import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

import { getBytes, type Interface, type Provider } from "ethers";

import { number, size } from "../apps/cli/terminal.ts";

/** A transaction as anybody sees it. */
export interface SeenTransaction {
  readonly from: string;
  readonly gas: bigint;
  /** The function's name, as far as the contracts are known. */
  readonly call: string;
  readonly events: readonly string[];
  /** Calldata and logs. */
  readonly bytes: readonly Uint8Array[];
}

/** A file of the store as anybody sees it who has access to the store. */
export interface SeenBlob {
  readonly cid: string;
  readonly bytes: Uint8Array;
}

/** What became visible between two looks. */
export interface Seen {
  readonly transactions: readonly SeenTransaction[];
  readonly blobs: readonly SeenBlob[];
}

/** Somebody who watches the whole chain and the whole store, and has no key. */
export class Outsider {
  readonly #provider: Provider;
  readonly #folder: string;
  readonly #abis: readonly Interface[];
  readonly #all: { transactions: SeenTransaction[]; blobs: Map<string, SeenBlob> } = {
    transactions: [],
    blobs: new Map(),
  };
  #block = 0;

  /**
   * @param folder - Where the store keeps its blobs.
   * @param abis - Of the contracts, which are public.
   */
  constructor(provider: Provider, folder: string, abis: readonly Interface[]) {
    this.#provider = provider;
    this.#folder = folder;
    this.#abis = abis;
  }

  /** Everything seen so far, blobs that were deleted since included. */
  get seen(): Seen {
    return { transactions: this.#all.transactions, blobs: [...this.#all.blobs.values()] };
  }

  /** Looks what is new. */
  async look(): Promise<Seen> {
    const transactions: SeenTransaction[] = [];
    for (const last = await this.#provider.getBlockNumber(); this.#block < last;)
      transactions.push(...(await this.#transactionsIn(++this.#block)));
    const blobs: SeenBlob[] = [];
    for (const cid of await readdir(this.#folder).catch(() => [])) {
      if (cid.startsWith(".") || this.#all.blobs.has(cid)) continue;
      const blob = { cid, bytes: new Uint8Array(await readFile(path.join(this.#folder, cid))) };
      this.#all.blobs.set(cid, blob);
      blobs.push(blob);
    }
    this.#all.transactions.push(...transactions);
    return { transactions, blobs };
  }

  async #transactionsIn(height: number): Promise<SeenTransaction[]> {
    const block = await this.#provider.getBlock(height, true);
    const found = (block?.prefetchedTransactions ?? []).map(async ({ hash, from, to, data }) => {
      const receipt = await this.#provider.getTransactionReceipt(hash);
      const logs = receipt?.logs ?? [];
      return {
        from,
        gas: receipt?.gasUsed ?? 0n,
        call:
          to === null
            ? "a new contract"
            : (this.#first((abi) => abi.parseTransaction({ data })?.name) ?? "a call"),
        events: logs.map((log) => this.#first((abi) => abi.parseLog(log)?.name) ?? "an event"),
        bytes: [data, ...logs.flatMap((log) => [log.data, ...log.topics])].map((hex) => getBytes(hex)),
      };
    });
    return Promise.all(found);
  }

  #first(name: (abi: Interface) => string | undefined): string | undefined {
    return this.#abis.map(name).find((found) => found !== undefined);
  }

  /** The texts that occur anywhere in what was seen. */
  findings(texts: Iterable<string>): string[] {
    const haystack = [
      ...this.#all.transactions.flatMap(({ bytes }) => bytes),
      ...[...this.#all.blobs.values()].map(({ bytes }) => bytes),
    ].map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    return [...texts].filter((text) => haystack.some((bytes) => bytes.includes(text)));
  }
}

/** What a look showed, in one line. */
export function described({ transactions, blobs }: Seen): string {
  const calls = transactions.map(({ call, events }) =>
    events.length === 0 ? call : `${call} (${events.join(", ")})`,
  );
  const stored = counted(blobs.map(({ bytes }) => size(bytes.length))).join(", ");
  return [...counted(calls), ...(blobs.length === 0 ? [] : [`stored: ${stored}`])].join("; ") || "nothing";
}

/** Bytes of the transactions: calldata and logs. */
export const bytesOnChain = ({ transactions }: Seen): number =>
  transactions.reduce((sum, { bytes }) => sum + bytes.reduce((total, { length }) => total + length, 0), 0);

/** Repeated things once, with their number. */
function counted(things: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1);
  return [...counts].map(([thing, count]) => (count === 1 ? thing : `${number(count)} × ${thing}`));
}
