import { expect } from "chai";
import { Wallet } from "ethers";

import {
  BlobMissing,
  findWelcome,
  generateIdentity,
  grant,
  GrantExpired,
  grants,
  InvalidExpiry,
  memoryStore,
  NoScopes,
  NotAMember,
  NotGranted,
  OwnerRequired,
  pending,
  ProposalUnlisted,
  read,
  recipientOf,
  remember,
  revoke,
  StoreUnavailable,
  sync,
  WelcomeNotStored,
  type Environment,
  type GrantRequest,
  type Vault,
} from "../../client/index.ts";
import { change, ChangeLeftOut } from "../../client/manage.ts";
import { spaceIdOf } from "../../client/vault/contract.ts";
import { openHead } from "../../client/vault/head.ts";
import { rosterOf } from "../../client/vault/plan.ts";
import { writeOperations } from "../../client/vault/journal.ts";
import { memberKeys, stateOf } from "../../client/vault/session.ts";
import { archiving, frontRun, losing, misbehaving, signerWith } from "../helpers/doubles.ts";
import { another, changed, opened, paidBy, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

describe("Changed grants: other terms in one transaction, and the reader finds them by itself", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault with three scopes, and a reader of one. */
  async function granted(
    more: Partial<GrantRequest> = {},
    environment: Environment = device(world, world.owner),
  ) {
    const { vault, seed } = await ownedVault(world, environment);
    await remember(
      vault,
      { scope: "health", text: "Runs at six" },
      { scope: "travel", text: "Goes by train" },
      { scope: "finance", text: "Saves a fifth" },
    );
    await sync(vault);
    const { identity, recipient } = await newReader();
    const expiresAt = await inDays(world, 30);
    const terms = { recipient, scopes: ["health"], expiresAt, ...more };
    const { welcome, memberId } = await grant(vault, terms);
    const reader = await accept(world, identity, welcome!, environment.store);
    await read(reader);
    return { vault, seed, environment, identity, reader, memberId, welcome: welcome!, expiresAt };
  }

  const grantee = () => world.stranger.address;
  const onChain = async ({ ref }: Vault) => {
    const { expiresAt, permissions } = await world.memoryVault.grantOf(ref.vaultId, grantee());
    return [Number(expiresAt), Number(permissions)];
  };
  const entry = async (vault: Vault, memberId: string) =>
    (await grants(vault)).find(({ id }) => id === memberId)!;
  const sent = () => world.provider.getTransactionCount(world.owner.address);

  it("opens one more scope from a new snapshot: what was deleted there stays closed", async () => {
    const { vault, reader, memberId } = await granted();
    const { rotated, overruled, blobs } = await change(vault, memberId, { scopes: ["health", "travel"] });
    expect([rotated, overruled]).to.deep.equal([true, null]);
    // The welcome, and a head.
    expect(blobs.map((size) => size <= 16_384)).to.deep.equal([true, true]);
    expect(await texts(reader)).to.deep.equal(["Goes by train", "Runs at six"]);
    expect((await stateOf(reader)).scopes.map(({ name }) => name)).to.deep.equal(["health", "travel"]);
    const { whole } = await opened(vault);
    const lists = new Map(
      [...rosterOf(whole).scopeNames].map(([id, name]) => [name, whole.scopes.get(id)!.segments.length]),
    );
    expect(lists.get("travel")).to.equal(1);
    expect((await entry(vault, memberId)).scopeNames).to.have.members(["health", "travel"]);
  });

  it("opens it without a rotation to who was admitted joined", async () => {
    const { vault, reader, memberId } = await granted({ admission: "joined" });
    const { rotated } = await change(vault, memberId, { scopes: ["travel", "health", "travel"] });
    expect(rotated).to.equal(false);
    expect(await texts(reader)).to.deep.equal(["Goes by train", "Runs at six"]);
  });

  it("takes a scope away: what is written next is closed, whatever the reader kept", async () => {
    const { vault, reader, memberId } = await granted({ scopes: ["health", "travel"] });
    const before = await stateOf(reader);
    const { rotated } = await change(vault, memberId, { scopes: ["travel"] });
    expect(rotated).to.equal(true);
    await remember(vault, { scope: "health", text: "A new diagnosis" }, { scope: "travel", text: "To Rome" });
    await sync(vault);
    expect(await texts(reader)).to.deep.equal(["Goes by train", "To Rome"]);
    const { head } = await opened(vault);
    const after = await stateOf(reader);
    // Its old secret, ratcheted on, and its new one, with the scopes of before: the keyring has neither.
    for (const state of [before, { ...before, secret: after.secret, epoch: after.epoch, pin: after.pin }]) {
      for (const scopes of [before.scopes, before.scopes.filter(({ name }) => name === "health")]) {
        const attempt = openHead(head, memberKeys({ ...state, scopes }), world.store);
        expect(await thrown(attempt)).to.be.instanceOf(NotAMember);
      }
    }
  });

  it("moves the end, either way, and turns no key for that", async () => {
    const { vault, reader, memberId, expiresAt } = await granted();
    const later = await change(vault, memberId, { expiresAt: expiresAt + 86_400 });
    expect(later.rotated).to.equal(false);
    await world.networkHelpers.time.increaseTo(expiresAt);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    const sooner = expiresAt + 1_000;
    await change(vault, memberId, { expiresAt: sooner });
    await world.networkHelpers.time.increaseTo(sooner);
    expect(await thrown(read(reader)))
      .to.be.instanceOf(GrantExpired)
      .and.include({ expiresAt: sooner });
    await remember(vault, { scope: "health", text: "After the end" });
    expect((await sync(vault)).rotated).to.equal(true);
    expect(await grants(vault)).to.deep.equal([]);
    const { head } = await opened(vault);
    const kept = memberKeys(await stateOf(reader));
    expect(await thrown(openHead(head, kept, world.store))).to.be.instanceOf(NotAMember);
  });

  it("gives a listed grant anew on chain, in the same transaction", async () => {
    const { vault, reader, expiresAt } = await granted({ account: grantee() });
    const before = await sent();
    await change(vault, grantee(), { expiresAt: expiresAt + 60, propose: true });
    expect(await sent()).to.equal(before + 1);
    expect(await onChain(vault)).to.deep.equal([expiresAt + 60, 3]);
    await change(vault, grantee(), { expiresAt: expiresAt - 60, propose: false });
    expect(await onChain(vault)).to.deep.equal([expiresAt - 60, 1]);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    expect(await grants(vault)).to.have.length(1);
  });

  it("takes no owner's wallet where the chain says the same afterwards", async () => {
    const { vault, environment, reader } = await granted({ account: grantee() });
    const { authorizer } = await vault.contract.memoryHead(vault.ref.vaultId);
    await world.networkHelpers.setBalance(authorizer, 10n ** 18n);
    const alone = changed(vault, environment, { wallet: undefined });
    await change(alone, grantee(), { scopes: ["travel"] });
    expect(await texts(reader)).to.deep.equal(["Goes by train"]);
    const given = await world.memoryVault.queryFilter(
      world.memoryVault.filters.Granted(vault.ref.vaultId, grantee()),
    );
    expect(given).to.have.length(1);
    const longer = change(alone, grantee(), { expiresAt: await inDays(world, 60) });
    expect(await thrown(longer)).to.be.instanceOf(OwnerRequired);
  });

  it("writes a label and nothing else: no secret, no welcome, no rotation", async () => {
    const { vault, reader, memberId } = await granted();
    const before = await stateOf(reader);
    const { rotated, blobs } = await change(vault, memberId, { label: "Dr. Ann" });
    expect([rotated, blobs.length]).to.deep.equal([false, 1]);
    const { label, welcomeDigest } = await entry(vault, memberId);
    expect([label, welcomeDigest]).to.deep.equal(["Dr. Ann", null]);
    await read(reader);
    expect((await stateOf(reader)).secret).to.deep.equal(before.secret);
  });

  it("says when the grant says so already, and sends nothing", async () => {
    const { vault: quick, environment, memberId, expiresAt } = await granted();
    // Though the head that says so is not final yet.
    const vault = changed(quick, environment, { finality: { confirmations: 3 } });
    await change(vault, memberId, { label: "Ann" });
    await world.networkHelpers.mine(3);
    await sync(vault);
    await change(vault, memberId, { label: "Ben" });
    const { overruled, receipt } = await change(vault, memberId, { scopes: ["health"], expiresAt });
    expect([overruled, receipt]).to.deep.equal([null, null]);
    // The label's operation waits for its head to be final.
    expect(await pending(vault)).to.have.length(1);
  });

  it("that names nothing is a new welcome, for a reader whose last one was lost", async () => {
    const { vault, memberId, reader } = await granted();
    const { archive, store } = archiving(world.store);
    const { overruled, terms } = await change({ ...vault, store }, memberId, {
      expiresAt: await inDays(world, 40),
    });
    for (const [digest, { length }] of archive) if (length === 4_096) await world.store.delete(digest);
    expect(await thrown(read(reader))).to.be.instanceOf(BlobMissing);
    const again = await change(vault, memberId);
    expect([again.rotated, overruled, again.terms]).to.deep.equal([false, null, terms]);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
  });

  it("keeps the newest welcome to be found in every head from then on, by old and new devices", async () => {
    const { vault, memberId, identity, welcome } = await granted();
    await change(vault, memberId, { scopes: ["travel"] });
    const other = await newReader();
    const { memberId: gone } = await grant(vault, {
      ...{ recipient: other.recipient, scopes: ["finance"], expiresAt: await inDays(world, 2) },
    });
    await revoke(vault, gone);
    await remember(vault, { scope: "travel", text: "To Rome" });
    await sync(vault);
    const moved = await accept(world, identity, welcome);
    expect(await texts(moved)).to.deep.equal(["Goes by train", "To Rome"]);
    await revoke(vault, memberId);
    expect(await thrown(read(moved))).to.be.instanceOf(NotAMember);
  });

  it("lets a welcome lead to the newest one, though who signed it is not in force any more", async () => {
    const { vault, memberId, identity, welcome } = await granted();
    const unchanged = await newReader();
    const terms = { recipient: unchanged.recipient, scopes: ["health"], expiresAt: await inDays(world, 2) };
    const stale = await grant(vault, terms);
    const contract = world.memoryVault.connect(world.owner);
    const { owner } = world;
    await contract.updateSpaceAuthorization(spaceIdOf(vault.ref.vaultId), owner.address, owner.address, "0x");
    await change(vault, memberId, { scopes: ["travel"] });
    const reader = await accept(world, identity, welcome);
    expect(await texts(reader)).to.deep.equal(["Goes by train"]);
    // Without a newer one it is worth nothing.
    const refused = await thrown(accept(world, unchanged.identity, stale.welcome!));
    expect(refused).to.have.property("name", "WelcomeRejected");
  });

  it("does not hide the welcome that was left in the store, and a revoke does", async () => {
    const { vault, memberId, identity, welcome, expiresAt } = await granted({
      ...{ account: grantee(), storeWelcome: true },
    });
    await change(vault, memberId, { expiresAt: expiresAt + 60, scopes: ["travel"] });
    const find = () => findWelcome(vault.contract, vault.ref.vaultId, grantee(), world.store);
    expect(await find()).to.deep.equal(welcome);
    expect(await texts(await accept(world, identity, await find()))).to.deep.equal(["Goes by train"]);
    await revoke(vault, grantee());
    expect(await thrown(find())).to.be.instanceOf(WelcomeNotStored);
    const again = await newReader();
    const terms = { recipient: again.recipient, scopes: ["health"], expiresAt, account: grantee() };
    await grant(vault, terms);
    expect(await thrown(find())).to.be.instanceOf(WelcomeNotStored);
  });

  describe("when two devices change one grant at once", () => {
    /** The second device comes first with its change; then the first one's lands on top of it. */
    async function both(
      first: Parameters<typeof change>[2],
      second: Parameters<typeof change>[2],
      more: Partial<GrantRequest> = {},
    ) {
      const parts = await granted({ scopes: ["health", "travel"], ...more });
      const { vault, seed, environment, memberId } = parts;
      const other = await another(world, seed);
      const wallet = losing(world.owner, () => change(other, memberId, second));
      const result = await change(paidBy(vault, environment, wallet), memberId, first);
      expect(result.races).to.equal(1);
      const members = await grants(other);
      expect(members, "no second record").to.have.length(1);
      return { ...parts, result, member: members[0]! };
    }

    it("what is narrower of each stands, and the reader finds it", async () => {
      const soon = await inDays(world, 3);
      const { result, member, reader } = await both({ scopes: ["travel"] }, { expiresAt: soon });
      expect(member.scopeNames).to.deep.equal(["travel"]);
      expect(member.expiresAt).to.equal(soon);
      expect(result.terms).to.deep.equal({ scopes: ["travel"], expiresAt: soon, permissions: 1 });
      expect(result.overruled).to.deep.include({ scopes: ["travel"] });
      const [outcome] = [...result.outcomes.values()];
      expect(outcome).to.deep.include({ kind: "changed", terms: result.terms, overruled: result.overruled });
      expect(await texts(reader)).to.deep.equal(["Goes by train"]);
    });

    it("a wider one does not undo a narrower one, and is shown", async () => {
      const { vault, result, member, reader } = await both(
        { scopes: ["health", "travel", "finance"], expiresAt: await inDays(world, 90) },
        { scopes: ["health"] },
      );
      expect(member.scopeNames).to.deep.equal(["health"]);
      expect(result.overruled?.scopes).to.deep.equal(["health", "travel", "finance"]);
      expect((await pending(vault)).map(({ kind }) => kind)).to.deep.equal(["rotate"]);
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    });

    it("a wider one that lost is turned past: its stored welcome leads to a key that is in use", async () => {
      const { vault, member } = await both(
        { scopes: ["health", "travel", "finance"] },
        { expiresAt: await inDays(world, 3) },
        { admission: "joined" },
      );
      expect(member.scopeNames).to.have.members(["health", "travel"]);
      const { epoch } = (await opened(vault)).whole.data;
      await sync(vault);
      expect((await opened(vault)).whole.data.epoch).to.equal(epoch + 1);
      expect(await pending(vault)).to.deep.equal([]);
    });

    it("two that have no scope in common: the first one stands", async () => {
      const { result, member } = await both({ scopes: ["health"] }, { scopes: ["travel"] });
      expect(member.scopeNames).to.deep.equal(["travel"]);
      expect(result.overruled?.scopes).to.deep.equal(["health"]);
    });

    it("on chain, too, the narrower one stands", async () => {
      const [soon, sooner] = [await inDays(world, 5), await inDays(world, 4)];
      const { vault, member } = await both(
        { expiresAt: soon, propose: true },
        { expiresAt: sooner },
        { account: grantee(), propose: true },
      );
      expect([member.expiresAt, member.permissions]).to.deep.equal([sooner, 3]);
      expect(await onChain(vault)).to.deep.equal([sooner, 3]);
    });

    it("a change does not bring back whom the other revoked", async () => {
      const { vault, seed, environment, memberId, reader } = await granted();
      const other = await another(world, seed);
      const wallet = losing(world.owner, () => revoke(other, memberId));
      const late = change(paidBy(vault, environment, wallet), memberId, { scopes: ["health", "travel"] });
      expect(await thrown(late)).to.be.instanceOf(NotGranted);
      expect(await grants(vault)).to.deep.equal([]);
      expect((await pending(vault)).map(({ kind }) => kind)).to.deep.equal(["rotate"]);
      expect(await thrown(read(reader))).to.be.instanceOf(NotAMember);
    });
  });

  it("is built again with other secrets when it lost a race, and the loser's welcome is destroyed", async () => {
    const { archive, store } = archiving(memoryStore());
    const environment = device(world, world.owner, store);
    const { vault, seed, memberId, reader } = await granted({}, environment);
    const other = await another(world, seed, store);
    await remember(other, { scope: "finance", text: "Came first" });
    const before = new Set(archive.keys());
    const wallet = losing(world.owner, () => sync(other));
    const { races } = await change(paidBy(vault, environment, wallet), memberId, { scopes: ["travel"] });
    expect(races).to.equal(1);
    expect(await texts(reader)).to.deep.equal(["Goes by train"]);
    const written = [...archive.keys()].filter((digest) => !before.has(digest));
    const kept = await Promise.all(written.map((digest) => store.has(digest)));
    expect(kept.filter((has) => !has)).to.have.length(2, "its head and its welcome");
  });

  it("sends the identical blobs when it tries again, and others once another key signs", async () => {
    const { archive, store } = archiving(memoryStore());
    const environment = device(world, world.owner, store);
    const { vault, memberId, reader } = await granted({}, environment);
    const { id, ...operation } = {
      ...({ kind: "change", id: "0a".repeat(16), memberId, label: null, anew: false } as const),
      seen: { scopes: ["health"], expiresAt: (await entry(vault, memberId)).expiresAt, permissions: 1 },
      wanted: { scopes: ["travel"], expiresAt: await inDays(world, 9), permissions: 1 },
    };
    await writeOperations(vault.journal, [{ id, ...operation }]);
    const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
    const before = archive.size;
    for (let tries = 0; tries < 2; tries++) {
      await thrown(sync(paidBy(vault, environment, refusing)));
      expect(archive.size - before).to.equal(2);
    }
    const contract = world.memoryVault.connect(world.owner);
    const { owner } = world;
    await contract.updateSpaceAuthorization(spaceIdOf(vault.ref.vaultId), owner.address, owner.address, "0x");
    await sync(vault);
    expect(archive.size - before).to.equal(4);
    expect(await texts(reader)).to.deep.equal(["Goes by train"]);
  });

  it("to an end that came while it waited ends the grant, and is not sent as it was built", async () => {
    const { vault, environment, memberId, reader } = await granted();
    const { expiresAt } = await entry(vault, memberId);
    const soon = await inDays(world, 1);
    const seen = { scopes: ["health"], expiresAt, permissions: 1 };
    const wanted = { ...seen, expiresAt: soon };
    await writeOperations(vault.journal, [
      { kind: "change", id: "0b".repeat(16), memberId, label: null, seen, wanted, anew: false },
    ]);
    const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
    await thrown(sync(paidBy(vault, environment, refusing)));
    await world.networkHelpers.time.increaseTo(soon);
    expect((await sync(vault)).rotated).to.equal(true);
    expect(await grants(vault)).to.deep.equal([]);
    expect(await thrown(read(reader))).to.be.instanceOf(NotAMember);
  });

  it("is mended on chain where somebody landed the commit without the grant beside it", async () => {
    const { vault, environment, expiresAt } = await granted({ account: grantee(), propose: true });
    const before = await sent();
    const watched = paidBy(vault, environment, frontRun(world.owner, world.relayer));
    await change(watched, grantee(), { expiresAt: expiresAt - 60, propose: false });
    expect(await onChain(vault)).to.deep.equal([expiresAt - 60, 1]);
    // The multicall came too late to be sent at all; the grant went beside a commit of its own.
    expect(await sent()).to.equal(before + 1);
    expect(await pending(vault)).to.deep.equal([]);
  });

  it("that was left out is not given on chain behind a revoke", async () => {
    const { vault, seed, environment, expiresAt } = await granted({ account: grantee() });
    const other = await another(world, seed);
    let sends = 0;
    const late = signerWith(frontRun(world.owner, world.relayer), async (forward, transaction) => {
      if (++sends === 2) await revoke(other, grantee());
      return forward(transaction);
    });
    const attempt = change(paidBy(vault, environment, late), grantee(), { expiresAt: expiresAt + 60 });
    expect(await thrown(attempt)).to.be.instanceOf(NotGranted);
    expect(sends).to.equal(2);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, grantee())).to.equal(false);
    expect(await grants(vault)).to.deep.equal([]);
  });

  it("that is left out each time is named", async () => {
    const { vault, environment, expiresAt } = await granted({ account: grantee() });
    const watched = [1, 2].map(() => frontRun(world.owner, world.relayer));
    const wallet = signerWith(world.owner, (_, sent) =>
      (watched.shift() ?? world.owner).sendTransaction(sent),
    );
    const attempt = change(paidBy(vault, environment, wallet), grantee(), { expiresAt: expiresAt + 60 });
    expect(await thrown(attempt)).to.be.instanceOf(ChangeLeftOut);
    expect(await onChain(vault)).to.deep.equal([expiresAt, 1]);
    await change(vault, grantee(), { expiresAt: expiresAt + 60 });
    expect(await onChain(vault)).to.deep.equal([expiresAt + 60, 1]);
  });

  it("is mended on chain after a crash, by asking again or by its end", async () => {
    const { vault, environment, expiresAt } = await granted({ account: grantee() });
    const crashing = paidBy(vault, environment, frontRun(world.owner, world.relayer, true));
    await thrown(change(crashing, grantee(), { expiresAt: expiresAt - 60 }));
    expect(await onChain(vault)).to.deep.equal([expiresAt, 1]);
    const { receipt } = await change(vault, grantee(), { expiresAt: expiresAt - 60 });
    expect(receipt, "the head says so already, and the grant goes beside another").not.to.equal(null);
    expect(await onChain(vault)).to.deep.equal([expiresAt - 60, 1]);

    const again = paidBy(vault, environment, frontRun(world.owner, world.relayer, true));
    const soon = await inDays(world, 1);
    await thrown(change(again, grantee(), { expiresAt: soon }));
    await world.networkHelpers.time.increaseTo(soon);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, grantee())).to.equal(true);
    await remember(vault, { scope: "health", text: "After the end" });
    await sync(vault);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, grantee())).to.equal(false);
  });

  it("changes nothing while its welcome cannot be stored", async () => {
    const { vault, environment, memberId, reader } = await granted();
    const put = (blob: Uint8Array): Promise<string> =>
      blob.length === 4_096
        ? Promise.reject(new StoreUnavailable("test store", "it is down"))
        : world.store.put(blob);
    const down = changed(vault, environment, { store: misbehaving(world.store, { put }) });
    const attempt = change(down, memberId, { scopes: ["travel"] });
    expect(await thrown(attempt)).to.be.instanceOf(StoreUnavailable);
    expect(await pending(vault)).to.deep.equal([]);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    await change(vault, memberId, { scopes: ["travel"] });
    expect(await texts(reader)).to.deep.equal(["Goes by train"]);
  });

  it("refuses what no grant may say, and leaves everything as it was", async () => {
    const { vault, memberId } = await granted();
    const now = await inDays(world, 0);
    const device = (await opened(vault)).state.memberId;
    for (const [who, request, fault] of [
      [memberId, { scopes: [] }, NoScopes],
      [memberId, { expiresAt: now }, InvalidExpiry],
      [memberId, { expiresAt: 1.5 }, InvalidExpiry],
      [memberId, { expiresAt: (now + 86_400) * 1_000 }, InvalidExpiry],
      [memberId, { propose: true }, ProposalUnlisted],
      [await recipientOf(generateIdentity()), { label: "x" }, NotGranted],
      [Wallet.createRandom().address, { label: "x" }, NotGranted],
      // The owner's own devices have no terms.
      [device, { scopes: ["health"] }, NotGranted],
    ] as const) {
      expect(await thrown(change(vault, who, request)), Object.keys(request).join()).to.be.instanceOf(fault);
    }
    expect(await pending(vault)).to.deep.equal([]);
    const { scopeNames, permissions } = await entry(vault, memberId);
    expect([scopeNames, permissions]).to.deep.equal([["health"], 1]);
  });
});
