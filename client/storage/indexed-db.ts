import { deleteDB, openDB, type IDBPDatabase } from "idb";

import { JournalBusy, StoreFull, StoreUnavailable } from "../errors.ts";
import { journalName, type JournalStore } from "./journal-store.ts";

/** The part of `navigator.locks` that is needed: one holder of a name at a time, in all tabs of an origin. */
export interface TabLocks {
  request(
    name: string,
    options: { readonly signal: AbortSignal },
    hold: () => Promise<void>,
  ): Promise<unknown>;
}

/** What a journal in a browser is made of. */
export interface IndexedDbJournalOptions {
  /** Which journal; each has its own files and its own lock. */
  readonly journal: string;
  /** The database; `memory-vault` unless given. */
  readonly database?: string;
  /** `navigator.locks` unless given; `null` where a browser has none. */
  readonly locks?: TabLocks | null;
  /** How long `lock` waits for somebody else, in milliseconds; 10,000 unless given. */
  readonly patience?: number;
}

/** Another tab holds the journal and did not let go in time. */
export class JournalBusyInTab extends JournalBusy {
  constructor(journal: string) {
    super(journal, 0);
    this.message = `Another tab is working on ${journal}. Wait until it is done, or close it, and try again.`;
  }
}

const DATABASE = "memory-vault";
const VERSION = 1;
const FILES = "files";

/**
 * Keeps a journal in IndexedDB. A write is one transaction that is on disk when it returns; the lock holds across tabs.
 *
 * @param options - Which journal, and what a browser brings.
 * @returns The journal's store. Its methods throw StoreUnavailable when the browser keeps nothing, or another tab keeps an older database open, and StoreFull when the browser
 * gives no more room; `lock` throws JournalBusyInTab.
 */
export function indexedDbJournalStore(options: IndexedDbJournalOptions): Required<JournalStore> {
  const { journal, database = DATABASE, patience = 10_000 } = options;
  const name = `the journal ${journal} in this browser`;
  const within = <T>(work: (db: IDBPDatabase) => Promise<T>): Promise<T> =>
    named(name, async () => work(await opened(database)));
  return {
    list: () =>
      within(async (db) => {
        const keys = await db.getAllKeys(FILES, IDBKeyRange.bound([journal], [journal, []]));
        return keys.map((key) => String((key as unknown[])[1])).sort();
      }),
    read: (entry) =>
      within(async (db) => {
        const found: unknown = await db.get(FILES, [journal, journalName(entry)]);
        if (found === undefined) return null;
        if (!(found instanceof Uint8Array)) throw new StoreUnavailable(name, `${entry} holds no bytes`);
        return found;
      }),
    write: (entry, bytes) => {
      // As they are now, and just these: what is cloned of a part of a buffer is the whole buffer.
      const kept = bytes.slice();
      return within((db) => change(db, [journal, journalName(entry)], kept));
    },
    remove: (entry) => within((db) => change(db, [journal, journalName(entry)], null)),
    lock: () =>
      held(options.locks === undefined ? browserLocks() : options.locks, database, journal, patience),
  };
}

/**
 * Removes a database with all journals in it. Other tabs let it go when asked.
 *
 * @param database - `memory-vault` unless given.
 * @throws StoreUnavailable when another tab does not let it go.
 */
export async function removeJournals(database = DATABASE): Promise<void> {
  const name = `the database ${database} in this browser`;
  await named(name, async () => {
    const open = connections.get(database);
    connections.delete(database);
    (await open?.catch(() => null))?.close();
    await new Promise<void>((resolve, reject) => {
      deleteDB(database, { blocked: () => reject(new StoreUnavailable(name, OLDER_TAB)) }).then(
        resolve,
        reject,
      );
    });
  });
}

/** The part of `navigator.storage` that is needed. */
export interface KeepingStorage {
  persist(): Promise<boolean>;
}

/**
 * Asks the browser not to clear what is kept here when room gets short.
 *
 * @param storage - `navigator.storage` unless given.
 * @returns Whether it promised that; it may ask the person, and may not know how.
 */
export async function askToKeep(
  storage: KeepingStorage | undefined = (globalThis.navigator as Partial<Navigator> | undefined)?.storage,
): Promise<boolean> {
  return (await storage?.persist().catch(() => false)) ?? false;
}

const OLDER_TAB = "another tab holds it open; close the other tabs of this page";

/** One connection for each database of this page, opened when it is first needed. */
const connections = new Map<string, Promise<IDBPDatabase>>();

function opened(database: string): Promise<IDBPDatabase> {
  const known = connections.get(database);
  if (known !== undefined) return known;
  const gone = (): void => void connections.delete(database);
  const opening = connect(database, gone);
  connections.set(database, opening);
  // The next one tries again.
  opening.catch(gone);
  return opening;
}

function connect(database: string, gone: () => void): Promise<IDBPDatabase> {
  const name = `the database ${database} in this browser`;
  return new Promise((resolve, reject) => {
    if (typeof indexedDB === "undefined") throw new StoreUnavailable(name, "this browser keeps nothing");
    let late = false;
    openDB(database, VERSION, {
      upgrade: (db) => void db.createObjectStore(FILES),
      blocked: () => {
        late = true;
        reject(new StoreUnavailable(name, OLDER_TAB));
      },
      // Another tab wants to change or remove it: it must not wait for this one.
      blocking: (_current, _wanted, event) => {
        gone();
        (event.target as IDBDatabase).close();
      },
      terminated: gone,
    }).then((db) => (late ? db.close() : resolve(db)), reject);
  });
}

/** One file, in a transaction of its own; a file that is `null` goes. */
async function change(db: IDBPDatabase, key: readonly string[], bytes: Uint8Array | null): Promise<void> {
  const transaction = db.transaction(FILES, "readwrite", { durability: "strict" });
  const { store, done } = transaction;
  const ask = async (): Promise<unknown> =>
    bytes === null ? store.delete([...key]) : store.put(bytes, [...key]);
  // A request that is refused at once must not leave the end of its transaction unawaited.
  await Promise.all([ask(), done]);
}

async function named<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    if (cause.name === "QuotaExceededError") throw new StoreFull(store, { cause });
    if (cause.name === "VersionError")
      throw new StoreUnavailable(store, "a newer version of this page wrote it; reload this page", { cause });
    throw new StoreUnavailable(store, cause.message || cause.name, { cause });
  }
}

/** Only pages that are served safely have them. */
const browserLocks = (): TabLocks | null =>
  (globalThis.navigator as Partial<Navigator> | undefined)?.locks ?? null;

/** Waits for a lock, and holds it until it is released. */
function held(
  locks: TabLocks | null,
  database: string,
  journal: string,
  patience: number,
): Promise<() => Promise<void>> {
  if (locks === null)
    return Promise.reject(
      new StoreUnavailable(
        `the journal ${journal} in this browser`,
        "the browser has no locks between tabs here; open this page over https, or on localhost",
      ),
    );
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), patience);
    const ended = locks.request(`${database}/${journal}`, { signal: waiting.signal }, () => {
      clearTimeout(timer);
      return new Promise<void>((release) => {
        resolve(async () => {
          release();
          // The next one may have it now, and not before.
          await ended;
        });
      });
    });
    ended.catch((cause: unknown) => {
      clearTimeout(timer);
      reject(waiting.signal.aborted ? new JournalBusyInTab(`the journal ${journal}`) : (cause as Error));
    });
  });
}
