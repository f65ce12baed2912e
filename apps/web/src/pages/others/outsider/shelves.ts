import { dataLength } from "ethers";

import { digestOf, VaultError, type BlobStore } from "../../../../../../client/index.ts";
import { digestIn } from "./grants.ts";
import type { NamedBlob, SeenEvent, Shelf } from "./seen.ts";
import { inTurns } from "./transactions.ts";

/** How an age file begins. */
const AGE = "age-encryption.org/";

/** The stores that a store is made of. */
export const partsOf = (store: BlobStore | undefined): readonly BlobStore[] =>
  store === undefined ? [] : (store.parts?.stores ?? [store]);

/**
 * What lies in each store, as its keeper sees it.
 *
 * @param published - What is on BlobLog, for a store that is there.
 */
export const shelvesOf = (store: BlobStore | undefined, published: readonly SeenEvent[]): Promise<Shelf[]> =>
  Promise.all(partsOf(store).map((part) => shelfOf(part, published)));

async function shelfOf(store: BlobStore, published: readonly SeenEvent[]): Promise<Shelf> {
  const { name } = store;
  if (store.permanent === true) {
    const blobs = published.map(({ args }) => ({
      digest: digestIn(args["digest"]) ?? "",
      size: dataLength(args["blob"] ?? "0x"),
    }));
    return { store: name, blobs, fault: null };
  }
  try {
    const listed = await store.list?.();
    const blobs = listed?.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)) ?? null;
    return { store: name, blobs, fault: null };
  } catch (fault) {
    if (!(fault instanceof VaultError)) throw fault;
    return { store: name, blobs: null, fault: fault.message };
  }
}

/** The blobs whose digests stand on chain, and how they look in the store. */
export function namedBlobs(events: readonly SeenEvent[], store: BlobStore | undefined): Promise<NamedBlob[]> {
  const named = new Map<string, NamedBlob["what"]>();
  for (const { name, args } of events) {
    const welcome = name === "Granted" ? digestIn(args["welcome"]) : null;
    const proposal = name === "Proposed" ? digestIn(args["digest"]) : null;
    if (welcome !== null) named.set(welcome, "welcome");
    if (proposal !== null) named.set(proposal, "proposal");
  }
  return inTurns([...named], async ([digest, what]) => {
    const { blob, fault } = await fetched(store, digest);
    const begin = new TextDecoder().decode(blob?.subarray(0, AGE.length));
    return { digest, what, size: blob?.length ?? null, age: begin === AGE, fault };
  });
}

/** A blob by its digest, and nothing else by that name. */
async function fetched(
  store: BlobStore | undefined,
  digest: string,
): Promise<{ readonly blob: Uint8Array | null; readonly fault: string | null }> {
  try {
    const blob = (await (store?.parts?.asIs ?? store)?.get(digest)) ?? null;
    const altered = blob !== null && digestOf(blob) !== digest;
    return altered ? { blob: null, fault: "other bytes lie there" } : { blob, fault: null };
  } catch (fault) {
    if (fault instanceof VaultError) return { blob: null, fault: fault.message };
    throw fault;
  }
}
