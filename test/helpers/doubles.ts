import type { Signer } from "ethers";

import type { BlobStore } from "../../client/index.ts";

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
