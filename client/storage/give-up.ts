import { patiently, STORE_PATIENCE } from "./bounded.ts";
import type { BlobStore, Digest } from "./store.ts";

/** Blobs that are given up at a time. */
const WIDTH = 8;

/**
 * Has a store give blobs up: tries each, whatever becomes of the others, so that one that cannot be given up keeps no other.
 *
 * @param store - The store.
 * @param digests - The digests they were kept under.
 * @param patience - Milliseconds that it may take over one blob; one that wasted seven times that is asked for no more.
 * @throws what it threw first, when all are tried.
 */
export async function giveUpIn(
  store: BlobStore,
  digests: readonly Digest[],
  patience = STORE_PATIENCE,
): Promise<void> {
  if (store.deleteAll !== undefined) return store.deleteAll(digests);
  const left = [...digests];
  const refused: Promise<void>[] = [];
  let wasted = 0;
  const work = async (): Promise<void> => {
    for (let digest = left.pop(); digest !== undefined; digest = left.pop()) {
      const [each, began] = [digest, performance.now()];
      const outcome = patiently(store, patience, () => store.delete(each));
      await outcome.catch(() => {
        refused.push(outcome);
        wasted += performance.now() - began;
      });
      if (wasted >= (WIDTH - 1) * patience) return;
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, work));
  await refused[0];
}
