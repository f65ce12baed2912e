import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";

import {
  acceptWelcome,
  BlobMissing,
  digestOf,
  forget,
  grant,
  lostTexts,
  memoryStore,
  pending,
  read,
  remember,
  revoke,
  settle,
  StoreUnavailable,
  sync,
  update,
  withdraw,
  type BlobStore,
  type Environment,
  type GrantRequest,
  type Memory,
  type Vault,
} from "../../client/index.ts";
import {
  addDevice,
  devices,
  dropReceipt,
  receipts,
  rekey,
  resumeRekey,
  shred,
  unconfirmed,
} from "../../client/manage.ts";
import { seedSecrets } from "../../client/crypto/keys.ts";
import {
  readOperations,
  readSent,
  readShreds,
  readCandidates,
  writeCandidate,
  removeCandidate,
  writeGarbage,
  writeLostText,
  type Candidate,
} from "../../client/vault/journal.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { giveUpGarbage, reachOf } from "../../client/vault/reach.ts";
import { KEPT_BATCHES, KEPT_SHREDDED } from "../../client/vault/roster.ts";
import { stateOf } from "../../client/vault/session.ts";
import { contains } from "../helpers/contains.ts";
import { archiving, frontRun, losing, misbehaving, powerCut, signerWith } from "../helpers/doubles.ts";
import {
  admitted,
  another,
  changed,
  furnished,
  opened,
  paidBy,
  termsFor,
  texts,
} from "../helpers/furnished.ts";
import { hoard, type Loot } from "../helpers/hoarder.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, newReader, type World } from "../helpers/world.ts";

const CANARY = "CANARY";

