import { equalBytes } from "@noble/ciphers/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { getBytes, Wallet } from "ethers";

import {
  acceptWelcome,
  BlobMissing,
  collectWelcome,
  dropWelcome,
  grant,
  InvalidWords,
  memoryStore,
  pending,
  read,
  recipientOf,
  recoverVault,
  remember,
  renewMembership,
  settle,
  sync,
  WelcomeRejected,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import {
  addDevice,
  devices,
  rekey,
  resumeRekey,
  unconfirmed,
  NotEnrolled,
  RecipientsUnconfirmed,
} from "../../client/manage.ts";
import { maskPointer, ratchet, SCOPE_ZERO, seedSecrets } from "../../client/crypto/keys.ts";
import { headContext, open, welcomeContext } from "../../client/crypto/seal.ts";
import { readWelcome, writeWelcome, type Welcome } from "../../client/crypto/welcome.ts";
import { readChainHead } from "../../client/vault/contract.ts";
import { lookUpKey } from "../../client/vault/keyring.ts";
import { stateOf } from "../../client/vault/session.ts";
import { archiving, powerCut } from "../helpers/doubles.ts";
import { admitted, changed, furnished, opened, recoverOn, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, type World } from "../helpers/world.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";

describe("Renewed words: another visibility key, and the old words open nothing new", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A laptop, a phone and a reader, and the seed of words that are to come. */
  async function household(environment: Environment = device(world, world.owner)) {
    const owned = await furnished(world, environment);
    const { vault } = owned;
    const { identity, recipient } = await newReader();
    const { welcome, memberId } = await addDevice(vault, { recipient, label: "phone" });
    const parts = { ...device(world, world.owner, vault.store), address: world.address };
    const phone = await acceptWelcome({ ...parts, identity, welcome: welcome! });
    await sync(phone);
    await settle(vault);
    const reading = await admitted(world, vault);
    const newWords = randomBytes(32);
    return { ...owned, ...reading, phone, phoneId: memberId, newWords };
  }

  const renewing = async (vault: Vault, newWords: Uint8Array) => {
    const shown = await unconfirmed(vault, { remove: [], newWords });
    return { remove: [], newWords, confirmed: shown.map(({ fingerprint }) => fingerprint) };
  };

  /** Carries each member's new welcome to it. */
  async function carry(from: Vault, ...members: readonly Vault[]): Promise<void> {
    for (const member of members) {
      const welcome = await collectWelcome(from, (await stateOf(member)).memberId);
      await renewMembership(member, welcome!);
    }
  }

  const recoverBy = (vault: Vault, seed: Uint8Array): Promise<Vault> =>
    recoverVault({
      ...{ ...device(world, world.owner, vault.store), address: world.address, owner: world.owner.address },
      ...{ seed, vaultId: vault.ref.vaultId },
    });

  it("gives everybody who stays a welcome that is handed over, and all go on by it", async () => {
    const { vault, phone, reader, newWords } = await household();
    await rekey(vault, await renewing(vault, newWords));
    expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    for (const each of [phone, reader]) expect(await thrown(read(each))).to.be.instanceOf(BlobMissing);
    await carry(vault, phone, reader);
    for (const each of [phone, reader]) expect(await texts(each)).to.deep.equal(["Runs at six"]);
    await remember(phone, { scope: "health", text: "Under the new words" });
    await sync(phone);
    await remember(vault, { scope: "travel", text: "Window seat" });
    await sync(vault);
    expect(await texts(reader)).to.deep.equal(["Runs at six", "Under the new words"]);
    for (const each of [vault, phone]) {
      expect(await texts(each)).to.deep.equal(["Runs at six", "Under the new words", "Window seat"]);
      const { visibilityKey, nextIdentity } = await stateOf(each);
      expect(visibilityKey).to.deep.equal(seedSecrets(newWords, vault.ref).visibilityKey);
      expect(nextIdentity).to.equal(null);
    }
    expect((await devices(vault)).map(({ label }) => label)).to.have.members([
      "first device",
      "the 24 words",
      "phone",
    ]);
  });

  it("has a device replace the key that its welcome came to, though that was to replace another", async () => {
    const { vault } = await furnished(world);
    const { identity, recipient } = await newReader();
    const { welcome, memberId } = await addDevice(vault, { recipient, label: "phone" });
    const parts = { ...device(world, world.owner), finality: { confirmations: 12 } };
    const phone = await acceptWelcome({ ...parts, address: world.address, identity, welcome: welcome! });
    await sync(phone);
    await settle(vault);
    const { nextIdentity } = await stateOf(phone);
    await rekey(vault, await renewing(vault, randomBytes(32)));
    const carried = await collectWelcome(vault, memberId);
    await renewMembership(phone, carried!);
    const between = await stateOf(phone);
    expect(between.identity).to.equal(nextIdentity);
    expect(between.nextIdentity).to.be.a("string").and.not.equal(nextIdentity);
    await sync(phone);
    await world.networkHelpers.mine(12);
    await settle(phone);
    expect(await stateOf(phone)).to.include({ identity: between.nextIdentity, nextIdentity: null });
    expect(await thrown(readWelcome(carried!, between.nextIdentity!))).to.be.instanceOf(WelcomeRejected);
    expect(await texts(phone)).to.deep.equal(["Runs at six"]);
  });

  it("lets the new words recover, with the vault's id, in this epoch and in every later one", async () => {
    const { vault, newWords } = await household();
    await rekey(vault, await renewing(vault, newWords));
    expect(await texts(await recoverBy(vault, newWords))).to.deep.equal(["Runs at six"]);
    await admitted(world, vault);
    await admitted(world, vault);
    const recovered = await recoverBy(vault, newWords);
    await remember(recovered, { scope: "health", text: "By the new words" });
    await sync(recovered);
    expect(await texts(vault)).to.deep.equal(["By the new words", "Runs at six"]);
  });

  it("leaves the old words, and every former member, nothing that leads anywhere", async () => {
    const { store, archive } = archiving(memoryStore());
    const { vault, seed, reader, newWords } = await household(device(world, world.owner, store));
    const before = await opened(vault);
    const known = new Set(archive.keys());
    await rekey(vault, await renewing(vault, newWords));
    await remember(vault, { scope: "health", text: "Under the new words" });
    await sync(vault);
    const parts = device(world, world.owner, store);
    expect(await thrown(recoverOn(world, seed, parts))).to.be.instanceOf(BlobMissing);
    expect(await thrown(read(reader))).to.be.instanceOf(BlobMissing);
    const { visibilityKey, recoverySecret } = seedSecrets(seed, vault.ref);
    const { whole, head } = await opened(vault);
    const unmasked = maskPointer(
      ...([visibilityKey, vault.ref, head.sequence] as const),
      ...([getBytes(head.root), getBytes(head.pointer)] as const),
    );
    expect(equalBytes(unmasked, whole.digest)).to.equal(false);
    let news = 0;
    for (const [digest, blob] of archive) {
      if (known.has(digest)) continue;
      news++;
      const contexts = [welcomeContext(vault.ref)];
      for (let sequence = 1n; sequence <= head.sequence; sequence++)
        contexts.push(headContext(vault.ref, sequence));
      for (const context of contexts) expect(open(visibilityKey, context, blob)).to.equal(null);
    }
    expect(news).to.be.greaterThan(2);
    const keyring = { salt: whole.data.keyringSalt, entries: whole.data.entries };
    for (const secret of [recoverySecret, before.state.secret]) {
      for (let epochs = 0; epochs < 5; epochs++)
        expect(lookUpKey(keyring, ratchet(secret, epochs), SCOPE_ZERO)).to.equal(null);
    }
  });

  it("lists nothing from before, and a reader of every scope reads on", async () => {
    const { vault, newWords } = await household();
    for (let i = 0; i < 3; i++) {
      await remember(vault, { scope: "travel", text: `Trip ${i} ${"x".repeat(2_000 - 600 * i)}` });
      await sync(vault);
    }
    const before = await opened(vault);
    expect([...before.whole.scopes.values()].some(({ segments }) => segments.length > 1)).to.equal(true);
    await rekey(vault, await renewing(vault, newWords));
    const { whole, head } = await opened(vault);
    for (const { segments } of whole.scopes.values())
      for (const { entry } of segments) expect(entry.sequence).to.equal(head.sequence);
    const { identity, recipient } = await newReader();
    const terms = { recipient, scopes: ["health", "travel"], expiresAt: await inDays(world, 3) };
    const { welcome } = await grant(vault, { ...terms, admission: "joined" });
    expect(await texts(await accept(world, identity, welcome!))).to.have.length(4);
  });

  it("asks for everybody's confirmation, for the old words were there from the first", async () => {
    const { vault, newWords, phoneId } = await household();
    const fault = await thrown(rekey(vault, { remove: [], newWords }));
    expect(fault).to.be.instanceOf(RecipientsUnconfirmed);
    const { members } = fault as RecipientsUnconfirmed;
    expect(members).to.have.length(2);
    expect(members.map(({ id }) => id)).to.include(phoneId);
    const confirmed = members.map(({ fingerprint }) => fingerprint);
    await rekey(vault, { remove: [], newWords, confirmed });
    expect(await texts(vault)).to.deep.equal(["Runs at six"]);
  });

  it("removes a device at the same time", async () => {
    const { vault, phone, phoneId, reader, newWords } = await household();
    const request = { ...(await renewing(vault, newWords)), remove: [phoneId] };
    await rekey(vault, request);
    expect(await collectWelcome(vault, phoneId), "the one that it came with neither").to.equal(null);
    await carry(vault, reader);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    expect(await thrown(read(phone))).to.be.instanceOf(BlobMissing);
  });

  it("is followed by rekeys and by renewals", async () => {
    const { vault, phone, reader, newWords } = await household();
    await rekey(vault, await renewing(vault, newWords));
    await carry(vault, phone, reader);
    await rekey(vault, {
      remove: [],
      words: newWords,
      confirmed: (await unconfirmed(vault, { remove: [] })).map(({ fingerprint }) => fingerprint),
    });
    for (const each of [phone, reader]) expect(await texts(each)).to.deep.equal(["Runs at six"]);
    expect(await texts(await recoverBy(vault, newWords))).to.deep.equal(["Runs at six"]);
    const newest = randomBytes(32);
    await sync(phone);
    await sync(vault);
    await rekey(phone, await renewing(phone, newest));
    await carry(phone, vault, reader);
    for (const each of [vault, phone, reader]) expect(await texts(each)).to.deep.equal(["Runs at six"]);
    expect(await thrown(recoverBy(vault, newWords))).to.be.instanceOf(BlobMissing);
    expect(await texts(await recoverBy(vault, newest))).to.deep.equal(["Runs at six"]);
  });

  it("hands no welcome over before its head is final, and reads on meanwhile", async () => {
    const { vault, environment, phone, newWords } = await household();
    const slow = changed(vault, environment, { finality: { confirmations: 5 } });
    await world.networkHelpers.mine(5);
    await settle(slow);
    const { memberId } = await stateOf(phone);
    await dropWelcome(vault, memberId);
    await rekey(slow, await renewing(slow, newWords));
    expect(await collectWelcome(slow, memberId)).to.equal(null);
    expect(await texts(slow)).to.deep.equal(["Runs at six"]);
    await remember(slow, { scope: "health", text: "On top" });
    await sync(slow);
    expect(await texts(slow)).to.deep.equal(["On top", "Runs at six"]);
    await world.networkHelpers.mine(5);
    await settle(slow);
    await carry(slow, phone);
    expect(await texts(phone)).to.deep.equal(["On top", "Runs at six"]);
    expect((await stateOf(slow)).visibilityKey).to.deep.equal(seedSecrets(newWords, vault.ref).visibilityKey);
  });

  it("is done twice before the first is final, and who stays goes on by the second", async () => {
    const { vault, environment, phone, reader, newWords } = await household();
    const slow = changed(vault, environment, { finality: { confirmations: 8 } });
    const mine = async (): Promise<void> => {
      for (let block = 0; block < 8; block++) await world.networkHelpers.mine(1);
    };
    await mine();
    await settle(slow);
    await rekey(slow, await renewing(slow, newWords));
    const same = rekey(slow, { remove: [], newWords });
    expect(await thrown(same), "they are the present ones by now").to.be.instanceOf(InvalidWords);
    const newest = randomBytes(32);
    await rekey(slow, await renewing(slow, newest));
    expect(await texts(slow)).to.deep.equal(["Runs at six"]);
    await mine();
    await settle(slow);
    expect(await pending(slow)).to.deep.equal([]);
    await carry(slow, phone, reader);
    for (const each of [slow, phone, reader]) expect(await texts(each)).to.deep.equal(["Runs at six"]);
    expect(await texts(await recoverBy(slow, newest))).to.deep.equal(["Runs at six"]);
  });

  it("is gone on with from whatever step", async function () {
    this.timeout(120_000);
    let stops = 0;
    // The first step journals; every one of them is walked in a long run.
    for (let step = 1, done = false; !done; step += LONG || step === 1 ? 1 : 4) {
      const { vault, environment, phone, reader, newWords } = await household();
      const request = await renewing(vault, newWords);
      const dying = powerCut(vault.journal.store, step);
      const cut = changed(vault, environment, { journalStore: dying.store });
      const outcome = await rekey(cut, request).catch((fault: unknown) => fault);
      done = !dying.cut();
      if (!done) {
        stops++;
        expect(outcome, `step ${step}`).to.match(/power cut/);
      }
      const begun = (await pending(vault)).some(({ kind }) => kind === "rekey");
      await resumeRekey(vault);
      if (step === 1) {
        expect(begun).to.equal(false);
        await rekey(vault, request);
      }
      await sync(vault);
      await carry(vault, phone, reader);
      for (const each of [vault, phone, reader])
        expect(await texts(each), `step ${step}`).to.deep.equal(["Runs at six"]);
      expect(await texts(await recoverBy(vault, newWords)), `step ${step}`).to.deep.equal(["Runs at six"]);
      expect(await pending(vault), `step ${step}`).to.deep.equal([]);
    }
    expect(stops).to.be.greaterThan(2);
  });

  describe("a welcome under the new key", () => {
    it("is refused where it says another member, or another key than the head is sealed under", async () => {
      const { vault, reader, newWords } = await household();
      await rekey(vault, await renewing(vault, newWords));
      const before = await stateOf(reader);
      const { welcome } = await readWelcome(
        (await collectWelcome(vault, before.memberId))!,
        before.identity!,
      );
      const signer = new Wallet((await opened(vault)).commitKey);
      const said = async (body: Partial<Welcome>): Promise<Uint8Array> =>
        writeWelcome(
          { ...welcome, ...body },
          await recipientOf(before.identity!),
          (domain, types, value) => signer.signTypedData(domain, types, value),
          signer.address,
        );
      for (const body of [
        { memberId: randomBytes(16) },
        { locator: randomBytes(32) },
        { ref: { ...vault.ref, vaultId: vault.ref.vaultId + 1n } },
      ])
        expect(await thrown(renewMembership(reader, await said(body)))).to.be.instanceOf(WelcomeRejected);
      const elsewhere = await said({ visibilityKey: randomBytes(32) });
      expect(await thrown(renewMembership(reader, elsewhere))).to.be.instanceOf(BlobMissing);
      expect(await stateOf(reader)).to.deep.equal(before);
      await renewMembership(reader, await said({}));
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    });

    it("is refused by another member's device, and by whoever does not find the head by it", async () => {
      const { vault, phone, reader, newWords } = await household();
      await rekey(vault, await renewing(vault, newWords));
      const [ofPhone, ofReader] = await Promise.all(
        [phone, reader].map(async (each) => collectWelcome(vault, (await stateOf(each)).memberId)),
      );
      const before = await stateOf(reader);
      expect(await thrown(renewMembership(reader, ofPhone!))).to.be.instanceOf(WelcomeRejected);
      expect(await stateOf(reader)).to.deep.equal(before);
      // Archived, it leads nowhere once the words were renewed again.
      await carry(vault, phone);
      await sync(phone);
      await sync(vault);
      const again = randomBytes(32);
      await rekey(vault, await renewing(vault, again));
      expect(await thrown(renewMembership(reader, ofReader!))).to.be.instanceOf(WelcomeRejected);
      expect(await stateOf(reader)).to.deep.equal(before);
      await carry(vault, reader);
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    });
  });

  it("takes no ratchet back where a welcome is opened again", async () => {
    const { vault, reader, newWords } = await household();
    await rekey(vault, await renewing(vault, newWords));
    const { memberId } = await stateOf(reader);
    const welcome = await collectWelcome(vault, memberId);
    await renewMembership(reader, welcome!);
    await admitted(world, vault);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    const before = await stateOf(reader);
    await renewMembership(reader, welcome!);
    expect(await stateOf(reader)).to.deep.equal(before);
  });

  it("takes words that are others, and a device that is a member", async () => {
    const { vault, seed } = await household();
    const same = rekey(vault, { remove: [], newWords: seed });
    expect(await thrown(same)).to.be.instanceOf(InvalidWords);
    const recovered = await recoverOn(world, seed, device(world, world.owner));
    const early = rekey(recovered, { remove: [], newWords: randomBytes(32) });
    expect(await thrown(early)).to.be.instanceOf(NotEnrolled);
    expect(await pending(vault)).to.deep.equal([]);
    expect((await readChainHead(vault.contract, vault.ref)).sequence).to.equal(4n);
  });
});
