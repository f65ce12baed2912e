import type { BlobStore, Vault } from "../../../../../client/index.ts";

/**
 * The same vault, whose reads of the stores are counted: an audit says nothing before its end, and may read for minutes.
 *
 * @param heard - Gets the number of reads that are done.
 */
export function counted(vault: Vault, heard: (reads: number) => void): Vault {
  let reads = 0;
  const done = <T>(read: Promise<T>): Promise<T> => read.finally(() => heard(++reads));
  const counting = (store: BlobStore): BlobStore => ({
    ...store,
    get: (digest) => done(store.get(digest)),
    ...(store.held !== undefined && { held: (digest) => done(store.held?.(digest) ?? store.get(digest)) }),
  });
  const { parts } = vault.store;
  const store = {
    ...counting(vault.store),
    ...(parts !== undefined && {
      parts: { ...parts, stores: parts.stores.map(counting), asIs: counting(parts.asIs) },
    }),
  };
  return { ...vault, store };
}
