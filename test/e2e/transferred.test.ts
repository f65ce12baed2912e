import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, Wallet, type Signer } from "ethers";

import {
  addDevice,
  acceptHandover,
  devices,
  handOver,
  rekey,
  takeOver,
  transfer,
  unconfirmed,
  type Takeover,
  RecipientsUnconfirmed,
} from "../../client/manage.ts";
import { collectGarbage } from "../../client/stores.ts";
import {
  collectWelcome,
  grant,
  grants,
  HeadUnknown,
  keyOf,
  memoryJournalStore,
  memoryStore,
  pending,
  publishKey,
  read,
  recoverVault,
  registryContract,
  remember,
  forget,
  settle,
  StoreUnavailable,
  sync,
  vaultAt,
  type BlobStore,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { seedSecrets } from "../../client/crypto/keys.ts";
import { headContext, open } from "../../client/crypto/seal.ts";
import { readNeeded, readSuccession } from "../../client/vault/journal.ts";
import { deltaAfter, readChainHead } from "../../client/vault/contract.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { openWith, stateOf } from "../../client/vault/session.ts";
import {
  archiving,
  cancelling,
  losing,
  misbehaving,
  powerCut,
  pruned,
  repricing,
  signerWith,
} from "../helpers/doubles.ts";
import {
  acceptingAt,
  admitted,
  another,
  changed,
  furnished,
  opened,
  recoverOn,
  texts,
} from "../helpers/furnished.ts";
import { contains } from "../helpers/contains.ts";
import { hoard } from "../helpers/hoarder.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const account = Wallet.createRandom().address;

describe("Transfer: a vault changes hands", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A seller's vault with a past: something forgotten, two scopes, another device, a listed reader. */
  async function seller(store: BlobStore = world.store) {
    const { vault, seed, environment } = await furnished(world, device(world, world.owner, store));
    // What the device began with: it leads to everything.
    const { secret: first } = await stateOf(vault);
    await remember(
      vault,
      { scope: "travel", text: "Window seat" },
      { scope: "health", text: "Never to be sold" },
    );
    await sync(vault);
    const second = await another(world, seed, store);
    const agent = await newReader();
    const terms = {
      recipient: agent.recipient,
      account,
      scopes: ["health"],
      expiresAt: await inDays(world, 30),
    };
    const { welcome } = await grant(vault, terms);
    const reader = await accept(world, agent.identity, welcome!, store);
    await read(reader);
    const private_ = (await read(vault)).scopes
      .flatMap(({ memories }) => memories)
      .find(({ text }) => text === "Never to be sold");
    await forget(vault, private_!);
    await sync(vault);
    return { vault, seed, environment, second, reader, first };
  }

  const LIVING = ["Runs at six", "Window seat"];

  /** A buyer, whose key is in the registry. */
  async function buyer(store: BlobStore = world.store) {
    const { identity, recipient } = await newReader();
    const address = await world.keyRegistry.getAddress();
    await publishKey(registryContract(address, world.buyer), recipient, 2 ** 40);
    const environment = device(world, world.buyer, store);
    const look = (welcome: Uint8Array, from: Environment = environment) =>
      acceptHandover({ ...from, address: world.address, identity, welcome });
    return { identity, environment, look, seed: randomBytes(32) };
  }

  /** The key of an account, as its owner published it. */
  const published = async (who: string): Promise<string> =>
    (await keyOf(registryContract(await world.keyRegistry.getAddress(), world.provider), who)).recipient;

  const handOverTo = async (vault: Vault): Promise<Uint8Array> => {
    const { welcome } = await handOver(vault, { recipient: await published(world.buyer.address) });
    return welcome!;
  };

  const taking = (
    { ref }: Vault,
    { environment, seed }: { environment: Environment; seed: Uint8Array },
    more: Partial<Environment> & { empty?: boolean } = {},
  ): Promise<Takeover> => takeOver({ ...environment, ref, seed, ...more });

  /** The vault on another device of the buyer's, from the new words. */
  const anew = ({ ref }: Vault, { seed }: { seed: Uint8Array }): Promise<Vault> => {
    const { address, buyer: owner } = world;
    return recoverVault({
      ...device(world, owner),
      address,
      seed,
      owner: owner.address,
      vaultId: ref.vaultId,
    });
  };

  describe("with a hand-over", () => {
    it("gives the buyer all that lives, checked before it pays and owned after", async () => {
      const { vault } = await seller();
      const next = await buyer();
      const checked = await next.look(await handOverTo(vault));
      const { root, sequence } = await world.memoryVault.memoryHead(vault.ref.vaultId);
      expect(checked).to.include({ root, sequence, final: true });
      expect(checked.scopes.map(({ name, count }) => [name, count]).sort()).to.deep.equal([
        ["health", 1],
        ["travel", 1],
      ]);
      expect(await texts(checked.vault)).to.deep.equal(LIVING);
      await transfer(vault, { to: world.buyer.address });
      expect(await world.memoryVault.ownerOf(vault.ref.vaultId)).to.equal(world.buyer.address);
      const taken = await taking(vault, next);
      expect(taken).to.include({ final: true, memories: 2, moved: false, sequence: sequence + 1n });
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
      await remember(taken.vault, { scope: "health", text: "The buyer's own" });
      await sync(taken.vault);
      const { reader } = await admitted(world, taken.vault);
      expect(await texts(reader)).to.deep.equal(["Runs at six", "The buyer's own"]);
      expect((await devices(taken.vault)).map(({ label }) => label)).to.deep.equal([
        "first device",
        "the 24 words",
      ]);
      expect(await nameOf(next.look(randomBytes(9)))).to.equal("WelcomeRejected");
    });

    it("leaves the buyer's record and the scopes' names in the internal scopes, and no secret of the seller's", async () => {
      const { vault } = await seller();
      const before = await opened(vault);
      const next = await buyer();
      const { vault: checked } = await next.look(await handOverTo(vault));
      const { whole } = await openedAny(checked);
      const { members, scopeNames } = rosterOf(whole);
      const { memberId } = await stateOf(checked);
      expect([...members.keys()]).to.deep.equal([memberId]);
      expect([...scopeNames.values()].sort()).to.deep.equal(["health", "travel"]);
      const secrets = secretsOf(whole);
      expect([...secrets.members.keys()]).to.deep.equal([memberId]);
      expect(secrets.commitKey).to.equal(null);
      expect(secrets.inbox).to.not.equal(secretsOf(before.whole).inbox);
      expect(secrets.batches.size, "its own").to.equal(1);
      for (const { segments } of whole.scopes.values())
        expect(
          segments.every(({ entry }) => entry.sequence === whole.chain.sequence),
          "no list leads back",
        ).to.equal(true);
    });

    it("ends every grant on chain, and locks everybody else out at once", async () => {
      const { vault, reader } = await seller();
      await handOverTo(vault);
      expect(await world.memoryVault.canRead(vault.ref.vaultId, account)).to.equal(false);
      expect(await nameOf(read(reader))).to.equal("GrantRevoked");
      expect(await grants(vault)).to.deep.equal([]);
    });

    it("lets the seller write nothing more, and lose nothing", async () => {
      const { vault, second } = await seller();
      await handOverTo(vault);
      for (const each of [vault, second]) {
        await remember(each, { scope: "health", text: "Too late" });
        const fault = await thrown(sync(each));
        expect(fault).to.have.property("name", "HandedOver");
        expect(fault)
          .to.have.property("message")
          .that.matches(/transfer it, or take it back with a rekey/);
        expect(await pending(each)).to.have.length(1);
        expect(await texts(each), "what was there is still read").to.deep.equal(LIVING);
      }
      expect(await nameOf(handOverTo(vault))).to.equal("HandedOver");
    });

    it("that fails loses nothing: a rekey with the words takes it back, and the buyer is out", async () => {
      const { vault, seed } = await seller();
      const next = await buyer();
      const { vault: checked } = await next.look(await handOverTo(vault));
      await remember(vault, { scope: "health", text: "Written meanwhile" });
      const [buyers] = await devices(vault);
      expect(await nameOf(rekey(vault, { remove: [buyers!.id] }))).to.equal("WordsNeeded");
      await rekey(vault, { remove: [buyers!.id], words: seed });
      const back = ["Runs at six", "Window seat", "Written meanwhile"];
      expect(await texts(vault)).to.deep.equal(back);
      expect(await nameOf(read(checked))).to.match(/NotAMember|WelcomeRejected/);
      expect(await texts(await another(world, seed))).to.deep.equal(back);
      await remember(vault, { scope: "health", text: "And goes on" });
      await sync(vault);
      expect(await nameOf(transfer(vault, { to: world.buyer.address }))).to.equal("NotHandedOver");
    });

    it("can be taken back from another machine by the words, after a rekey too, and the store holds no more than that takes", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault, seed } = await seller(store);
      const { digest: stale } = (await opened(vault)).whole;
      await rekey(vault, { remove: [], confirmed: [], words: seed }).catch(async (fault: unknown) => {
        if (!(fault instanceof RecipientsUnconfirmed)) throw fault;
        const confirmed = fault.members.map(({ fingerprint }) => fingerprint);
        await rekey(vault, { remove: [], confirmed, words: seed });
      });
      await buyer(store);
      await handOverTo(vault);
      expect(await store.has(bytesToHex(stale)), "what nothing needs is given up").to.equal(false);
      const left = await Promise.all([...archive.keys()].map((digest) => store.has(digest)));
      expect(left.filter(Boolean).length).to.be.lessThan(8);
      const elsewhere = await recoverVault({
        ...device(world, world.owner, store),
        ...{ address: world.address, seed, owner: world.owner.address },
      });
      expect(await nameOf(sync(elsewhere))).to.equal("HandedOver");
      const [buyers] = await devices(elsewhere);
      await rekey(elsewhere, { remove: [buyers!.id] });
      expect(await texts(elsewhere)).to.deep.equal(LIVING);
      expect((await devices(elsewhere)).map(({ label }) => label).sort()).to.deep.equal([
        "recovered device",
        "the 24 words",
      ]);
    });

    it("gives nothing up while the store is down, and does so with the next sync", async () => {
      const { store } = archiving(memoryStore());
      const { vault, environment } = await seller(store);
      const { digest: stale } = (await opened(vault)).whole;
      await buyer(store);
      const recipient = await published(world.buyer.address);
      const down = new StoreUnavailable("test store", "it is down");
      const stuck = misbehaving(store, { delete: () => Promise.reject(down) });
      const { unsettled } = await handOver(changed(vault, environment, { store: stuck }), { recipient });
      expect(unsettled).to.equal(down);
      expect(await store.has(bytesToHex(stale))).to.equal(true);
      await settle(vault);
      expect(await store.has(bytesToHex(stale))).to.equal(false);
      expect(await texts(vault)).to.deep.equal(LIVING);
    });

    it("is refused by the buyer where others are members as well, and nothing is kept of it", async () => {
      const { vault } = await seller();
      const next = await buyer();
      const recipient = await published(world.buyer.address);
      const { welcome } = await addDevice(vault, { recipient, label: "as if handed over" });
      expect(await nameOf(next.look(welcome!))).to.equal("NotHandedOver");
      expect(await nameOf(stateOf(vaultAt(vault.ref, next.environment))), "nothing is kept of it").to.equal(
        "NotInitialised",
      );
    });

    it("cannot be looked at first after the transfer: the welcome is refused then", async () => {
      const { vault } = await seller();
      const next = await buyer();
      const welcome = await handOverTo(vault);
      await transfer(vault, { to: world.buyer.address });
      expect(await nameOf(next.look(welcome))).to.equal("WelcomeRejected");
      expect(await nameOf(taking(vault, next))).to.equal("NotHandedOver");
    });

    it("is what the buyer checked, whatever the seller makes of the head before the transfer", async () => {
      const { vault, seed } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      const [buyers] = await devices(vault);
      await rekey(vault, { remove: [buyers!.id], words: seed });
      await remember(vault, { scope: "health", text: "Put in afterwards" });
      await sync(vault);
      await transfer(vault, { to: world.buyer.address, withoutMemories: true });
      const taken = await taking(vault, next);
      expect(taken).to.include({ final: true, moved: true, memories: 2 });
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
    });

    it("waits for what is not final", async () => {
      const { vault, environment } = await seller();
      const slow = changed(vault, environment, { finality: { confirmations: 4 } });
      await remember(slow, { scope: "health", text: "Just now" });
      await buyer();
      const recipient = await published(world.buyer.address);
      expect(await nameOf(handOver(slow, { recipient }))).to.equal("NotFinal");
      await world.networkHelpers.mine(4);
      const { welcome, memberId } = await handOver(slow, { recipient });
      expect(welcome).to.equal(null);
      expect(await nameOf(transfer(slow, { to: world.buyer.address }))).to.equal("NotFinal");
      await world.networkHelpers.mine(4);
      await transfer(slow, { to: world.buyer.address });
      expect(await collectWelcome(slow, memberId)).to.not.equal(null);
    });

    /** The seller, whose words stand on a welcome that a record of its head leads to. */
    async function rekeyed(store?: BlobStore) {
      const sold = await seller(store);
      const request = { remove: [], words: sold.seed };
      const confirmed = (await unconfirmed(sold.vault, request)).map(({ fingerprint }) => fingerprint);
      await rekey(sold.vault, { ...request, confirmed });
      // The key that its own welcome came to is replaced.
      await sync(sold.vault);
      return sold;
    }

    const takenBack = async (seed: Uint8Array, store?: BlobStore): Promise<string[]> => {
      const elsewhere = await recoverOn(world, seed, device(world, world.owner, store));
      const [buyers] = await devices(elsewhere);
      await rekey(elsewhere, { remove: [buyers!.id] });
      return texts(elsewhere);
    };

    it("is taken back by the words though its answer never came, and gives up what nothing needs all the same", async () => {
      const { store } = archiving(memoryStore());
      const { vault, seed, environment } = await rekeyed(store);
      const { digest: stale } = (await opened(vault)).whole;
      await buyer(store);
      const recipient = await published(world.buyer.address);
      const wallet = signerWith(world.owner, async (forward, transaction) => {
        await (await forward(transaction)).wait();
        throw new Error("no answer");
      });
      const cut = changed(vault, environment, { wallet });
      expect(await thrown(handOver(cut, { recipient }))).to.match(/no answer/);
      expect(await pending(vault)).to.deep.equal([]);
      await settle(vault);
      expect(await store.has(bytesToHex(stale)), "what nothing needs").to.equal(false);
      expect(await nameOf(collectGarbage(vault))).to.equal("HandedOver");
      expect(await takenBack(seed, store)).to.deep.equal(LIVING);
    });

    it("has no device of the seller's make room of what takes it back", async () => {
      const { vault, seed, second } = await rekeyed();
      await sync(second);
      await buyer();
      await handOverTo(vault);
      await settle(second);
      expect(await nameOf(collectGarbage(second))).to.equal("HandedOver");
      expect(await takenBack(seed)).to.deep.equal(LIVING);
    });

    it("that lost to another commit is waited for no more", async () => {
      const { vault, environment } = await rekeyed();
      await buyer();
      const recipient = await published(world.buyer.address);
      const refusing = signerWith(world.owner, () => Promise.reject(new Error("no answer")));
      await thrown(handOver(changed(vault, environment, { wallet: refusing }), { recipient }));
      await settle(vault);
      expect(await readNeeded(vault.journal), "it may land").to.have.length(3);
      await remember(vault, { scope: "health", text: "Came first" });
      await sync(vault);
      expect(await readNeeded(vault.journal)).to.equal(null);
      expect(await collectGarbage(vault)).to.be.greaterThan(0);
    });

    it("does not happen later where it failed", async () => {
      const { vault, environment } = await seller();
      await buyer();
      const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
      const recipient = await published(world.buyer.address);
      const stubborn = changed(vault, environment, { wallet: refusing });
      expect(await thrown(handOver(stubborn, { recipient }))).to.match(/rejected by the user/);
      expect(await pending(vault)).to.deep.equal([]);
      await remember(vault, { scope: "health", text: "Goes on" });
      await sync(vault);
      expect(await devices(vault)).to.have.length(3);
    });
  });

  /** The newest head, opened by a member that holds no commit key. */
  async function openedAny(vault: Vault) {
    const head = await readChainHead(vault.contract, vault.ref);
    return { whole: await openWith(vault, await stateOf(vault), head) };
  }

  it("is safe once it was checked: a store that then loses everything costs the buyer nothing", async () => {
    const { vault } = await seller();
    const next = await buyer();
    await next.look(await handOverTo(vault));
    await transfer(vault, { to: world.buyer.address });
    const taken = await taking(vault, next, { store: memoryStore("the buyer's own") });
    expect(await texts(taken.vault)).to.deep.equal(LIVING);
  });

  describe("without a hand-over", () => {
    it("says that the memories stay closed, and takes a word for it", async () => {
      const { vault } = await seller();
      const fault = await thrown(transfer(vault, { to: world.buyer.address }));
      expect(fault).to.have.property("name", "NotHandedOver");
      expect(fault)
        .to.have.property("message")
        .that.matches(/stay closed to whoever owns it next/);
      expect(await nameOf(transfer(vault, { to: "0x1" }))).to.equal("InvalidAccount");
      await transfer(vault, { to: world.buyer.address, withoutMemories: true });
      expect(await world.memoryVault.ownerOf(vault.ref.vaultId)).to.equal(world.buyer.address);
    });

    it("lets the new owner begin empty, in the epoch of its first commit's sequence, if it says so", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await transfer(vault, { to: world.buyer.address, withoutMemories: true });
      expect(await nameOf(taking(vault, next))).to.equal("NotHandedOver");
      const { sequence: before } = await world.memoryVault.memoryHead(vault.ref.vaultId);
      const taken = await taking(vault, next, { empty: true });
      expect(taken).to.include({ final: true, memories: 0, sequence: before + 1n });
      const { epoch, scopes } = await read(taken.vault);
      expect(scopes).to.deep.equal([]);
      expect(epoch).to.equal(Number(before) + 1);
      await remember(taken.vault, { scope: "health", text: "From now on" });
      await sync(taken.vault);
      const { reader } = await admitted(world, taken.vault);
      expect(await texts(reader)).to.deep.equal(["From now on"]);
    });

    it("of a vault that was never written, too", async () => {
      const { vault } = await ownedVault(world);
      const next = await buyer();
      await transfer(vault, { to: world.buyer.address, withoutMemories: true });
      const taken = await taking(vault, next, { empty: true });
      expect(taken.sequence).to.equal(1n);
      expect((await read(taken.vault)).epoch).to.equal(1);
    });
  });

  describe("After it", () => {
    /** Nobody of before gets anywhere, with all that they hold. */
    const lockedOut = (handed: boolean) => async (): Promise<void> => {
      const { store, archive } = archiving(memoryStore());
      const { vault, seed, second, reader } = await seller(store);
      const next = await buyer(store);
      if (handed) await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address, withoutMemories: !handed });
      const before = new Set(archive.keys());
      const taken = await taking(vault, next, { empty: !handed });
      await remember(taken.vault, { scope: "health", text: "Nobody else's business" });
      await sync(taken.vault);
      for (const each of [vault, second])
        for (const attempt of [read, sync]) expect(await nameOf(attempt(each))).to.equal("VaultChangedHands");
      expect(await nameOf(read(reader))).to.match(/VaultChangedHands|GrantRevoked/);
      const lost = recoverVault({
        ...device(world, world.owner, store),
        ...{ address: world.address, seed, owner: world.owner.address },
      });
      expect(await nameOf(lost)).to.match(/BlobMissing|WrongKeyError/);
      // They keep the vault's former visibility key: it unwraps none of the new blobs.
      const { ref, visibilityKey } = await stateOf(vault);
      const fresh = [...archive].filter(([digest]) => !before.has(digest)).map(([, blob]) => blob);
      expect(fresh.length).to.be.greaterThan(1);
      for (const blob of fresh)
        for (let at = 0n; at <= 20n; at++)
          expect(open(visibilityKey, headContext(ref, at), blob)).to.equal(null);
      const old = [...archive].filter(([digest]) => before.has(digest));
      const heads = old.filter(([, blob]) =>
        Array.from({ length: 20 }, (_, at) => headContext(ref, BigInt(at))).some(
          (context) => open(visibilityKey, context, blob) !== null,
        ),
      );
      expect(heads.length, "as it does the old ones").to.be.greaterThan(3);
    };

    it("the seller's devices, words and readers find and open nothing new", lockedOut(true));

    it("so it is where nothing was handed over", lockedOut(false));

    it("the buyer opens nothing that was removed, with all that it was given and every blob that was ever stored", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault, first } = await seller(store);
      const before = await stateOf(vault);
      const next = await buyer(store);
      const welcome = await handOverTo(vault);
      const { vault: checked } = await next.look(welcome);
      await transfer(vault, { to: world.buyer.address });
      const given = await stateOf(checked);
      const taken = await taking(vault, next);
      const { sequence } = await world.memoryVault.memoryHead(vault.ref.vaultId);
      const own = await stateOf(taken.vault);
      for (const { visibilityKey } of [given, own]) {
        const secrets = [given.secret, own.secret];
        const loot = { ref: vault.ref, archive, visibilityKey, secrets, sequence };
        const found = await hoard({ ...loot, identities: [next.identity], welcomes: [welcome] });
        expect(found.some((record) => contains(record, utf8ToBytes("Runs at six")))).to.equal(true);
        expect(found.some((record) => contains(record, utf8ToBytes("Never to be sold")))).to.equal(false);
        expect(found.some((record) => contains(record, before.secret))).to.equal(false);
      }
      const loot = { ref: vault.ref, archive, visibilityKey: before.visibilityKey, sequence };
      const all = await hoard({ ...loot, secrets: [before.secret, first] });
      expect(all.some((record) => contains(record, utf8ToBytes("Never to be sold")))).to.equal(true);
    });

    it("under a new visibility key no list leads back", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const { vault: own, sequence } = await taking(vault, next);
      const { whole } = await openedAny(own);
      expect(whole.scopes.size).to.equal(4);
      for (const { segments } of whole.scopes.values())
        expect(segments.map(({ entry }) => entry.sequence)).to.deep.equal([sequence]);
    });

    it("the seller opens nothing new, with all that it ever had", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault, seed, second, reader, first } = await seller(store);
      const states = await Promise.all([vault, second, reader].map(stateOf));
      const next = await buyer(store);
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const taken = await taking(vault, next);
      await remember(taken.vault, { scope: "health", text: "Nobody else's business" });
      await sync(taken.vault);
      const { sequence } = await world.memoryVault.memoryHead(vault.ref.vaultId);
      const words = seedSecrets(seed, vault.ref);
      const later = await Promise.all([vault, second].map(stateOf));
      const secrets = [...[...states, ...later].map(({ secret }) => secret), words.recoverySecret, first];
      const own = await stateOf(taken.vault);
      const loot = { ref: vault.ref, archive, secrets, sequence };
      const secret = utf8ToBytes("Nobody else's business");
      // Even were it told where to look.
      for (const visibilityKey of [words.visibilityKey, own.visibilityKey]) {
        const found = await hoard({ ...loot, visibilityKey });
        expect(found.some((record) => contains(record, secret))).to.equal(false);
      }
      const found = await hoard({ ...loot, visibilityKey: own.visibilityKey, secrets: [own.secret] });
      expect(found.some((record) => contains(record, secret))).to.equal(true);
    });

    it("the new words alone bring the vault back, by the id on their sheet, and commit", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const taken = await taking(vault, next);
      await admitted(world, taken.vault);
      const again = await anew(vault, next);
      expect(await texts(again), "in whatever epoch the vault is").to.deep.equal(LIVING);
      expect((await read(again)).epoch).to.be.greaterThan(1);
      await remember(again, { scope: "health", text: "From the words" });
      await sync(again);
      expect(await texts(taken.vault)).to.include("From the words");
    });

    it("the seller's commit key and wallet commit nothing, though it named a key for itself", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      const { vaultId } = vault.ref;
      const spaceId = `0x${vaultId.toString(16).padStart(64, "0")}`;
      const { memoryVault, owner, buyer: to, stranger } = world;
      await memoryVault.connect(owner).updateSpaceAuthorization(spaceId, to.address, stranger.address, "0x");
      const taken = await taking(vault, next);
      const { authorizer } = await memoryVault.memoryHead(vaultId);
      expect([stranger.address, owner.address, to.address]).to.not.include(authorizer);
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
    });

    it("a head that is pushed in before the buyer's key is in force is passed over", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      const { vaultId } = vault.ref;
      const { memoryVault, owner, buyer: to, stranger } = world;
      const spaceId = `0x${vaultId.toString(16).padStart(64, "0")}`;
      await memoryVault.connect(owner).updateSpaceAuthorization(spaceId, to.address, stranger.address, "0x");
      const junk = async (): Promise<void> => {
        for (let i = 0; i < 2; i++) {
          const head = await readChainHead(memoryVault, vault.ref);
          const delta = deltaAfter(head, vault.ref, hexlify(randomBytes(32)), hexlify(randomBytes(32)));
          await (await memoryVault.connect(stranger).commitTransition(delta, "0x")).wait();
        }
      };
      const taken = await taking(vault, next, { wallet: losing(to, junk) });
      expect(taken).to.include({ moved: true, memories: 2, final: true });
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
    });

    it("what the new words wrote meanwhile on another device stays", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const finality = { confirmations: 6 } as const;
      expect((await taking(vault, next, { finality })).final).to.equal(false);
      const again = await anew(vault, next);
      await remember(again, { scope: "health", text: "Meanwhile" });
      await sync(again);
      await world.networkHelpers.mine(6);
      const taken = await taking(vault, next, { finality });
      expect(taken.final).to.equal(true);
      expect(await texts(taken.vault)).to.deep.equal(["Meanwhile", ...LIVING]);
    });

    it("a store that lacks what the new words wrote meanwhile does not have the vault begun anew over it", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const finality = { confirmations: 6 } as const;
      const { sequence } = await taking(vault, next, { finality });
      const again = await anew(vault, next);
      await remember(again, { scope: "health", text: "Meanwhile" });
      await sync(again);
      const { head, whole } = await opened(again);
      const lacking = bytesToHex(whole.digest);
      const store = misbehaving(world.store, {
        get: (digest) => (digest === lacking ? Promise.resolve(null) : world.store.get(digest)),
      });
      const early = await taking(vault, next, { finality, store });
      expect(early).to.include({ final: false, receipt: null, sequence });
      await world.networkHelpers.mine(6);
      expect(await nameOf(taking(vault, next, { finality, store }))).to.equal("BlobMissing");
      expect((await readChainHead(vault.contract, vault.ref)).stateRoot).to.equal(head.stateRoot);
      expect(await texts(again)).to.deep.equal(["Meanwhile", ...LIVING]);
      const taken = await taking(vault, next, { finality });
      expect(taken).to.include({ final: true, receipt: null });
      expect(await texts(taken.vault)).to.deep.equal(["Meanwhile", ...LIVING]);
    });

    it("a node that has pruned its log cannot tell whether it is done: that is named, with what to do, and nothing is begun anew", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const finality = { confirmations: 6 } as const;
      const { sequence } = await taking(vault, next, { finality });
      const again = await anew(vault, next);
      // The newest head names the one before it: only behind that one the log has to tell.
      for (const text of ["Meanwhile", "And later"]) {
        await remember(again, { scope: "health", text });
        await sync(again);
      }
      const { stateRoot } = await readChainHead(vault.contract, vault.ref);
      const fault = await thrown(taking(vault, next, { finality, provider: pruned(world.provider) }));
      expect(fault)
        .to.be.instanceOf(HeadUnknown)
        .with.property("message")
        .that.matches(/Ask an RPC that keeps its log/);
      expect((await readChainHead(vault.contract, vault.ref)).stateRoot).to.equal(stateRoot);
      await world.networkHelpers.mine(6);
      expect(await taking(vault, next, { finality })).to.include({ final: true, receipt: null, sequence });
    });

    it("a journal of another membership is not overwritten, and only the owner takes over", async () => {
      const { vault, environment } = await seller();
      const next = await buyer();
      const { ref } = vault;
      const { seed } = next;
      expect(await nameOf(taking(vault, next, { empty: true }))).to.equal("OwnerRequired");
      await transfer(vault, { to: world.buyer.address, withoutMemories: true });
      const own = { ...environment, wallet: world.buyer };
      expect(await nameOf(takeOver({ ...own, ref, seed, empty: true }))).to.equal("AlreadyInitialised");
      expect((await stateOf(vault)).memberId).to.match(/^[0-9a-f]{32}$/);
    });

    it("a reader whose key the seller and the buyer both know is a stranger to the other's vault", async () => {
      const { vault, reader } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const taken = await taking(vault, next);
      const { welcome, identity } = await admitted(world, taken.vault);
      expect(await nameOf(acceptingAt(world, reader)(identity, welcome))).to.match(/VaultChangedHands/);
      expect(await texts(await accept(world, identity, welcome))).to.deep.equal(["Runs at six"]);
    });
  });

  describe("Cut short", () => {
    it("at any step of the journal, is gone on with, and the vault has one first commit", async function () {
      this.timeout(120_000);
      const base = await ready();
      let stops = 0;
      for (let step = 1, done = false; !done; step++) {
        const fork = await world.networkHelpers.takeSnapshot();
        const { vault, next, journal } = await base.copy();
        const dying = powerCut(journal, step);
        const parts = { journalStore: dying.store };
        const outcome = await taking(vault, next, parts).catch((fault: unknown) => fault);
        done = !dying.cut();
        if (!done) {
          stops++;
          expect(outcome).to.match(/power cut/);
        }
        const taken = await taking(vault, next, { journalStore: journal });
        expect(taken.final).to.equal(true);
        expect(await texts(taken.vault)).to.deep.equal(LIVING);
        expect((await read(taken.vault)).sequence).to.equal(base.sequence + 1n);
        expect(await readSuccession(taken.vault.journal), "nothing is left of it").to.equal(null);
        await fork.restore();
      }
      expect(stops).to.be.greaterThan(3);
    });

    it("by a wallet that says no, a store that is down or an answer that is lost", async () => {
      const base = await ready();
      const once = <T>(fail: () => Promise<T>, work: () => Promise<T>): (() => Promise<T>) => {
        let failed = false;
        return () => {
          if (failed) return work();
          failed = true;
          return fail();
        };
      };
      const wallets: Signer[] = [
        signerWith(world.buyer, () => Promise.reject(new Error("no"))),
        signerWith(world.buyer, async (forward, transaction) => {
          await forward(transaction);
          throw new Error("no answer");
        }),
      ];
      for (const wallet of wallets) {
        const fork = await world.networkHelpers.takeSnapshot();
        const { vault, next, journal } = await base.copy();
        for (let tries = 0; tries < 3; tries++)
          await thrown(taking(vault, next, { journalStore: journal, wallet })).catch(() => null);
        const taken = await taking(vault, next, { journalStore: journal });
        expect(await texts(taken.vault)).to.deep.equal(LIVING);
        expect((await read(taken.vault)).sequence).to.equal(base.sequence + 1n);
        await fork.restore();
      }
      const { vault, next, journal } = await base.copy();
      const put = once(
        () => Promise.reject(new Error("down")),
        () => Promise.resolve(""),
      );
      const store = misbehaving(world.store, {
        put: async (blob) => {
          await put();
          return world.store.put(blob);
        },
      });
      expect(await thrown(taking(vault, next, { journalStore: journal, store }))).to.match(/down/);
      expect((await taking(vault, next, { journalStore: journal })).memories).to.equal(2);
    });

    it("by a wallet whose holder pays more for each transaction: it has its first commit all the same", async () => {
      const base = await ready();
      const { vault, next } = await base.copy();
      const taken = await taking(vault, next, { wallet: repricing(world.buyer) });
      expect(taken).to.include({ final: true, sequence: base.sequence + 1n });
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
    });

    it("by a wallet whose holder takes a transaction back: nothing is sent again before it is called again", async () => {
      const base = await ready();
      const { vault, next } = await base.copy();
      const { wallet, sent } = cancelling(world.buyer);
      const fault = await thrown(taking(vault, next, { wallet }));
      expect(fault).to.include({ code: "TRANSACTION_REPLACED", reason: "cancelled" });
      expect(sent()).to.equal(1);
      expect((await taking(vault, next)).sequence).to.equal(base.sequence + 1n);
    });

    it("by a chain that takes the first commit back: it lands again, the same", async () => {
      const { vault } = await seller();
      const next = await buyer();
      await next.look(await handOverTo(vault));
      await transfer(vault, { to: world.buyer.address });
      const finality = { confirmations: 4 } as const;
      const fork = await world.networkHelpers.takeSnapshot();
      const first = await taking(vault, next, { finality });
      expect(first.final).to.equal(false);
      const { stateRoot } = await world.memoryVault.memoryHead(vault.ref.vaultId);
      await fork.restore();
      expect((await taking(vault, next, { finality })).final).to.equal(false);
      expect((await world.memoryVault.memoryHead(vault.ref.vaultId)).stateRoot).to.equal(stateRoot);
      await world.networkHelpers.mine(4);
      const taken = await taking(vault, next, { finality });
      expect(taken).to.include({ final: true, receipt: null });
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
      expect(await taking(vault, next, { finality })).to.include({ final: true, receipt: null });
    });

    it("is not gone on with by other words, which would never open the vault", async () => {
      const { vault, next, journal } = await (await ready()).copy();
      const finality = { confirmations: 1_000 } as const;
      const { sequence } = await taking(vault, next, { journalStore: journal, finality });
      const other = { ...next, seed: randomBytes(32) };
      expect(await nameOf(taking(vault, other, { journalStore: journal, finality }))).to.equal(
        "InvalidWords",
      );
      const taken = await taking(vault, next, { journalStore: journal });
      expect(taken).to.include({ final: true, receipt: null, sequence });
      expect(await texts(taken.vault)).to.deep.equal(LIVING);
    });
  });

  /** A vault that is transferred and not taken over, and the buyer's journal, to be tried several times. */
  async function ready() {
    const { vault } = await seller();
    const next = await buyer();
    await next.look(await handOverTo(vault));
    await transfer(vault, { to: world.buyer.address });
    const { sequence } = await world.memoryVault.memoryHead(vault.ref.vaultId);
    const kept = vaultAt(vault.ref, next.environment).journal.store;
    const copy = async () => {
      const journal = memoryJournalStore();
      for (const name of await kept.list()) await journal.write(name, (await kept.read(name))!);
      return { vault, next, journal };
    };
    return { sequence, copy };
  }
});
