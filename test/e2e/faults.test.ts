import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, id } from "ethers";

import type { VaultError } from "../../client/index.ts";
import {
  acceptWelcome,
  BlobAltered,
  BlobMissing,
  collectWelcome,
  digestOf,
  ForeignHead,
  grant,
  GrantExpired,
  GrantRevoked,
  grants,
  memoryJournalStore,
  mintVault,
  pending,
  read,
  remember,
  revoke,
  RollbackDetected,
  StoreFull,
  StoreUnavailable,
  sync,
  update,
  vaultAt,
  VaultChangedHands,
  VaultNotFound,
  WelcomeRejected,
  WrongKeyError,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { chatGpt, type SourceFile, MalformedExport } from "../../client/importers/index.ts";
import { deltaAfter, readChainHead } from "../../client/vault/contract.ts";
import { readCandidates, readState } from "../../client/vault/journal.ts";
import { misbehaving, powerCut, signerWith, staleProvider } from "../helpers/doubles.ts";
import { flipped } from "../helpers/seeded.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const texts = async (vault: Vault): Promise<string[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();

describe("Faults: each has a name, says what to do, and costs nothing that was not committed", () => {
  let world: World;
  let elsewhere: World;
  before(async () => {
    [world, elsewhere] = [await createWorld(), await createWorld()];
  });

  /** What each fault threw, for the comparison at the end. */
  const seen = new Map<string, VaultError>();

  /** Takes a fault in: it is one of ours, of this kind, and its message says what to do. */
  function note(
    name: string,
    fault: unknown,
    kind: abstract new (...args: never[]) => VaultError,
    advice: RegExp,
  ): void {
    expect(fault, name).to.be.instanceOf(kind);
    expect(fault, name).to.have.property("message").that.matches(advice);
    seen.set(name, fault as VaultError);
  }

  /** A vault with one memory committed and one that waits. */
  async function waiting(environment: Environment = device(world, world.owner)) {
    const { vault } = await ownedVault(world, environment);
    await remember(vault, { scope: "health", text: "Committed" });
    await sync(vault);
    await remember(vault, { scope: "health", text: "Waits" });
    return { vault, environment };
  }

  /** The same device once more, with parts that misbehave. */
  const again = (vault: Vault, environment: Environment, parts: Partial<Environment>): Vault =>
    vaultAt(vault.ref, { ...environment, ...parts });

  /** Nothing was lost: what waits still waits, and goes in once the fault is over. */
  async function healed(vault: Vault): Promise<void> {
    expect(
      (await pending(vault)).map((operation) => operation.kind === "create" && operation.text),
    ).to.deep.equal(["Waits"]);
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Committed", "Waits"]);
    expect(await pending(vault)).to.deep.equal([]);
  }

  it("wrong key", async () => {
    const { vault, environment } = await waiting();
    const other = again(vault, environment, { journalKey: randomBytes(32) });
    for (const attempt of [sync, read, pending]) {
      note(
        "wrong key",
        await thrown(attempt(other)),
        WrongKeyError,
        /does not open the journal.*Check that vault, chain and device/,
      );
    }
    expect(await thrown(remember(other, { scope: "health", text: "x" }))).to.be.instanceOf(WrongKeyError);
    await healed(vault);
  });

  it("missing blob", async () => {
    const { vault, environment } = await waiting();
    const empty = misbehaving(world.store, { get: () => Promise.resolve(null) });
    for (const attempt of [sync, read]) {
      const fault = await thrown(attempt(again(vault, environment, { store: empty })));
      note("missing blob", fault, BlobMissing, /missing from test store\. Add a store that has it/);
    }
    await healed(vault);
  });

  it("altered blob", async () => {
    const { vault, environment } = await waiting();
    const rotten = misbehaving(world.store, {
      get: async (digest) => flipped((await world.store.get(digest))!, 12_345),
    });
    for (const attempt of [sync, read]) {
      const fault = await thrown(attempt(again(vault, environment, { store: rotten })));
      note("altered blob", fault, BlobAltered, /altered in test store\. Read it from another store/);
    }
    await healed(vault);
  });

  it("stale head", async () => {
    const { vault, environment } = await waiting();
    await sync(vault);
    const block = await world.provider.getBlockNumber();
    await remember(vault, { scope: "health", text: "Newer" });
    await sync(vault);
    await remember(vault, { scope: "health", text: "Waits still" });
    const stale = again(vault, environment, {
      provider: staleProvider(world.provider, block),
      wallet: undefined,
    });
    for (const attempt of [read, sync]) {
      note("stale head", await thrown(attempt(stale)), RollbackDetected, /rolled back.*Ask another RPC/);
    }
    expect(await pending(vault)).to.have.length(1);
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Committed", "Newer", "Waits", "Waits still"]);
  });

  it("stale head, shown to a reader whose grant the old state does not know", async () => {
    const { vault } = await waiting();
    const block = await world.provider.getBlockNumber();
    const agent = await newReader();
    const terms = { account: world.stranger.address, scopes: ["health"], expiresAt: await inDays(world, 3) };
    const { welcome } = await grant(vault, { recipient: agent.recipient, ...terms });
    const parts = device(world);
    const reader = await acceptWelcome({
      ...parts,
      address: world.address,
      identity: agent.identity,
      welcome: welcome!,
    });
    await read(reader);
    const stale = again(reader, parts, { provider: staleProvider(world.provider, block) });
    expect(await thrown(read(stale))).to.be.instanceOf(RollbackDetected);
    expect(await texts(reader)).to.deep.equal(["Committed", "Waits"]);
  });

  it("changed hands, shown to a reader whose listed grant ended with it", async () => {
    const { vault } = await waiting();
    const { identity, recipient } = await newReader();
    const terms = { account: world.stranger.address, scopes: ["health"], expiresAt: await inDays(world, 3) };
    const { welcome } = await grant(vault, { recipient, ...terms });
    const reader = await accept(world, identity, welcome!);
    await read(reader);
    const { memoryVault, owner, buyer } = world;
    await memoryVault.connect(owner).unlock(vault.ref.vaultId);
    await memoryVault.connect(owner).transferFrom(owner.address, buyer.address, vault.ref.vaultId);
    expect(await thrown(read(reader))).to.be.instanceOf(VaultChangedHands);
  });

  it("foreign vault: a chain on which nobody minted it", async () => {
    const { vault, environment } = await waiting();
    const lost = again(vault, environment, { provider: elsewhere.provider, wallet: undefined });
    for (const attempt of [sync, read]) {
      note(
        "foreign vault",
        await thrown(attempt(lost)),
        VaultNotFound,
        /no vault.*Check chain, contract and id/,
      );
    }
    await healed(vault);
  });

  it("foreign vault: a welcome to another contract than the reader expects", async () => {
    const { vault } = await waiting();
    const { identity, recipient } = await newReader();
    const { welcome } = await grant(vault, {
      recipient,
      scopes: ["health"],
      expiresAt: await inDays(world, 3),
    });
    const address = await world.keyRegistry.getAddress();
    const fault = await thrown(acceptWelcome({ ...device(world), address, identity, welcome: welcome! }));
    note("foreign welcome", fault, WelcomeRejected, /for the contract.*Ask the vault's owner for a new one/);
  });

  it("expired grant", async () => {
    const { vault } = await waiting();
    const { identity, recipient } = await newReader();
    const expiresAt = await inDays(world, 1);
    const { welcome } = await grant(vault, { recipient, scopes: ["health"], expiresAt });
    const reader = await accept(world, identity, welcome!);
    expect(await texts(reader)).to.deep.equal(["Committed", "Waits"]);
    await world.networkHelpers.time.increaseTo(expiresAt);
    note(
      "expired grant",
      await thrown(read(reader)),
      GrantExpired,
      /expired at 20.*Ask the vault's owner for a new one/,
    );
    await remember(vault, { scope: "health", text: "Later" });
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Committed", "Later", "Waits"]);
  });

  it("malformed export", async () => {
    const { vault } = await waiting();
    const cut = new TextEncoder().encode('[{"title": "A talk", "mapping": {"a": {"message": ');
    const file: SourceFile = {
      path: "conversations.json",
      size: cut.length,
      // eslint-disable-next-line @typescript-eslint/require-await
      async *open() {
        yield cut;
      },
    };
    const fault = await thrown(
      (async () => {
        for await (const item of chatGpt().read([file]))
          if (item.kind === "memory") await remember(vault, item.memory);
      })(),
    );
    note(
      "malformed export",
      fault,
      MalformedExport,
      /conversations\.json cannot be imported.*Export it again/,
    );
    await healed(vault);
  });

  it("foreign profile head", async () => {
    const { vault } = await waiting();
    const { memoryVault, owner } = world;
    const spaceId = hexlify(
      Uint8Array.from(Buffer.from(vault.ref.vaultId.toString(16).padStart(64, "0"), "hex")),
    );
    await memoryVault.connect(owner).updateSpaceAuthorization(spaceId, owner.address, owner.address, "0x");
    const head = await readChainHead(vault.contract, vault.ref);
    const foreign = {
      ...deltaAfter(head, vault.ref, id("root"), id("pointer")),
      profileId: id("another tool"),
    };
    await memoryVault.connect(owner).commitTransition(foreign, "0x");
    for (const attempt of [sync, read]) {
      note(
        "foreign profile head",
        await thrown(attempt(vault)),
        ForeignHead,
        /other software\. Open it there/,
      );
    }
    expect(await pending(vault)).to.have.length(1);
    expect((await readState(vault.journal))!.pin!.sequence, "the pin stays on our own head").to.equal(1n);
  });

  it("changed hands", async () => {
    const { vault } = await waiting();
    const { memoryVault, owner, buyer } = world;
    await memoryVault.connect(owner).unlock(vault.ref.vaultId);
    await memoryVault.connect(owner).transferFrom(owner.address, buyer.address, vault.ref.vaultId);
    for (const attempt of [sync, read]) {
      note(
        "changed hands",
        await thrown(attempt(vault)),
        VaultChangedHands,
        /changed hands.*Trust it only if you expected this/,
      );
    }
    expect(await pending(vault)).to.have.length(1);
  });

  it("a store that is down, or full", async () => {
    const { vault, environment } = await waiting();
    for (const fault of [new StoreUnavailable("test store", "it is down"), new StoreFull("test store")]) {
      const broken = misbehaving(world.store, { put: () => Promise.reject(fault) });
      expect(await thrown(sync(again(vault, environment, { store: broken })))).to.equal(fault);
    }
    const forgetful = misbehaving(world.store, { put: (blob) => Promise.resolve(digestOf(blob)) });
    const fault = await thrown(sync(again(vault, environment, { store: forgetful })));
    expect(fault, "a blob is read back before anything points to it").to.be.instanceOf(BlobMissing);
    expect((await readChainHead(vault.contract, vault.ref)).sequence).to.equal(1n);
    await healed(vault);
  });

  it("a store that is down altogether keeps no listed reader in: its revoke goes alone, and the rotation is owed", async () => {
    const { vault, environment } = await waiting();
    const account = world.stranger.address;
    const { identity, recipient } = await newReader();
    const terms = { account, scopes: ["health"], expiresAt: await inDays(world, 3) };
    const { welcome } = await grant(vault, { recipient, ...terms });
    const reader = await accept(world, identity, welcome!);
    const down = () => Promise.reject(new StoreUnavailable("test store", "it is down"));
    const offline = again(vault, environment, { store: misbehaving(world.store, { put: down, get: down }) });
    expect(await thrown(revoke(offline, account))).to.be.instanceOf(StoreUnavailable);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, account)).to.equal(false);
    expect(await thrown(read(reader))).to.be.instanceOf(GrantRevoked);
    await remember(vault, { scope: "health", text: "Afterwards" });
    expect((await sync(vault)).rotated).to.equal(true);
    expect(await grants(vault)).to.deep.equal([]);
  });

  it("what became of an operation is told by the retry too", async () => {
    const { vault, environment } = await waiting();
    await sync(vault);
    const [seen] = (await read(vault)).scopes[0]!.memories;
    await update(vault, seen!, { text: "Changed once" });
    await update(vault, seen!, { text: "Changed twice" });
    const refusing = signerWith(world.owner, () => Promise.reject(new Error("rejected by the user")));
    expect(await thrown(sync(again(vault, environment, { wallet: refusing })))).to.match(
      /rejected by the user/,
    );
    const { outcomes } = await sync(vault);
    expect([...outcomes.values()].map(({ kind }) => kind)).to.deep.equal(["put", "conflict"]);
  });

  it("are all told apart: no two have one class", () => {
    const names = [
      "wrong key",
      "missing blob",
      "altered blob",
      "stale head",
      "foreign vault",
      "foreign welcome",
    ];
    const later = ["expired grant", "malformed export", "foreign profile head", "changed hands"];
    expect([...seen.keys()]).to.have.members([...names, ...later]);
    expect(new Set([...seen.values()].map(({ name }) => name)).size).to.equal(seen.size);
    for (const { name, constructor } of seen.values()) expect(name).to.equal(constructor.name);
  });
});

