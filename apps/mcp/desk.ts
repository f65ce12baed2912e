import {
  headOf,
  isOfMemory,
  read,
  uncommitted,
  withdraw,
  type Previewed,
  type Vault,
  type VaultView,
} from "../../client/index.ts";
import type { Committer } from "./committer.ts";
import { chainFault, ChainUnreachable } from "./faults.ts";
import { faultFields, type Log } from "./log.ts";
import { searchSight, type Recall, type RecallOptions, type RecallSearch } from "./recall.ts";
import { sightOf, stillHolds, verified, type Sight } from "./sight.ts";
import { within, type Timers } from "./timers.ts";

/** Where a vault is read and written for one client. */
export interface Desk {
  /** What the vault holds now. The chain is asked each time; what has not changed is neither fetched nor built anew. */
  look(): Promise<Sight>;
  /** Everything that fits a query, the best first; what waits is found as well. */
  search(sight: Sight, query: string, options: RecallOptions): Promise<Previewed[]>;
  /** Has the kept index hold what the vault holds now, and no more: what was forgotten is to leave the disk as well. */
  tidy(): Promise<void>;
  /** Writes to the journal, one caller after the other. If the chain does not answer, `work` gets what was last seen. */
  write<T>(work: (sight: Sight) => Promise<T>): Promise<T>;
}

/** What a desk works with. */
export interface DeskParts {
  readonly vault: Vault;
  readonly recall: Recall;
  readonly timers: Timers;
  readonly committer: Committer;
  readonly log: Log;
}

/** Longest that the chain may take to say where the head is. */
const HEAD_TIMEOUT_MS = 15_000;

/** Opens a desk. */
export function openDesk({ vault, recall, timers, committer, log }: DeskParts): Desk {
  let known: VaultView | null = null;
  let last: Sight | null = null;
  let headIndex: { readonly stateRoot: string; readonly search: Promise<RecallSearch> } | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const unanswered = (): never => {
    throw new ChainUnreachable();
  };
  /** The present head's view. One that may still be taken back is read again, so that it settles. */
  const present = async (): Promise<VaultView | null> => {
    const head = await within(timers, HEAD_TIMEOUT_MS, headOf(vault), unanswered);
    if (head.sequence === 0n) return null;
    if (known?.final !== true || known.stateRoot !== head.stateRoot) known = await read(vault);
    return known;
  };
  const lay = async (view: VaultView | null): Promise<Sight> => {
    const waiting = (await uncommitted(vault, view)).filter(isOfMemory);
    if (last === null || !stillHolds(last, view, waiting)) last = sightOf(view, waiting);
    return last;
  };
  const look = async (): Promise<Sight> => {
    try {
      for (;;) {
        const { attempts, busy } = committer;
        const sight = await lay(await present());
        if (!busy && committer.attempts === attempts) return sight;
        // A commit under way takes operations out of the journal, and into a head that may be newer than this one.
        if ((await headOf(vault)).sequence === (sight.view?.sequence ?? 0n)) return sight;
      }
    } catch (fault) {
      throw chainFault(fault);
    }
  };
  /** Failing costs time at the next start, and nothing else. */
  const keep = (): Promise<void> =>
    recall
      .keep()
      .catch((fault: unknown) => log({ level: "warn", event: "index not kept", ...faultFields(fault) }));
  /** The head's index takes in what changed when the head moves; what waits is little, and has one of its own. */
  const searchHead = (view: VaultView): Promise<RecallSearch> => {
    const { stateRoot, sequence } = view;
    if (headIndex?.stateRoot !== stateRoot) {
      // One head after the other: a slow one must not come into the index behind a newer one.
      const before = headIndex?.search.catch(() => undefined) ?? Promise.resolve();
      const search = before.then(() => recall.head(verified(view), sequence));
      headIndex = { stateRoot, search };
      search.then(
        () => void keep(),
        () => (headIndex = null),
      );
    }
    return headIndex.search;
  };

  return {
    look,
    async search(sight, query, options) {
      const head = sight.view === null ? null : await searchHead(sight.view);
      return searchSight(sight, recall, head, query, { ...options, now: vault.now() });
    },
    async tidy() {
      const { view } = await look();
      if (view === null) return;
      await searchHead(view);
      await keep();
    },
    write(work) {
      const turn = queue.then(async () => {
        const sight = await look().catch(async (fault: unknown) => {
          if (!(fault instanceof ChainUnreachable)) throw fault;
          return { ...(await lay(known)), current: false };
        });
        const result = await work(sight);
        await refuse(vault, sight, await lay(sight.view));
        return result;
      });
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** Takes back what no record can hold, and says so while the one who asked for it still listens. */
async function refuse(vault: Vault, before: Sight, after: Sight): Promise<void> {
  const [refused] = [...after.refused].filter(([id]) => !before.refused.has(id));
  if (refused === undefined) return;
  await withdraw(vault, [refused[0]]);
  throw refused[1];
}
