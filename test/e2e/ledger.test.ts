import { hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  acceptWelcome,
  forget,
  grant,
  grants,
  GrantExpired,
  NotAMember,
  read,
  remember,
  revoke,
  sync,
  type GrantRequest,
  type Vault,
} from "../../client/index.ts";
import { change } from "../../client/manage.ts";
import { scopeKey } from "../../client/crypto/keys.ts";
import { open, sectionContext } from "../../client/crypto/seal.ts";
import { decodeRecord } from "../../client/memory/codec.ts";
import { openHead } from "../../client/vault/head.ts";
import { isRemoval } from "../../client/vault/roster.ts";
import { memberKeys, openWith, pinnedHead, stateOf } from "../../client/vault/session.ts";
import { another, furnished, opened, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, type World } from "../helpers/world.ts";

describe("The ledger: the sealed roster says who reads what until when, and the chain can only end it", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  async function reading(vault: Vault, more: Partial<GrantRequest> = {}) {
    const { identity, recipient } = await newReader();
    const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30), ...more };
    const { welcome, memberId, rotated } = await grant(vault, terms);
    const reader = await accept(world, identity, welcome!);
    await read(reader);
    return { reader, memberId, rotated, expiresAt: terms.expiresAt };
  }

  /** Every text that this member has the keys of, in its head and in all that the lists name. */
  async function within(vault: Vault): Promise<string[]> {
    const state = await stateOf(vault);
    const { scopes } = await openWith({ ...vault, cache: new Map() }, state, await pinnedHead(vault, state));
    const items = [...scopes.values()].flatMap(({ segments }) => segments.flatMap((each) => each.items));
    return items.filter((item) => !isRemoval(item)).map((record) => decodeRecord(record).text);
  }

  const grantee = () => world.stranger.address;

  it("names scopes, end, account, label, beginning and kind of admission", async () => {
    const { vault } = await furnished(world);
    const listed = await reading(vault, {
      ...{ account: grantee(), scopes: ["travel", "health"], label: "the concierge", propose: true },
    });
    const joined = await reading(vault, { admission: "joined" });
    const entries = new Map((await grants(vault)).map((entry) => [entry.id, entry]));
    expect(entries.get(listed.memberId)).to.deep.include({
      ...{ grantee: grantee().toLowerCase(), listed: true, label: "the concierge", permissions: 3 },
      ...{ scopeNames: ["travel", "health"], expiresAt: listed.expiresAt, since: 2n, admission: "fresh" },
      ended: false,
    });
    expect(entries.get(joined.memberId)).to.deep.include({
      ...{ grantee: null, listed: false, label: "", permissions: 1, scopeNames: ["health"] },
      ...{ expiresAt: joined.expiresAt, since: 3n, admission: "joined", ended: false },
    });
  });

  it("makes no member of whom only the chain knows", async () => {
    const { vault } = await furnished(world);
    const contract = world.memoryVault.connect(world.owner);
    const none = `0x${"00".repeat(32)}`;
    await contract.grant(vault.ref.vaultId, grantee(), 2n ** 40n, 3, none);
    await remember(vault, { scope: "health", text: "Sleeps at ten" });
    const { rotated } = await sync(vault);
    expect(rotated).to.equal(false);
    expect(await grants(vault)).to.deep.equal([]);
    const { memberId } = await reading(vault, { account: grantee() });
    await contract.grant(vault.ref.vaultId, grantee(), 2n ** 40n, 3, none);
    const [entry] = await grants(vault);
    expect(entry).to.include({ id: memberId, permissions: 1 });
    expect(entry?.expiresAt).to.be.lessThan(2 ** 40);
  });

  it("shows a grant that ended, by its date or on chain, until the next commit of any device drops it", async () => {
    const { vault, seed } = await furnished(world);
    const other = await another(world, seed);
    const [soon, later] = [await inDays(world, 1), await inDays(world, 9)];
    const expiring = await reading(vault, { expiresAt: soon });
    const revoked = await reading(vault, { account: grantee(), expiresAt: later });
    const staying = await reading(vault, { expiresAt: later });
    const contract = world.memoryVault.connect(world.stranger);
    await contract.revoke(vault.ref.vaultId, grantee());
    await world.networkHelpers.time.increaseTo(soon);
    const ended = (await grants(other)).filter((entry) => entry.ended).map(({ id }) => id);
    expect(ended).to.have.members([expiring.memberId, revoked.memberId]);
    await remember(other, { scope: "health", text: "Sleeps at ten" });
    await sync(other);
    expect((await grants(vault)).map(({ id }) => id)).to.deep.equal([staying.memberId]);
    expect(await texts(staying.reader)).to.deep.equal(["Runs at six", "Sleeps at ten"]);
  });

  it("tells joined from fresh: who joined also has what was deleted, who is fresh has not", async () => {
    const { vault } = await furnished(world);
    await remember(vault, { scope: "health", text: "Deleted later ".repeat(300) });
    await sync(vault);
    await remember(vault, { scope: "health", text: "Short" });
    await sync(vault);
    const long = (await read(vault)).scopes[0]!.memories.find(({ text }) => text.length > 99)!;
    await forget(vault, long);
    await sync(vault);
    const before = (await read(vault)).epoch;
    const joined = await reading(vault, { admission: "joined" });
    expect([joined.rotated, (await read(vault)).epoch]).to.deep.equal([false, before]);
    const fresh = await reading(vault);
    expect([fresh.rotated, (await read(vault)).epoch]).to.deep.equal([true, before + 1]);
    for (const { reader } of [joined, fresh]) {
      expect(await texts(reader)).to.deep.equal(["Runs at six", "Short"]);
    }
    expect(await within(fresh.reader)).to.have.members(["Runs at six", "Short"]);
    const again = await reading(vault, { admission: "joined" });
    expect(await within(again.reader)).to.have.members(["Runs at six", "Short"]);
  });

  it("joined: the lists of its scopes are open to it, as far as they go", async () => {
    const { vault } = await furnished(world);
    await remember(vault, { scope: "health", text: "Deleted later ".repeat(300) });
    await sync(vault);
    const long = (await read(vault)).scopes[0]!.memories.find(({ text }) => text.length > 99)!;
    await forget(vault, long);
    await sync(vault);
    const { reader } = await reading(vault, { admission: "joined" });
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    expect(await within(reader)).to.include(long.text);
  });

  describe("after an end, what is written is closed to who it ended for", () => {
    for (const [name, more] of [
      ["fresh", {}],
      ["joined", { admission: "joined" }],
      ["listed", { account: "0x" }],
      ["changed to end sooner", {}],
    ] as const) {
      it(name, async () => {
        const { vault, seed } = await furnished(world);
        const other = await another(world, seed);
        const soon = await inDays(world, 2);
        const account = "account" in more ? { account: grantee() } : {};
        const expiresAt = name.startsWith("changed") ? await inDays(world, 30) : soon;
        const { reader, memberId } = await reading(vault, { ...more, ...account, expiresAt });
        const first = await stateOf(reader);
        if (expiresAt !== soon) await change(vault, memberId, { expiresAt: soon });
        await read(reader);
        const kept = await stateOf(reader);
        const whole = (await opened(vault)).whole;
        const health = hexToBytes(kept.scopes[0]!.id);
        const oldKey = scopeKey(whole.epochKey!, health);
        await world.networkHelpers.time.increaseTo(soon);
        // A device that knows nothing of it writes first.
        await remember(other, { scope: "health", text: "After the end" });
        expect((await sync(other)).rotated).to.equal(true);
        await remember(vault, { scope: "health", text: "And again" });
        await sync(vault);
        const { head, whole: now } = await opened(vault);
        for (const state of [first, kept]) {
          for (const epoch of [state.epoch, now.data.epoch]) {
            const keys = { ...memberKeys(state), epoch, sequence: 0n };
            expect(await thrown(openHead(head, keys, world.store))).to.be.instanceOf(NotAMember);
          }
        }
        const context = sectionContext(vault.ref, head.sequence, now.data.epoch, health);
        for (const section of now.data.sections) expect(open(oldKey, context, section)).to.equal(null);
        expect(await grants(vault)).to.deep.equal([]);
      });
    }
  });

  it("a reader's identity goes with its grant, once the end is final and nothing newer is to be found", async () => {
    const { vault } = await furnished(world);
    const { identity, recipient } = await newReader();
    const soon = await inDays(world, 2);
    const terms = { recipient, scopes: ["health"], expiresAt: soon };
    const { welcome, memberId } = await grant(vault, terms);
    const parts = { ...device(world), address: world.address, finality: { confirmations: 3 } };
    const reader = await acceptWelcome({ ...parts, identity, welcome: welcome! });
    await world.networkHelpers.mine(3);
    await read(reader);
    await change(vault, memberId, { expiresAt: soon + 1_000 });
    await world.networkHelpers.time.increaseTo(soon);
    // The first end has come, but not for whoever finds the newer welcome, nor while that one is out of reach.
    await world.networkHelpers.mine(3);
    const empty = { ...world.store, name: "empty", get: () => Promise.resolve(null) };
    await thrown(read({ ...reader, store: empty }));
    expect((await stateOf(reader)).identity).to.equal(identity);
    expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    await world.networkHelpers.time.increaseTo(soon + 1_000);
    expect(await thrown(read(reader))).to.be.instanceOf(GrantExpired);
    expect((await stateOf(reader)).identity, "the end is not final yet").to.equal(identity);
    await world.networkHelpers.mine(3);
    expect(await thrown(read(reader))).to.be.instanceOf(GrantExpired);
    expect((await stateOf(reader)).identity).to.equal(null);
  });

  it("a reader's identity goes as well where the keyring dropped it first", async () => {
    const { vault } = await furnished(world);
    const soon = await inDays(world, 2);
    const { reader } = await reading(vault, { expiresAt: soon });
    await world.networkHelpers.time.increaseTo(soon);
    await remember(vault, { scope: "health", text: "After the end" });
    await sync(vault);
    expect(await thrown(read(reader))).to.be.instanceOf(GrantExpired);
    expect((await stateOf(reader)).identity).to.equal(null);
  });

  it("a revoke by hand ends what a change gave", async () => {
    const { vault } = await furnished(world);
    const { reader, memberId } = await reading(vault);
    await change(vault, memberId, { expiresAt: await inDays(world, 90) });
    await read(reader);
    await revoke(vault, memberId);
    expect(await thrown(read(reader))).to.be.instanceOf(NotAMember);
    const { whole } = await opened(vault);
    expect(whole.data.entries.length / 80).to.equal(16);
  });
});
