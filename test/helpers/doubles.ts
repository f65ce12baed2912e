import type { BlockTag, Provider, Signer, TransactionRequest } from "ethers";

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
