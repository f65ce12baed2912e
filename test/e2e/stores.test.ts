import { equalBytes } from "@noble/ciphers/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { change, handOver, rekey, takeOver, transfer, unconfirmed } from "../../client/manage.ts";
import {
  acceptWelcome,
  BlobAltered,
  BlobMissing,
  grant,
  grants,
  memoryStore,
  pending,
  read,
  remember,
  revoke,
  sync,
  type BlobStore,
  type Vault,
} from "../../client/index.ts";
import { readChainHead } from "../../client/vault/contract.ts";
import { reachOf } from "../../client/vault/reach.ts";
import { randomDelay } from "../../client/stores.ts";
import { archiving, misbehaving, signerWith } from "../helpers/doubles.ts";
import { changed, furnished, opened, recoverOn, texts } from "../helpers/furnished.ts";
import { seeded } from "../helpers/seeded.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { createWorld, device, inDays, newReader, type World } from "../helpers/world.ts";

/** What a store does to a blob that it is asked for; `null` is a loss. */
type Lie = (blob: Uint8Array, others: readonly Uint8Array[]) => Uint8Array | null;

/** Every way to answer otherwise than asked. */
const LIES: Readonly<Record<string, Lie>> = {
  loses: () => null,
  alters: (blob) => blob.map((byte, i) => (i === blob.length >> 1 ? byte ^ 1 : byte)),
  swaps: (blob, others) => others.find((other) => !equalBytes(other, blob)) ?? null,
  truncates: (blob) => blob.subarray(0, blob.length - 1),
  extends: (blob) => Uint8Array.of(...blob, 0),
  empties: () => new Uint8Array(0),
};

