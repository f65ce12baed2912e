import { BlobAltered } from "../errors.ts";
import { patiently } from "./bounded.ts";
import { gate } from "./gate.ts";
import { asFault } from "./mirror.ts";
import { digestOf, heldBy, putAllVerified, type BlobStore, type Digest, type StoreParts } from "./store.ts";

/** What one store has of what is needed: each blob is in one of the four. */
export interface StoreCopies {
  readonly name: string;
  /** Read from the store itself, and its sha256 is right. */
  readonly present: readonly Digest[];
  /** The store answers, and does not have it. */
  readonly missing: readonly Digest[];
  /** The store hands out something else. */
  readonly altered: readonly Digest[];
  /** The store does not answer: it may have it. */
  readonly unreachable: readonly Digest[];
  /** Given up on purpose, and there all the same. */
  readonly leftOver: readonly Digest[];
  /** Why the store does not answer. */
  readonly fault: string | null;
}

/** A needed blob of which there are too few copies. */
export interface Shortfall {
  readonly digest: Digest;
  /** Intact copies that were read, but for those of stores that only read: theirs are others'. */
  readonly copies: number;
  /** How many are missing to the quorum. */
  readonly short: number;
}

/** Every blob that is needed, in every store. */
export interface Copies {
  readonly blobs: number;
  readonly quorum: number;
  readonly stores: readonly StoreCopies[];
  /** Blobs with fewer copies than the quorum, lost ones among them. */
  readonly below: readonly Shortfall[];
  /** Every store answered, and none has it. */
  readonly lost: readonly Digest[];
  /** No store that answered has it, and not every store answered. */
  readonly doubtful: readonly Digest[];
  /** How many blobs are known that were given up on purpose; that they are gone is no loss. */
  readonly givenUp: number;
}

/** The stores that something is kept in: a mirror's, or one. */
export const storesOf = (store: BlobStore): StoreParts =>
  store.parts ?? { stores: [store], quorum: 1, asIs: store };

/** Blobs that are read at a time. */
const WIDTH = 8;

/**
 * Reads every needed blob from every store, a few at a time, and keeps none.
 *
 * @param needed - What must be there.
 * @param givenUp - What was given up on purpose, and should be gone.
 * @param patience - Milliseconds for which one store may take over one blob.
 */
export async function countCopies(
  { stores, quorum }: Pick<StoreParts, "stores" | "quorum">,
  needed: Iterable<Digest>,
  givenUp: Iterable<Digest> = [],
  patience = 30_000,
): Promise<Copies> {
  const digests = [...new Set(needed)];
  const gone = [...new Set(givenUp)].filter((digest) => !digests.includes(digest));
  const counted = await Promise.all(stores.map((store) => copiesIn(store, digests, gone, patience)));
  const own = counted.filter((_, i) => stores[i]?.readOnly !== true);
  const intact = new Map<Digest, number>();
  // Where nobody is written to there is nobody else to count.
  for (const digest of (own.length > 0 ? own : counted).flatMap(({ present }) => present))
    intact.set(digest, (intact.get(digest) ?? 0) + 1);
  const seen = new Set(counted.flatMap(({ present }) => present));
  const silent = new Set(counted.flatMap(({ unreachable }) => unreachable));
  const below = digests
    .map((digest) => ({ digest, copies: intact.get(digest) ?? 0 }))
    .filter(({ copies }) => copies < quorum)
    .map((each) => ({ ...each, short: quorum - each.copies }));
  const none = below.map(({ digest }) => digest).filter((digest) => !seen.has(digest));
  return {
    ...{ blobs: digests.length, quorum, stores: counted, below, givenUp: gone.length },
    lost: none.filter((digest) => !silent.has(digest)),
    doubtful: none.filter((digest) => silent.has(digest)),
  };
}

type Found = "present" | "missing" | "altered" | "unreachable";

async function copiesIn(
  store: BlobStore,
  needed: readonly Digest[],
  givenUp: readonly Digest[],
  patience: number,
): Promise<StoreCopies> {
  const through = gate(WIDTH);
  const found: Record<Found, Digest[]> = { present: [], missing: [], altered: [], unreachable: [] };
  const leftOver: Digest[] = [];
  const faults: string[] = [];
  // A store that did not answer a few times in a row is not asked a thousand times more.
  const isGone = (): boolean => faults.length >= WIDTH && found.present.length + found.missing.length === 0;
  const look = async (digest: Digest): Promise<Found> => {
    if (isGone()) return "unreachable";
    try {
      const blob = await patiently(store, patience, () => heldBy(store, digest));
      if (blob === null) return "missing";
      return digestOf(blob) === digest ? "present" : "altered";
    } catch (fault) {
      if (fault instanceof BlobAltered) return "altered";
      faults.push(asFault(store, fault).message);
      return "unreachable";
    }
  };
  await Promise.all(needed.map((digest) => through(async () => void found[await look(digest)].push(digest))));
  // What stays for ever was not given up there, nor what others keep.
  if (store.permanent !== true && store.readOnly !== true)
    await Promise.all(
      givenUp.map((digest) =>
        through(async () => {
          if (faults.length === 0 && (await look(digest)) === "present") leftOver.push(digest);
        }),
      ),
    );
  return { name: store.name, ...found, leftOver, fault: faults[0] ?? null };
}