describe("Shredding: what is deleted is opened by nothing that is left", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault on a store of its own, whose every blob somebody keeps. */
  async function archived(environment: Environment = device(world, world.owner)) {
    const store = memoryStore("archived");
    const kept = archiving(store);
    const owned = await furnished(world, { ...environment, store: kept.store });
    return { ...owned, ...kept };
  }

  const memoryNamed = async (vault: Vault, text: string): Promise<Memory> => {
    const memories = (await read(vault)).scopes.flatMap((scope) => scope.memories);
    return memories.find((memory) => memory.text.startsWith(text))!;
  };

  /** Somebody who kept every blob and breaks into all that is left: devices, and every member's present secret. */
  async function lootOf(
    archive: ReadonlyMap<string, Uint8Array>,
    vault: Vault,
    others: readonly Vault[] = [],
  ): Promise<Loot> {
    const { whole, head } = await opened(vault);
    const states = await Promise.all([vault, ...others].map(stateOf));
    const { visibilityKey } = states[0]!;
    return {
      ...{ ref: vault.ref, archive, visibilityKey, sequence: head.sequence },
      secrets: [...secretsOf(whole).members.values(), ...states.map(({ secret }) => secret)],
      identities: states.flatMap(({ identity, nextIdentity }) =>
        [identity, nextIdentity].filter((each) => each !== null),
      ),
    };
  }

  async function foundIn(loot: Loot, text = CANARY): Promise<boolean> {
    return (await hoard(loot)).some((plain) => contains(plain, utf8ToBytes(text)));
  }

  const kinds = async ({ journal }: Vault): Promise<string[]> =>
    (await readOperations(journal)).map(({ kind }) => kind);

  /** Two devices, readers of either kind, and a memory in many blobs and revisions that is to go. */
  async function lived() {
    const owned = await archived();
    const { vault, seed, store } = owned;
    const second = await another(world, seed, store);
    await letIn(vault);
    await letIn(vault, { admission: "joined" });
    await remember(vault, { scope: "health", text: `${CANARY} one`, metadata: { filler: "x".repeat(900) } });
    await remember(vault, { scope: "travel", text: "Goes by train" });
    await sync(vault);
    for (let i = 0; i < 3; i++) {
      await remember(vault, { scope: i === 1 ? "travel" : "health", text: `Note ${i}` });
      await sync(vault);
    }
    const seen = await memoryNamed(vault, CANARY);
    await update(second, seen, { text: `${CANARY} two` });
    await sync(second);
    await update(vault, seen, { text: `${CANARY} three` });
    await sync(vault);
    await letIn(vault);
    return { ...owned, second };
  }

  /** Admits a reader that never looks. */
  const letIn = async (vault: Vault, more: Partial<GrantRequest> = {}) =>
    grant(vault, { ...(await termsFor(world)).terms, ...more });

  describe("archived blobs, the old keyring, the devices' identities and every member's present secret together", () => {
    it("open nothing deleted, in any revision and any version", async () => {
      const { vault, second, archive } = await lived();
      const before = await lootOf(archive, vault, [second]);
      expect(await foundIn(before), "they did before").to.equal(true);
      await shred(vault, await memoryNamed(vault, `${CANARY} two`));
      const { rotated } = await sync(vault);
      expect(rotated).to.equal(true);
      await sync(second);
      const after = await lootOf(archive, vault, [second]);
      expect(await foundIn(after)).to.equal(false);
      for (const text of ["Runs at six", "Note 0", "Goes by train"])
        expect(await foundIn(after, text), text).to.equal(true);
      expect(await texts(vault)).to.deep.equal([
        "Goes by train",
        "Note 0",
        "Note 1",
        "Note 2",
        "Runs at six",
      ]);
      expect(await texts(second)).to.deep.equal(await texts(vault));
      // The attempt is worth something: what was kept of one secret more finds it.
      const older = [...after.secrets, ...before.secrets.slice(0, 1)];
      expect(await foundIn({ ...after, secrets: older })).to.equal(true);
    });

    it("open all of it where it was only forgotten, though the epoch turned since", async () => {
      const { vault, second, archive } = await lived();
      for (const text of ["two", "three"]) await forget(vault, await memoryNamed(vault, `${CANARY} ${text}`));
      await sync(vault);
      const { rotated } = await letIn(vault, { scopes: ["travel"] });
      expect(rotated).to.equal(true);
      await sync(second);
      expect((await texts(vault)).join()).not.to.include(CANARY);
      expect(await foundIn(await lootOf(archive, vault, [second]))).to.equal(true);
    });

    it("open nothing after a merge within the epoch, which listed the blob that held it", async () => {
      const { vault, archive } = await archived();
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      await forget(vault, await memoryNamed(vault, CANARY));
      for (let i = 0; i < 4; i++) {
        await remember(vault, { scope: "health", text: `Merged ${i}` });
        await sync(vault);
      }
      expect(await foundIn(await lootOf(archive, vault))).to.equal(true);
      await shred(vault, await memoryNamed(vault, "Merged 3"));
      await sync(vault);
      const after = await lootOf(archive, vault);
      for (const text of [CANARY, "Merged 3"]) expect(await foundIn(after, text), text).to.equal(false);
      expect(await foundIn(after, "Merged 2")).to.equal(true);
    });

    it("open nothing of a memory that was forgotten long ago, whose scope nobody knows any more", async () => {
      const { vault, archive } = await archived();
      await remember(vault, { scope: "travel", text: CANARY }, { scope: "health", text: "Stays" });
      await sync(vault);
      const { id } = await memoryNamed(vault, CANARY);
      await forget(vault, await memoryNamed(vault, CANARY));
      await sync(vault);
      expect(await foundIn(await lootOf(archive, vault))).to.equal(true);
      await shred(vault, { id });
      const { outcomes } = await sync(vault);
      expect([...outcomes.values()]).to.deep.include({
        ...{ kind: "shredded", operationId: (await receipts(vault))[0]!.id, memoryIds: [id], unknown: [id] },
        scopes: ["health", "travel"],
      });
      const after = await lootOf(archive, vault);
      expect(await foundIn(after)).to.equal(false);
      expect(await foundIn(after, "Stays")).to.equal(true);
    });

    it("open it with the words, or with the identity that an archived welcome came to: this is said, not hidden", async () => {
      const { vault, archive, seed } = await archived();
      const { identity, terms } = await termsFor(world);
      const { welcome } = await grant(vault, terms);
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      await shred(vault, await memoryNamed(vault, CANARY));
      await sync(vault);
      const after = await lootOf(archive, vault);
      expect(await foundIn(after)).to.equal(false);
      const { recoverySecret } = seedSecrets(seed, vault.ref);
      expect(await foundIn({ ...after, secrets: [...after.secrets, recoverySecret] })).to.equal(true);
      const archivedWelcome = { ...after, identities: [identity], welcomes: [welcome!] };
      expect(await foundIn(archivedWelcome)).to.equal(true);
    });

    it("open nothing where a device was added by a welcome, once that device replaced its key", async () => {
      const { vault, archive, store } = await archived();
      const { identity, recipient } = await newReader();
      const { welcome } = await addDevice(vault, { recipient, label: "phone" });
      const parts = { ...device(world, world.owner, store), address: world.address };
      const phone = await acceptWelcome({ ...parts, identity, welcome: welcome! });
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      await shred(vault, await memoryNamed(vault, CANARY));
      await sync(vault);
      const both = async () => ({ ...(await lootOf(archive, vault, [phone])), welcomes: [welcome!] });
      expect(await foundIn(await both()), "it has that key still").to.equal(true);
      expect((await receipts(vault))[0]!.silent).to.have.length(1);
      await settle(phone);
      expect(await kinds(phone), "it does not say that it followed").not.to.include("note");
      await sync(phone);
      expect(await kinds(phone)).to.include("note");
      expect(await foundIn(await both())).to.equal(false);
    });
  });

  it("opens nothing by the welcomes of a rekey, once every device replaced the key that its own came to", async () => {
    const { vault, archive, seed, store } = await archived();
    const other = await another(world, seed, store);
    await remember(vault, { scope: "health", text: CANARY });
    await sync(vault);
    await rekey(vault, { remove: [] });
    await remember(vault, { scope: "health", text: `${CANARY} again` });
    await sync(vault);
    const [first, second] = [await memoryNamed(vault, CANARY), await memoryNamed(vault, `${CANARY} again`)];
    await shred(vault, first, second);
    await sync(vault);
    expect(await receipts(vault)).to.have.length(1);
    expect(await foundIn(await lootOf(archive, vault))).to.equal(false);
    expect(await foundIn(await lootOf(archive, vault, [other])), "the other one sleeps").to.equal(true);
    await settle(other);
    expect(await foundIn(await lootOf(archive, vault, [other])), "it has the key still").to.equal(true);
    expect(await kinds(other)).not.to.include("note");
    await sync(other);
    expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(false);
    expect(await kinds(other)).to.include("note");
  });

  /** Has the one open candidate be from before all batches that the head remembers; @returns its blobs. */
  async function longAgo({ journal }: Vault, id?: string): Promise<string[]> {
    const [candidate] = await readCandidates(journal);
    await removeCandidate(journal, candidate!.id);
    const sequence = candidate!.sequence - BigInt(KEPT_BATCHES) - 1n;
    await writeCandidate(journal, { ...candidate!, id: id ?? candidate!.id, sequence });
    return candidate!.blobs.map(digestOf);
  }

  const withdrawAll = async (vault: Vault): Promise<void> =>
    withdraw(
      vault,
      (await pending(vault)).map(({ id }) => id),
    );

  describe("a commit that was stored and lost", () => {
    it("that turned the epoch as the shred did opens it, until its device turned the epoch past it", async () => {
      const { vault, environment, archive, seed, store } = await archived();
      const other = await another(world, seed, store);
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      const memory = await memoryNamed(vault, CANARY);
      const { terms } = await termsFor(world);
      const wallet = losing(world.owner, async () => {
        await shred(other, memory);
        await sync(other);
      });
      const loser = paidBy(vault, environment, wallet);
      const { races } = await grant(loser, terms);
      expect(races).to.equal(1);
      // The grant was built again, on the shred: by that the epoch is past the loser's.
      expect(await kinds(vault))
        .to.include("note")
        .and.not.include("rotate");
      expect(await foundIn(await lootOf(archive, vault))).to.equal(false);
      expect(await foundIn(await lootOf(archive, vault, [other])), "the other one sleeps").to.equal(true);
      await sync(other);
      expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(false);
    });

    it("that was the shred itself is passed when it is built again on what won", async () => {
      const { vault, environment, archive, seed, store } = await archived();
      const other = await another(world, seed, store);
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      const memory = await memoryNamed(vault, CANARY);
      await shred(vault, memory);
      // The shred itself loses its first race, to a rotation of another device.
      const wallet = losing(world.owner, () => letIn(other));
      const slow = changed(vault, environment, { wallet, finality: { confirmations: 3 } });
      const { races, rotated } = await sync(slow);
      expect([races, rotated]).to.deep.equal([1, true]);
      expect(await receipts(vault)).to.deep.equal([]);
      await world.networkHelpers.mine(3);
      await settle(slow);
      expect(await kinds(vault)).not.to.include("rotate");
      expect(await receipts(vault)).to.have.length(1);
      await sync(other);
      expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(false);
    });

    it("that turned the epoch further than what won is turned past, twice if need be, and no sooner is a shred done", async () => {
      const { vault, environment, archive, seed, store } = await archived();
      const other = await another(world, seed, store);
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      const { terms } = await termsFor(world);
      const parts = environment;
      // Its wallet refuses a grant, whose blobs are stored already; then another device writes.
      const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
      await thrown(grant(paidBy(vault, parts, refusing), terms));
      await remember(other, { scope: "travel", text: "Comes first" });
      await sync(other);
      await shred(vault, await memoryNamed(vault, CANARY));
      const { epoch } = await read(vault);
      await sync(vault);
      // The loser and the shred's head are of one epoch, which everybody's present secret opens.
      expect(await kinds(vault)).to.include("rotate");
      expect((await read(vault)).epoch).to.equal(epoch + 1);
      expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(true);
      expect(await receipts(vault)).to.deep.equal([]);
      const { rotated } = await sync(vault);
      expect(rotated).to.equal(true);
      expect((await read(vault)).epoch).to.equal(epoch + 2);
      expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(true, "the other device sleeps");
      await sync(other);
      expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(false);
      expect(await receipts(vault)).to.have.length(1);
      expect((await sync(vault)).receipt).to.equal(null);
    });

    it("so long ago that nobody can tell is destroyed and turned past as well, once its operations were withdrawn", async () => {
      const { vault, environment, archive, seed, store } = await archived();
      const other = await another(world, seed, store);
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      const memory = await memoryNamed(vault, CANARY);
      const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
      // It takes its grant back.
      await thrown(grant(paidBy(vault, environment, refusing), (await termsFor(world)).terms));
      const digests = await longAgo(vault);
      await shred(vault, memory);
      await sync(vault);
      expect(await Promise.all(digests.map((digest) => store.has(digest)))).to.not.include(true);
      await sync(vault);
      await sync(other);
      expect(await foundIn(await lootOf(archive, vault, [other]))).to.equal(false);
      expect(await receipts(vault)).to.have.length(1);
    });

    it("so long ago that nobody can tell keeps what heads have of it: it may have landed", async () => {
      const { vault, environment, store } = await archived();
      await remember(vault, { scope: "health", text: CANARY });
      await sync(changed(vault, environment, { finality: { confirmations: 1_000 } }));
      const digests = await longAgo(vault, bytesToHex(randomBytes(16)));
      await withdrawAll(vault);
      await settle(vault);
      expect(await readCandidates(vault.journal)).to.deep.equal([]);
      expect(await Promise.all(digests.map((digest) => store.has(digest)))).to.not.include(false);
      expect(await texts(vault)).to.include(CANARY);
    });

    it("is no reason to turn the epoch where it did not turn it itself", async () => {
      const { vault, environment, seed, store } = await archived();
      const other = await another(world, seed, store);
      await remember(other, { scope: "health", text: "First" });
      await remember(vault, { scope: "health", text: "Second" });
      const wallet = losing(world.owner, () => sync(other));
      expect((await sync(paidBy(vault, environment, wallet))).races).to.equal(1);
      expect(await kinds(vault)).to.deep.equal([]);
    });
  });

  describe("nothing is destroyed", () => {
    it("before the head is final", async () => {
      const { vault, environment, store, archive } = await archived();
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      const slow = changed(vault, environment, { finality: { confirmations: 4 } });
      const { secret } = await stateOf(vault);
      await shred(slow, await memoryNamed(vault, CANARY));
      await sync(slow);
      expect((await stateOf(vault)).secret).to.deep.equal(secret);
      for (const digest of archive.keys()) expect(await store.has(digest)).to.equal(true);
      expect(await readSent(vault.journal)).to.have.length(2);
      expect(await receipts(vault)).to.deep.equal([]);
      await world.networkHelpers.mine(4);
      await settle(slow);
      expect((await stateOf(vault)).secret).not.to.deep.equal(secret);
      const kept = await Promise.all([...archive.keys()].map((digest) => store.has(digest)));
      expect(kept.filter((has) => has)).to.have.length(reachOf((await opened(vault)).whole).size);
      expect(await readSent(vault.journal)).to.deep.equal([]);
      expect(await receipts(vault)).to.have.length(1);
    });

    it("where the store lost a new blob by the time it is final", async () => {
      const { vault, environment, store, archive } = await archived();
      const filler = Array.from({ length: 3 }, (_, i) => ({
        ...{ scope: "health", text: `Long ${i} `.repeat(2_000) },
      }));
      await remember(vault, ...filler, { scope: "health", text: CANARY });
      await sync(vault);
      const slow = changed(vault, environment, { finality: { confirmations: 4 } });
      const { secret } = await stateOf(vault);
      const old = new Set(archive.keys());
      await shred(slow, await memoryNamed(vault, CANARY));
      const { blobs } = await sync(slow);
      expect(blobs).to.have.length(2);
      const [chunk] = [...archive.keys()].filter((digest) => !old.has(digest));
      await store.delete(chunk!);
      await world.networkHelpers.mine(4);
      expect(await thrown(settle(slow))).to.be.instanceOf(BlobMissing);
      expect((await stateOf(vault)).secret, "it opens all that is left").to.deep.equal(secret);
      for (const digest of old) expect(await store.has(digest)).to.equal(true);
      expect(await receipts(vault)).to.deep.equal([]);
      await store.put(archive.get(chunk!)!);
      await settle(slow);
      expect((await stateOf(vault)).secret).not.to.deep.equal(secret);
      expect(await receipts(vault)).to.have.length(1);
    });

    it("where the store lost a blob after the secret turned: what is left is left", async () => {
      const { vault, environment, store, archive } = await archived();
      await remember(vault, { scope: "health", text: CANARY }, { scope: "travel", text: "x".repeat(32_000) });
      await remember(vault, { scope: "travel", text: "y".repeat(9_000) });
      await sync(vault);
      const slow = changed(vault, environment, { finality: { confirmations: 4 } });
      await shred(slow, await memoryNamed(vault, CANARY));
      await sync(slow);
      await world.networkHelpers.mine(4);
      // Whoever reads moves the pin, and destroys nothing but the older secret.
      await read(slow);
      const { whole } = await opened(vault);
      expect((await stateOf(vault)).epoch).to.equal(whole.data.epoch);
      const [lost] = [...reachOf(whole)].filter((digest) => digest !== bytesToHex(whole.digest));
      await store.delete(lost!);
      expect(await thrown(settle(slow))).to.be.instanceOf(BlobMissing);
      for (const digest of archive.keys()) expect(await store.has(digest)).to.equal(digest !== lost);
      expect(await receipts(vault)).to.deep.equal([]);
      await store.put(archive.get(lost!)!);
      await settle(slow);
      expect(await receipts(vault)).to.have.length(1);
    });

    it("and nothing is said to be, while the store does not give blobs up: it is told again", async () => {
      const { vault, environment, store } = await archived();
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      const stubborn = misbehaving(store, {
        delete: () => Promise.reject(new StoreUnavailable("archived", "it is down")),
      });
      await shred(vault, await memoryNamed(vault, CANARY));
      const { unsettled } = await sync(changed(vault, environment, { store: stubborn }));
      expect(unsettled).to.be.instanceOf(StoreUnavailable);
      expect(await receipts(vault)).to.deep.equal([]);
      expect(await kinds(vault)).not.to.include("note");
      await settle(vault);
      const [receipt] = await receipts(vault);
      expect(receipt!.blobs).to.equal(1);
    });
  });

  it("says what was done and what cannot be, and keeps it until it is taken", async () => {
    const { vault, seed, store, archive } = await archived();
    const other = await another(world, seed, store);
    const { memberId: reader } = await letIn(vault);
    await remember(vault, { scope: "health", text: CANARY }, { scope: "travel", text: "Goes by train" });
    await sync(vault);
    const memory = await memoryNamed(vault, CANARY);
    const written = archive.size;
    const id = await shred(vault, memory);
    const { sequence } = await sync(vault);
    const { whole } = await opened(vault);
    const [receipt, ...rest] = await receipts(vault);
    expect(rest).to.deep.equal([]);
    const own = (await devices(vault)).find((each) => each.own)!.id;
    const silent = (await devices(other)).find((each) => each.own)!.id;
    const entries = [...whole.scopes.values()].flatMap(({ segments }) => segments.map(({ entry }) => entry));
    expect(receipt).to.deep.equal({
      ...{ id, sequence, memoryIds: [memory.id], unknown: [], scopes: ["health"] },
      ...{ doneAt: sequence, epoch: whole.data.epoch, readers: [reader], followed: [own], silent: [silent] },
      blobs: written + 1 - reachOf(whole).size,
      listed: new Set(entries.filter((entry) => entry.sequence < sequence).map(({ digest }) => digest)).size,
    });
    expect(receipt!.listed).to.be.greaterThan(0);
    await settle(vault);
    expect(await receipts(vault)).to.have.length(1);
    await dropReceipt(vault, id);
    expect(await receipts(vault)).to.deep.equal([]);
    await settle(vault);
    expect(await receipts(vault)).to.deep.equal([]);
  });

  it("of more memories than a head remembers leaves no text of any on the device that asked, and says so of all", async () => {
    const { vault } = await archived();
    const ids = Array.from({ length: KEPT_SHREDDED + 1 }, () => bytesToHex(randomBytes(16)));
    // As forgets leave them that met a change; one is of a memory that stays.
    const kept = {
      operationId: bytesToHex(randomBytes(16)),
      memoryId: bytesToHex(randomBytes(16)),
      text: "x",
    };
    await writeLostText(vault.journal, kept);
    for (const memoryId of [ids.at(0)!, ids.at(-1)!])
      await writeLostText(vault.journal, {
        operationId: bytesToHex(randomBytes(16)),
        memoryId,
        text: CANARY,
      });
    await shred(vault, ...ids.map((id) => ({ id })));
    await sync(vault);
    expect(await lostTexts(vault)).to.deep.equal([kept]);
    const [receipt] = await receipts(vault);
    expect(receipt!.memoryIds).to.deep.equal(ids);
  });

  it("is not done, whatever was, where a rekey built on a head from before it", async () => {
    const { vault, environment, store, seed } = await archived();
    await remember(vault, { scope: "health", text: CANARY }, { scope: "health", text: "Stays" });
    await sync(vault);
    const down = () => Promise.reject(new StoreUnavailable("archived", "it is down"));
    const stubborn = changed(vault, environment, { store: misbehaving(store, { delete: down }) });
    const first = await shred(stubborn, await memoryNamed(vault, CANARY));
    const { sequence } = await sync(stubborn);
    expect(await readShreds(vault.journal)).to.have.length(1);
    await rekey(stubborn, { remove: [], base: sequence - 1n, words: seed }).catch((fault: unknown) => {
      if (!(fault instanceof StoreUnavailable)) throw fault;
    });
    expect((await texts(vault)).join()).to.include(CANARY);
    const second = await shred(vault, await memoryNamed(vault, "Stays"));
    await sync(vault);
    expect((await receipts(vault)).map(({ id }) => id)).to.deep.equal([second]);
    expect((await readShreds(vault.journal)).map(({ id }) => id)).to.deep.equal([first]);
  });

  it("is not done while a commit from before it may still lose, whatever branch of the chain it was built upon", async () => {
    const { vault, environment } = await archived();
    await remember(vault, { scope: "health", text: CANARY });
    await sync(vault);
    const slow = changed(vault, environment, { finality: { confirmations: 4 } });
    const id = await shred(slow, await memoryNamed(vault, CANARY));
    const { sequence } = await sync(slow);
    const [landed] = await readCandidates(vault.journal);
    const abandoned = {
      ...landed!,
      id: "00".repeat(16),
      sequence: sequence + 9n,
      operations: [],
      shreds: [],
    };
    await world.networkHelpers.mine(4);
    const settledWith = async (changes: Partial<Candidate>): Promise<string[]> => {
      await writeCandidate(vault.journal, { ...abandoned, ...changes });
      await settle(slow);
      const made = (await receipts(vault)).map((receipt) => receipt.id);
      await removeCandidate(vault.journal, abandoned.id);
      return made;
    };
    expect(await settledWith({})).to.deep.equal([]);
    expect(await settledWith({ epoch: abandoned.epoch + 1 })).to.deep.equal([]);
    expect(await readShreds(vault.journal)).to.have.length(1);
    expect(await settledWith({ shredded: sequence })).to.deep.equal([id]);
  });

  it("is not held up by a commit that opens with no secret of its epoch", async () => {
    for (const [i, harmless] of [{ ratcheted: false }, { epoch: 0 }].entries()) {
      const { vault, environment } = await archived();
      const slow = changed(vault, environment, { finality: { confirmations: 4 } });
      await shred(slow, await memoryNamed(vault, "Runs"));
      const { sequence } = await sync(slow);
      const [landed] = await readCandidates(vault.journal);
      const other = { ...landed!, id: "00".repeat(16), sequence: sequence + 9n, operations: [], shreds: [] };
      await writeCandidate(vault.journal, { ...other, ...harmless });
      await world.networkHelpers.mine(4);
      await settle(slow);
      expect(await receipts(vault), `${i}`).to.have.length(1);
    }
  });

  it("gives up no blob that an open commit wrote", async () => {
    const { vault, environment, store } = await archived();
    const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
    await remember(vault, { scope: "health", text: "Waits" });
    await thrown(sync(paidBy(vault, environment, refusing)));
    const [open] = await readCandidates(vault.journal);
    const digests = open!.blobs.map(digestOf);
    const dropped = await store.put(randomBytes(4_096));
    await writeGarbage(vault.journal, [...digests, dropped]);
    const { whole } = await opened(vault);
    expect(await giveUpGarbage(vault, whole)).to.deep.include({ given: 1 });
    expect(await store.has(dropped)).to.equal(false);
    for (const digest of digests) expect(await store.has(digest)).to.equal(true);
  });

  it("is not taken back by a rekey once its blobs are given up: that is named, and a later head is built on", async () => {
    const { vault, seed } = await archived();
    await remember(vault, { scope: "health", text: CANARY });
    await sync(vault);
    await shred(vault, await memoryNamed(vault, CANARY));
    const { sequence } = await sync(vault);
    expect(await receipts(vault)).to.have.length(1);
    const attempt = rekey(vault, { remove: [], base: sequence - 1n, words: seed });
    expect(await thrown(attempt)).to.be.instanceOf(BlobMissing);
    expect((await read(vault)).sequence).to.equal(sequence);
    await rekey(vault, { remove: [], words: seed });
    expect(await texts(vault)).to.deep.equal(["Runs at six"]);
  });

  describe("gives up nothing that a rekey needs which built on a head from before it and is not final,", () => {
    /** A shred, and behind it another device's rekey that takes it back; then the shred is final and the rekey is not. */
    async function takenBack(faults: Partial<BlobStore> = {}) {
      const { vault, environment, seed, store } = await archived();
      const other = await another(world, seed, store);
      await remember(vault, { scope: "health", text: "Was worth keeping" });
      await sync(vault);
      await sync(other);
      await world.networkHelpers.mine(4);
      const finality = { confirmations: 4 };
      const [rekeying, shredding] = [changed(vault, environment, { finality }), { ...other, finality }];
      await shred(shredding, await memoryNamed(other, "Was worth"));
      const { sequence } = await sync(shredding);
      const asked = { remove: [], base: sequence - 1n, words: seed };
      const confirmed = (await unconfirmed(rekeying, asked)).map(({ fingerprint }) => fingerprint);
      const faulty = changed(rekeying, environment, { finality, store: misbehaving(store, faults) });
      const fault: unknown = await rekey(faulty, { ...asked, confirmed }).catch((thrown: unknown) => thrown);
      await world.networkHelpers.mine(fault instanceof Error ? 2 : 1);
      return { fault, rekeying, shredding, sequence, fresh: () => changed(vault, environment, {}) };
    }

    it("nor sent, where the store was down", async () => {
      const down = () => Promise.reject(new StoreUnavailable("archived", "it is down"));
      const { rekeying, fault, sequence, fresh } = await takenBack({ put: down });
      expect(fault).to.be.instanceOf(StoreUnavailable);
      expect((await settle(rekeying)).pin!.sequence).to.equal(sequence);
      await resumeRekey(rekeying);
      expect(await texts(fresh())).to.include("Was worth keeping");
    });

    for (const by of ["rekeying", "shredding"] as const) {
      it(`on the device that is ${by}`, async () => {
        const { [by]: device, sequence, fresh } = await takenBack();
        expect((await settle(device)).pin!.sequence).to.equal(sequence);
        expect(await texts(fresh())).to.include("Was worth keeping");
        await world.networkHelpers.mine(4);
        expect((await settle(device)).pin!.sequence).to.equal(sequence + 1n);
        expect(await texts(fresh())).to.include("Was worth keeping");
      });
    }
  });

  it("gives up what nothing needs, and nothing else: the store then has what the head reaches", async () => {
    const { vault, archive, store, second } = await lived();
    await shred(vault, await memoryNamed(vault, `${CANARY} three`));
    await sync(vault);
    await sync(second);
    const reach = reachOf((await opened(vault)).whole);
    const held = [];
    for (const digest of archive.keys()) if (await store.has(digest)) held.push(digest);
    expect(new Set(held)).to.deep.equal(reach);
    const cold = changed(vault, device(world, world.owner, store), {
      journalStore: vault.journal.store,
      journalKey: vault.journal.key,
    });
    expect(await texts(cold)).to.deep.equal(await texts(vault));
  });

  it("is followed by the owner's other devices at their next sync, and each says so with its next commit", async () => {
    const { vault, seed, store, environment } = await archived();
    const other = await another(world, seed, store);
    await remember(vault, { scope: "health", text: CANARY }, { scope: "health", text: "Stays" });
    await sync(vault);
    const seen = await memoryNamed(vault, CANARY);
    const kept = await memoryNamed(vault, "Stays");
    // Words of the other device that a forget took: of the memory that is to go, and of one that is not.
    for (const each of [seen, kept]) await update(other, each, { text: `${each.text} and more` });
    await forget(vault, kept);
    await shred(vault, seen);
    const wallet = losing(world.owner, () => sync(vault));
    await sync(paidBy(other, { ...environment, ...partsOf(other, store) }, wallet));
    expect((await lostTexts(other)).map(({ memoryId }) => memoryId)).to.have.members([seen.id, kept.id]);
    await remember(other, { scope: "health", text: "Sent" });
    await sync(other);
    await shred(vault, { id: seen.id });
    await sync(vault);
    expect(await readSent(other.journal)).not.to.deep.equal([]);
    const { receipt } = await sync(other);
    expect(receipt, "its word is worth no commit").to.equal(null);
    expect((await lostTexts(other)).map(({ memoryId }) => memoryId)).to.deep.equal([kept.id]);
    expect(await readSent(other.journal)).to.deep.equal([]);
    expect(await kinds(other)).to.include("note");
    expect((await sync(other)).receipt).to.equal(null);
    expect(await pending(other), "nobody waits for it").to.deep.equal([]);
    const { newestShred } = rosterOf((await opened(vault)).whole);
    const erased = async () => (await devices(vault)).map((each) => Number(each.erased)).sort();
    expect(await erased()).not.to.include(Number(newestShred!.sequence));
    for (const [i, each] of [other, vault].entries()) {
      await remember(each, { scope: "health", text: `After ${i}` });
      await sync(each);
      expect(await kinds(each)).to.deep.equal([]);
    }
    const sequence = Number(newestShred!.sequence);
    expect(await erased()).to.deep.equal([0, sequence, sequence]);
  });

  const partsOf = ({ journal }: Vault, store: BlobStore): Partial<Environment> => ({
    ...{ store, journalStore: journal.store, journalKey: journal.key },
  });

  it("is not followed while a commit from before it owes a revoke, and keeps nothing of what that carried", async () => {
    const { vault, environment, seed, store } = await archived();
    const other = await another(world, seed, store);
    const grantee = Wallet.createRandom().address;
    await admitted(world, vault, grantee);
    await remember(vault, { scope: "health", text: CANARY });
    // The commit is landed alone, and the device crashes before it sees that.
    const crashed = paidBy(vault, environment, frontRun(world.owner, world.relayer, true));
    expect(await thrown(revoke(crashed, grantee))).to.have.property("message", "power cut");
    await sync(other);
    await shred(other, await memoryNamed(other, CANARY));
    await sync(other);
    await settle(vault);
    expect(await readCandidates(vault.journal)).to.have.length(1);
    expect((await stateOf(vault)).shredFollowed).to.equal(0n);
    expect(await kinds(vault)).not.to.include("note");
    await sync(vault);
    await settle(vault);
    const { shredSeen, shredFollowed } = await stateOf(vault);
    expect(shredFollowed).to.equal(shredSeen).and.not.equal(0n);
    expect(await readCandidates(vault.journal)).to.deep.equal([]);
    const sent = (await readSent(vault.journal)).flatMap(({ operations }) => operations);
    for (const each of [...sent, ...(await readOperations(vault.journal))])
      expect(each.kind === "create" && each.text === CANARY).to.equal(false);
  });

  it("comes to its end wherever the power is cut", async function () {
    // A vault for each step, on machines of any speed.
    this.timeout(300_000);
    let cuts = 0;
    for (let step = 1; ; step++) {
      const { vault, archive, store, environment } = await archived();
      await remember(vault, { scope: "health", text: CANARY });
      await sync(vault);
      await shred(vault, await memoryNamed(vault, CANARY));
      const broken = powerCut(vault.journal.store, step);
      const parts = { ...environment, store, journalStore: broken.store };
      await sync(changed(vault, environment, parts)).catch(() => null);
      await sync(vault);
      const reach = reachOf((await opened(vault)).whole);
      const [receipt, ...more] = await receipts(vault);
      expect(more, `step ${step}`).to.deep.equal([]);
      expect(receipt?.memoryIds, `step ${step}`).to.have.length(1);
      expect(receipt?.blobs, `step ${step}`).to.equal(archive.size - reach.size);
      expect(await readShreds(vault.journal)).to.deep.equal([]);
      expect(await foundIn(await lootOf(archive, vault)), `step ${step}`).to.equal(false);
      for (const digest of archive.keys()) expect(await store.has(digest)).to.equal(reach.has(digest));
      if (!broken.cut()) break;
      cuts++;
    }
    expect(cuts).to.be.greaterThan(9);
  });

  it("comes to its end on another device as well, wherever its power is cut", async function () {
    // A vault for each step, on machines of any speed.
    this.timeout(300_000);
    let cuts = 0;
    for (let step = 1; ; step++) {
      const { vault, archive, store, seed } = await archived();
      const other = await another(world, seed, store);
      await remember(other, { scope: "health", text: CANARY });
      await sync(other);
      await shred(vault, await memoryNamed(vault, CANARY));
      await sync(vault);
      const broken = powerCut(other.journal.store, step);
      const parts = { ...partsOf(other, store), journalStore: broken.store };
      await settle(changed(other, device(world, world.owner), parts)).catch(() => null);
      await settle(other);
      expect(await foundIn(await lootOf(archive, vault, [other])), `step ${step}`).to.equal(false);
      expect(await readSent(other.journal)).to.deep.equal([]);
      await remember(other, { scope: "health", text: "Goes on" });
      await sync(other);
      const { erased } = (await devices(other)).find(({ own }) => own)!;
      expect(erased, `step ${step}`).to.equal(rosterOf((await opened(other)).whole).newestShred!.sequence);
      expect(await kinds(other)).to.deep.equal([]);
      if (!broken.cut()) break;
      cuts++;
    }
    expect(cuts).to.be.greaterThan(4);
  });

  it("takes no reader along, and costs no reader anything but a look at the new head", async () => {
    const { vault } = await furnished(world);
    const { reader } = await admitted(world, vault);
    await remember(vault, { scope: "health", text: CANARY });
    await sync(vault);
    expect((await texts(reader)).join()).to.include(CANARY);
    await shred(vault, await memoryNamed(vault, CANARY));
    await sync(vault);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    expect((await stateOf(reader)).epoch).to.equal((await read(vault)).epoch);
    expect(await thrown(shred(reader, { id: "00".repeat(16) }))).to.match(/OwnerClassOnly|owner/);
    expect(await thrown(shred(vault))).to.match(/at least one memory/);
  });
});
