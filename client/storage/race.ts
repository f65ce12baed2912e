import { BlobAltered, StoreUnavailable, VaultError } from "../errors.ts";
import type { Digest } from "./store.ts";

/** Somebody who may have a blob. */
export interface Source {
  /** Its bytes, checked; `null` when it is not there. Ends when the signal says that nobody waits any more. */
  read(digest: Digest, signal: AbortSignal): Promise<Uint8Array | null>;
}

/**
 * Asks everybody, rank by rank: the next rank when the one before had its head start, or has nothing. The first honest answer wins.
 *
 * @param headStart - Milliseconds for which a rank is asked alone.
 * @param notice - Hears of everybody who failed, where somebody else did not.
 * @throws BlobAltered when nobody had it and somebody lied. StoreUnavailable when nobody had it and somebody did not answer.
 */
export async function firstHonest(
  digest: Digest,
  ranks: readonly (readonly Source[])[],
  headStart: number,
  notice: (fault: VaultError) => void,
): Promise<Uint8Array | null> {
  const faults: VaultError[] = [];
  const over = new AbortController();
  const asked = new Set<Promise<void>>();
  const found: { blob: Uint8Array | null } = { blob: null };
  const begin = async (source: Source): Promise<void> => {
    try {
      const blob = await source.read(digest, over.signal);
      found.blob ??= blob;
    } catch (fault) {
      if (!(fault instanceof VaultError)) throw fault;
      // Whoever was told to stop did not fail.
      if (!over.signal.aborted) faults.push(fault);
    }
  };
  try {
    for (const rank of ranks) {
      for (const source of rank) {
        const answered: Promise<void> = begin(source).finally(() => asked.delete(answered));
        asked.add(answered);
      }
      const patience = rank === ranks.at(-1) ? null : AbortSignal.timeout(headStart);
      while (found.blob === null && asked.size > 0 && patience?.aborted !== true)
        await Promise.race([...asked, ...(patience === null ? [] : [until(patience)])]);
      if (found.blob !== null) break;
    }
  } finally {
    over.abort();
    // They end at once, and none may be left whose failure nobody hears of.
    await Promise.allSettled(asked);
  }
  if (found.blob === null) return nothingFound(digest, faults);
  for (const fault of faults) notice(fault);
  return found.blob;
}

function nothingFound(digest: Digest, faults: readonly VaultError[]): null {
  const [first] = faults;
  if (first === undefined) return null;
  const liars = faults.filter((fault) => fault instanceof BlobAltered).map(({ store }) => store);
  if (liars.length > 0) throw new BlobAltered(digest, liars.join(", "));
  if (faults.length === 1) throw first;
  const told = faults.map((fault) =>
    fault instanceof StoreUnavailable
      ? { store: fault.store, why: fault.why }
      : { store: fault.name, why: fault.message },
  );
  throw new StoreUnavailable(
    told.map(({ store }) => store).join(", "),
    told.map(({ why }) => why).join("; "),
  );
}

/** Resolves when a signal is raised. */
export const until = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
