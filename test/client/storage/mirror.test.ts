import { expect } from "chai";

import {
  BlobAltered,
  digestOf,
  memoryStore,
  StoreFull,
  StoreUnavailable,
  VaultError,
  type BlobStore,
} from "../../../client/index.ts";
import { mirrorStore, QuorumMissed } from "../../../client/stores.ts";
import { bounded } from "../../../client/storage/bounded.ts";
import { countCopies, mendCopies } from "../../../client/storage/copies.ts";
import { putVerified } from "../../../client/storage/store.ts";
import { misbehaving } from "../../helpers/doubles.ts";
import { rejection } from "./helpers.ts";

const blob = (seed: number, size = 4096) => new Uint8Array(size).map((_, i) => (i * 7 + seed) % 251);
const never = <T>(): Promise<T> => new Promise(() => undefined);
const down = (store: BlobStore): BlobStore => {
  const refuse = <T>(): Promise<T> => Promise.reject(new StoreUnavailable(store.name, "down"));
  return misbehaving(store, { put: refuse, get: refuse, has: refuse, delete: refuse });
};
const silent = (store: BlobStore) =>
  misbehaving(store, { put: never, get: never, has: never, delete: never });

describe("mirrorStore", () => {
  const three = () => [memoryStore("a"), memoryStore("b"), memoryStore("c")] as const;
  const quick = { patience: 60, headStart: 10 };

  it("keeps a blob in all stores, and counts it kept when a quorum has read it back", async () => {
    const [a, b, c] = three();
    const digest = await mirrorStore([a, b, c]).put(blob(1));
    for (const store of [a, b, c]) expect(await store.get(digest)).to.deep.equal(blob(1));
    const ways: readonly ((store: BlobStore) => BlobStore)[] = [
      down,
      silent,
      (store) => misbehaving(store, { put: () => Promise.reject(new StoreFull(store.name)) }),
      (store) => misbehaving(store, { put: () => Promise.reject(new RangeError("a bug")) }),
      // It says yes, and keeps nothing or something else.
      (store) => misbehaving(store, { get: () => Promise.resolve(null) }),
      (store) => misbehaving(store, { get: () => Promise.resolve(blob(9)) }),
    ];
    for (const spoilt of ways) {
      const heard: VaultError[] = [];
      const one = mirrorStore([a, spoilt(b), c], { ...quick, notice: (fault) => heard.push(fault) });
      expect(await putVerified(one, blob(2))).to.equal(digestOf(blob(2)));
      expect(heard).to.have.length(1);
      expect(heard[0]).to.be.instanceOf(VaultError);
      const two = mirrorStore([spoilt(a), spoilt(b), c], quick);
      const fault = await rejection(two.put(blob(3)), QuorumMissed);
      expect(fault).to.include({ digest: digestOf(blob(3)), quorum: 2 });
      expect(fault.stores).to.deep.equal(["c"]);
      expect(fault.faults).to.have.length(2);
    }
  });

  it("reads from the first honest store, whatever the others do, and waits for none that is slow", async () => {
    const [a, b, c] = three();
    const digest = await c.put(blob(4));
    for (const spoilt of [down, silent, (store: BlobStore) => store]) {
      const began = Date.now();
      expect(
        await mirrorStore([spoilt(a), spoilt(b), c], { ...quick, patience: 5_000 }).get(digest),
      ).to.deep.equal(blob(4));
      expect(Date.now() - began).to.be.lessThan(2_000);
    }
    const liar = misbehaving(a, { get: () => Promise.resolve(blob(5)) });
    const heard: VaultError[] = [];
    const read = mirrorStore([liar, b, c], { ...quick, notice: (fault) => heard.push(fault) });
    expect(await read.get(digest)).to.deep.equal(blob(4));
    expect(heard[0]).to.be.instanceOf(BlobAltered).and.include({ store: "a" });
  });

  it("tells lost from altered and from out of reach", async () => {
    const [a, b, c] = three();
    const digest = digestOf(blob(6));
    expect(await mirrorStore([a, b, c], quick).get(digest)).to.equal(null);
    const liar = misbehaving(a, { get: () => Promise.resolve(blob(5)) });
    expect(await rejection(mirrorStore([liar, b, c], quick).get(digest), BlobAltered)).to.include({
      store: "a",
    });
    for (const gone of [down, silent])
      expect(
        (await rejection(mirrorStore([a, gone(b), c], quick).get(digest), StoreUnavailable)).store,
      ).to.equal("b");
    expect(await mirrorStore([a, b, c], quick).has(digest)).to.equal(false);
    await rejection(mirrorStore([a, down(b), c], quick).has(digest), StoreUnavailable);
    await c.put(blob(6));
    expect(await mirrorStore([a, down(b), c], quick).has(digest)).to.equal(true);
  });

  it("puts back what a read found missing or altered, and pays for nothing unasked", async () => {
    const [a, b, c] = three();
    const digest = await c.put(blob(7));
    let altered = true;
    const mended = misbehaving(b, {
      get: (asked) => (altered ? Promise.resolve(blob(8)) : b.get(asked)),
      put: (bytes) => {
        altered = false;
        return b.put(bytes);
      },
    });
    const paid: BlobStore = { ...memoryStore("chain"), permanent: true };
    const mirror = mirrorStore([paid, a, mended, c], { ...quick, quorum: 2 });
    expect(await mirror.get(digest)).to.deep.equal(blob(7));
    await mirror.settled();
    expect(await a.get(digest)).to.deep.equal(blob(7));
    expect(await b.get(digest)).to.deep.equal(blob(7));
    expect(await paid.get(digest), "nobody asked").to.equal(null);
    expect(mirror.permanent).to.equal(true);
  });

  it("brings nothing back that was given up while a read was on its way", async () => {
    const [a, b] = three();
    const digest = await b.put(blob(10));
    const gate: { open?: () => void } = {};
    const waiting = misbehaving(a, {
      put: async (bytes) => {
        await new Promise<void>((resolve) => (gate.open = resolve));
        return a.put(bytes);
      },
    });
    const mirror = mirrorStore([waiting, b], { ...quick, patience: 5_000, quorum: 1 });
    await mirror.get(digest);
    while (gate.open === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    await mirror.delete(digest);
    gate.open();
    await mirror.settled();
    expect(await a.get(digest)).to.equal(null);
    expect(await b.get(digest)).to.equal(null);
  });

  it("has every store give a blob up, and says so when one could not be told", async () => {
    const [a, b, c] = three();
    const digest = await mirrorStore([a, b, c]).put(blob(11));
    await rejection(mirrorStore([down(a), b, c], quick).delete(digest), StoreUnavailable);
    expect([await a.has(digest), await b.has(digest), await c.has(digest)]).to.deep.equal([
      true,
      false,
      false,
    ]);
    await mirrorStore([a, b, c]).delete(digest);
    expect(await a.has(digest)).to.equal(false);
  });

  it("tries all blobs that it gives up, and asks a silent store for few of them", async () => {
    const [a, b, c] = three();
    const many = Array.from({ length: 40 }, (_, i) => digestOf(blob(i, 64)));
    const stubborn = misbehaving(a, {
      delete: (digest) =>
        many.indexOf(digest) < 20 ? Promise.reject(new StoreUnavailable("a", "pinned")) : a.delete(digest),
    });
    let asked = 0;
    const mute = misbehaving(b, {
      delete: () => {
        asked++;
        return never();
      },
    });
    for (const store of [a, b, c]) for (let i = 0; i < 40; i++) await store.put(blob(i, 64));
    const mirror = mirrorStore([stubborn, mute, c], quick);
    expect(await rejection(mirror.deleteAll!(many), StoreUnavailable)).to.include({ store: "a" });
    const left = async (store: BlobStore) =>
      (await Promise.all(many.map((digest) => store.has(digest)))).filter(Boolean).length;
    expect([await left(a), await left(b), await left(c)]).to.deep.equal([20, 40, 0]);
    expect(asked).to.be.within(7, 16);
    const bound = bounded(mirror, 5_000);
    await rejection(bound.deleteAll!(many), StoreUnavailable);
  });

  it("only asks for blobs where a store only reads: it is written to, counted and told to give up nowhere else", async () => {
    const [a, b, c] = three();
    const refuse = () => Promise.reject(new StoreUnavailable("c", "it only reads"));
    const reader: BlobStore = { ...misbehaving(c, { put: refuse, delete: refuse }), readOnly: true };
    const heard: VaultError[] = [];
    const mirror = mirrorStore([a, b, reader], { ...quick, notice: (fault) => heard.push(fault) });
    expect(mirror.parts.quorum).to.equal(2);
    const digest = await mirror.put(blob(12));
    expect(heard).to.have.length(0);
    await c.put(blob(12));
    await b.delete(digest);
    const copies = await countCopies(mirror.parts, [digest]);
    expect(copies.below).to.deep.equal([{ digest, copies: 1, short: 1 }]);
    expect(copies.stores[2]!.present).to.deep.equal([digest]);
    await a.delete(digest);
    expect(await countCopies(mirror.parts, [digest])).to.deep.include({ lost: [], doubtful: [] });
    expect((await mendCopies(mirror.parts, [digest])).failed).to.deep.equal([]);
    expect(await a.has(digest)).to.equal(true);
    await mirror.delete(digest);
    expect([await a.has(digest), await b.has(digest), await c.has(digest)]).to.deep.equal([
      false,
      false,
      true,
    ]);
    expect((await countCopies(mirror.parts, [], [digest])).stores[2]!.leftOver).to.deep.equal([]);
    expect((await countCopies({ stores: [reader], quorum: 1 }, [digest])).below).to.deep.equal([]);
    expect(() => mirrorStore([a, reader], { quorum: 2 })).to.throw(RangeError);
    expect(() => mirrorStore([reader])).to.throw(RangeError);
  });

  it("takes blobs that all its stores take, and no quorum that cannot be", () => {
    const [a, b] = three();
    expect(mirrorStore([a, { ...b, maxBlobSize: 65_536 }]).maxBlobSize).to.equal(65_536);
    expect(mirrorStore([a, b]).maxBlobSize).to.equal(undefined);
    for (const quorum of [0, 3, 1.5, Number.NaN])
      expect(() => mirrorStore([a, b], { quorum })).to.throw(RangeError);
    expect(() => mirrorStore([])).to.throw(RangeError);
    expect(mirrorStore([a, b, memoryStore("c"), memoryStore("d")]).parts.quorum).to.equal(3);
  });

  it("takes and reads a thousand blobs at once while a store loses all, without keeping them", async function () {
    this.timeout(60_000);
    const [a, b] = three();
    const forgetful = misbehaving(memoryStore("f"), { get: () => Promise.resolve(null) });
    const mirror = mirrorStore([forgetful, a, b], { ...quick, patience: 30_000 });
    const of = (i: number) => Uint8Array.of(...blob(0, 64), i >> 8, i & 255);
    const digests = await Promise.all(Array.from({ length: 1_000 }, (_, i) => mirror.put(of(i))));
    let most = 0;
    const counting = mirrorStore([misbehaving(memoryStore("g"), { put: async () => never() }), a, b], {
      ...quick,
      patience: 300,
      notice: () => most++,
    });
    const read = await Promise.all(digests.map((digest) => counting.get(digest)));
    expect(read.every((each, i) => each !== null && digestOf(each) === digests[i])).to.equal(true);
    await counting.settled();
    expect(most, "repairs that wait are few").to.equal(64);
  });
});

describe("copies", () => {
  it("count each blob in each store: present, missing, altered, out of reach, and how far below the quorum", async () => {
    const [a, b, c] = [memoryStore("a"), memoryStore("b"), memoryStore("c")];
    const [one, two, three, four] = [blob(1), blob(2), blob(3), blob(4)] as const;
    const [d1, d2, d3, d4] = [one, two, three, four].map(digestOf) as [string, string, string, string];
    for (const each of [one, two]) for (const store of [a, b, c]) await store.put(each);
    await a.put(three);
    const lying = misbehaving(b, { get: (asked) => (asked === d2 ? Promise.resolve(one) : b.get(asked)) });
    const kept = { stores: [a, lying, c], quorum: 2 };
    const shredded = await c.put(blob(5));
    const copies = await countCopies(kept, [d1, d2, d3, d4, d1], [shredded, digestOf(blob(6))]);
    expect(copies).to.include({ blobs: 4, quorum: 2, givenUp: 2 });
    expect(
      copies.stores.map(({ name, present, missing, altered, unreachable, leftOver }) => [
        ...[name, present, missing, altered, unreachable, leftOver],
      ]),
    ).to.deep.equal([
      ["a", [d1, d2, d3], [d4], [], [], []],
      ["b", [d1], [d3, d4], [d2], [], []],
      ["c", [d1, d2], [d3, d4], [], [], [shredded]],
    ]);
    expect(copies.below).to.deep.equal([
      { digest: d3, copies: 1, short: 1 },
      { digest: d4, copies: 0, short: 2 },
    ]);
    expect(copies.lost).to.deep.equal([d4]);
    expect(copies.doubtful).to.deep.equal([]);
    const cut = await countCopies({ stores: [down(a), lying, c], quorum: 2 }, [d1, d3, d4], [], 50);
    expect(cut.lost).to.deep.equal([]);
    expect(cut.doubtful).to.deep.equal([d3, d4]);
    expect(cut.stores[0]).to.include({
      name: "a",
      fault: "a cannot be used: down. Nothing was half written; mend it and try again.",
    });
    expect(cut.below.map(({ digest }) => digest)).to.deep.equal([d3, d4]);
  });

  it("are mended from any store that has them, read back, and what was given up goes again", async () => {
    const [a, b, c] = [memoryStore("a"), memoryStore("b"), memoryStore("c")];
    const [d1, d2] = [await a.put(blob(1)), await b.put(blob(2))];
    const shredded = await c.put(blob(3));
    const lost = digestOf(blob(4));
    const full = misbehaving(memoryStore("full"), { put: () => Promise.reject(new StoreFull("full")) });
    const own = new Map([[digestOf(blob(5)), blob(5)]]);
    const kept = { stores: [a, b, c, full], quorum: 2 };
    const { copied, givenUp, failed } = await mendCopies(
      kept,
      [d1, d2, lost, ...own.keys()],
      [shredded],
      own,
    );
    const d5 = digestOf(blob(5));
    expect(Object.fromEntries(copied)).to.deep.equal({ a: [d2, d5], b: [d1, d5], c: [d1, d2, d5] });
    expect(Object.fromEntries(givenUp)).to.deep.equal({ c: [shredded] });
    expect(await c.has(shredded)).to.equal(false);
    expect(
      failed
        .filter(({ store }) => store === "full")
        .map(({ digest }) => digest)
        .sort(),
    ).to.deep.equal([d1, d2, d5, lost].sort());
    expect(failed.filter(({ digest }) => digest === lost)).to.have.length(4);
    const after = await countCopies({ stores: [a, b, c], quorum: 3 }, [d1, d2, d5]);
    expect(after.below).to.deep.equal([]);
  });

  it("ask a store that does not answer a few times, not a thousand, and hold no blob", async function () {
    this.timeout(20_000);
    let asked = 0;
    const gone = misbehaving(memoryStore("gone"), {
      get: () => {
        asked++;
        return never();
      },
    });
    const needed = Array.from({ length: 1_000 }, (_, i) => digestOf(blob(i, 64 + i)));
    const began = Date.now();
    const copies = await countCopies({ stores: [gone], quorum: 1 }, needed, [], 100);
    expect(copies.doubtful).to.have.length(1_000);
    expect(asked).to.be.lessThan(20);
    expect(Date.now() - began).to.be.lessThan(2_000);
  });
});
