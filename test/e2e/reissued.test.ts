import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";

import {
  acceptWelcome,
  BlobAltered,
  BlobMissing,
  grant,
  GrantExpired,
  headOf,
  NotAMember,
  read,
  remember,
  status,
  sync,
  vaultAt,
  WelcomeRejected,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { spaceIdOf } from "../../client/vault/contract.ts";
import { rosterOf } from "../../client/vault/plan.ts";
import { memberKeys, stateOf } from "../../client/vault/session.ts";
import { admitted, furnished, opened, recoverOn, termsFor, texts } from "../helpers/furnished.ts";
import { reissue, type Reissue } from "../helpers/reissued.ts";
import { flipped } from "../helpers/seeded.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, type World } from "../helpers/world.ts";

describe("Reissued members: whoever gets a new secret finds its welcome by its locator", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault with two scopes, and a reader of one of them on a device of its own. */
  async function withReader(environment: Environment = device(world)) {
    const owned = await furnished(world);
    const { vault } = owned;
    await remember(vault, { scope: "travel", text: "Window seat" });
    await sync(vault);
    const { identity, terms } = await termsFor(world);
    const { welcome, memberId } = await grant(vault, terms);
    const file = welcome!;
    const parts = { ...environment, address: world.address };
    const reader = await acceptWelcome({ ...parts, identity, welcome: file });
    await read(reader);
    const scopeId = (name: string) =>
      opened(vault).then(({ whole }) =>
        hexToBytes([...rosterOf(whole).scopeNames].find(([, known]) => known === name)![0]),
      );
    return { ...owned, reader, environment, memberId, identity, terms, welcome: file, scopeId };
  }

  const at = (vault: Vault, environment: Environment, parts: Partial<Environment>): Vault =>
    vaultAt(vault.ref, { ...environment, ...parts });

  it("reads by it as soon as a head names it, and stands on it once that head is final", async () => {
    const { vault, reader, environment, memberId, scopeId } = await withReader();
    const slow = at(reader, environment, { finality: { confirmations: 5 } });
    await world.networkHelpers.mine(5);
    await read(slow);
    const before = await stateOf(slow);
    const expiresAt = await inDays(world, 90);
    const scopes = [{ id: await scopeId("health"), name: "my health" }];
    const made = await reissue(world, vault, { memberId, turns: 1, body: { scopes, expiresAt } });
    expect((await read(slow)).final).to.equal(false);
    expect(await stateOf(slow)).to.deep.equal(before);
    expect((await read(slow)).scopes.map(({ name }) => name)).to.deep.equal(["my health"]);
    await world.networkHelpers.mine(5);
    expect((await read(slow)).final).to.equal(true);
    const after = await stateOf(slow);
    expect(after.secret).to.deep.equal(made.welcome.secret);
    expect(after.welcomeDigest).to.deep.equal(hexToBytes(made.digest));
    expect(after).to.include({ epoch: made.welcome.epoch, expiresAt, memberId });
    // It is not asked for again.
    await vault.store.delete(made.digest);
    expect(await texts(slow)).to.deep.equal(["Runs at six"]);
  });

  it("still opens a head below by the secret that it stands on", async () => {
    const { vault, reader, environment, memberId } = await withReader();
    const slow = at(reader, environment, { finality: { confirmations: 5 } });
    await reissue(world, vault, { memberId, turns: 1 });
    // The final head is older than the one that names the welcome, and the pin moves there.
    await world.networkHelpers.mine(2);
    await read(slow);
    const { pin, welcomeDigest } = await stateOf(slow);
    expect(welcomeDigest).to.equal(null);
    const { sequence } = await opened(vault).then(({ head }) => head);
    expect(pin?.sequence).to.equal(sequence - 1n);
    await world.networkHelpers.mine(3);
    await read(slow);
    expect((await stateOf(slow)).pin?.sequence).to.equal(sequence);
  });

  it("takes the welcome's epoch, even a lower one", async () => {
    const { vault, reader, memberId } = await withReader();
    for (let turn = 0; turn < 2; turn++) {
      await reissue(world, vault, { memberId, turns: 1 });
      await read(reader);
    }
    const before = await stateOf(reader);
    // By more epochs than the sequence rose since the pin, which says nothing of a new secret.
    await reissue(world, vault, { memberId, turns: -1, body: { epoch: before.epoch - 3 } });
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    expect((await stateOf(reader)).epoch).to.equal(before.epoch - 1);
  });

  it("ratchets on from a welcome that it slept through", async () => {
    const { vault, reader, memberId } = await withReader();
    await reissue(world, vault, { memberId });
    const { recipient } = await newReader();
    const later = { recipient, scopes: ["travel"], expiresAt: await inDays(world, 3) };
    await grant(vault, later);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
  });

  it("has the new terms where the old ones ended", async () => {
    const { vault, reader, memberId, terms } = await withReader();
    await reissue(world, vault, { memberId, body: { expiresAt: terms.expiresAt + 86_400 } });
    await world.networkHelpers.time.increaseTo(terms.expiresAt);
    expect((await headOf(reader)).sequence).to.equal(4n);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    expect((await status(reader)).expiresAt).to.equal(terms.expiresAt + 86_400);
    await world.networkHelpers.time.increaseTo(terms.expiresAt + 86_400);
    for (const attempt of [read, headOf]) {
      expect(await thrown(attempt(reader))).to.be.instanceOf(GrantExpired);
    }
  });

  it("ends with the new terms though the old ones go on", async () => {
    const { vault, reader, environment, memberId } = await withReader();
    const slow = at(reader, environment, { finality: { confirmations: 3 } });
    const expiresAt = (await inDays(world, 0)) + 100;
    await reissue(world, vault, { memberId, body: { expiresAt } });
    await world.networkHelpers.time.increaseTo(expiresAt);
    expect(await thrown(read(slow)))
      .to.be.instanceOf(GrantExpired)
      .and.include({ expiresAt });
  });

  describe("the store is no way around it", () => {
    // The keyring still has what the old secret opens: a reader that made do with it would be kept in the past.
    const keepsOldEntries = true;

    it("a welcome that is missing is named, and nothing is read by the old secret", async () => {
      const { vault, reader, memberId } = await withReader();
      await read(reader);
      const before = await stateOf(reader);
      const made = await reissue(world, vault, { memberId, keepsOldEntries, blob: () => null });
      expect(await thrown(read(reader)))
        .to.be.instanceOf(BlobMissing)
        .and.include({ digest: made.digest });
      expect((await stateOf(reader)).pin).to.deep.equal(before.pin);
    });

    it("a welcome that was altered is named", async () => {
      const { vault, reader, environment, memberId } = await withReader();
      const made = await reissue(world, vault, { memberId, keepsOldEntries });
      const get = async (digest: string): Promise<Uint8Array | null> => {
        const blob = await world.store.get(digest);
        return blob !== null && digest === made.digest ? flipped(blob, 4_000) : blob;
      };
      const rotten = at(reader, environment, { store: { ...world.store, name: "rotten", get } });
      expect(await thrown(read(rotten)))
        .to.be.instanceOf(BlobAltered)
        .and.include({ digest: made.digest });
    });
  });

  describe("a forged welcome", () => {
    /** What a reader that is led to this welcome says. */
    async function led(
      change: (parts: Awaited<ReturnType<typeof withReader>>) => Promise<Omit<Reissue, "memberId">>,
    ) {
      const parts = await withReader();
      const before = await stateOf(parts.reader);
      await reissue(world, parts.vault, { memberId: parts.memberId, ...(await change(parts)) });
      const fault = await thrown(read(parts.reader));
      expect(await stateOf(parts.reader)).to.deep.equal(before);
      return fault;
    }

    it("by nobody that is in force", async () => {
      const signer = Wallet.createRandom();
      const fault = await led(() => Promise.resolve({ signer: new Wallet(signer.privateKey) }));
      expect(fault)
        .to.be.instanceOf(WelcomeRejected)
        .and.match(/neither owner nor authorizer/);
    });

    it("by a commit key that was in force when the head was written", async () => {
      const { vault, reader, environment, memberId } = await withReader();
      const slow = at(reader, environment, { finality: { confirmations: 3 } });
      await reissue(world, vault, { memberId });
      const next = Wallet.createRandom().address;
      const { owner } = await vault.contract.memoryHead(vault.ref.vaultId);
      const contract = world.memoryVault.connect(world.owner);
      await contract.updateSpaceAuthorization(spaceIdOf(vault.ref.vaultId), owner, next, "0x");
      await world.networkHelpers.mine(1);
      // The final head is of the block in which the key still was in force; what counts is the newest.
      expect(await thrown(read(slow))).to.be.instanceOf(WelcomeRejected);
      expect((await stateOf(slow)).welcomeDigest).to.equal(null);
      await world.networkHelpers.mine(3);
      expect(await thrown(read(slow))).to.be.instanceOf(WelcomeRejected);
    });

    it("of another member, though it is encrypted to this one's key", async () => {
      const id = randomBytes(16);
      const locator = randomBytes(32);
      const visibilityKey = randomBytes(32);
      for (const body of [{ memberId: id }, { locator }, { visibilityKey }, { class: "owner" as const }]) {
        const fault = await led(() => Promise.resolve({ body }));
        expect(fault, Object.keys(body).join())
          .to.be.instanceOf(WelcomeRejected)
          .and.match(/another member/);
      }
    });

    it("of another chain, contract or vault", async () => {
      for (const other of [{ chainId: 1n }, { contract: `0x${"12".repeat(20)}` }, { vaultId: 3n }]) {
        const fault = await led(({ vault }) =>
          Promise.resolve({ body: { ref: { ...vault.ref, ...other } } }),
        );
        expect(fault, Object.keys(other).join()).to.be.instanceOf(WelcomeRejected);
      }
    });

    it("of an epoch that is still to come", async () => {
      const fault = await led(async ({ vault }) => {
        const { whole } = await opened(vault);
        return { body: { epoch: whole.data.epoch + 1 } };
      });
      expect(fault)
        .to.be.instanceOf(WelcomeRejected)
        .and.match(/of epoch \d, the head of \d/);
    });

    it("with a scope that the keyring does not have: nothing is passed off as empty", async () => {
      const absent = await led(async ({ scopeId }) => ({
        body: {
          scopes: [
            { id: await scopeId("health"), name: "health" },
            { id: await scopeId("travel"), name: "travel" },
          ],
        },
      }));
      expect(absent).to.be.instanceOf(NotAMember);
    });

    it("that is broken, cut, or no age file", async () => {
      for (const file of [
        (bytes: Uint8Array) => flipped(bytes, 8 * (bytes.length - 1)),
        (bytes: Uint8Array) => bytes.subarray(0, 400),
        () => randomBytes(1_000),
        () => new Uint8Array(0),
      ]) {
        const fault = await led(() => Promise.resolve({ file }));
        expect(fault)
          .to.be.instanceOf(WelcomeRejected)
          .and.match(/broken/);
      }
    });

    it("that another reader's newer welcome was copied for", async () => {
      const parts = await withReader();
      const other = await admitted(world, parts.vault);
      const made = await reissue(world, parts.vault, { memberId: (await stateOf(other.reader)).memberId });
      await reissue(world, parts.vault, { memberId: parts.memberId, file: () => made.file });
      expect(await thrown(read(parts.reader)))
        .to.be.instanceOf(WelcomeRejected)
        .and.match(/for another device/);
    });
  });

  it("is found by a device of the owner as well", async () => {
    const { vault } = await furnished(world);
    const { memberId } = await stateOf(vault);
    const made = await reissue(world, vault, { memberId, turns: 1 });
    await remember(vault, { scope: "health", text: "Sleeps at ten" });
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Runs at six", "Sleeps at ten"]);
    expect((await stateOf(vault)).welcomeDigest).to.deep.equal(hexToBytes(made.digest));
  });

  it("is found from the 24 words, by the identity that they give", async () => {
    const { vault, seed } = await furnished(world);
    const { whole } = await opened(vault);
    const words = [...rosterOf(whole).members.values()].find(({ label }) => label === "the 24 words")!;
    const made = await reissue(world, vault, { memberId: words.id, turns: 1 });
    const recovered = await recoverOn(world, seed, device(world, world.owner));
    expect(await texts(recovered)).to.deep.equal(["Runs at six"]);
    await remember(recovered, { scope: "health", text: "Written after recovery" });
    await sync(recovered);
    const state = await stateOf(recovered);
    expect(state).to.include({ enrolling: null, nextIdentity: null, welcomeDigest: null });
    expect(memberKeys(state).secret).not.to.deep.equal(made.welcome.secret);
    await vault.store.delete(made.digest);
    expect(await texts(recovered)).to.have.length(2);
    // Another recovery needs the welcome, and names it.
    const again = recoverOn(world, seed, device(world, world.owner));
    expect(await thrown(again))
      .to.be.instanceOf(BlobMissing)
      .and.include({ digest: made.digest });
  });

  it("is found on a new device by the first welcome, though that one's secret is gone from the keyring", async () => {
    const { vault, reader, memberId, identity, welcome } = await withReader();
    await reissue(world, vault, { memberId });
    await read(reader);
    const moved = await accept(world, identity, welcome);
    expect(await texts(moved)).to.deep.equal(["Runs at six"]);
  });
});
