import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, makeError, Wallet, type Signer } from "ethers";

import {
  acceptWelcome,
  BlobMissing,
  CommitKeyMissing,
  forget,
  grants,
  memoryStore,
  NotAMember,
  NotYetAdmitted,
  OwnerRequired,
  pending,
  read,
  recipientBytes,
  recipientDigest,
  recipientOf,
  recipientText,
  RekeyPending,
  remember,
  revoke,
  settle,
  StoreUnavailable,
  sync,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import {
  addDevice,
  devices,
  heads,
  readAt,
  rekey,
  resumeRekey,
  unconfirmed,
  UnknownMember,
  LocatorShared,
  OwnDevice,
  RecipientsUnconfirmed,
} from "../../client/manage.ts";
import { collectGarbage, repair } from "../../client/stores.ts";
import { decryptWith } from "../../client/crypto/identity.ts";
import { ratchet, SCOPE_ONE, SCOPE_ZERO, seedSecrets } from "../../client/crypto/keys.ts";
import { open, welcomeContext } from "../../client/crypto/seal.ts";
import { unpad } from "../../client/vault/blob.ts";
import { deltaAfter, readChainHead } from "../../client/vault/contract.ts";
import { highestEpoch } from "../../client/vault/history.ts";
import { noteGiven, readCandidates, readSent } from "../../client/vault/journal.ts";
import { lookUpKey } from "../../client/vault/keyring.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { reachOf } from "../../client/vault/reach.ts";
import type { RosterMember } from "../../client/vault/roster.ts";
import { stateOf } from "../../client/vault/session.ts";
import { archiving, misbehaving, powerCut, signerWith } from "../helpers/doubles.ts";
import { admitted, changed, furnished, opened, recoverOn, texts } from "../helpers/furnished.ts";
import { claimingEpoch, junk, land, rewrite } from "../helpers/hostile.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { createWorld, device, newReader, type World } from "../helpers/world.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";

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
      "first device",
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

  it("costs the gas of any commit, and one blob of 4 KiB for each who stays", async () => {
    const { vault, phone, tablet } = await household();
    await remember(vault, { scope: "health", text: "Any commit" });
    const any = (await sync(vault)).receipt!;
    const { receipt, blobs } = await rekey(vault, { remove: [tablet.memberId] });
    expect(receipt!.logs.length).to.equal(any.logs.length);
    expect(Math.abs(Number(receipt!.gasUsed - any.gasUsed)), `${receipt!.gasUsed}`).to.be.lessThan(500);
    expect(blobs.slice(0, -1)).to.deep.equal([4_096, 4_096, 4_096, 4_096]);
    expect(await texts(phone.device)).to.have.length(2);
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

  describe("the words", () => {
    /** A vault whose words the tablet would replace by its own. */
    async function usurped(roster: (members: readonly RosterMember[], own: Uint8Array) => RosterMember[]) {
      const owned = await household();
      const { recipient } = await newReader();
      await rewrite(world, owned.tablet.device, {
        roster: (members) => roster(members, recipientBytes(recipient)),
      });
      return { ...owned, remove: [owned.tablet.memberId] };
    }

    it("are derived again where the owner types them, whatever the roster says of them", async () => {
      const { vault, seed, remove } = await usurped((members, recipient) =>
        members.map((member) => (member.label === "the 24 words" ? { ...member, recipient } : member)),
      );
      const shown = await unconfirmed(vault, { remove });
      expect(shown.map(({ label }) => label)).to.deep.equal(["the 24 words"]);
      expect(await unconfirmed(vault, { remove, words: seed })).to.deep.equal([]);
      await rekey(vault, { remove, words: seed });
      const recovered = await recoverOn(world, seed, device(world, world.owner));
      expect(await texts(recovered)).to.deep.equal(["Runs at six"]);
      expect((await devices(vault)).filter(({ label }) => label === "the 24 words")).to.have.length(1);
    });

    it("are a member again where they had been dropped", async () => {
      const { vault, seed, remove } = await usurped((members) =>
        members.filter(({ label }) => label !== "the 24 words"),
      );
      expect(await thrown(recoverOn(world, seed, device(world)))).to.be.instanceOf(NotAMember);
      // Somebody may have had the words, and written what there is: all of it is asked about.
      const shown = await unconfirmed(vault, { remove, words: seed });
      expect(shown).to.have.length(2);
      const confirmed = shown.map(({ fingerprint }) => fingerprint);
      await rekey(vault, { remove, confirmed, words: seed });
      const recovered = await recoverOn(world, seed, device(world, world.owner));
      expect(await texts(recovered)).to.deep.equal(["Runs at six"]);
    });

    it("find their newest welcome by the locator, and open nothing by what they first gave", async () => {
      const { vault, seed, tablet } = await household();
      await rekey(vault, { remove: [tablet.memberId] });
      const { state, whole } = await opened(vault);
      const { recoverySecret } = seedSecrets(seed, vault.ref);
      const keyring = { salt: whole.data.keyringSalt, entries: whole.data.entries };
      expect(lookUpKey(keyring, ratchet(recoverySecret, whole.data.epoch), SCOPE_ZERO)).to.equal(null);
      expect(equalBytes(state.visibilityKey, seedSecrets(seed, vault.ref).visibilityKey)).to.equal(true);
      const recovered = await recoverOn(world, seed, device(world, world.owner));
      await sync(recovered);
      expect(await texts(recovered)).to.deep.equal(["Runs at six"]);
    });
  });

  describe("a hostile device that hears of it", () => {
    /** A wallet in front of which somebody does something, before each of its transactions. */
    const racing = (...moves: (() => Promise<unknown>)[]): Signer =>
      signerWith(world.owner, async (forward, transaction) => {
        await moves.shift()?.();
        return forward(transaction);
      });

    it("commits junk and lets itself in again before the new key is in force, and is out all the same", async () => {
      const { vault, environment, phone, tablet, reader } = await household();
      const { sequence: honest } = await headOf(vault);
      const { commitKey } = await opened(tablet.device);
      let again: Awaited<ReturnType<typeof added>> | undefined;
      const wallet = racing(
        async () => {
          again = await added(tablet.device, "phone");
          await junk(world, vault, commitKey);
        },
        async () => {
          // The key is replaced by now: neither door is open any more.
          expect(await thrown(junk(world, vault, commitKey))).to.match(/InvalidSignature|Unauthorized/);
          expect(await thrown(sync(again!.device))).to.be.instanceOf(BlobMissing);
        },
      );
      const raced = changed(vault, environment, { wallet });
      const attempt = await thrown(rekey(raced, { remove: [tablet.memberId] }));
      expect(attempt).to.be.instanceOf(BlobMissing);
      const shown = await heads(vault);
      expect(shown[0]).to.include({ memories: null }).and.have.property("fault").instanceOf(BlobMissing);
      expect(shown.find(({ sequence }) => sequence === honest)).to.include({ memories: 1, fault: null });
      const { leftOut } = await rekey(raced, { remove: [tablet.memberId], base: honest });
      expect(leftOut.map(({ sequence }) => sequence)).to.deep.equal([honest + 3n, honest + 2n, honest + 1n]);
      for (const each of [tablet.device, again!.device]) {
        expect(await thrown(read(each))).to.be.instanceOf(NotAMember);
      }
      for (const each of [vault, phone.device, reader]) {
        expect(await texts(each)).to.deep.equal(["Runs at six"]);
      }
    });

    it("gets nothing by a commit that it signed before", async () => {
      const { vault, environment, tablet } = await household();
      const { head, commitKey } = await opened(tablet.device);
      const delta = deltaAfter(head, vault.ref, hexlify(randomBytes(32)), hexlify(randomBytes(32)));
      const early = async () => {
        // Its head is still the newest: the key alone keeps it out.
        expect(await thrown(land(world, vault, delta, commitKey))).to.match(/InvalidSignature|Unauthorized/);
      };
      const wallet = racing(() => Promise.resolve(), early);
      await rekey(changed(vault, environment, { wallet }), { remove: [tablet.memberId] });
      expect(await thrown(land(world, vault, delta, commitKey))).to.be.instanceOf(Error);
      expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    });

    it("cannot have the phone's welcome by naming its own key in the phone's record, whatever dates it writes", async () => {
      const { vault, phone, tablet } = await household();
      const before = await headOf(vault);
      const { identity, recipient } = await newReader();
      await rewrite(world, tablet.device, {
        roster: (members) =>
          members.map((member) =>
            member.id === phone.memberId
              ? { ...member, recipient: recipientBytes(recipient), written: 1n }
              : member.id === tablet.memberId
                ? { ...member, since: before.sequence + 1n }
                : member,
          ),
      });
      const fault = await thrown(rekey(vault, { remove: [tablet.memberId] }));
      const shown = (fault as RecipientsUnconfirmed).members;
      expect(shown.map(({ id }) => id)).to.deep.equal([phone.memberId]);
      const swapped = hexlify(recipientDigest(recipientBytes(recipient)));
      expect(shown[0]!.recipientDigest).to.equal(swapped);
      await rekey(vault, { remove: [tablet.memberId], base: before.sequence });
      expect(await texts(phone.device)).to.deep.equal(["Runs at six"]);
      const { whole } = await opened(vault);
      for (const { recipient } of rosterOf(whole).members.values()) {
        expect(recipientText(recipient)).not.to.equal(await recipientOf(identity));
      }
    });

    describe("cannot have the phone's welcome, though it named its own key in the phone's record and", () => {
      type Forge = (members: readonly RosterMember[]) => RosterMember[];

      /** A household whose tablet wrote heads that are final, one after the other. */
      async function forged(moves: (forge: Forge, own: RosterMember) => (readonly [Forge, boolean])[]) {
        const parts = await household();
        const { vault, phone, tablet } = parts;
        const { recipient } = await newReader();
        const own = rosterOf((await opened(vault)).whole).members.get(tablet.memberId)!;
        const forge: Forge = (members) =>
          members.map((member) =>
            member.id === phone.memberId ? { ...member, recipient: recipientBytes(recipient) } : member,
          );
        for (const [roster, hides] of moves(forge, own)) {
          await rewrite(world, tablet.device, { roster, hides });
          await settle(vault);
        }
        return parts;
      }

      const asked = async (vault: Vault, remove: string[]): Promise<string[]> =>
        (await unconfirmed(vault, { remove })).map(({ label }) => label);

      const without =
        (id: string): Forge =>
        (members) =>
          members.filter((member) => member.id !== id);

      it("left the roster for one final head", async () => {
        const { vault, tablet } = await forged((forge, own) => [
          [(members) => without(own.id)(forge(members)), true],
          [(members) => [...members, own], false],
        ]);
        expect(await asked(vault, [tablet.memberId])).to.deep.equal(["phone"]);
        const fault = await thrown(rekey(vault, { remove: [tablet.memberId] }));
        expect(fault).to.be.instanceOf(RecipientsUnconfirmed);
      });

      it("left the roster for good, and stays in the keyring", async () => {
        const { vault } = await forged((forge, own) => [
          [forge, false],
          [without(own.id), true],
        ]);
        expect(await asked(vault, [])).to.include("phone");
      });

      it("came back under another id", async () => {
        const id = "ab".repeat(16);
        const { vault } = await forged((forge, own) => [
          [(members) => without(own.id)(forge(members)), true],
          [(members) => [...members, { ...own, id }], false],
        ]);
        expect(await asked(vault, [id])).to.include("phone");
      });

      it("made itself a reader, that left", async () => {
        const { vault } = await forged((forge, own) => [
          [
            (members) =>
              forge(members).map((member) =>
                member.id === own.id ? { ...member, class: "reader" as const, expiresAt: 1 } : member,
              ),
            true,
          ],
          [without(own.id), true],
        ]);
        expect(await asked(vault, [])).to.include("phone");
      });

      it("took the phone out for one final head, and put it back", async () => {
        const { vault, phone, tablet } = await household();
        const record = rosterOf((await opened(vault)).whole).members.get(phone.memberId)!;
        await rewrite(world, tablet.device, { roster: without(phone.memberId) });
        await settle(vault);
        // As it was: but what the keyring has for it is the tablet's choice.
        await rewrite(world, tablet.device, { roster: (members) => [...members, record] });
        await settle(vault);
        expect(await asked(vault, [tablet.memberId])).to.deep.equal(["phone"]);
      });

      it("is not in the head to build on, and in every one that this device saw become final", async () => {
        const { vault, tablet, phone, seed: words } = await household();
        const { recipient } = await newReader();
        const own = rosterOf((await opened(vault)).whole).members.get(tablet.memberId)!;
        await rewrite(world, tablet.device, {
          roster: (members) =>
            without(own.id)(members).map((member) =>
              member.id === phone.memberId ? { ...member, recipient: recipientBytes(recipient) } : member,
            ),
          hides: true,
        });
        const base = (await headOf(vault)).sequence;
        await rewrite(world, tablet.device, { roster: (members) => [...members, own] });
        await settle(vault);
        expect(await asked(vault, [])).to.deep.equal([]);
        const shown = await unconfirmed(vault, { remove: [], base, words });
        expect(shown.map(({ label }) => label)).to.deep.equal(["phone"]);
      });

      it("is cleared by the rekey that asked about it, and by no other", async () => {
        const { vault, phone } = await forged((forge, own) => [
          [forge, false],
          [without(own.id), true],
        ]);
        const remove = [phone.memberId];
        await rekey(vault, { remove, confirmed: await vouchingFor(vault, remove) });
        const later = await added(vault, "e-reader");
        expect(await asked(vault, [])).to.deep.equal([]);
        expect(await asked(vault, [later.memberId])).to.deep.equal([]);
      });
    });

    it("cannot strand the words or the phone by a locator that they do not have", async () => {
      const { vault, seed, phone, tablet } = await household();
      const { sequence: base } = await headOf(vault);
      await rewrite(world, tablet.device, {
        roster: (members) =>
          members.map((member) =>
            member.label === "the 24 words" || member.id === phone.memberId
              ? { ...member, locator: randomBytes(32) }
              : member,
          ),
      });
      const remove = [tablet.memberId];
      const fault = await thrown(rekey(vault, { remove }));
      expect(fault).to.be.instanceOf(RecipientsUnconfirmed);
      const shown = (fault as RecipientsUnconfirmed).members;
      expect(shown.map(({ label }) => label)).to.have.members(["the 24 words", "phone"]);
      await rekey(vault, { remove, base });
      expect(await texts(phone.device)).to.deep.equal(["Runs at six"]);
      expect(await texts(await recoverOn(world, seed, device(world, world.owner)))).to.deep.equal([
        "Runs at six",
      ]);
    });

    it("cannot hide the phone's welcome behind that of another member with its locator", async () => {
      const { vault, phone, tablet } = await household();
      const { locator } = await stateOf(phone.device);
      const accomplice = await added(tablet.device, "e-reader");
      await rewrite(world, tablet.device, {
        roster: (members) =>
          members.map((member) => (member.id === accomplice.memberId ? { ...member, locator } : member)),
      });
      const remove = [tablet.memberId];
      const confirmed = await vouchingFor(vault, remove);
      const fault = await thrown(rekey(vault, { remove, confirmed }));
      expect(fault).to.be.instanceOf(LocatorShared);
      const { memberIds } = fault as LocatorShared;
      expect(memberIds).to.have.members([phone.memberId, accomplice.memberId]);
      await rekey(vault, { remove: [...remove, accomplice.memberId] });
      expect(await texts(phone.device)).to.deep.equal(["Runs at six"]);
    });

    it("cannot make a device of a reader, nor widen what it reads", async () => {
      const { vault, tablet } = await household();
      const reader = (await grants(vault))[0]!;
      await remember(vault, { scope: "travel", text: "Window seat" });
      await sync(vault);
      const { whole } = await opened(vault);
      const scopes = [...rosterOf(whole).scopeNames.keys()];
      for (const more of [
        { class: "owner" as const, scopes: reader.scopes },
        { class: "reader" as const, scopes },
        { class: "reader" as const, scopes: reader.scopes, expiresAt: reader.expiresAt! + 1 },
      ]) {
        await rewrite(world, tablet.device, {
          roster: (members) =>
            members.map((member) => (member.id === reader.id ? { ...member, ...more } : member)),
        });
        const shown = await unconfirmed(vault, { remove: [tablet.memberId] });
        expect(shown).to.have.length(1);
        expect(shown[0]).to.include({ id: reader.id, class: more.class });
      }
    });

    it("cannot have a reader read what another scope is to hold, by exchanging their names", async () => {
      const { vault, tablet, reader } = await household();
      await remember(vault, { scope: "private", text: "For nobody" });
      await sync(vault);
      await rewrite(world, tablet.device, {
        renames: new Map([
          ["health", "private"],
          ["private", "health"],
        ]),
      });
      await settle(vault);
      const remove = [tablet.memberId];
      const shown = await unconfirmed(vault, { remove });
      expect(shown.map(({ class: kind, scopes }) => [kind, scopes])).to.deep.equal([["reader", ["private"]]]);
      expect(await thrown(rekey(vault, { remove })))
        .to.be.instanceOf(RecipientsUnconfirmed)
        .and.to.have.property("message")
        .that.matches(/reads private/);
      await rekey(vault, { remove: [...remove, shown[0]!.id] });
      await remember(vault, { scope: "private", text: "For nobody either" });
      await sync(vault);
      expect(await thrown(read(reader))).to.be.instanceOf(NotAMember);
    });

    it("cannot do so by a name that two scopes have", async () => {
      const { vault, tablet } = await household();
      await remember(vault, { scope: "private", text: "For nobody" });
      await sync(vault);
      await rewrite(world, tablet.device, { renames: new Map([["private", "health"]]) });
      await settle(vault);
      const shown = await unconfirmed(vault, { remove: [tablet.memberId] });
      expect(shown.map(({ scopes }) => scopes)).to.deep.equal([["health"]]);
    });

    it("cannot keep the record that it changed by being confirmed as it was", async () => {
      const { vault, tablet } = await household();
      const later = await added(vault, "e-reader");
      const remove = [tablet.memberId];
      const shown = await unconfirmed(vault, { remove });
      const { recipient } = await newReader();
      await rewrite(world, tablet.device, {
        roster: (members) =>
          members.map((member) =>
            member.id === later.memberId ? { ...member, recipient: recipientBytes(recipient) } : member,
          ),
      });
      const confirmed = shown.map(({ fingerprint }) => fingerprint);
      const fault = await thrown(rekey(vault, { remove, confirmed }));
      expect((fault as RecipientsUnconfirmed).members.map(({ id }) => id)).to.deep.equal([later.memberId]);
    });

    it("cannot strand a device that followed its heads: the welcome's epoch counts, even a lower one", async () => {
      const { vault, phone, tablet, reader } = await household();
      const { head, whole } = await opened(vault);
      const digests = [await rewrite(world, tablet.device), await rewrite(world, tablet.device)].flat();
      for (const each of [phone.device, reader]) {
        await read(each);
        expect((await stateOf(each)).epoch).to.equal(whole.data.epoch + 2);
      }
      // What nobody else can read does not count: the rekey takes an epoch that the two have passed.
      for (const digest of digests) await vault.store.delete(digest);
      await rekey(vault, { remove: [tablet.memberId], base: head.sequence });
      expect((await opened(vault)).whole.data.epoch).to.equal(whole.data.epoch + 1);
      for (const each of [phone.device, reader, vault]) {
        expect(await texts(each)).to.deep.equal(["Runs at six"]);
        expect((await stateOf(each)).epoch).to.equal(whole.data.epoch + 1);
      }
      await remember(phone.device, { scope: "health", text: "Back again" });
      await sync(phone.device);
      expect(await texts(reader)).to.deep.equal(["Back again", "Runs at six"]);
    });

    it("is outbid by one epoch where its heads can be read, and not heeded where they name a huge one", async () => {
      const { vault, tablet } = await household();
      const { head, whole } = await opened(vault);
      const base = { sequence: head.sequence, epoch: whole.data.epoch };
      const { visibilityKey } = await stateOf(vault);
      const keys = { ref: vault.ref, visibilityKey };
      await rewrite(world, tablet.device);
      const followed = await headOf(vault);
      expect(await highestEpoch(keys, vault.store, base, [followed])).to.equal(base.epoch + 1);
      for (const epoch of [Number(followed.sequence) + 2, 0xffff_ffff, base.epoch + 3]) {
        const huge = await claimingEpoch(world, tablet.device, epoch);
        expect(await highestEpoch(keys, vault.store, base, [huge, followed]), `${epoch}`).to.equal(
          base.epoch + 1,
        );
      }
      await rekey(vault, { remove: [tablet.memberId], base: head.sequence });
      expect((await opened(vault)).whole.data.epoch).to.equal(base.epoch + 2);
    });

    it("is not stopped by a store that is down: that is no junk", async () => {
      const { vault, environment, tablet } = await household();
      const { sequence } = await headOf(vault);
      const lacking = new Set(await rewrite(world, tablet.device));
      let broken = true;
      const store = misbehaving(vault.store, {
        // The head that is to be left out alone: that to build on is read.
        get: (digest) =>
          broken && lacking.has(digest)
            ? Promise.reject(new StoreUnavailable("test store", "down"))
            : vault.store.get(digest),
      });
      const down = changed(vault, environment, { store });
      const remove = [tablet.memberId];
      expect(await thrown(rekey(down, { remove, base: sequence }))).to.be.instanceOf(StoreUnavailable);
      broken = false;
      await rekey(down, { remove, base: sequence });
      expect(await thrown(read(tablet.device))).to.be.instanceOf(NotAMember);
    });
  });

  describe("what was honest in heads that it leaves out", () => {
    it("is sent again by the devices that wrote it, and counts once", async () => {
      const { vault, phone, tablet, seed } = await household();
      const { sequence: base } = await headOf(vault);
      await rewrite(world, tablet.device, { empties: true });
      await remember(phone.device, { scope: "health", text: "Of the phone" });
      await sync(phone.device);
      await remember(vault, { scope: "travel", text: "Of the laptop" });
      await sync(vault);
      expect(await texts(vault)).to.deep.equal(["Of the laptop", "Of the phone"]);
      // Neither has anything left to write: what it sent is final.
      for (const each of [vault, phone.device]) expect(await pending(each)).to.deep.equal([]);
      // This device followed the tablet's head, and let the secret of the one before it go: the words open that.
      const remove = [tablet.memberId];
      expect(await thrown(readAt(vault, base))).to.be.instanceOf(NotYetAdmitted);
      expect(await heads(vault, 4)).to.have.deep.nested.property("[3].memories", null);
      expect(await heads(vault, 4, { words: seed })).to.have.deep.nested.property("[3].memories", 1);
      const { leftOut } = await rekey(vault, { remove, base, words: seed });
      expect(leftOut).to.have.length(3);
      await sync(vault);
      await read(phone.device);
      await sync(phone.device);
      for (const each of [vault, phone.device]) {
        expect(await texts(each)).to.deep.equal(["Of the laptop", "Of the phone", "Runs at six"]);
        await sync(each);
        expect(await readSent(each.journal)).to.have.length(1);
      }
    });

    it("is not sent again where it was not left out", async () => {
      const { vault, phone, tablet } = await household();
      const [memory] = (await read(vault)).scopes[0]!.memories;
      await forget(vault, memory!);
      await sync(vault);
      await rekey(vault, { remove: [tablet.memberId] });
      for (const each of [vault, phone.device]) {
        await read(each);
        expect((await pending(each)).filter(({ kind }) => kind !== "renew")).to.deep.equal([]);
        await sync(each);
        expect(await texts(each)).to.deep.equal([]);
      }
    });
  });

  describe("that is interrupted", () => {
    it("is gone on with from whatever step, and nobody is lost on the way", async function () {
      this.timeout(120_000);
      let stops = 0;
      // The first step journals; every one of them is walked in a long run.
      for (let step = 1, done = false; !done; step += LONG || step === 1 ? 1 : 3) {
        const { vault, environment, phone, tablet, reader } = await household();
        const { authorizer } = await headOf(vault);
        await remember(vault, { scope: "health", text: "Waiting" });
        const dying = powerCut(vault.journal.store, step);
        const cut = changed(vault, environment, { journalStore: dying.store });
        const outcome = await rekey(cut, { remove: [tablet.memberId] }).catch((fault: unknown) => fault);
        done = !dying.cut();
        if (!done) {
          stops++;
          expect(outcome, `step ${step}`).to.match(/power cut/);
        }
        await resumeRekey(vault);
        if (step === 1) {
          // Before it was journalled there is nothing to go on with, and no key in force that nobody has.
          expect((await headOf(vault)).authorizer).to.equal(authorizer);
          await rekey(vault, { remove: [tablet.memberId] });
        }
        await sync(vault);
        expect(await thrown(read(tablet.device)), `step ${step}`).to.be.instanceOf(NotAMember);
        for (const each of [vault, phone.device, reader])
          expect(await texts(each), `step ${step}`).to.deep.equal(["Runs at six", "Waiting"]);
        expect(
          (await pending(vault)).map(({ kind }) => kind),
          `step ${step}`,
        ).to.deep.equal([]);
        expect(await readCandidates(vault.journal), `step ${step}`).to.deep.equal([]);
        await remember(phone.device, { scope: "health", text: "And on" });
        await sync(phone.device);
      }
      expect(stops, "a rekey has steps to stop at").to.be.greaterThan(2);
    });

    it("is gone on with after an answer of the wallet that never came, to either transaction", async () => {
      for (const lost of [1, 2]) {
        const { vault, environment, phone, tablet } = await household();
        let sent = 0;
        const wallet = signerWith(world.owner, async (forward, transaction) => {
          const answer = await forward(transaction);
          if (++sent !== lost) return answer;
          await answer.wait();
          throw new Error("connection lost");
        });
        const attempt = rekey(changed(vault, environment, { wallet }), { remove: [tablet.memberId] });
        expect(await thrown(attempt)).to.match(/connection lost/);
        const before = await headOf(vault);
        await remember(vault, { scope: "health", text: "Meanwhile" });
        await resumeRekey(vault);
        expect((await headOf(vault)).authorizer).to.equal(before.authorizer);
        const { rekeyed } = rosterOf((await opened(vault)).whole);
        expect(rekeyed!.sequence, "once").to.equal(before.sequence + (lost === 1 ? 1n : 0n));
        expect(await resumeRekey(vault)).to.equal(null);
        expect(await texts(phone.device)).to.deep.equal(["Meanwhile", "Runs at six"]);
        expect(await thrown(read(tablet.device))).to.be.instanceOf(NotAMember);
      }
    });

    it("has no room made and nothing given up again: an earlier head may need it", async () => {
      const { vault, environment, tablet, seed } = await household();
      const { sequence: base } = await headOf(vault);
      const reach = [...reachOf((await opened(vault)).whole)];
      await rewrite(world, tablet.device, { empties: true });
      await settle(vault);
      // A backup brought back what was given up.
      await noteGiven(vault.journal, reach.slice(0, 1));
      let sent = 0;
      const wallet = signerWith(world.owner, (forward, transaction) => {
        if (++sent === 2) throw new Error("power cut");
        return forward(transaction);
      });
      const attempt = rekey(changed(vault, environment, { wallet }), {
        remove: [tablet.memberId],
        ...{ base, words: seed },
      });
      expect(await thrown(attempt)).to.match(/power cut/);
      expect(await thrown(collectGarbage(vault))).to.be.instanceOf(RekeyPending);
      expect((await repair(vault)).givenUp.size).to.equal(0);
      for (const digest of reach) expect(await vault.store.has(digest)).to.equal(true);
      await resumeRekey(vault);
      expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    });

    it("holds everything else back until it is done", async () => {
      const { vault, environment, tablet } = await household();
      const { sequence } = await headOf(vault);
      let sent = 0;
      const wallet = signerWith(world.owner, (forward, transaction) => {
        if (++sent === 2) throw new Error("power cut");
        return forward(transaction);
      });
      const attempt = rekey(changed(vault, environment, { wallet }), { remove: [tablet.memberId] });
      expect(await thrown(attempt)).to.match(/power cut/);
      await remember(vault, { scope: "health", text: "Later" });
      expect(await thrown(sync(vault))).to.be.instanceOf(RekeyPending);
      expect((await headOf(vault)).sequence).to.equal(sequence);
      await resumeRekey(vault);
      expect(await texts(vault)).to.deep.equal(["Later", "Runs at six"]);
    });

    it("is done twice before the first is final, though the key that signed the first welcomes is replaced", async () => {
      const { vault, environment, phone, tablet } = await household();
      // One by one: of blocks that are mined at once the chain knows no state any more when others follow.
      for (let blocks = 0; blocks < 9; blocks++) await world.networkHelpers.mine();
      const slow = changed(vault, environment, { finality: { confirmations: 9 } });
      const asleep = changed(phone.device, phone.environment, { finality: { confirmations: 9 } });
      await rekey(slow, { remove: [tablet.memberId] });
      const { welcomeDigest } = await stateOf(slow);
      const again = await rekey(slow, { remove: [] });
      expect(again.final).to.equal(false);
      expect((await stateOf(slow)).welcomeDigest, "it stands on neither yet").to.deep.equal(welcomeDigest);
      for (const each of [slow, asleep]) expect(await texts(each)).to.deep.equal(["Runs at six"]);
      expect(await thrown(read(tablet.device))).to.be.instanceOf(NotAMember);
    });

    it("lands once where it waits to be final, and is gone on with after a reorganisation", async () => {
      const { vault, environment, phone, tablet } = await household();
      const slow = changed(vault, environment, { finality: { confirmations: 6 } });
      await world.networkHelpers.mine(6);
      await settle(slow);
      const snapshot = await world.networkHelpers.takeSnapshot();
      const { final, sequence } = await rekey(slow, { remove: [tablet.memberId] });
      expect(final).to.equal(false);
      expect(await resumeRekey(slow)).to.include({ receipt: null, sequence });
      await remember(slow, { scope: "health", text: "On top" });
      await sync(slow);
      await snapshot.restore();
      expect(await thrown(sync(slow))).to.be.instanceOf(RekeyPending);
      await resumeRekey(slow);
      expect(await texts(phone.device)).to.deep.equal(["On top", "Runs at six"]);
      expect(await thrown(read(tablet.device))).to.be.instanceOf(NotAMember);
    });

    it("is not done again over what came after it, by a store that lacks that or is down", async () => {
      const { vault, environment, phone, tablet } = await household();
      const { sequence: base } = await headOf(vault);
      await junk(world, tablet.device, (await opened(tablet.device)).commitKey);
      const finality = { confirmations: 1_000 };
      await rekey(changed(vault, environment, { finality }), { remove: [tablet.memberId], base });
      await remember(phone.device, { scope: "health", text: "Of the phone" });
      await sync(phone.device);
      await added(phone.device, "e-reader");
      const { head, whole } = await opened(phone.device);
      const lacking = bytesToHex(whole.digest);
      const answers = {
        BlobMissing: () => Promise.resolve(null),
        StoreUnavailable: () => Promise.reject(new StoreUnavailable("test store", "down")),
      };
      for (const [name, answer] of Object.entries(answers)) {
        const store = misbehaving(vault.store, {
          get: (digest) => (digest === lacking ? answer() : vault.store.get(digest)),
        });
        expect(await nameOf(resumeRekey(changed(vault, environment, { finality, store })))).to.equal(name);
        expect((await headOf(vault)).stateRoot).to.equal(head.stateRoot);
      }
      expect(await resumeRekey(changed(vault, environment, { finality }))).to.include({ receipt: null });
      expect(await texts(vault)).to.deep.equal(["Of the phone", "Runs at six"]);
      expect((await devices(vault)).map(({ label }) => label)).to.include("e-reader");
    });

    it("is done after that of another device, if both began one", async () => {
      const { vault, environment, phone, tablet } = await household();
      const other = await added(vault, "e-reader");
      const confirmed = await vouchingFor(vault, [tablet.memberId]);
      const removing = { remove: [tablet.memberId], confirmed };
      const theirs = await unconfirmed(phone.device, { remove: [other.memberId] });
      const wallet = racing(
        () => Promise.resolve(),
        () =>
          rekey(phone.device, {
            remove: [other.memberId],
            confirmed: theirs.map(({ fingerprint }) => fingerprint),
          }),
      );
      const raced = changed(vault, environment, { wallet });
      expect(await thrown(rekey(raced, removing))).to.be.instanceOf(CommitKeyMissing);
      const { authorizer } = await headOf(vault);
      expect(await thrown(resumeRekey(vault))).to.be.instanceOf(CommitKeyMissing);
      expect((await headOf(vault)).authorizer, "the other's key stays").to.equal(authorizer);
      const shown = await unconfirmed(vault, { remove: [tablet.memberId] });
      await rekey(vault, { ...removing, confirmed: shown.map(({ fingerprint }) => fingerprint) });
      expect(await texts(phone.device)).to.deep.equal(["Runs at six"]);
      for (const gone of [tablet, other]) {
        expect(await thrown(read(gone.device))).to.be.instanceOf(NotAMember);
      }
    });

    const racing = (...moves: (() => Promise<unknown>)[]): Signer =>
      signerWith(world.owner, async (forward, transaction) => {
        await moves.shift()?.();
        return forward(transaction);
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