describe("Hostile stores: memories come whole or not at all, and nothing points to what is not there", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  for (const [method, what] of [
    ["get", "reads"],
    ["put", "writes"],
  ] as const) {
    it(`one that never answers who ${what} is named in the time that it has, and nothing is lost`, async () => {
      const { vault, environment } = await furnished(world);
      const never = (): Promise<never> => new Promise(() => undefined);
      const mute = changed(vault, environment, {
        ...{ store: misbehaving(world.store, { [method]: never }), storePatience: 100 },
      });
      await remember(mute, { scope: "health", text: "Kept" });
      expect(await nameOf(sync(mute))).to.equal("StoreUnavailable");
      if (method === "get") expect(await nameOf(read(mute))).to.equal("StoreUnavailable");
      expect(await pending(vault)).to.have.length(1);
      await sync(vault);
      expect(await texts(vault)).to.include("Kept");
    });
  }

  /** A vault with every kind of blob: head, listed segments, chunks, a stored welcome; an owner's device and a reader. */
  async function rich() {
    const { store, archive } = archiving(memoryStore("test store"));
    const { vault, seed, environment } = await furnished(world, device(world, world.owner, store));
    const long = "A long story. ".repeat(2_000);
    await remember(
      vault,
      { scope: "health", text: `${long}1` },
      { scope: "health", text: `${long}2` },
      { scope: "travel", text: "By train" },
    );
    await sync(vault);
    const { identity, recipient } = await newReader();
    const expiresAt = await inDays(world, 30);
    const { welcome, memberId } = await grant(vault, { recipient, scopes: ["health"], expiresAt });
    await change(vault, memberId, { expiresAt: expiresAt + 86_400 });
    await remember(vault, { scope: "health", text: "Short" });
    await sync(vault);
    const accept = (from: BlobStore): Promise<Vault> =>
      acceptWelcome({
        ...device(world, undefined, from),
        address: world.address,
        identity,
        welcome: welcome!,
      });
    const needed = reachOf((await opened(vault)).whole);
    expect(needed.size, "more than a head").to.be.greaterThan(3);
    return { vault, seed, environment, store, archive, accept, needed: [...needed] };
  }

  /** A store that lies about one blob. */
  const lying = (store: BlobStore, archive: ReadonlyMap<string, Uint8Array>, about: string, lie: Lie) =>
    misbehaving(store, {
      get: async (digest) => {
        const blob = await store.get(digest);
        return blob === null || digest !== about ? blob : lie(blob, [...archive.values()]);
      },
    });

  it("that lie about any one blob, in whatever way: the fault names that blob, or it was not needed", async function () {
    this.timeout(60_000);
    const { vault, seed, environment, store, archive, accept, needed } = await rich();
    const [whole, part] = [await texts(vault), await texts(await accept(store))];
    for (const [name, lie] of Object.entries(LIES)) {
      let noticed = 0;
      for (const digest of needed) {
        const hostile = lying(store, archive, digest, lie);
        const attempts: [() => Promise<string[]>, string[]][] = [
          [() => texts(changed(vault, environment, { store: hostile })), whole],
          [() => accept(hostile).then(texts), part],
          [() => recoverOn(world, seed, device(world, undefined, hostile)).then(texts), whole],
        ];
        for (const [attempt, expected] of attempts) {
          const got = await attempt().catch((fault: unknown) => fault);
          if (Array.isArray(got)) {
            expect(got, name).to.deep.equal(expected);
            continue;
          }
          noticed++;
          const kind = name === "loses" ? BlobMissing : BlobAltered;
          expect(got, name).to.be.instanceOf(kind).and.have.property("digest", digest);
        }
      }
      // The owner's device and the words need nearly every blob; the reader its own.
      expect(noticed, name).to.be.greaterThan(needed.length);
    }
  });

  it("that answer late and out of order change nothing", async () => {
    const { vault, environment, store, accept } = await rich();
    const draw = seeded("late");
    const late = misbehaving(store, {
      get: async (digest) => {
        await new Promise((resolve) => setTimeout(resolve, draw(1)[0]! % 20));
        return store.get(digest);
      },
    });
    expect(await texts(changed(vault, environment, { store: late }))).to.deep.equal(await texts(vault));
    expect(await texts(await accept(late))).to.have.length(4);
  });

  it("that lie now and then never make a device believe it, nor keep it from the truth afterwards", async () => {
    const { vault, environment, store, archive } = await rich();
    const whole = await texts(vault);
    const draw = seeded("now and then");
    const kinds = Object.values(LIES);
    const moody = misbehaving(store, {
      get: async (digest) => {
        const blob = await store.get(digest);
        const [now = 0, kind = 0] = draw(2);
        return blob === null || now % 4 > 0 ? blob : kinds[kind % kinds.length]!(blob, [...archive.values()]);
      },
    });
    let faults = 0;
    for (let round = 0; round < 15; round++) {
      // One handle for some reads, so that what it keeps of a failed one would show.
      const device = changed(vault, environment, { store: moody });
      for (let again = 0; again < 3; again++) {
        const got = await texts(device).catch((fault: unknown) => fault);
        if (Array.isArray(got)) expect(got).to.deep.equal(whole);
        else {
          faults++;
          expect(String(got)).to.match(/BlobMissing|BlobAltered/);
        }
      }
    }
    expect(faults).to.be.greaterThan(10);
    expect(await texts(vault)).to.deep.equal(whole);
  });

  it("that keep something else than they were given: no commit points to it, whatever was to be written", async function () {
    this.timeout(60_000);
    const { vault, environment, store } = await rich();
    const { recipient } = await newReader();
    const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30) };
    const [listed] = await grants(vault);
    const head = async () => (await readChainHead(vault.contract, vault.ref)).stateRoot;
    const before = await head();
    for (const [name, lie] of Object.entries(LIES)) {
      const kept = new Map<string, Uint8Array | null>();
      const hostile = misbehaving(store, {
        put: (blob) => {
          const digest = Buffer.from(blob.subarray(0, 8)).toString("hex");
          kept.set(digest, lie(blob, [randomBytes(blob.length)]));
          return Promise.resolve("00".repeat(32));
        },
        get: async (digest) => (await store.get(digest)) ?? [...kept.values()].at(-1) ?? null,
      });
      const device = changed(vault, environment, { store: hostile });
      await remember(vault, { scope: "health", text: `Waits for a store that ${name}` });
      const attempts = [
        () => sync(device),
        () => grant(device, terms),
        () => revoke(device, listed!.id),
        () => change(device, listed!.id, { label: "Ben" }),
      ];
      for (const attempt of attempts)
        expect(await thrown(attempt()), name).to.satisfy(
          (fault: unknown) => fault instanceof BlobMissing || fault instanceof BlobAltered,
        );
      expect(await head(), name).to.equal(before);
    }
    expect(await pending(vault)).to.have.length.greaterThan(5);
    await sync(vault);
    expect((await texts(vault)).filter((text) => text.startsWith("Waits"))).to.have.length(6);
  });

  it("neither rekey nor hand-over nor take-over goes through a store that keeps nothing", async () => {
    const { vault, environment, store, seed } = await rich();
    const forgetful = misbehaving(store, { put: () => Promise.resolve("00".repeat(32)) });
    const own = changed(vault, environment, { store: forgetful });
    const { sequence } = await readChainHead(vault.contract, vault.ref);
    const { recipient } = await newReader();
    expect(await nameOf(handOver(own, { recipient }))).to.equal("BlobMissing");
    const confirmed = (await unconfirmed(own, { remove: [] })).map(({ fingerprint }) => fingerprint);
    expect(await nameOf(rekey(own, { remove: [], confirmed, words: seed }))).to.equal("BlobMissing");
    expect((await readChainHead(vault.contract, vault.ref)).sequence).to.equal(sequence);
    await transfer(vault, { to: world.buyer.address, withoutMemories: true });
    const bought = {
      ...device(world, world.buyer, forgetful),
      ref: vault.ref,
      seed: randomBytes(32),
      empty: true,
    };
    expect(await nameOf(takeOver(bought))).to.equal("BlobMissing");
    expect((await readChainHead(vault.contract, vault.ref)).sequence).to.equal(sequence);
    expect((await takeOver({ ...bought, store })).sequence).to.equal(sequence + 1n);
  });

  it("that lost everything are told apart from a grant that ended", async () => {
    const { store, accept } = await rich();
    const reader = await accept(store);
    await read(reader);
    const parts = { journalStore: reader.journal.store, journalKey: reader.journal.key };
    const empty = changed(reader, device(world), { ...parts, store: memoryStore("an empty one") });
    const fault = await thrown(read(empty));
    expect(fault).to.be.instanceOf(BlobMissing).and.have.deep.property("stores", ["an empty one"]);
  });

  it("see nothing for a random while between upload and transaction where that is asked for, but where keys change", async () => {
    const { vault, environment } = await furnished(world, device(world, world.owner));
    let [uploaded, sent] = [0, 0];
    const put = async (blob: Uint8Array): Promise<string> => {
      const digest = await world.store.put(blob);
      uploaded = performance.now();
      return digest;
    };
    const wallet = signerWith(world.owner, (forward, transaction) => {
      sent = performance.now();
      return forward(transaction);
    });
    const after = async (share: number, work: (vault: Vault) => Promise<unknown>): Promise<number> => {
      const random = (length: number) => new Uint8Array(length).fill(share);
      const store = misbehaving(world.store, { put });
      await work(changed(vault, environment, { store, wallet, hesitate: randomDelay(600, random) }));
      return sent - uploaded;
    };
    const write = async (slow: Vault) => {
      await remember(slow, { scope: "health", text: "Later" });
      await sync(slow);
    };
    expect(await after(255, write)).to.be.greaterThan(590);
    expect(await after(128, write)).to.be.within(295, 590);
    expect(await after(0, write)).to.be.lessThan(290);
    const { recipient } = await newReader();
    await grant(vault, { recipient, scopes: ["health"], expiresAt: await inDays(world, 30) });
    expect(await after(255, (slow) => revoke(slow, recipient))).to.be.lessThan(590);
  });
});
