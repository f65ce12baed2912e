import { StoreUnavailable } from "../errors.ts";
import type { BlobStore } from "./store.ts";

/** Milliseconds that a store may take over one blob: those that ask others have less patience, and say more. */
export const STORE_PATIENCE = 120_000;

/**
 * Has a store fail that does not answer, so that nobody waits for it without end. Writing to a permanent one may ask a person, and
 * is waited for.
 *
 * @param store - The store.
 * @param patience - Milliseconds that it may take over one blob.
 * @returns The same store, whose methods throw StoreUnavailable after that.
 */
export function bounded(store: BlobStore, patience = STORE_PATIENCE): BlobStore {
  const within = <T>(answer: Promise<T>, blobs = 1): Promise<T> =>
    inTime(store.name, answer, patience * blobs);
  const written = <T>(answer: Promise<T>, blobs = 1): Promise<T> =>
    store.permanent === true ? answer : within(answer, blobs);
  return {
    ...store,
    put: (blob) => written(store.put(blob)),
    ...(store.putAll !== undefined && {
      putAll: (blobs) => written(store.putAll?.(blobs) ?? Promise.resolve(), blobs.length),
    }),
    get: (digest) => within(store.get(digest)),
    has: (digest) => within(store.has(digest)),
    delete: (digest) => within(store.delete(digest)),
  };
}

function inTime<T>(name: string, answer: Promise<T>, patience: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailable(name, `it did not answer in ${patience / 1_000} seconds`)),
      patience,
    );
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
