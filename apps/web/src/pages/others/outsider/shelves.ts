import { digestOf, VaultError, type BlobStore } from "../../../../../../client/index.ts";
import { MOST_NAMED } from "./bounds.ts";
import { digestIn } from "./grants.ts";
import { unaskedIn } from "./incomplete.ts";
import type { NamedBlob, SeenEvent, Shelf, Walked } from "./seen.ts";
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
export const shelvesOf = (store: BlobStore | undefined, published: Walked | undefined): Promise<Shelf[]> =>
  Promise.all(partsOf(store).map((part) => shelfOf(part, published)));

async function shelfOf(store: BlobStore, published: Walked | undefined): Promise<Shelf> {
  const { name } = store;
  if (store.permanent === true && published !== undefined) {
    const { events, leftOut, stopped } = published;
    const blobs = events.map(({ args }) => ({
      digest: digestIn(args["digest"]) ?? "",
      size: Number(args["bytes"] ?? 0),
    }));
    return { store: name, blobs, whole: leftOut.length === 0 && stopped === null, fault: null };
  }
  try {
    const listed = await store.list?.();
    const blobs = listed?.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)) ?? null;
    return { store: name, blobs, whole: true, fault: null };
  } catch (fault) {
    if (!(fault instanceof VaultError)) throw fault;
    return { store: name, blobs: null, whole: true, fault: fault.message };
  }
}

/** The blobs whose digests stand on chain, and how they look in the store: the newest, and what was not asked for. */
export async function namedBlobs(
  events: readonly SeenEvent[],
  store: BlobStore | undefined,
): Promise<{ readonly named: NamedBlob[]; readonly unasked: string[] }> {
  const named = new Map<string, NamedBlob["what"]>();
  for (const { name, args } of events) {
    const welcome = name === "Granted" ? digestIn(args["welcome"]) : null;
    const proposal = name === "Proposed" ? digestIn(args["digest"]) : null;
    if (welcome !== null) named.set(welcome, "welcome");
    if (proposal !== null) named.set(proposal, "proposal");
  }
  const all = [...named];
  const [welcomes, proposals] = (["welcome", "proposal"] as const).map((kind) =>
    all.filter(([, what]) => what === kind),
  ) as [typeof all, typeof all];
  const newest = new Set([...welcomes.slice(-MOST_NAMED), ...proposals.slice(-MOST_NAMED)]);
  const asked = all.filter((each) => newest.has(each));
  const found = await inTurns(asked, async ([digest, what]) => {
    const { blob, fault } = await fetched(store, digest);
    const begin = new TextDecoder().decode(blob?.subarray(0, AGE.length));
    return { digest, what, size: blob?.length ?? null, age: begin === AGE, fault };
  });
  const unasked = [
    ...unaskedIn("Welcomes in the store", MOST_NAMED, welcomes.length),
    ...unaskedIn("Proposals in the store", MOST_NAMED, proposals.length),
  ];
  return { named: found, unasked };
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