/** What could not be copied, and why. */
export interface NotCopied {
  readonly store: string;
  readonly digest: Digest;
  readonly why: string;
}

/** What a repair did. */
export interface Repaired {
  /** How it was before. */
  readonly before: Copies;
  /** By store, the blobs that it has now and had not, or had altered. */
  readonly copied: ReadonlyMap<string, readonly Digest[]>;
  /** By store, what was given up before and was there again. */
  readonly givenUp: ReadonlyMap<string, readonly Digest[]>;
  readonly failed: readonly NotCopied[];
}

/** Blobs that are put into a permanent store at one price. */
const AT_ONCE = 64;

/**
 * Copies what is missing or altered from any store that has it, reads every copy back, and gives up again what was given up.
 *
 * @param own - Blobs that this device has itself, by digest.
 */
export async function mendCopies(
  kept: Pick<StoreParts, "stores" | "quorum">,
  needed: Iterable<Digest>,
  givenUp: Iterable<Digest> = [],
  own: ReadonlyMap<Digest, Uint8Array> = new Map(),
  patience = 30_000,
): Promise<Repaired> {
  const before = await countCopies(kept, needed, givenUp, patience);
  const failed: NotCopied[] = [];
  const copied = new Map<string, readonly Digest[]>();
  const gone = new Map<string, readonly Digest[]>();
  for (const [i, store] of kept.stores.entries()) {
    const copies = before.stores[i];
    if (copies === undefined) continue;
    const lacking = store.readOnly === true ? [] : [...copies.missing, ...copies.altered];
    const width = store.permanent === true ? AT_ONCE : WIDTH;
    const done: Digest[] = [];
    for (let at = 0; at < lacking.length; at += width) {
      const part = lacking.slice(at, at + width);
      const sources = kept.stores.filter((_, other) => other !== i);
      const blobs = await Promise.all(part.map((digest) => anyCopy(sources, digest, own, patience)));
      const there = blobs.filter((blob) => blob !== null);
      for (const [k, digest] of part.entries())
        if (blobs[k] === null) failed.push({ store: store.name, digest, why: "no store has it intact" });
      const faults = await putEach(store, there, patience);
      for (const [k, fault] of faults.entries()) {
        const digest = digestOf(there[k] ?? new Uint8Array(0));
        if (fault === null) done.push(digest);
        else failed.push({ store: store.name, digest, why: fault });
      }
    }
    if (done.length > 0) copied.set(store.name, done);
    const again: Digest[] = [];
    for (const digest of copies.leftOver) {
      try {
        await patiently(store, patience, () => store.delete(digest));
        again.push(digest);
      } catch (fault) {
        failed.push({ store: store.name, digest, why: asFault(store, fault).message });
      }
    }
    if (again.length > 0) gone.set(store.name, again);
  }
  return { before, copied, givenUp: gone, failed };
}

/** Puts blobs and reads them back. @returns for each what went wrong, or `null`. */
async function putEach(
  store: BlobStore,
  blobs: readonly Uint8Array[],
  patience: number,
): Promise<(string | null)[]> {
  const limit = store.permanent === true ? null : patience;
  const attempt = async (some: readonly Uint8Array[]): Promise<string | null> => {
    try {
      await patiently(store, limit, () => putAllVerified(store, some));
      return null;
    } catch (fault) {
      return asFault(store, fault).message;
    }
  };
  if (store.permanent !== true) return Promise.all(blobs.map((blob) => attempt([blob])));
  const outcome = blobs.length === 0 ? null : await attempt(blobs);
  return blobs.map(() => outcome);
}

async function anyCopy(
  stores: readonly BlobStore[],
  digest: Digest,
  own: ReadonlyMap<Digest, Uint8Array>,
  patience: number,
): Promise<Uint8Array | null> {
  const mine = own.get(digest);
  if (mine !== undefined) return mine;
  for (const store of stores) {
    const blob = await patiently(store, patience, () => store.get(digest)).catch(() => null);
    if (blob !== null && digestOf(blob) === digest) return blob;
  }
  return null;
}
