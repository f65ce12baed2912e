import { equalBytes } from "@noble/ciphers/utils.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, makeError, Wallet } from "ethers";

import {
  acceptWelcome,
  memoryStore,
  NotAMember,
  OwnDevice,
  OwnerRequired,
  pending,
  read,
  recipientBytes,
  recipientDigest,
  recipientOf,
  RecipientsUnconfirmed,
  recipientText,
  RekeyPending,
  remember,
  revoke,
  settle,
  sync,
  UnknownMember,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { addDevice, devices, rekey, unconfirmed } from "../../client/manage.ts";
import { decryptWith } from "../../client/crypto/identity.ts";
import { ratchet, SCOPE_ONE, SCOPE_ZERO } from "../../client/crypto/keys.ts";
import { open, welcomeContext } from "../../client/crypto/seal.ts";
import { unpad } from "../../client/vault/blob.ts";
import { readChainHead } from "../../client/vault/contract.ts";
import { lookUpKey } from "../../client/vault/keyring.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { stateOf } from "../../client/vault/session.ts";
import { archiving, signerWith } from "../helpers/doubles.ts";
import { admitted, changed, furnished, opened, recoverOn, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, newReader, type World } from "../helpers/world.ts";

describe("Rekey: a device that is lost or hostile leaves, and takes no key along that opens anything", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** One more device, let in by its welcome; it has replaced the key that this came to. */
  async function added(vault: Vault, label: string) {
    const { identity, recipient } = await newReader();
    const { welcome, memberId } = await addDevice(vault, { recipient, label });
    const environment = { ...device(world, world.owner, vault.store) };
    const parts = { ...environment, address: world.address };
    const added = await acceptWelcome({ ...parts, identity, welcome: welcome! });
    await sync(added);
    await settle(vault);
    return { device: added, environment, memberId };
  }

  /** A laptop that minted the vault, a phone that stays, a reader, and a tablet that will go. */
  async function household(environment: Environment = device(world, world.owner)) {
    const owned = await furnished(world, environment);
    const { vault } = owned;
    const phone = await added(vault, "phone");
    const reading = await admitted(world, vault);
    const tablet = await added(vault, "tablet");
    return { ...owned, phone, tablet, ...reading };
  }

  /** The owner compares every key with its device, and finds none amiss. */
  const vouchingFor = async (vault: Vault, remove: string[]): Promise<string[]> =>
    (await unconfirmed(vault, { remove })).map(({ fingerprint }) => fingerprint);

  const headOf = (vault: Vault) => readChainHead(vault.contract, vault.ref);

  it("lets everybody who stays go on by itself, and the removed device read nothing that comes", async () => {
    const { vault, phone, tablet, reader } = await household();
    const before = await headOf(vault);
    const { removed, leftOut, rotated, blobs } = await rekey(vault, { remove: [tablet.memberId] });
    expect({ removed, leftOut, rotated }).to.deep.equal({
      removed: [tablet.memberId],
      leftOut: [],
      rotated: true,
    });
    const after = await headOf(vault);
    expect(after.sequence).to.equal(before.sequence + 1n);
    expect(after.authorizer).not.to.equal(before.authorizer);
    // A welcome for each of the laptop, the words, the phone and the reader, and the head.
    expect(blobs.filter((size) => size === 4_096)).to.have.length(4);
    await remember(vault, { scope: "health", text: "After the tablet" });
    await sync(vault);
    for (const each of [vault, phone.device, reader]) {
      expect(await texts(each)).to.deep.equal(["After the tablet", "Runs at six"]);
    }
    expect(await thrown(read(tablet.device))).to.be.instanceOf(NotAMember);
    await remember(phone.device, { scope: "travel", text: "Goes by train" });
    await sync(phone.device);
    expect(await texts(vault)).to.deep.equal(["After the tablet", "Goes by train", "Runs at six"]);
    expect((await devices(vault)).map(({ label }) => label)).to.have.members([
      "this device",
      "the 24 words",
      "phone",
    ]);
  });

  it("leaves no key in force that the removed device could have had", async () => {
    const { store, archive } = archiving(memoryStore());
    const { vault, phone, tablet, reader } = await household(device(world, world.owner, store));
    const before = await opened(tablet.device);
    const held = [before.state.secret, before.state.locator, before.state.visibilityKey];
    held.push(...secretsOf(before.whole).members.values(), before.whole.epochKey!);
    held.push(...[...rosterOf(before.whole).members.values()].map(({ locator }) => locator));
    const identities = [before.state.identity!, secretsOf(before.whole).inbox];
    await rekey(vault, { remove: [tablet.memberId] });
    const { whole, commitKey } = await opened(vault);
    const scopes = [SCOPE_ZERO, SCOPE_ONE, ...[...whole.scopes.keys()].map(hexToBytes)];
    const keyring = { salt: whole.data.keyringSalt, entries: whole.data.entries };
    const opens = (secret: Uint8Array) => scopes.some((id) => lookUpKey(keyring, secret, id) !== null);
    for (const secret of held) {
      for (let epochs = 0; epochs < 4; epochs++) expect(opens(ratchet(secret, epochs))).to.equal(false);
    }
    // The control: what the phone and the reader hold by now does open it.
    for (const each of [phone.device, reader]) {
      await read(each);
      expect(opens((await stateOf(each)).secret)).to.equal(true);
    }
    const fresh = [...secretsOf(whole).members.values()];
    for (const secret of held) {
      for (let epochs = 0; epochs < 4; epochs++) {
        const turned = ratchet(secret, epochs);
        expect(fresh.some((each) => equalBytes(each, turned))).to.equal(false);
      }
    }
    expect(secretsOf(whole).inbox).not.to.equal(secretsOf(before.whole).inbox);
    expect(commitKey).not.to.equal(before.commitKey);
    // It finds and unwraps every blob, welcomes too: none is encrypted to a key that it has.
    let files = 0;
    for (const blob of archive.values()) {
      const framed = open(before.state.visibilityKey, welcomeContext(vault.ref), blob);
      if (framed === null) continue;
      files++;
      for (const identity of identities) {
        expect(await thrown(decryptWith(identity, unpad(framed)))).to.have.property("name", "WrongKeyError");
      }
    }
    expect(files, "one for each who stays").to.equal(4);
  });

  it("puts the new commit key in force alone and first, and keeps it in the journal before that", async () => {
    const { vault, environment, tablet } = await household();
    const seen: { selector: string; journalled: boolean; stored: boolean }[] = [];
    const { sequence } = await headOf(vault);
    const watched = signerWith(world.owner, async (forward, transaction) => {
      const { authorizer } = await headOf(vault);
      const waiting = (await pending(vault)).find((each) => each.kind === "rekey");
      const key = waiting === undefined ? "" : new Wallet(hexlify(waiting.commitKey)).address;
      const name = vault.contract.interface.parseTransaction({ data: transaction.data! })?.name ?? "other";
      seen.push({ selector: name, journalled: key !== "", stored: key === authorizer });
      return forward(transaction);
    });
    await rekey(changed(vault, environment, { wallet: watched }), { remove: [tablet.memberId] });
    expect(seen).to.deep.equal([
      { selector: "updateSpaceAuthorization", journalled: true, stored: false },
      { selector: "commitTransition", journalled: true, stored: true },
    ]);
    expect((await headOf(vault)).sequence).to.equal(sequence + 1n);
    expect((await pending(vault)).filter(({ kind }) => kind === "rekey")).to.deep.equal([]);
  });

  it("replaces, by each device that stays, the key that its new welcome came to", async () => {
    const { vault, phone, tablet } = await household();
    const recipientIn = async (memberId: string) =>
      recipientText((await devices(vault)).find(({ id }) => id === memberId)!.recipient);
    const before = await recipientIn(phone.memberId);
    await rekey(vault, { remove: [tablet.memberId] });
    await sync(phone.device);
    await sync(vault);
    expect(await recipientIn(phone.memberId)).not.to.equal(before);
    for (const each of [vault, phone.device]) {
      const { identity, nextIdentity, memberId } = await stateOf(each);
      expect(nextIdentity).to.equal(null);
      expect(await recipientIn(memberId)).to.equal(await recipientOf(identity!));
    }
  });

  it("is found by who slept through several rekeys, rotations and renewals, devices and readers", async () => {
    const { vault, phone, tablet, reader, seed } = await household();
    const slow = await added(vault, "asleep");
    for (let round = 0; round < 3; round++) {
      const next = await added(vault, `tablet ${round}`);
      const remove = [round === 0 ? tablet.memberId : next.memberId];
      await rekey(vault, { remove, confirmed: await vouchingFor(vault, remove) });
      await sync(vault);
      await sync(phone.device);
      const passing = await admitted(world, vault);
      await remember(phone.device, { scope: "health", text: `Round ${round}` });
      await sync(phone.device);
      await revoke(vault, passing.terms.recipient);
    }
    const all = ["Round 0", "Round 1", "Round 2", "Runs at six"];
    for (const each of [slow.device, reader, phone.device, vault]) {
      expect(await texts(each)).to.deep.equal(all);
    }
    await remember(slow.device, { scope: "health", text: "Awake" });
    await sync(slow.device);
    expect(await texts(reader)).to.deep.equal(["Awake", ...all]);
    // And the words, which nobody has ever opened a welcome with.
    const recovered = await recoverOn(world, seed, device(world, world.owner));
    expect(await texts(recovered)).to.deep.equal(["Awake", ...all]);
  });

  it("heals a secret that was stolen where nobody leaves", async () => {
    const { vault, phone, reader, tablet } = await household();
    const before = await opened(vault);
    const { removed } = await rekey(vault, { remove: [] });
    expect(removed).to.deep.equal([]);
    const { whole } = await opened(vault);
    for (const [id, secret] of secretsOf(whole).members) {
      const stolen = secretsOf(before.whole).members.get(id)!;
      expect(equalBytes(secret, ratchet(stolen, whole.data.epoch - before.whole.data.epoch))).to.equal(false);
    }
    for (const each of [phone.device, tablet.device, reader]) {
      expect(await texts(each)).to.deep.equal(["Runs at six"]);
    }
  });

  describe("whoever leaves may have put others in", () => {
    it("so that it is not done while one of these stays whom nobody vouches for", async () => {
      const { vault, phone, tablet, reader } = await household();
      const accomplice = await added(tablet.device, "phone");
      const planted = await admitted(world, tablet.device);
      const before = await headOf(vault);
      const fault = await thrown(rekey(vault, { remove: [tablet.memberId] }));
      expect(fault).to.be.instanceOf(RecipientsUnconfirmed);
      const { members } = fault as RecipientsUnconfirmed;
      const ids = members.map(({ id }) => id);
      expect(ids).to.include(accomplice.memberId).and.have.length(2);
      const after = await headOf(vault);
      expect(after.sequence, "nothing is written").to.equal(before.sequence);
      expect(after.authorizer, "and nobody else writes anything").not.to.equal(before.authorizer);
      expect(await thrown(sync(vault))).to.be.instanceOf(RekeyPending);
      const remove = [tablet.memberId, ...ids];
      await rekey(vault, { remove });
      expect((await headOf(vault)).authorizer, "the key is the one that is in force").to.equal(
        after.authorizer,
      );
      for (const each of [tablet.device, accomplice.device, planted.reader]) {
        expect(await thrown(read(each))).to.be.instanceOf(NotAMember);
      }
      for (const each of [phone.device, reader]) expect(await texts(each)).to.deep.equal(["Runs at six"]);
    });

    it("and is done when the owner does, for the very records that it saw", async () => {
      const { vault, tablet } = await household();
      const later = await added(vault, "e-reader");
      const remove = [tablet.memberId];
      const shown = await unconfirmed(vault, { remove });
      expect(shown.map(({ label, id }) => [label, id])).to.deep.equal([["e-reader", later.memberId]]);
      const { identity } = await stateOf(later.device);
      const recipient = await recipientOf(identity!);
      expect(shown[0]!.recipientDigest).to.equal(hexlify(recipientDigest(recipientBytes(recipient))));
      await rekey(vault, { remove, confirmed: shown.map(({ fingerprint }) => fingerprint) });
      expect(await texts(later.device)).to.deep.equal(["Runs at six"]);
    });

    it("asks nobody about members that this device saw before", async () => {
      const { vault, tablet } = await household();
      expect(await unconfirmed(vault, { remove: [tablet.memberId] })).to.deep.equal([]);
    });
  });

  describe("is refused", () => {
    it("to whom it would lock out, and for whom nobody knows", async () => {
      const { vault, phone, environment } = await household();
      const own = (await stateOf(vault)).memberId;
      expect(await thrown(rekey(vault, { remove: [own] }))).to.be.instanceOf(OwnDevice);
      const { recipient } = await newReader();
      for (const nobody of [recipient, "00".repeat(16)]) {
        expect(await thrown(rekey(vault, { remove: [nobody] }))).to.be.instanceOf(UnknownMember);
      }
      const remove = [phone.memberId];
      for (const wallet of [undefined, world.stranger]) {
        const without = changed(vault, environment, { wallet });
        expect(await thrown(rekey(without, { remove }))).to.be.instanceOf(OwnerRequired);
      }
      expect(await pending(vault)).to.deep.equal([]);
    });

    it("in the wallet, and then nothing waits", async () => {
      const { vault, environment, tablet } = await household();
      const { authorizer } = await headOf(vault);
      const refusing = signerWith(world.owner, () => {
        throw makeError("no", "ACTION_REJECTED", { action: "sendTransaction", reason: "rejected" });
      });
      const attempt = rekey(changed(vault, environment, { wallet: refusing }), { remove: [tablet.memberId] });
      expect(await thrown(attempt)).to.match(/ACTION_REJECTED/);
      expect(await pending(vault)).to.deep.equal([]);
      expect((await headOf(vault)).authorizer).to.equal(authorizer);
      await sync(vault);
    });
  });
});
