import { BlobAltered, StoreUnavailable, VaultError } from "../errors.ts";
import { patiently } from "./bounded.ts";
import { gate } from "./gate.ts";
import { giveUpIn } from "./give-up.ts";
import { firstHonest, type Source } from "./race.ts";
import {
  digestOf,
  putAllVerified,
  putVerified,
  type BlobStore,
  type Digest,
  type StoreParts,
} from "./store.ts";

/** Too few stores of a mirror have kept a blob. */
export class QuorumMissed extends VaultError {
  constructor(
    readonly digest: string,
    readonly stores: readonly string[],
    readonly quorum: number,
    readonly faults: readonly VaultError[],
  ) {
    super(
      `Blob ${digest} was kept by ${stores.length} stores, ${quorum} are needed. ${faults.map(({ message }) => message).join(" ")}`,
    );
  }
}

/** How many stores must have a blob, and how patient to be with one. */
export interface MirrorOptions {
  /** How many stores must have read a blob back before it counts as kept; more than half of those that are written to unless given. */
  readonly quorum?: number;
  /** Milliseconds for which one store may take over one blob; 30,000 unless given. A permanent one may ask a person, and is waited for. */
  readonly patience?: number;
  /** Milliseconds for which a store is asked alone before the next one is asked too; 1,000 unless given. */
  readonly headStart?: number;
  /** Hears of every store that failed where enough others did not. */
  readonly notice?: (fault: VaultError) => void;
}

/** Several stores as one. */
export interface Mirror extends BlobStore {
  readonly parts: StoreParts;
  /** Resolves when no repair that a read began is on its way any more. */
  settled(): Promise<void>;
}

/** Repairs that wait for their turn; more are left to `repair`, so that a store that lost all costs no memory. */
const MAX_REPAIRS = 64;

/**
 * Keeps each blob in several stores. A blob is kept once a quorum has read it back; it is read from the first store that answers
 * honestly, and put back where it was missing or altered, unless the store is permanent: nothing is paid for unasked. A store that
 * only reads is asked for blobs and for nothing else: it counts for no quorum, and keeps no shred from its end.
 *
 * @param stores - The stores; their order is that of asking.
 * @param options - How many are enough.
 * @returns The mirror. `put` throws QuorumMissed when too few stores have the blob; `get` throws BlobAltered when all who answer lie,
 * and StoreUnavailable when nobody has the blob and not everybody answered; `delete` tells all, and throws when one could not be told.
 * @throws RangeError when the quorum is not between 1 and the number of stores that are written to.
 * @example
 * const store = mirrorStore([memoryStore("here"), memoryStore("there"), memoryStore("elsewhere")], { quorum: 2 });
 */
