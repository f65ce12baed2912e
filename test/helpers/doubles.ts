import { BrowserProvider, Interface, makeError } from "ethers";
import type { BlockTag, Eip1193Provider, Filter, Provider, Signer, TransactionRequest } from "ethers";

import type { BlobStore, JournalStore } from "../../client/index.ts";

/** A store whose methods can be replaced to misbehave. */
export const misbehaving = (store: BlobStore, faults: Partial<BlobStore>): BlobStore => ({
  name: store.name,
  put: (blob) => store.put(blob),
  get: (digest) => store.get(digest),
  has: (digest) => store.has(digest),
  delete: (digest) => store.delete(digest),
  ...faults,
});

/** A signer that does something around each transaction: lets another writer come first, or loses the answer. */
export const signerWith = (
  signer: Signer,
  send: (
    forward: Signer["sendTransaction"],
    ...args: Parameters<Signer["sendTransaction"]>
  ) => ReturnType<Signer["sendTransaction"]>,
): Signer =>
  new Proxy(signer, {
    get(target, property) {
      if (property === "sendTransaction") {
        return (...args: Parameters<Signer["sendTransaction"]>) =>
          send(target.sendTransaction.bind(target), ...args);
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

/** A store that remembers every blob that was ever put, as somebody who archives everything does. */
export function archiving(store: BlobStore): { store: BlobStore; archive: Map<string, Uint8Array> } {
  const archive = new Map<string, Uint8Array>();
  const put = async (blob: Uint8Array): Promise<string> => {
    const digest = await store.put(blob);
    archive.set(digest, blob.slice());
    return digest;
  };
  return { store: misbehaving(store, { put }), archive };
}

/** An RPC that does not know of anything after a block: it fell behind, was cut off, or shows an old state on purpose. */
export const staleProvider = (provider: Provider, block: number): Provider =>
  new Proxy(provider, {
    get(target, property) {
      const known = (tag: BlockTag | undefined): BlockTag =>
        typeof tag === "number" && tag < block ? tag : block;
      if (property === "getBlockNumber") return () => Promise.resolve(block);
      if (property === "getBlock") return (tag: BlockTag) => target.getBlock(known(tag));
      if (property === "call") {
        return (request: TransactionRequest) =>
          target.call({ ...request, blockTag: known(request.blockTag ?? undefined) });
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

/** An RPC that answers some calls itself; `null` passes a call on. */
export const answering = (
  provider: Provider,
  answer: (request: TransactionRequest) => Promise<string | null>,
): Provider =>
  new Proxy(provider, {
    get(target, property) {
      if (property === "call") {
        return async (request: TransactionRequest) => (await answer(request)) ?? target.call(request);
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

/** One request to a node, seen on its way there. */
export interface Request {
  readonly method: string;
  readonly params: readonly unknown[];
  /** Sends it on. */
  readonly forward: () => Promise<unknown>;
}

/** An RPC with somebody in it who sees each request before the node does, and answers what they like. */
export function between(node: Eip1193Provider, watch: (request: Request) => Promise<unknown>): Provider {
  const request: Eip1193Provider["request"] = ({ method, params = [] }) =>
    watch({ method, params: Object.values(params), forward: () => node.request({ method, params }) });
  const provider = new BrowserProvider({ request }, 31_337, { staticNetwork: true, cacheTimeout: -1 });
  provider.pollingInterval = 10;
  return provider;
}

/** An RPC that goes away before the request with this number, counted from 1, and stays away. */
export function dying(node: Eip1193Provider, before: number): { provider: Provider; dead: () => boolean } {
  let asked = 0;
  const provider = between(node, ({ forward }) =>
    ++asked >= before
      ? Promise.reject(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))
      : forward(),
  );
  return { provider, dead: () => asked >= before };
}

/** An RPC that has pruned its logs, as full nodes do. */
export function pruned(provider: Provider): Provider {
  const double: Provider = new Proxy(provider, {
    get(target, property) {
      // Events are asked of the provider's own provider.
      if (property === "provider") return double;
      if (property === "getLogs") return () => Promise.resolve([]);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return double;
}

/** An RPC that refuses to give more logs at once than this, as public nodes do. */
export function limited(provider: Provider, most: number): Provider {
  const double: Provider = new Proxy(provider, {
    get(target, property) {
      if (property === "provider") return double;
      if (property === "getLogs") {
        return async (filter: Filter) => {
          const logs = await target.getLogs(filter);
          if (logs.length > most) throw new Error(`query returned more than ${most} results`);
          return logs;
        };
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return double;
}

/** An RPC that makes its newest block up, and has no log of any. It has had enough after 20,000 questions. */
export function boasting(provider: Provider, newest: number): { provider: Provider; asked: () => number } {
  let asked = 0;
  const getLogs = (): Promise<[]> => {
    if (++asked > 20_000) throw new Error("asked without end");
    return Promise.resolve([]);
  };
  const block = { number: newest, timestamp: 2 ** 31, hash: `0x${"00".repeat(32)}` };
  const double: Provider = new Proxy(provider, {
    get(target, property) {
      if (property === "provider") return double;
      if (property === "getLogs") return getLogs;
      if (property === "getBlockNumber") return () => Promise.resolve(newest);
      if (property === "getBlock") return () => Promise.resolve(block);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return { provider: double, asked: () => asked };
}

/** An RPC whose refusal of an empty account ethers understands: Hardhat has words of its own for it. */
export const understood = (provider: Provider): Provider =>
  new Proxy(provider, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      const bound = value.bind(target) as (...args: unknown[]) => unknown;
      if (property !== "broadcastTransaction" && property !== "estimateGas") return bound;
      return (...args: unknown[]) =>
        Promise.resolve(bound(...args)).catch((fault: unknown) => {
          if (!/enough funds/.test(String(fault))) throw fault;
          throw makeError("insufficient funds", "INSUFFICIENT_FUNDS", { transaction: {} });
        });
    },
  });

const MULTICALL = new Interface(["function multicall(bytes[] data) returns (bytes[] results)"]);

/** A wallet that is watched: before its first transaction, a multicall, somebody lands the last call of it alone. */
export function frontRun(wallet: Signer, watcher: Signer, crash = false): Signer {
  let done = false;
  return signerWith(wallet, async (forward, transaction) => {
    if (!done) {
      done = true;
      const [calls] = MULTICALL.decodeFunctionData("multicall", transaction.data!) as unknown as [string[]];
      const commit = await watcher.sendTransaction({ to: transaction.to!, data: calls.at(-1)! });
      await commit.wait();
      if (crash) throw new Error("power cut");
    }
    return forward(transaction);
  });
}

/** A wallet that lets somebody else come first, once. */
export function losing(wallet: Signer, interrupt: () => Promise<unknown>): Signer {
  let done = false;
  return signerWith(wallet, async (forward, transaction) => {
    if (!done) {
      done = true;
      await interrupt();
    }
    return forward(transaction);
  });
}

/** A replaced transaction, in the words of ethers. */
const replacement = (reason: "cancelled" | "repriced"): Error =>
  makeError("transaction was replaced", "TRANSACTION_REPLACED", {
    ...{ cancelled: reason === "cancelled", reason, hash: "0x" },
    ...{ replacement: null as never, receipt: null as never },
  });

/** A wallet whose holder pays more for each transaction, which lands by another hash. */
export const repricing = (wallet: Signer): Signer =>
  signerWith(wallet, async (forward, transaction) => {
    await (await forward(transaction)).wait();
    return { wait: () => Promise.reject(replacement("repriced")) } as never;
  });

/** A wallet whose holder takes the first transaction back. */
export function cancelling(wallet: Signer): { wallet: Signer; sent: () => number } {
  let sent = 0;
  const fault = replacement("cancelled");
  const signer = signerWith(wallet, async (forward, transaction) =>
    ++sent > 1 ? forward(transaction) : ({ wait: () => Promise.reject(fault) } as never),
  );
  return { wallet: signer, sent: () => sent };
}

/** A store that lets something happen, once, before its next answer. */
export function interrupting(store: BlobStore, interrupt: () => Promise<unknown>): BlobStore {
  let done = false;
  const get = async (digest: string): Promise<Uint8Array | null> => {
    if (!done) {
      done = true;
      await interrupt();
    }
    return store.get(digest);
  };
  return misbehaving(store, { get });
}

/** A journal on a device that loses its power before the step with this number, counted from 1: every later step fails. */
export function powerCut(store: JournalStore, before: number): { store: JournalStore; cut: () => boolean } {
  let step = 0;
  const spend = async <T>(work: () => Promise<T>): Promise<T> => {
    if (++step >= before) throw new Error("power cut");
    return work();
  };
  return {
    cut: () => step >= before,
    store: {
      ...store,
      list: () => store.list(),
      read: (name) => store.read(name),
      write: (name, bytes) => spend(() => store.write(name, bytes)),
      remove: (name) => spend(() => store.remove(name)),
    },
  };
}
