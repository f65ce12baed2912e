import { expect } from "chai";
import { Wallet } from "ethers";

import {
  AlreadyMember,
  dropLostText,
  forget,
  grant,
  grants,
  lostTexts,
  GrantRevoked,
  memoryStore,
  pending,
  read,
  recoverVault,
  reinforce,
  remember,
  revoke,
  settle,
  StoreUnavailable,
  sync,
  UncertainBatch,
  update,
  vaultAt,
  versionsOf,
  withdraw,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { rekey, unconfirmed } from "../../client/manage.ts";
import { archiving, misbehaving, signerWith } from "../helpers/doubles.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const texts = async (vault: Vault): Promise<string[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();

const memories = async (vault: Vault) => (await read(vault)).scopes.flatMap((scope) => scope.memories);

describe("Races: whoever loses one loses nothing", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** Two devices of one owner; `first` is made to lose its next race to whatever `interrupt` does. */
  async function twoDevices(environment?: Environment) {
    const parts = environment ?? device(world, world.owner);
    const { vault, seed } = await ownedVault(world, parts);
    await remember(vault, { scope: "career", text: "Writes code" });
    await sync(vault);
    const second = await recoverVault({
      ...device(world, world.owner, parts.store),
      address: world.address,
      seed,
      owner: world.owner.address,
    });
    await sync(second);
    const losing = (interrupt: () => Promise<unknown>): Vault => {
      let done = false;
      const wallet = signerWith(world.owner, async (forward, transaction) => {
        if (!done) {
          done = true;
          await interrupt();
        }
        return forward(transaction);
      });
      return vaultAt(vault.ref, { ...parts, wallet });
    };
    return { vault, seed, second, losing };
  }

  it("lands the operations of both, each once", async () => {
    const { vault, second, losing } = await twoDevices();
    await remember(
      vault,
      { scope: "career", text: "From the first" },
      { scope: "travel", text: "Goes by train" },
    );
    await remember(second, { scope: "travel", text: "From the second" });
    const result = await sync(losing(() => sync(second)));
    expect(result.races).to.equal(1);
    const expected = ["From the first", "From the second", "Goes by train", "Writes code"];
    expect(await texts(vault)).to.deep.equal(expected);
    expect(await texts(second)).to.deep.equal(expected);
    expect((await read(second)).scopes.map(({ name }) => name)).to.deep.equal(["career", "travel"]);
    expect(await pending(vault)).to.deep.equal([]);
    expect(await pending(second)).to.deep.equal([]);
  });

  it("never brings back what the winner forgot", async () => {
    const { vault, second, losing } = await twoDevices();
    const [seen] = await memories(vault);
    await update(vault, seen!, { text: "Writes much code" });
    await reinforce(vault, seen!);
    await forget(second, seen!);
    const result = await sync(losing(() => sync(second)));
    expect([...result.outcomes.values()].map(({ kind }) => kind)).to.deep.equal(["absent", "absent"]);
    expect([...result.outcomes.values()][0]).to.include({ text: "Writes much code" });
    const [lost, ...others] = await lostTexts(vault);
    expect(lost).to.include({ memoryId: seen?.id, text: "Writes much code" });
    expect(others).to.deep.equal([]);
    await dropLostText(vault, lost?.operationId ?? "");
    expect(await lostTexts(vault)).to.deep.equal([]);
    expect(await texts(second)).to.deep.equal([]);
  });

  it("forgets what the winner changed, and shows the change that went with it", async () => {
    const { vault, second, losing } = await twoDevices();
    const [seen] = await memories(vault);
    await forget(vault, seen!);
    await update(second, seen!, { text: "Writes tests" });
    const result = await sync(losing(() => sync(second)));
    expect([...result.outcomes.values()][0]).to.include({ kind: "removed", lostText: "Writes tests" });
    expect((await lostTexts(vault)).map(({ text }) => text)).to.deep.equal(["Writes tests"]);
    expect(await texts(vault)).to.deep.equal([]);
  });

  it("keeps two changes of one revision side by side", async () => {
    const { vault, second, losing } = await twoDevices();
    const [seen] = await memories(vault);
    await update(vault, seen!, { text: "Writes Rust" });
    await update(second, seen!, { text: "Writes Go" });
    await sync(losing(() => sync(second)));
    const both = await memories(second);
    expect(both.map(({ text }) => text).sort()).to.deep.equal(["Writes Go", "Writes Rust"]);
    expect(both.find(({ text }) => text === "Writes Rust")).to.include({
      conflictsWith: seen!.id,
      revision: 1,
    });
  });

  describe("of three devices, a forget beside two changes of one memory", () => {
    const orders = [
      { order: ["forget", "Rust", "Go"], live: [], aside: { forget: [], Rust: ["Rust"], Go: ["Go"] } },
      { order: ["Rust", "forget", "Go"], live: [], aside: { forget: ["Rust"], Rust: [], Go: ["Go"] } },
      { order: ["Rust", "Go", "forget"], live: ["Go"], aside: { forget: ["Rust"], Rust: [], Go: [] } },
    ] as const;
    for (const { order, live, aside } of orders)
      it(`that land as ${order.join(", ")}: nothing comes back, and each text is live or kept aside once`, async () => {
        const { vault, second, seed } = await twoDevices();
        const third = await recoverVault({
          ...{ ...device(world, world.owner, vault.store), address: world.address },
          ...{ seed, owner: world.owner.address },
        });
        await sync(third);
        const all = { forget: vault, Rust: second, Go: third };
        const [seen] = await memories(vault);
        await forget(vault, seen!);
        await update(second, seen!, { text: "Rust" });
        await update(third, seen!, { text: "Go" });
        // Whoever comes again finds the same.
        for (const name of [...order, ...order, ...order]) await sync(all[name]);
        for (const [name, each] of Object.entries(all)) {
          expect(await texts(each), name).to.deep.equal(live);
          expect(await pending(each), name).to.deep.equal([]);
          const lost = await lostTexts(each);
          expect(lost.map(({ text }) => text)).to.deep.equal(aside[name as keyof typeof aside]);
          for (const { memoryId } of lost) expect(memoryId).to.equal(seen!.id);
        }
        // What stands beside a forgotten version is listed with it, and goes when somebody says so.
        const left = await memories(second);
        const listed = versionsOf(
          left,
          left.map(({ id }) => id),
        );
        expect([...listed.values()].map((versions) => versions.has(seen!.id))).to.deep.equal(
          live.map(() => true),
        );
        for (const memory of left) await forget(second, memory);
        for (const each of [second, vault, third]) await sync(each);
        for (const each of [vault, third]) expect(await texts(each)).to.deep.equal([]);
      });
  });

  it("does not re-admit a reader that the winner revoked", async () => {
    const { vault, second, losing } = await twoDevices();
    const reader = await newReader();
    const { welcome } = await grant(vault, {
      ...{ recipient: reader.recipient, account: world.stranger.address, scopes: ["career"] },
      expiresAt: await inDays(world, 30),
    });
    const readerVault = await accept(world, reader.identity, welcome!);
    await read(readerVault);
    await remember(vault, { scope: "career", text: "After the revoke" });
    await sync(losing(() => revoke(second, world.stranger.address)));
    expect(await grants(vault)).to.deep.equal([]);
    expect(await thrown(read(readerVault))).to.be.instanceOf(Error);
  });

  /** Behind a rekey that leaves out two admissions and a revoke of one, whom the device that admitted them admits again. */
  async function behindRekey(meanwhile: (parts: Awaited<ReturnType<typeof twoDevices>>) => Promise<unknown>) {
    const parts = await twoDevices();
    const { vault, second, seed: words } = parts;
    const { sequence: base } = await read(vault);
    const expiresAt = await inDays(world, 30);
    const admit = async (label: string): Promise<string> => {
      const { recipient } = await newReader();
      return (await grant(second, { recipient, scopes: ["career"], expiresAt, label })).memberId;
    };
    await admit("stays");
    await revoke(vault, await admit("goes"));
    await meanwhile(parts);
    const confirmed = (await unconfirmed(vault, { remove: [], base, words })).map(
      ({ fingerprint }) => fingerprint,
    );
    await rekey(vault, { remove: [], base, confirmed, words });
    expect(await grants(vault), "left out").to.deep.equal([]);
    for (const device of [vault, second, vault]) await sync(device);
    return (await grants(vault)).map(({ label }) => label);
  }

  it("does not re-admit, behind a rekey that leaves both out, a reader that was revoked after its admission", async () => {
    // The second device sees that, and nobody will have to tell it again.
    expect(await behindRekey(({ second }) => settle(second))).to.deep.equal(["stays"]);
  });

  it("does not re-admit it either where its device did not look before the rekey", async () => {
    // The first device sends its revoke again before that admission, and there is nobody yet to end.
    expect(await behindRekey(() => Promise.resolve())).to.deep.equal(["stays"]);
  });

  it("admits anew, under other secrets, when the admission lost", async () => {
    const { archive, store } = archiving(memoryStore());
    const { second, losing } = await twoDevices(device(world, world.owner, store));
    const reader = await newReader();
    await remember(second, { scope: "travel", text: "Came first" });
    const lost = losing(() => sync(second));
    const expiresAt = await inDays(world, 30);
    const { welcome, races } = await grant(lost, {
      recipient: reader.recipient,
      scopes: ["career"],
      expiresAt,
    });
    expect(races).to.equal(1);
    const readerVault = await accept(world, reader.identity, welcome!, store);
    expect(await texts(readerVault)).to.deep.equal(["Writes code"]);
    const kept = await Promise.all([...archive.keys()].map((digest) => store.has(digest)));
    expect(kept.filter((has) => !has)).to.have.length(1, "the loser's one blob is destroyed");
  });

  it("sends nothing twice when the answer to a transaction was lost", async () => {
    const parts = device(world, world.owner);
    const { vault } = await ownedVault(world, parts);
    await remember(vault, { scope: "career", text: "Only once" });
    const deaf = vaultAt(vault.ref, {
      ...parts,
      wallet: signerWith(world.owner, async (forward, transaction) => {
        await forward(transaction);
        throw new Error("connection lost");
      }),
    });
    expect(await thrown(sync(deaf)))
      .to.be.instanceOf(Error)
      .with.property("message", "connection lost");
    expect(await pending(vault)).to.have.length(1);
    const again = await sync(vault);
    expect(again.receipt).to.equal(null);
    expect(await texts(vault)).to.deep.equal(["Only once"]);
    expect(await pending(vault)).to.have.length(0);
  });

  it("sends the identical blob when it tries again", async () => {
    const { archive, store } = archiving(memoryStore());
    const parts = device(world, world.owner, store);
    const { vault } = await ownedVault(world, parts);
    await remember(vault, { scope: "career", text: "The same bytes" });
    const refusing = vaultAt(vault.ref, {
      ...parts,
      wallet: signerWith(world.owner, () => Promise.reject(new Error("rejected by the user"))),
    });
    await thrown(sync(refusing));
    const first = [...archive.keys()];
    await sync(vault);
    expect([...archive.keys()]).to.deep.equal(first);
    expect(await texts(vault)).to.deep.equal(["The same bytes"]);
  });

  it("keeps everything in the journal while the store is down, and revokes all the same", async () => {
    const parts = device(world, world.owner);
    const { vault } = await ownedVault(world, parts);
    await remember(vault, { scope: "career", text: "Before" });
    await sync(vault);
    const reader = await newReader();
    const account = Wallet.createRandom().address;
    const expiresAt = await inDays(world, 30);
    await grant(vault, { recipient: reader.recipient, account, scopes: ["career"], expiresAt });
    const down = misbehaving(parts.store, {
      put: () => Promise.reject(new StoreUnavailable("test store", "it is down")),
    });
    const offline = vaultAt(vault.ref, { ...parts, store: down });
    await remember(offline, { scope: "career", text: "Kept" });
    expect(await thrown(revoke(offline, account))).to.be.instanceOf(StoreUnavailable);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, account)).to.equal(false);
    expect(await pending(vault)).to.have.length(2);
    const result = await sync(vault);
    expect(result.rotated).to.equal(true);
    expect(await texts(vault)).to.deep.equal(["Before", "Kept"]);
    expect(await grants(vault)).to.deep.equal([]);
  });

  it("rotates out a reader that the chain shows revoked, with the next commit of any device", async () => {
    const { vault, second } = await twoDevices();
    const reader = await newReader();
    const expiresAt = await inDays(world, 30);
    const terms = {
      recipient: reader.recipient,
      account: world.stranger.address,
      scopes: ["career"],
      expiresAt,
    };
    const { welcome } = await grant(vault, terms);
    const readerVault = await accept(world, reader.identity, welcome!);
    await world.memoryVault.connect(world.stranger).revoke(vault.ref.vaultId, world.stranger.address);
    await remember(second, { scope: "career", text: "Not for the reader" });
    const result = await sync(second);
    expect(result.rotated).to.equal(true);
    expect(await grants(vault)).to.deep.equal([]);
    expect(await thrown(read(readerVault))).to.be.instanceOf(GrantRevoked);
  });

  it("revokes even when the grantee revoked itself first", async () => {
    const { vault } = await twoDevices();
    const reader = await newReader();
    const expiresAt = await inDays(world, 30);
    const terms = {
      recipient: reader.recipient,
      account: world.stranger.address,
      scopes: ["career"],
      expiresAt,
    };
    await grant(vault, terms);
    const contract = world.memoryVault.connect(world.stranger);
    const sly = vaultAt(vault.ref, {
      ...{ provider: world.provider, store: world.store },
      ...{ journalStore: vault.journal.store, journalKey: vault.journal.key },
      wallet: signerWith(world.owner, async (forward, transaction) => {
        await contract.revoke(vault.ref.vaultId, world.stranger.address);
        return forward(transaction);
      }),
    });
    const result = await revoke(sly, world.stranger.address);
    expect(result.rotated).to.equal(true);
    expect(result.races).to.equal(0);
  });

  it("signs anew, over the same blob, when another account pays for the next try", async () => {
    const parts = device(world, world.owner);
    const { vault } = await ownedVault(world, parts);
    await remember(vault, { scope: "career", text: "Paid by the second" });
    const penniless = vaultAt(vault.ref, { ...parts, wallet: undefined });
    expect(await thrown(sync(penniless))).to.be.instanceOf(Error);
    const { receipt } = await sync(vault);
    expect(receipt?.status).to.equal(1);
    expect(await texts(vault)).to.deep.equal(["Paid by the second"]);
  });

  it("says so when another device granted the same reader first", async () => {
    const { vault, second, losing } = await twoDevices();
    const reader = await newReader();
    const terms = { recipient: reader.recipient, scopes: ["career"], expiresAt: await inDays(world, 30) };
    const lost = grant(
      losing(() => grant(second, terms)),
      terms,
    );
    expect(await thrown(lost)).to.be.instanceOf(AlreadyMember);
    expect(await grants(vault)).to.have.length(1);
    // The loser was stored, and opens with everybody's secret: the epoch turns past it, and nothing else is left to write.
    const epochs = [(await read(vault)).epoch];
    const kinds = [];
    for (let i = 0; i < 2; i++) {
      kinds.push((await pending(vault)).map(({ kind }) => kind));
      await sync(vault);
      epochs.push((await read(vault)).epoch);
    }
    expect(kinds).to.deep.equal([["rotate"], []]);
    expect(epochs).to.deep.equal([1, 2, 2]);
  });

  it("writes nothing for operations that say what stands already", async () => {
    const { vault, second } = await twoDevices();
    const [seen] = await memories(vault);
    if (seen === undefined) throw new Error("no memory");
    await forget(second, seen);
    await sync(second);
    await forget(vault, seen);
    const result = await sync(vault);
    expect(result.receipt).to.equal(null);
    expect([...result.outcomes.values()].map(({ kind }) => kind)).to.deep.equal(["absent"]);
    expect(await pending(vault)).to.deep.equal([]);
  });

  it("shows a batch of which nobody can tell any more, and goes on once it is withdrawn", async () => {
    const { vault, second } = await twoDevices();
    await remember(vault, { scope: "career", text: "Signed, and never heard of again" });
    const parts = { provider: world.provider, store: world.store };
    const mute = vaultAt(vault.ref, {
      ...{ ...parts, journalStore: vault.journal.store, journalKey: vault.journal.key },
      wallet: signerWith(world.owner, () => Promise.reject(new Error("rejected by the user"))),
    });
    await thrown(sync(mute));
    for (let i = 0; i < 130; i++) {
      await remember(second, { scope: "travel", text: `Trip ${i}` });
      await sync(second);
    }
    const uncertain = await thrown(sync(vault));
    expect(uncertain).to.be.instanceOf(UncertainBatch);
    await withdraw(vault, (uncertain as UncertainBatch).operations);
    await remember(vault, { scope: "career", text: "Life goes on" });
    await sync(vault);
    expect(await texts(vault))
      .to.include("Life goes on")
      .and.not.include("Signed, and never heard of again");
  });
});
