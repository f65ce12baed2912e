import { StoreUnavailable } from "../errors.ts";
import { heldBy, type BlobStore } from "./store.ts";

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
  const within = <T>(work: () => Promise<T>, blobs = 1): Promise<T> =>
    patiently(store, patience * blobs, work);
  const written = <T>(work: () => Promise<T>, blobs = 1): Promise<T> =>
    store.permanent === true ? work() : within(work, blobs);
  return {
    ...store,
    put: (blob) => written(() => store.put(blob)),
    ...(store.putAll !== undefined && {
      putAll: (blobs) => written(() => store.putAll?.(blobs) ?? Promise.resolve(), blobs.length),
    }),
    get: (digest) => within(() => store.get(digest)),
    ...(store.held !== undefined && { held: (digest) => within(() => heldBy(store, digest)) }),
    has: (digest) => within(() => store.has(digest)),
    delete: (digest) => within(() => store.delete(digest)),
    ...(store.deleteAll !== undefined && {
      deleteAll: (digests) => within(() => store.deleteAll?.(digests) ?? Promise.resolve(), digests.length),
    }),
  };
}

/**
 * Waits for a store, and no longer than it may take.
 *
 * @param patience - Milliseconds; for ever when `null`.
 * @throws StoreUnavailable when it takes longer, or nobody waits any more.
 */
export function patiently<T>(
  { name }: Pick<BlobStore, "name">,
  patience: number | null,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const end = (why: string): void => reject(new StoreUnavailable(name, why));
    const leave = (): void => end("not waited for");
    if (patience !== null)
      timer = setTimeout(() => end(`it did not answer in ${patience / 1_000} seconds`), patience);
    if (signal?.aborted === true) leave();
    signal?.addEventListener("abort", leave, { once: true });
  });
  return Promise.race([Promise.resolve().then(work), late]).finally(() => clearTimeout(timer));
}
