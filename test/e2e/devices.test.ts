import { equalBytes } from "@noble/ciphers/utils.js";
import { expect } from "chai";

import {
  acceptWelcome,
  AlreadyInitialised,
  AlreadyMember,
  collectWelcome,
  generateIdentity,
  grants,
  MalformedData,
  pending,
  read,
  recipientOf,
  recipientText,
  remember,
  roleOf,
  settle,
  sync,
  WelcomeRejected,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { addDevice, devices, rekey, unconfirmed, welcomeFile, welcomeText } from "../../client/manage.ts";
import { readChainHead } from "../../client/vault/contract.ts";
import { stateOf } from "../../client/vault/session.ts";
import { losing, powerCut, signerWith } from "../helpers/doubles.ts";
import {
  acceptingAt,
  admitted,
  another,
  changed,
  furnished,
  paidBy,
  recoverOn,
  texts,
} from "../helpers/furnished.ts";
import { reissue } from "../helpers/reissued.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, newReader, type World } from "../helpers/world.ts";

describe("Devices: each of the owner's own is let in by a welcome, and keeps no key that one came to", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault, and a second device of its owner that accepted its welcome and has not written yet. */
  async function added(environment: Environment = device(world, world.owner)) {
    const owned = await furnished(world);
    const { identity, recipient } = await newReader();
    const result = await addDevice(owned.vault, { recipient, label: "phone" });
    const welcome = result.welcome!;
    const phone = await acceptWelcome({ ...environment, address: world.address, identity, welcome });
    return { ...owned, ...result, phone, environment, identity, recipient, welcome };
  }

  const recipientIn = async (vault: Vault, memberId: string): Promise<string> =>
    recipientText((await devices(vault)).find(({ id }) => id === memberId)!.recipient);

  it("reads everything, writes, and is listed by the owner's own words", async () => {
    const { vault, phone, memberId, rotated } = await added();
    expect(rotated).to.equal(false);
    expect(await roleOf(phone)).to.equal("owner");
    expect(await texts(phone)).to.deep.equal(["Runs at six"]);
    await remember(phone, { scope: "travel", text: "Goes by train" });
    await sync(phone);
    await remember(vault, { scope: "travel", text: "Window seat" });
    await sync(vault);
    for (const each of [vault, phone]) {
      expect(await texts(each)).to.deep.equal(["Goes by train", "Runs at six", "Window seat"]);
    }
    const listed = async (of: Vault) =>
      (await devices(of)).map(({ label, own, since }) => [label, own, since]);
    expect(await listed(vault)).to.have.deep.members([
      ["first device", true, 1n],
      ["the 24 words", false, 1n],
      ["phone", false, 2n],
    ]);
    expect(await listed(phone)).to.deep.include(["phone", true, 2n]);
    expect((await devices(phone)).find(({ own }) => own)?.id).to.equal(memberId);
    expect(await grants(vault)).to.deep.equal([]);
  });

  it("lets a reader in, and another device, without the owner's wallet", async () => {
    const { vault, phone, environment } = await added();
    const { authorizer } = await readChainHead(vault.contract, vault.ref);
    await world.networkHelpers.setBalance(authorizer, 10n ** 18n);
    const alone = changed(phone, environment, { wallet: undefined });
    const { recipient, identity } = await newReader();
    const { welcome } = await addDevice(alone, { recipient, label: "tablet" });
    const parts = { ...device(world), address: world.address };
    const tablet = await acceptWelcome({ ...parts, identity, welcome: welcome! });
    expect(await texts(tablet)).to.deep.equal(["Runs at six"]);
    expect((await admitted(world, alone)).reader).to.have.property("ref");
  });

  it("replaces its identity: the old one goes when a final head names the new", async () => {
    const { vault, phone, environment, memberId, identity, recipient } = await added();
    const slow = changed(phone, environment, { finality: { confirmations: 4 } });
    const first = await stateOf(slow);
    expect(first.identity).to.equal(identity);
    const next = first.nextIdentity!;
    expect(next).not.to.equal(identity);
    expect(await recipientIn(vault, memberId)).to.equal(recipient);
    const { sequence } = await sync(slow);
    expect(await recipientIn(vault, memberId)).to.equal(await recipientOf(next));
    expect((await devices(vault)).find(({ id }) => id === memberId)).to.include({
      since: 2n,
      written: sequence,
    });
    expect(await stateOf(slow)).to.include({ identity, nextIdentity: next });
    expect(await pending(slow)).to.have.length(1);
    await world.networkHelpers.mine(4);
    await settle(slow);
    expect(await stateOf(slow)).to.include({ identity: next, nextIdentity: null });
    expect(await pending(slow)).to.deep.equal([]);
    expect((await sync(slow)).receipt).to.equal(null);
    // What is encrypted to the roster's recipient from now on opens here, and nowhere else.
    await reissue(world, vault, { memberId, turns: 1 });
    expect(await texts(slow)).to.deep.equal(["Runs at six"]);
  });

  it("opens what was encrypted to either identity while it has both", async () => {
    const { vault, phone, environment, memberId, recipient } = await added();
    const slow = changed(phone, environment, { finality: { confirmations: 9 } });
    await reissue(world, vault, { memberId, turns: 1 });
    expect(await recipientIn(vault, memberId)).to.equal(recipient);
    expect(await texts(slow)).to.deep.equal(["Runs at six"]);
    await sync(slow);
    expect(await recipientIn(vault, memberId)).not.to.equal(recipient);
    await reissue(world, vault, { memberId, turns: 1 });
    expect(await texts(slow)).to.deep.equal(["Runs at six"]);
    expect((await stateOf(slow)).nextIdentity).to.be.a("string");
  });

  it("replaces the identity that a newer welcome came to, found by the locator", async () => {
    const { vault, phone, memberId } = await added();
    await sync(phone);
    const { identity } = await stateOf(phone);
    await reissue(world, vault, { memberId, turns: 1 });
    await read(phone);
    const between = await stateOf(phone);
    expect(between.identity).to.equal(identity);
    expect(between.nextIdentity).to.be.a("string").and.not.equal(identity);
    await sync(phone);
    expect(await stateOf(phone)).to.include({ identity: between.nextIdentity, nextIdentity: null });
    expect(await recipientIn(vault, memberId)).to.equal(await recipientOf(between.nextIdentity!));
  });

  it("writes its new recipient again when it lost a race", async () => {
    const { vault, phone, environment, memberId } = await added();
    await remember(vault, { scope: "health", text: "Came first" });
    const { nextIdentity } = await stateOf(phone);
    const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
    for (let tries = 0; tries < 2; tries++) {
      await thrown(sync(paidBy(phone, environment, refusing)));
      expect(await pending(phone)).to.have.length(1);
    }
    const { races } = await sync(
      paidBy(
        phone,
        environment,
        losing(world.owner, () => sync(vault)),
      ),
    );
    expect(races).to.equal(1);
    expect(await recipientIn(vault, memberId)).to.equal(await recipientOf(nextIdentity!));
  });

  it("loses neither identity to a power cut, wherever it comes", async () => {
    for (let step = 1; ; step++) {
      const { vault, phone, environment, memberId, identity } = await added();
      const broken = powerCut(phone.journal.store, step);
      await sync(changed(phone, environment, { journalStore: broken.store })).catch(() => null);
      const { identity: present, nextIdentity } = await stateOf(phone);
      const named = await recipientIn(vault, memberId);
      const held = [present, nextIdentity].filter((each) => each !== null);
      expect(await Promise.all(held.map(recipientOf)), `step ${step}`).to.include(named);
      await sync(phone);
      const after = await stateOf(phone);
      expect(after.nextIdentity, `step ${step}`).to.equal(null);
      expect(after.identity).not.to.equal(identity);
      expect(await recipientIn(vault, memberId)).to.equal(await recipientOf(after.identity!));
      if (!broken.cut()) break;
    }
  });

  it("keeps the identity that it enrolled with, where it was recovered", async () => {
    const { vault, seed } = await furnished(world);
    const parts = device(world, world.owner);
    const recovered = await recoverOn(world, seed, parts);
    const before = await stateOf(recovered);
    const slow = changed(recovered, parts, { finality: { confirmations: 3 } });
    const { outcomes } = await sync(slow);
    expect([...outcomes.values()].map(({ kind }) => kind)).to.deep.equal(["admitted"]);
    expect(await stateOf(slow)).to.deep.equal(before);
    expect((await devices(slow)).filter(({ own }) => own)).to.have.length(1);
    await sync(recovered);
    const after = await stateOf(recovered);
    expect(after).to.include({ identity: before.nextIdentity, nextIdentity: null });
    expect(await recipientIn(vault, after.memberId)).to.equal(await recipientOf(after.identity!));
    expect((await devices(recovered)).find(({ own }) => own)?.label).to.equal("recovered device");
    expect((await sync(recovered)).receipt).to.equal(null);
  });

  it("replaces the identity that it enrolled with, where a rekey's welcome came to it before that was final", async () => {
    const { vault, seed } = await furnished(world);
    const parts = { ...device(world, world.owner), finality: { confirmations: 12 } };
    const recovered = await recoverOn(world, seed, parts);
    const { nextIdentity: enrolled } = await stateOf(recovered);
    await sync(recovered);
    await settle(vault);
    const confirmed = (await unconfirmed(vault, { remove: [] })).map(({ fingerprint }) => fingerprint);
    await rekey(vault, { remove: [], confirmed });
    await world.networkHelpers.mine(12);
    await settle(recovered);
    const between = await stateOf(recovered);
    expect(between).to.include({ enrolling: null, identity: enrolled });
    expect(between.nextIdentity).to.be.a("string").and.not.equal(enrolled);
    await sync(recovered);
    await world.networkHelpers.mine(12);
    await settle(recovered);
    expect(await stateOf(recovered)).to.include({ identity: between.nextIdentity, nextIdentity: null });
    expect(await recipientIn(vault, between.memberId)).to.equal(await recipientOf(between.nextIdentity!));
    expect(await texts(recovered)).to.deep.equal(["Runs at six"]);
  });

  it("is admitted anew, under other secrets, when its admission lost a race", async () => {
    const { vault, environment, seed } = await furnished(world);
    const other = await another(world, seed);
    await remember(other, { scope: "health", text: "Came first" });
    const { recipient, identity } = await newReader();
    const losingVault = paidBy(
      vault,
      environment,
      losing(world.owner, () => sync(other)),
    );
    const { welcome, races } = await addDevice(losingVault, { recipient, label: "phone" });
    expect(races).to.equal(1);
    const parts = { ...device(world), address: world.address };
    const phone = await acceptWelcome({ ...parts, identity, welcome: welcome! });
    expect(await texts(phone)).to.deep.equal(["Came first", "Runs at six"]);
  });

  it("gets its welcome when its head is final, and not before", async () => {
    const { vault, environment } = await furnished(world);
    const slow = changed(vault, environment, { finality: { confirmations: 3 } });
    const { recipient } = await newReader();
    const { welcome, memberId } = await addDevice(slow, { recipient, label: "phone" });
    expect(welcome).to.equal(null);
    await world.networkHelpers.mine(3);
    await settle(slow);
    expect(await collectWelcome(slow, memberId)).to.be.instanceOf(Uint8Array);
  });

  it("is nobody's but the key's that it was added with", async () => {
    const { vault, welcome, recipient, phone } = await added();
    const attempt = acceptWelcome({
      ...{ ...device(world), address: world.address, identity: generateIdentity(), welcome },
    });
    expect(await thrown(attempt)).to.be.instanceOf(WelcomeRejected);
    const again = addDevice(vault, { recipient, label: "phone" });
    expect(await thrown(again)).to.be.instanceOf(AlreadyMember);
    expect(await pending(vault)).to.deep.equal([]);
    await sync(phone);
    expect(await devices(vault)).to.have.length(3);
  });

  it("has one membership in one journal, which its own welcome does not take back", async () => {
    const { phone, identity, welcome, vault } = await added();
    await sync(phone);
    await admitted(world, vault);
    await read(phone);
    const before = await stateOf(phone);
    await acceptingAt(world, phone)(identity, welcome);
    expect(await stateOf(phone)).to.deep.equal(before);
    const other = await admitted(world, vault);
    const attempt = acceptingAt(world, phone)(other.identity, other.welcome);
    expect(await thrown(attempt)).to.be.instanceOf(AlreadyInitialised);
    expect(await stateOf(phone)).to.deep.equal(before);
    // A reader's journal may become that of a device of the owner.
    const tablet = await newReader();
    const promoted = await addDevice(vault, { recipient: tablet.recipient, label: "tablet" });
    await acceptingAt(world, other.reader)(tablet.identity, promoted.welcome!);
    expect(await roleOf(other.reader)).to.equal("owner");
    expect(await texts(other.reader)).to.deep.equal(["Runs at six"]);
  });

  it("opens nothing by an archived welcome, once it was reissued and the old identity is gone", async () => {
    const { vault, phone, memberId, identity, welcome } = await added();
    await sync(phone);
    await reissue(world, vault, { memberId, turns: 1 });
    await read(phone);
    // Whoever kept file and key is led to a welcome that they do not open.
    const parts = { ...device(world), address: world.address };
    const fault = await thrown(acceptWelcome({ ...parts, identity, welcome }));
    expect(fault)
      .to.be.instanceOf(WelcomeRejected)
      .and.match(/for another device/);
  });

  describe("the text of a welcome", () => {
    it("fits a QR code, and is the file again however it was wrapped", async () => {
      const { welcome } = await added();
      const text = welcomeText(welcome);
      expect(text).to.match(/^MEMVAULT:[A-Z2-7]+$/);
      expect(text.length).to.be.lessThan(4_296);
      for (const written of [text, text.toLowerCase(), ` ${text.replace(/.{60}/g, "$&\n")}\r\n`]) {
        expect(equalBytes(welcomeFile(written), welcome)).to.equal(true);
      }
    });

    it("is refused when it is none, and nothing of it is repeated", () => {
      const text = welcomeText(Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
      for (const broken of [text.slice(9), `${text}1`, `${text}AA`, `${text}=`, "MEMVAULT", ""]) {
        expect(() => welcomeFile(broken), broken)
          .to.throw(MalformedData)
          .with.property("message")
          .that.does.not.include(text.slice(9));
      }
    });
  });
});
