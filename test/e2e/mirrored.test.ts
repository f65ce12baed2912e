import { expect } from "chai";

import {
  digestOf,
  grant,
  memoryStore,
  pending,
  publishKey,
  read,
  remember,
  StoreFull,
  StoreUnavailable,
  sync,
  type BlobStore,
  type Vault,
} from "../../client/index.ts";
import { receipts, shred } from "../../client/manage.ts";
import {
  audit,
  carryOver,
  collectGarbage,
  ipfsStore,
  mirrorStore,
  repair,
  QuorumMissed,
} from "../../client/stores.ts";
import { reachOf } from "../../client/vault/reach.ts";
import { archiving, misbehaving } from "../helpers/doubles.ts";
import { changed, opened, recoverOn, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const QUICK = { patience: 200, headStart: 10 };
const never = <T>(): Promise<T> => new Promise(() => undefined);

describe("A mirrored vault: nothing is committed that a quorum does not have, and nothing is lost", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault in three stores, with more than a head in them. */
  async function mirrored() {
    const parts = ["a", "b", "c"].map((name) => archiving(memoryStore(name)));
    const stores = parts.map(({ store }) => store);
    const environment = device(world, world.owner, mirrorStore(stores, QUICK));
    const { vault, seed } = await ownedVault(world, environment);
    const long = "A long story. ".repeat(2_000);
    await remember(vault, { scope: "health", text: `${long}1` }, { scope: "health", text: `${long}2` });
    await sync(vault);
    await remember(vault, { scope: "travel", text: "By train" });
    await sync(vault);
    return { vault, seed, environment, stores: stores as [BlobStore, BlobStore, BlobStore] };
  }

  const head = (vault: Vault) =>
    vault.contract.memoryHead(vault.ref.vaultId).then(({ sequence }) => sequence);
  const emptied = async (store: BlobStore, digests: Iterable<string>): Promise<void> => {
    for (const digest of digests) await store.delete(digest);
  };
  const needed = async (vault: Vault) => [...reachOf((await opened(vault)).whole)];

  it("goes on with one store down at whatever step, slow, full or lying, and stops with two", async function () {
    this.timeout(120_000);
    const refuse =
      (name: string) =>
      <T>(): Promise<T> =>
        Promise.reject(new StoreUnavailable(name, "down"));
    const faults: Record<string, (store: BlobStore) => BlobStore> = {
      "down for writes": (store) => misbehaving(store, { put: refuse(store.name) }),
      "down for reads": (store) => misbehaving(store, { get: refuse(store.name) }),
      "down for good": (store) =>
        misbehaving(store, { put: refuse(store.name), get: refuse(store.name), has: refuse(store.name) }),
      slow: (store) => misbehaving(store, { put: never, get: never }),
      full: (store) => misbehaving(store, { put: () => Promise.reject(new StoreFull(store.name)) }),
      lying: (store) => misbehaving(store, { get: () => Promise.resolve(new Uint8Array(4_096)) }),
      forgetful: (store) => misbehaving(store, { get: () => Promise.resolve(null) }),
    };
    for (const [name, spoil] of Object.entries(faults)) {
      const { vault, seed, environment, stores } = await mirrored();
      const [a, b, c] = stores;
      const kept = await texts(vault);
      const two = changed(vault, environment, { store: mirrorStore([spoil(a), spoil(b), c], QUICK) });
      await remember(two, { scope: "travel", text: "By boat" });
      const before = await head(vault);
      expect(await thrown(sync(two)), name).to.be.instanceOf(QuorumMissed);
      expect(await head(vault), name).to.equal(before);
      expect(await pending(vault), name).to.have.length(1);
      const one = changed(vault, environment, { store: mirrorStore([spoil(a), b, c], QUICK) });
      await sync(one);
      expect(await texts(one), name).to.deep.equal([...kept, "By boat"].sort());
      // Whatever the head needs is in the two that work.
      for (const digest of await needed(one))
        for (const store of [b, c]) expect(await store.get(digest), name).to.not.equal(null);
      const again = await recoverOn(
        world,
        seed,
        device(world, undefined, mirrorStore([spoil(a), b, c], QUICK)),
      );
      expect(await texts(again), name).to.deep.equal([...kept, "By boat"].sort());
    }
  });

  it("is read with half of the mirrors gone, and audited and repaired when they are back, empty", async () => {
    const { vault, environment, stores } = await mirrored();
    const [a, b, c] = stores;
    const all = await texts(vault);
    const digests = await needed(vault);
    await emptied(a, digests);
    await emptied(b, digests.slice(1));
    const left = changed(vault, environment, { store: mirrorStore([c], QUICK) });
    expect(await texts(left)).to.deep.equal(all);
    const mirror = mirrorStore([a, b, c], { ...QUICK, quorum: 2 });
    const whole = changed(vault, environment, { store: mirror });
    // An audit changes nothing: its reads put nothing back either.
    const found = await audit(whole);
    expect(found.blobs).to.equal(digests.length);
    expect(
      found.stores.map(({ name, present, missing }) => [name, present.length, missing.length]),
    ).to.deep.equal([
      ["a", 0, digests.length],
      ["b", 1, digests.length - 1],
      ["c", digests.length, 0],
    ]);
    expect(found.below).to.have.length(digests.length - 1);
    expect([found.lost, found.doubtful, found.from]).to.deep.equal([[], [], "head"]);
    const { failed } = await repair(whole);
    expect(failed).to.deep.equal([]);
    await mirror.settled();
    for (const digest of digests)
      for (const store of [a, b, c]) expect(await store.has(digest)).to.equal(true);
    expect((await audit(whole)).below).to.deep.equal([]);
  });

  it("tells lost from out of reach, and both from what a shred gave up, though the head does not open", async () => {
    const { vault, environment, stores } = await mirrored();
    const [a, b, c] = stores;
    const [id] = await remember(vault, { scope: "travel", text: "To be gone" });
    await sync(vault);
    const before = await needed(vault);
    await shred(vault, { id: id! });
    await sync(vault);
    await sync(vault);
    expect(await receipts(vault)).to.have.length(1);
    const after = await needed(vault);
    const garbage = before.filter((digest) => !after.includes(digest));
    const sound = await audit(vault);
    expect([sound.lost, sound.below]).to.deep.equal([[], []]);
    expect(sound.givenUp).to.be.greaterThanOrEqual(garbage.length);
    // The head itself is in no store any more, and one does not answer.
    const { whole } = await opened(vault);
    const headDigest = Buffer.from(whole.digest).toString("hex");
    for (const store of stores) await store.delete(headDigest);
    const gone = misbehaving(c, { get: () => Promise.reject(new StoreUnavailable("c", "down")) });
    const doubt = await audit(changed(vault, environment, { store: mirrorStore([a, b, gone], QUICK) }));
    expect(doubt).to.include({ from: "journal" });
    expect(doubt.lost).to.deep.equal([]);
    expect(doubt.doubtful).to.deep.equal([headDigest]);
    const sure = await audit(changed(vault, environment, { store: mirrorStore([a, b, c], QUICK) }));
    expect(sure.lost).to.deep.equal([headDigest]);
    expect(sure.fault).to.be.instanceOf(Error);
    expect(sure.lost.some((digest) => garbage.includes(digest))).to.equal(false);
  });

  it("gives up again what a shred gave up where a backup brought it back", async () => {
    const { vault, environment, stores } = await mirrored();
    const archive = new Map<string, Uint8Array>();
    const [id] = await remember(vault, { scope: "travel", text: "To be gone" });
    await sync(vault);
    for (const digest of await needed(vault)) archive.set(digest, (await stores[0].get(digest))!);
    await shred(vault, { id: id! });
    await sync(vault);
    await sync(vault);
    const after = await needed(vault);
    for (const blob of archive.values()) await stores[0].put(blob);
    const mirror = mirrorStore(stores, QUICK);
    const again = changed(vault, environment, { store: mirror });
    const back = [...archive.keys()].filter((digest) => !after.includes(digest));
    expect((await audit(again)).stores[0]!.leftOver.toSorted()).to.deep.equal(back.toSorted());
    await repair(again);
    for (const digest of back) expect(await stores[0].has(digest)).to.equal(false);
    for (const digest of after) expect(await stores[0].has(digest)).to.equal(true);
  });

  it("moves to other stores without a word to the chain, stored welcomes and all", async () => {
    const { vault, seed, environment } = await mirrored();
    const { identity, recipient } = await newReader();
    await publishKey(world.keyRegistry.connect(world.stranger), recipient, await inDays(world, 300));
    const granted = await grant(vault, {
      ...{
        recipient,
        account: world.stranger.address,
        scopes: ["health"],
        expiresAt: await inDays(world, 30),
      },
      storeWelcome: true,
    });
    await sync(vault);
    const before = await head(vault);
    const nonce = await world.provider.getTransactionCount(world.owner);
    const to = memoryStore("new");
    const { blobs } = await carryOver(vault, to);
    expect(blobs).to.be.greaterThan(3);
    expect(await world.provider.getTransactionCount(world.owner)).to.equal(nonce);
    const moved = changed(vault, environment, { store: to });
    expect(await head(vault)).to.equal(before);
    expect(await texts(moved)).to.deep.equal(await texts(vault));
    expect(await texts(await recoverOn(world, seed, device(world, undefined, to)))).to.deep.equal(
      await texts(vault),
    );
    expect(await to.has(digestOf(granted.welcome!)), "the welcome that was left in the store").to.equal(true);
    expect(await texts(await accept(world, identity, granted.welcome!, to))).to.have.length(2);
    await remember(moved, { scope: "travel", text: "On foot" });
    await sync(moved);
    expect((await read(moved)).scopes).to.have.length(2);
  });

  it("makes room by garbage alone: all that the head needs stays", async () => {
    const { vault, stores } = await mirrored();
    for (const text of ["One", "Two", "Three", "Four", "Five"]) {
      await remember(vault, { scope: "travel", text });
      await sync(vault);
    }
    const all = await texts(vault);
    const digests = new Set(await needed(vault));
    expect(await collectGarbage(vault)).to.be.greaterThan(0);
    for (const digest of digests) for (const store of stores) expect(await store.has(digest)).to.equal(true);
    expect(await texts(vault)).to.deep.equal(all);
    expect((await audit(vault)).below).to.deep.equal([]);
    expect(await collectGarbage(vault)).to.equal(0);
    const [first] = await needed(vault);
    for (const store of stores) await store.delete(first!);
    await remember(vault, { scope: "travel", text: "Six" });
    await thrown(sync(vault));
    expect(await thrown(collectGarbage(vault))).to.be.instanceOf(Error);
  });

  /** A shred through a mirror, after its second sync: what dropped out of the head, and what stores still have of it. */
  async function shredded(stores: readonly BlobStore[]) {
    const environment = device(world, world.owner, mirrorStore(stores, QUICK));
    const { vault } = await ownedVault(world, environment);
    const [id] = await remember(vault, { scope: "health", text: "To be gone. ".repeat(2_000) });
    const seen = new Set<string>();
    for (const n of [1, 2, 3]) {
      await remember(vault, { scope: "health", text: `By train ${n}. `.repeat(2_000) });
      await sync(vault);
      for (const digest of await needed(vault)) seen.add(digest);
    }
    await shred(vault, { id: id! });
    await sync(vault);
    await sync(vault);
    const after = new Set(await needed(vault));
    const dropped = [...seen].filter((digest) => !after.has(digest));
    const left = async (store: BlobStore) => {
      const there = await Promise.all(dropped.map((digest) => store.has(digest)));
      return there.filter(Boolean).length;
    };
    return { vault, environment, dropped, left };
  }

  it("gives up everywhere else what one store refuses to give up, and has no receipt before that one does", async () => {
    const [a, b, c] = [memoryStore("a"), memoryStore("b"), memoryStore("c")] as const;
    const refusing = misbehaving(c, { delete: () => Promise.reject(new StoreUnavailable("c", "down")) });
    const { vault, environment, dropped, left } = await shredded([a, b, refusing]);
    expect(dropped.length).to.be.greaterThan(2);
    expect([await left(a), await left(b), await left(c)]).to.deep.equal([0, 0, dropped.length]);
    expect(await receipts(vault)).to.have.length(0);
    const mended = changed(vault, environment, { store: mirrorStore([a, b, c], QUICK) });
    await sync(mended);
    expect(await left(c)).to.equal(0);
    expect(await receipts(mended)).to.have.length(1);
  });

  it("comes to the end of a shred with gateways in the mirror, which keep nothing of its own", async () => {
    const [a, b] = [memoryStore("a"), memoryStore("b")] as const;
    const gateways = ipfsStore({ gateways: ["http://127.0.0.1:9"], tries: 1, pause: 1 });
    const { vault, left } = await shredded([a, b, gateways]);
    expect([await left(a), await left(b)]).to.deep.equal([0, 0]);
    expect(await receipts(vault)).to.have.length(1);
  });
});