describe("A device that stops at any step of a sync", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("loses nothing and writes nothing twice, wherever it stopped", async function () {
    this.timeout(60_000);
    let stops = 0;
    for (let step = 1, done = false; !done; step++) {
      const journalStore = memoryJournalStore();
      const environment = { ...device(world, world.owner), journalStore };
      const { vault } = await ownedVault(world, environment);
      await remember(vault, { scope: "health", text: "First" });
      await sync(vault);
      await remember(vault, { scope: "health", text: "Second" }, { scope: "travel", text: "Third" });
      const dying = powerCut(journalStore, step);
      const { identity, recipient } = await newReader();
      const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30) };
      const outcome = await grant(
        vaultAt(vault.ref, { ...environment, journalStore: dying.store }),
        terms,
      ).catch((fault: unknown) => fault);
      done = !dying.cut();
      if (!done) {
        stops++;
        expect(outcome, `step ${step}`).to.match(/power cut/);
      }
      // The device starts again with the journal that is left.
      const revived = vaultAt(vault.ref, environment);
      await sync(revived);
      expect(await texts(revived), `step ${step}`).to.deep.equal(["First", "Second", "Third"]);
      expect(await pending(revived), `step ${step}`).to.deep.equal([]);
      expect(await readCandidates(revived.journal), `step ${step}`).to.deep.equal([]);
      const [member] = await grants(revived);
      const memberId = member?.id ?? (await grant(revived, terms)).memberId;
      const welcome = await collectWelcome(revived, memberId);
      const reader = await accept(world, identity, welcome!);
      expect(await texts(reader), `step ${step}`).to.deep.equal(["First", "Second"]);
      expect(await grants(revived), `step ${step}`).to.have.length(1);
    }
    expect(stops, "a sync has steps to stop at").to.be.greaterThan(5);
  });

  it("while it mints, mints the same vault with the next call", async () => {
    let stops = 0;
    for (let step = 1, done = false; !done; step++) {
      const journalStore = memoryJournalStore();
      const parts = device(world, world.owner);
      const seed = randomBytes(32);
      const dying = powerCut(journalStore, step);
      const request = { ...parts, journalStore: dying.store, address: world.address, seed };
      const outcome = await mintVault(request).catch((fault: unknown) => fault);
      done = !dying.cut();
      if (!done) {
        stops++;
        expect(outcome).to.match(/power cut/);
      }
      const { vault } = await mintVault({ ...parts, journalStore, address: world.address, seed });
      await remember(vault, { scope: "health", text: "First" });
      await sync(vault);
      expect(await texts(vault)).to.deep.equal(["First"]);
    }
    expect(stops).to.be.greaterThan(0);
  });
});