export function mirrorStore(stores: readonly BlobStore[], options: MirrorOptions = {}): Mirror {
  const { patience = 30_000, headStart = 1_000, notice = () => undefined } = options;
  const keepers = stores.filter(({ readOnly }) => readOnly !== true);
  const quorum = options.quorum ?? Math.floor(keepers.length / 2) + 1;
  if (!Number.isInteger(quorum) || quorum < 1 || quorum > keepers.length)
    throw new RangeError(`a quorum of ${quorum} among ${keepers.length} stores that are written to`);
  const through = gate(4);
  const repairs = new Set<Promise<void>>();
  /** What was given up here: a read that was on its way must not bring it back. */
  const givenUp = new Set<Digest>();

  /** Has stores do something, and tells which did. */
  const eachOf = async (
    those: readonly BlobStore[],
    work: (store: BlobStore) => Promise<unknown>,
    scale = 1,
  ) => {
    const outcomes = await Promise.all(
      those.map(async (store) => {
        try {
          await patiently(store, store.permanent === true ? null : patience * scale, () => work(store));
          return { store, fault: null };
        } catch (fault) {
          return { store, fault: asFault(store, fault) };
        }
      }),
    );
    return {
      done: outcomes.filter(({ fault }) => fault === null).map(({ store }) => store.name),
      faults: outcomes.flatMap(({ fault }) => (fault === null ? [] : [fault])),
    };
  };

  const requireQuorum = (
    what: readonly Digest[],
    { done, faults }: { readonly done: readonly string[]; readonly faults: readonly VaultError[] },
  ): void => {
    if (done.length < quorum) throw new QuorumMissed(what[0] ?? "", done, quorum, faults);
    for (const fault of faults) notice(fault);
  };

  const repair = (store: BlobStore, digest: Digest, blob: Uint8Array): void => {
    if (store.permanent === true || store.readOnly === true || repairs.size >= MAX_REPAIRS) return;
    const work = through(async () => {
      try {
        if (givenUp.has(digest)) return;
        await patiently(store, patience, () => putVerified(store, blob));
        if (givenUp.has(digest)) await store.delete(digest);
      } catch (fault) {
        notice(asFault(store, fault));
      }
    }).finally(() => repairs.delete(work));
    repairs.add(work);
  };

  const get = async (digest: Digest, mend: boolean): Promise<Uint8Array | null> => {
    const lacking = new Set<BlobStore>();
    const ranks = stores.map((store): readonly Source[] => [
      {
        read: async (asked, signal) => {
          try {
            const blob = await patiently(store, patience, () => store.get(asked), signal);
            if (blob !== null && digestOf(blob) !== asked) throw new BlobAltered(asked, store.name);
            if (blob === null) lacking.add(store);
            return blob;
          } catch (fault) {
            if (fault instanceof BlobAltered) lacking.add(store);
            throw asFault(store, fault);
          }
        },
      },
    ]);
    const blob = await firstHonest(digest, ranks, headStart, notice);
    if (blob !== null && mend) for (const store of lacking) repair(store, digest, blob.slice());
    return blob;
  };

  const sizes = stores.flatMap(({ maxBlobSize }) => (maxBlobSize === undefined ? [] : [maxBlobSize]));
  const putAll = async (blobs: readonly Uint8Array[]): Promise<void> => {
    const digests = blobs.map(digestOf);
    for (const digest of digests) givenUp.delete(digest);
    requireQuorum(digests, await eachOf(keepers, (store) => putAllVerified(store, blobs), blobs.length));
  };
  const deleteAll = async (digests: readonly Digest[]): Promise<void> => {
    for (const digest of digests) givenUp.add(digest);
    const { faults } = await eachOf(keepers, (store) => giveUpIn(store, digests, patience), digests.length);
    if (faults[0] !== undefined) throw faults[0];
  };
  const store = {
    ...{ name: `mirror of ${stores.map(({ name }) => name).join(", ")}` },
    ...(sizes.length === 0 ? {} : { maxBlobSize: Math.min(...sizes) }),
    ...(stores.some(({ permanent }) => permanent === true) ? { permanent: true } : {}),
    put: async (blob: Uint8Array) => {
      await putAll([blob]);
      return digestOf(blob);
    },
    putAll,
    get: (digest: Digest) => get(digest, true),
    has: async (digest: Digest) => {
      const answers = await eachOf(stores, async (store) => {
        if (!(await store.has(digest))) throw new StoreUnavailable(store.name, NOT_THERE);
      });
      const silent = answers.faults.filter(
        (fault) => !(fault instanceof StoreUnavailable && fault.why === NOT_THERE),
      );
      if (answers.done.length === 0 && silent[0] !== undefined) throw silent[0];
      return answers.done.length > 0;
    },
    delete: (digest: Digest) => deleteAll([digest]),
    deleteAll,
  };
  return {
    ...store,
    parts: { stores, quorum, asIs: { ...store, get: (digest) => get(digest, false) } },
    settled: async () => {
      while (repairs.size > 0) await Promise.all(repairs);
    },
  };
}

const NOT_THERE = "it does not have it";

/** A store may be anybody's: whatever it throws is a fault of that store. */
export const asFault = (store: BlobStore, fault: unknown): VaultError =>
  fault instanceof VaultError
    ? fault
    : new StoreUnavailable(store.name, fault instanceof Error ? fault.name : "it failed");

/** Tells a mirror from other stores. */
export const isMirror = (store: BlobStore): store is Mirror =>
  store.parts !== undefined && "settled" in store;
