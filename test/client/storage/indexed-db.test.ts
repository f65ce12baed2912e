import "fake-indexeddb/auto";

import { expect } from "chai";
import { openDB } from "idb";

import {
  askToKeep,
  indexedDbJournalStore,
  JournalBusyInTab,
  removeJournals,
  type TabLocks,
} from "../../../client/browser.ts";
import { JournalBusy, StoreFull, StoreUnavailable } from "../../../client/errors.ts";
import { rejection } from "./helpers.ts";
import { behavesAsJournal } from "./journals.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Locks as a browser gives them to all tabs of an origin: in order, and given up by a signal. */
function sharedLocks(): TabLocks {
  const last = new Map<string, Promise<unknown>>();
  return {
    async request(name, { signal }, hold) {
      const before = last.get(name) ?? Promise.resolve();
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      });
      const turn = Promise.race([before, aborted]).then(hold);
      last.set(
        name,
        before.then(() => turn.catch(() => undefined)),
      );
      await turn;
    },
  };
}

let drawn = 0;
const database = (): string => `test-${++drawn}`;

behavesAsJournal("indexedDbJournalStore", () =>
  indexedDbJournalStore({ journal: "a", database: database(), locks: sharedLocks() }),
);

describe("indexedDbJournalStore in a browser", () => {
  const locks = sharedLocks();

  it("keeps the files of one journal apart from another's", async () => {
    const name = database();
    const [a, b] = ["a", "a-b"].map((journal) => indexedDbJournalStore({ journal, database: name, locks }));
    await a!.write("state", bytes("a's"));
    await b!.write("state", bytes("b's"));
    await b!.write("other", bytes("b's"));
    expect(await a!.list()).to.deep.equal(["state"]);
    expect(await a!.read("state")).to.deep.equal(bytes("a's"));
    await a!.remove("state");
    expect(await b!.list()).to.deep.equal(["other", "state"]);
  });

  it("is there for whoever opens it again", async () => {
    const options = { journal: "a", database: database(), locks };
    await indexedDbJournalStore(options).write("state", bytes("kept"));
    expect(await indexedDbJournalStore(options).read("state")).to.deep.equal(bytes("kept"));
  });

  it("keeps just the bytes of a part of a buffer, as they were when written", async () => {
    const journal = indexedDbJournalStore({ journal: "a", database: database(), locks });
    const whole = bytes("secret and public");
    const writing = journal.write("part", whole.subarray(11));
    whole.fill(0);
    await writing;
    const found = await journal.read("part");
    expect(found).to.deep.equal(bytes("public"));
    expect(found?.buffer.byteLength).to.equal(6);
  });

  it("writes durably, and is done when the transaction is", async () => {
    const name = database();
    const journal = indexedDbJournalStore({ journal: "a", database: name, locks });
    await journal.write("a", bytes("1"));
    const asked: unknown[] = [];
    const { prototype } = IDBDatabase;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with `this` below
    const { transaction } = prototype;
    const order: string[] = [];
    prototype.transaction = function (this: IDBDatabase, ...rest: Parameters<typeof transaction>) {
      asked.push(rest[2]);
      const begun = transaction.apply(this, rest);
      begun.addEventListener("complete", () => order.push("complete"));
      return begun;
    };
    try {
      await journal.write("a", bytes("2")).then(() => order.push("written"));
    } finally {
      prototype.transaction = transaction;
    }
    expect(asked).to.deep.equal([{ durability: "strict" }]);
    expect(order).to.deep.equal(["complete", "written"]);
  });

  for (const [fault, kind] of [
    ["QuotaExceededError", StoreFull],
    ["UnknownError", StoreUnavailable],
    ["AbortError", StoreUnavailable],
  ] as const)
    it(`names ${fault}, and keeps what was there`, async () => {
      const journal = indexedDbJournalStore({ journal: "a", database: database(), locks });
      await journal.write("a", bytes("before"));
      // eslint-disable-next-line @typescript-eslint/unbound-method -- it is only put back
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function () {
        this.transaction.abort();
        throw new DOMException("no", fault);
      };
      try {
        await rejection(journal.write("a", bytes("after")), kind);
      } finally {
        IDBObjectStore.prototype.put = put;
      }
      expect(await journal.read("a")).to.deep.equal(bytes("before"));
    });

  it("names a file that holds no bytes", async () => {
    const name = database();
    const journal = indexedDbJournalStore({ journal: "a", database: name, locks });
    await journal.write("a", bytes("x"));
    const db = await openDB(name);
    await db.put("files", "text", ["a", "a"]);
    db.close();
    await rejection(journal.read("a"), StoreUnavailable);
  });

  it("says that a newer version of the page wrote it", async () => {
    const name = database();
    (await openDB(name, 2)).close();
    const journal = indexedDbJournalStore({ journal: "a", database: name, locks });
    expect((await rejection(journal.list(), StoreUnavailable)).message).to.contain("reload this page");
  });

  it("lets a newer version in another tab change the database, and is asked again after that", async () => {
    const name = database();
    const journal = indexedDbJournalStore({ journal: "a", database: name, locks });
    await journal.write("a", bytes("x"));
    (await openDB(name, 2)).close();
    await rejection(journal.list(), StoreUnavailable);
  });

  it("names another tab that does not let an older database go, and goes on when it did", async () => {
    const name = database();
    // Version 0 is none: 1 is what is wanted, so an older one cannot be there; one that is removed can.
    const other = await openDB(name, 1, { upgrade: (db) => void db.createObjectStore("files") });
    expect((await rejection(removeJournals(name), StoreUnavailable)).message).to.contain("another tab");
    other.close();
    await removeJournals(name);
  });

  it("removes a database with all its journals, and can begin anew", async () => {
    const options = { journal: "a", database: database(), locks };
    const journal = indexedDbJournalStore(options);
    await journal.write("a", bytes("x"));
    await removeJournals(options.database);
    expect(await journal.list()).to.deep.equal([]);
    await journal.write("a", bytes("y"));
    expect(await journal.list()).to.deep.equal(["a"]);
  });

  it("keeps another tab out, for as long as that one has patience", async () => {
    const options = { journal: "a", database: database(), locks, patience: 20 };
    const release = await indexedDbJournalStore(options).lock();
    const fault = await rejection(indexedDbJournalStore(options).lock(), JournalBusyInTab);
    expect(fault).to.be.instanceOf(JournalBusy);
    expect(fault.message).to.contain("Another tab").and.not.contain("process");
    await release();
    await release();
    const again = await indexedDbJournalStore(options).lock();
    await again();
  });

  it("locks each journal for itself", async () => {
    const common = { database: database(), locks, patience: 20 };
    const a = await indexedDbJournalStore({ ...common, journal: "a" }).lock();
    const b = await indexedDbJournalStore({ ...common, journal: "b" }).lock();
    await Promise.all([a(), b()]);
  });

  it("says why there is no lock where the browser has none", async () => {
    const journal = indexedDbJournalStore({ journal: "a", database: database(), locks: null });
    expect((await rejection(journal.lock(), StoreUnavailable)).message).to.contain("https");
  });
});

describe("askToKeep", () => {
  it("says what the browser promised", async () => {
    expect(await askToKeep({ persist: () => Promise.resolve(true) })).to.equal(true);
    expect(await askToKeep({ persist: () => Promise.resolve(false) })).to.equal(false);
    expect(await askToKeep({ persist: () => Promise.reject(new TypeError("not here")) })).to.equal(false);
  });
});
