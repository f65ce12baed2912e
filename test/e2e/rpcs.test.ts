import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, Wallet, type Provider } from "ethers";

import {
  acceptWelcome,
  BlocksOutOfReach,
  collectWelcome,
  findWelcome,
  grant,
  grants,
  keyOf,
  memoryJournalStore,
  mintVault,
  pending,
  publishKey,
  read,
  registryContract,
  remember,
  revoke,
  RpcsDisagree,
  RpcUnavailable,
  settle,
  status,
  sync,
  VaultError,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { readAt } from "../../client/manage.ts";
import { vaultContract } from "../../client/vault/contract.ts";
import { finalNumber } from "../../client/vault/rpcs.ts";
import { stateOf } from "../../client/vault/session.ts";
import { answering, between, boasting, dying, staleProvider } from "../helpers/doubles.ts";
import {
  admitted,
  another,
  changed,
  claiming,
  furnished,
  opened,
  recoverOn,
  termsFor,
  texts,
} from "../helpers/furnished.ts";
import { seeded } from "../helpers/seeded.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, newReader, ownedVault, type World } from "../helpers/world.ts";

/** Some agent's, in whatever vault. */
const account = Wallet.createRandom().address;

describe("Two RPCs: what both say counts, and nothing else", () => {
  let world: World;
  let elsewhere: World;
  before(async () => {
    [world, elsewhere] = [await createWorld(), await createWorld()];
  });

  /** A device with a second RPC. */
  const doubled = (secondProvider: Provider, wallet = true): Environment => ({
    ...device(world, wallet ? world.owner : undefined),
    ...{ secondProvider, patience: 0 },
  });

  /** The same device, with these RPCs. */
  const asking = (vault: Vault, environment: Environment, rpcs: Partial<Environment>): Vault =>
    changed(vault, environment, { ...rpcs, patience: 0 });

  const stale = async (): Promise<Provider> =>
    staleProvider(world.provider, await world.provider.getBlockNumber());

  const disagreement = async (promise: Promise<unknown>): Promise<RpcsDisagree> => {
    const fault = await thrown(promise);
    expect(fault).to.be.instanceOf(RpcsDisagree);
    expect(fault)
      .to.have.property("message")
      .that.matches(/try again, ask a third, and replace/);
    return fault as RpcsDisagree;
  };

  it("are both asked, and the vault lives as with one", async () => {
    let asked = 0;
    const second = answering(world.provider, () => {
      asked++;
      return Promise.resolve(null);
    });
    const { vault } = await furnished(world, doubled(second));
    expect(await status(vault)).to.include({ rpcs: 2, sequence: 1n, pinned: 1n });
    expect(asked).to.be.greaterThan(0);
    const { reader } = await admitted(world, vault, account);
    await revoke(vault, account);
    expect(await nameOf(read(reader))).to.equal("GrantRevoked");
    expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    expect((await status((await furnished(world)).vault)).rpcs, "with one").to.equal(1);
  });

  it("whichever of them shows an old state: nothing is read, nothing written, nothing lost", async () => {
    const { vault, environment } = await furnished(world);
    const old = await stale();
    await remember(vault, { scope: "health", text: "Newer" });
    await sync(vault);
    await remember(vault, { scope: "health", text: "Waits" });
    const { provider } = world;
    for (const rpcs of [{ secondProvider: old }, { provider: old, secondProvider: provider }]) {
      const doubtful = asking(vault, environment, rpcs);
      const { first, second } = await disagreement(read(doubtful));
      const [older, newer] = rpcs.secondProvider === old ? [second, first] : [first, second];
      expect(older).to.match(/^sequence 1, /);
      expect(newer).to.match(/^sequence 2, /);
      await disagreement(sync(doubtful));
      await disagreement(grants(doubtful));
      await disagreement(revoke(doubtful, account));
    }
    expect(await pending(vault)).to.have.length(1);
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Newer", "Runs at six", "Waits"]);
  });

  it("keep a new device from an old state, which one alone would show it", async () => {
    const { vault, seed } = await furnished(world);
    const { identity, welcome } = await admitted(world, vault);
    const old = await stale();
    await remember(vault, { scope: "health", text: "Newer" });
    await sync(vault);
    const parts = { ...device(world), provider: old };
    const fooled = await acceptWelcome({ ...parts, address: world.address, identity, welcome });
    expect(await texts(fooled), "with one").to.deep.equal(["Runs at six"]);
    const both = { ...doubled(world.provider, false), provider: old };
    const reader = await acceptWelcome({ ...both, address: world.address, identity, welcome }).catch(
      (fault: unknown) => fault,
    );
    expect(reader).to.be.instanceOf(RpcsDisagree);
    await disagreement(recoverOn(world, seed, both));
  });

  it("one that lags within reason is waited for", async () => {
    const { vault, environment } = await furnished(world);
    const old = await world.provider.getBlockNumber();
    let caughtUp = false;
    const catchingUp = between(world.connection.provider, async ({ method, params, forward }) => {
      if (caughtUp) return forward();
      const tag = `0x${old.toString(16)}`;
      if (method === "eth_blockNumber") return tag;
      if (method !== "eth_call") return forward();
      return world.connection.provider.request({ method, params: [params[0], tag] });
    });
    await remember(vault, { scope: "health", text: "Newer" });
    await sync(vault);
    const patient = changed(vault, environment, { secondProvider: catchingUp, patience: 10_000 });
    const reading = texts(patient);
    setTimeout(() => (caughtUp = true), 600);
    const began = Date.now();
    expect(await reading).to.deep.equal(["Newer", "Runs at six"]);
    expect(Date.now() - began).to.be.within(500, 5_000);
  });

  it("of another chain, or another contract, disagree", async () => {
    const { vault, environment } = await furnished(world);
    const lost = asking(vault, environment, { secondProvider: elsewhere.provider });
    expect(await disagreement(read(lost))).to.include({ what: "the head", second: "VaultNotFound" });
    await disagreement(sync(lost));
    // There too a vault of this id was minted, by the same owner with the same salt, and says something else.
    const seed = randomBytes(32);
    const here = await ownedVault(world, device(world, world.owner));
    expect(here.vault.ref.vaultId).to.not.equal(vault.ref.vaultId);
    const [mine, theirs] = await Promise.all([
      twin(world, seed, "Said here"),
      twin(elsewhere, seed, "Said there"),
    ]);
    expect(mine.vault.ref.vaultId).to.equal(theirs.vault.ref.vaultId);
    await disagreement(read(asking(mine.vault, mine.environment, { secondProvider: elsewhere.provider })));
    expect(await texts(mine.vault)).to.deep.equal(["Said here"]);
  });

  async function twin(on: World, seed: Uint8Array, text: string) {
    const environment = device(on, on.owner);
    const { vault } = await mintVault({ ...environment, address: on.address, seed });
    await remember(vault, { scope: "health", text });
    await sync(vault);
    return { vault, environment };
  }

  it("show up a head that somebody made up who has the vault's keys", async () => {
    const { vault, environment } = await furnished(world);
    const liar = await claiming(world, vault, 0);
    expect(await nameOf(read(changed(vault, environment, { provider: liar }))), "with one").to.equal(
      "MalformedData",
    );
    await disagreement(read(asking(vault, environment, { secondProvider: liar })));
    await disagreement(read(asking(vault, environment, { provider: liar, secondProvider: world.provider })));
  });

  it("neither keep a reader in whose grant ended, nor put one out whose grant stands", async () => {
    const { vault, environment } = await furnished(world);
    const { reader } = await admitted(world, vault, account);
    const { selector } = vault.contract.interface.getFunction("canRead");
    const saying = (word: string): Provider =>
      answering(world.provider, async (request) => {
        const real = await world.provider.call(request);
        if (request.data?.startsWith(selector)) return `0x${word}`;
        // In a multicall too.
        return request.data?.includes(selector.slice(2)) ? real.replace(/[01]$/, word.at(-1) ?? "") : null;
      });
    const [no, yes] = ["0".repeat(64), "1".padStart(64, "0")];
    await remember(vault, { scope: "health", text: "Newer" });
    const denied = asking(vault, environment, { provider: saying(no), secondProvider: world.provider });
    await disagreement(sync(denied));
    expect(await grants(vault)).to.have.length(1);
    await world.memoryVault.connect(world.owner).revoke(vault.ref.vaultId, account);
    const parts = { ...environment, journalStore: reader.journal.store, journalKey: reader.journal.key };
    const kept = asking(reader, parts, { provider: saying(yes), secondProvider: world.provider });
    await disagreement(read(kept));
    expect(await nameOf(read(reader))).to.equal("GrantRevoked");
    await disagreement(sync(asking(vault, environment, { secondProvider: saying(yes) })));
    expect((await sync(vault)).rotated).to.equal(true);
  });

  it("agree on the time before a key is destroyed for it", async () => {
    const { vault } = await furnished(world);
    const { identity, terms } = await termsFor(world);
    const { welcome } = await grant(vault, terms);
    const later = between(world.connection.provider, async ({ method, forward }) => {
      const answer = await forward();
      if (method !== "eth_getBlockByNumber") return answer;
      return { ...(answer as object), timestamp: `0x${(terms.expiresAt + 9).toString(16)}` };
    });
    const parts = doubled(later, false);
    const reader = await acceptWelcome({ ...parts, address: world.address, identity, welcome: welcome! });
    expect(await disagreement(read(reader)))
      .to.have.property("first")
      .that.matches(/timestamp/);
    expect((await stateOf(reader)).identity).to.equal(identity);
  });

  it("agree on what is final: the pin goes no further than both", async () => {
    const { vault, environment } = await furnished(world);
    await remember(vault, { scope: "health", text: "Newer" });
    const eager = between(world.connection.provider, ({ forward }) => forward());
    const reluctant = between(world.connection.provider, async ({ method, params, forward }) => {
      if (method !== "eth_getBlockByNumber" || params[0] !== "finalized") return forward();
      const number = `0x${((await world.provider.getBlockNumber()) - 1).toString(16)}`;
      return world.connection.provider.request({ method, params: [number, false] });
    });
    const finality = { tag: "finalized" } as const;
    const both = { ...environment, provider: eager, secondProvider: reluctant, finality, patience: 0 };
    const careful = changed(vault, both, {});
    expect((await sync(careful)).final).to.equal(false);
    expect((await stateOf(vault)).pin?.sequence).to.equal(1n);
    await world.networkHelpers.mine(1);
    await settle(careful);
    expect((await stateOf(vault)).pin?.sequence).to.equal(2n);
  });

  it("agree on an account's key before anything is encrypted to it", async () => {
    const { recipient } = await newReader();
    const address = await world.keyRegistry.getAddress();
    const registry = registryContract(address, world.stranger);
    await publishKey(registry, recipient, 2 ** 40);
    const { selector } = registry.interface.getFunction("keyOf");
    const forged = registry.interface.encodeFunctionResult("keyOf", [
      [hexlify(randomBytes(32)), 2 ** 40, 1, hexlify(randomBytes(32))],
    ]);
    const liar = answering(world.provider, ({ data }) =>
      Promise.resolve(data?.startsWith(selector) === true ? forged : null),
    );
    const { stranger, provider } = world;
    const [honest, lying] = [registryContract(address, provider), registryContract(address, liar)];
    expect((await keyOf(honest, stranger.address, honest)).recipient).to.equal(recipient);
    await disagreement(keyOf(honest, stranger.address, lying));
    await disagreement(keyOf(lying, stranger.address, honest));
  });

  it("the second one gone: named, and nothing is believed of the first alone", async () => {
    const { vault, environment } = await furnished(world);
    const { provider } = dying(world.connection.provider, 1);
    const fault = await thrown(read(asking(vault, environment, { secondProvider: provider })));
    expect(fault).to.be.instanceOf(RpcUnavailable).and.include({ rpc: "second", why: "ECONNRESET" });
    expect(fault)
      .to.have.property("message")
      .that.matches(/Nothing is lost: try again, or use another/);
  });
});

describe("An RPC that makes its newest block up", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("is looked through for earlier heads as far as a hundred million blocks, and then named", async () => {
    const { vault, environment } = await furnished(world);
    await remember(vault, { scope: "health", text: "Newer" });
    await sync(vault);
    const { provider, asked } = boasting(world.provider, 2 ** 50);
    const lied = changed(vault, environment, { provider });
    expect(await thrown(readAt(lied, 1n)))
      .to.be.instanceOf(BlocksOutOfReach)
      .and.include({ newest: 2 ** 50 });
    expect(asked()).to.equal(10_000);
  });

  it("is not looked through at all where a second one knows better", async () => {
    const { vault, environment } = await furnished(world);
    await remember(vault, { scope: "health", text: "Newer" });
    await sync(vault);
    const { provider, asked } = boasting(world.provider, 2 ** 50);
    const rpcs = { provider, secondProvider: world.provider, patience: 0 };
    expect(await thrown(readAt(changed(vault, environment, rpcs), 1n))).to.be.instanceOf(RpcsDisagree);
    expect(asked()).to.equal(0);
  });

  it("is looked through for a welcome as far, and then named", async () => {
    const { vault } = await furnished(world);
    const { provider, asked } = boasting(world.provider, 2 ** 50);
    const contract = vaultContract(world.address, provider);
    const found = findWelcome(contract, vault.ref.vaultId, account, world.store);
    expect(await thrown(found)).to.be.instanceOf(BlocksOutOfReach);
    expect(asked()).to.equal(10_000);
  });
});

describe("An RPC that fails in the middle", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A sync that the RPC in this place dies in, once before each request that there is. */
  const dyingAs = (place: "provider" | "secondProvider") =>
    async function (this: Mocha.Context): Promise<void> {
      this.timeout(120_000);
      let deaths = 0;
      for (let request = 1, done = false; !done; request++) {
        const environment = { ...device(world, world.owner), journalStore: memoryJournalStore() };
        const { vault } = await furnished(world, environment);
        await world.networkHelpers.setBalance(
          new Wallet((await opened(vault)).commitKey).address,
          10n ** 18n,
        );
        await remember(vault, { scope: "health", text: "Second" });
        const { provider, dead } = dying(world.connection.provider, request);
        // The commit key pays, so that the transaction too goes through the RPC that dies.
        const parts = { [place]: provider, wallet: place === "provider" ? undefined : world.owner };
        const result = await sync(changed(vault, environment, parts)).catch((fault: unknown) => fault);
        done = !dead();
        if (!done) {
          deaths++;
          // What sending throws stays what the wallet said: the journal keeps everything anyhow.
          const said =
            result instanceof VaultError ? result.name : result instanceof Error ? result.message : "done";
          expect(said, `request ${request}`).to.match(/^RpcUnavailable$|socket hang up|^done$/);
        }
        await sync(vault);
        expect(await texts(vault), `request ${request}`).to.deep.equal(["Runs at six", "Second"]);
        expect(await pending(vault)).to.deep.equal([]);
      }
      expect(deaths).to.be.greaterThan(5);
    };

  it("as the first: whenever it dies, nothing is lost or written twice", dyingAs("provider"));

  it("as the second: whenever it dies, nothing is lost or written twice", dyingAs("secondProvider"));

  it("asked what is final: has no other depth taken for it, unless it knows no such tag", async () => {
    const { vault, environment } = await furnished(world);
    await remember(vault, { scope: "health", text: "Second" });
    await sync(changed(vault, environment, { finality: { confirmations: 100 } }));
    await world.networkHelpers.mine(63);
    const answeringFinal = (answer: () => Promise<unknown>): Vault => {
      const provider = between(world.connection.provider, ({ method, params, forward }) =>
        method === "eth_getBlockByNumber" && params[0] === "finalized" ? answer() : forward(),
      );
      return changed(vault, environment, { provider, finality: { tag: "finalized" } });
    };
    const refusing = (code: number): Vault =>
      answeringFinal(() => Promise.reject(Object.assign(new Error("refused"), { code })));
    // Throttled, out of order, unknown to ethers.
    for (const code of [-32_005, -32_000, -32_603, 429]) {
      const fault = await thrown(settle(refusing(code)));
      expect(fault, String(code)).to.be.instanceOf(RpcUnavailable).and.include({ rpc: "first" });
      expect((await stateOf(vault)).pin?.sequence, String(code)).to.equal(1n);
    }
    const newest = await world.provider.getBlockNumber();
    for (const untagged of [
      refusing(-32_601),
      refusing(-32_602),
      answeringFinal(() => Promise.resolve(null)),
    ])
      expect(await finalNumber(untagged)).to.equal(newest - 63);
    await settle(refusing(-32_602));
    expect((await stateOf(vault)).pin?.sequence).to.equal(2n);
  });

  it("garbage for an answer: memories come whole or not at all", async function () {
    this.timeout(120_000);
    const { vault, environment, seed } = await furnished(world);
    await remember(vault, { scope: "travel", text: "By train" });
    await sync(vault);
    const { identity, welcome } = await admitted(world, vault, account);
    const whole = await texts(vault);
    const draw = seeded("garbage");
    const faults = new Map<string, number>();
    for (let round = 0; round < 150; round++) {
      const rate = 1 + (round % 4) * 3;
      const provider = between(world.connection.provider, async ({ forward }) => {
        const answer = await forward();
        return draw(1)[0]! % rate === 0 ? garbled(answer, draw) : answer;
      });
      const reading =
        round % 3 === 0
          ? texts(changed(vault, environment, { provider }))
          : round % 3 === 1
            ? acceptWelcome({ ...device(world), provider, address: world.address, identity, welcome }).then(
                texts,
              )
            : recoverOn(world, seed, { ...device(world), provider }).then(texts);
      const got = await reading.catch((fault: unknown) => fault as Error);
      if (Array.isArray(got)) expect(got).to.deep.equal(round % 3 === 1 ? ["Runs at six"] : whole);
      else {
        expect(got, `round ${round}: ${String(got)}`).to.be.instanceOf(VaultError);
        faults.set(got.name, (faults.get(got.name) ?? 0) + 1);
      }
    }
    expect([...faults.keys()]).to.include.members(["RpcUnavailable", "HeadInconsistent"]);
    expect(await texts(vault)).to.deep.equal(whole);
  });

  /** What an RPC might say instead: another kind of thing, nothing, or the answer with some digits changed. */
  function garbled(answer: unknown, draw: (length: number) => Uint8Array): unknown {
    const [kind = 0, place = 0, digit = 0] = draw(3);
    const others = [null, "0x", "", 7, "0x1", {}, [], true, hexlify(draw(64)), "not hex at all"];
    if (kind % 2 === 0 || typeof answer !== "string" || answer.length < 8)
      return others[place % others.length];
    const at = 2 + ((place * 256 + digit) % (answer.length - 2));
    return answer.slice(0, at) + (digit % 16).toString(16) + answer.slice(at + 1);
  }
});

describe("A chain that takes blocks back", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const DEEP = { confirmations: 6 } as const;

  /** Whose commits are final after six blocks. */
  async function slow() {
    const environment = { ...device(world, world.owner), finality: DEEP };
    const made = await furnished(world, environment);
    await world.networkHelpers.mine(6);
    await settle(made.vault);
    return { ...made, environment };
  }

  const slowly = (vault: Vault): Vault =>
    changed(
      vault,
      {
        ...device(world),
        finality: DEEP,
        journalStore: vault.journal.store,
        journalKey: vault.journal.key,
      },
      {},
    );

  it("with a commit in them: its operations wait again, and land once", async () => {
    const { vault, seed } = await slow();
    const second = await another(world, seed);
    await world.networkHelpers.mine(6);
    await settle(vault);
    const fork = await world.networkHelpers.takeSnapshot();
    await remember(vault, { scope: "health", text: "Taken back" });
    await sync(vault);
    const onFork = slowly(second);
    expect(await texts(onFork)).to.deep.equal(["Runs at six", "Taken back"]);
    await fork.restore();
    expect(await texts(onFork), "the reader falls back with the chain").to.deep.equal(["Runs at six"]);
    expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    expect(await pending(vault)).to.have.length(1);
    // Meanwhile the other device writes there.
    await remember(second, { scope: "health", text: "Written instead" });
    await sync(second);
    await sync(vault);
    const both = ["Runs at six", "Taken back", "Written instead"];
    expect(await texts(vault)).to.deep.equal(both);
    await world.networkHelpers.mine(6);
    await sync(vault);
    expect(await pending(vault)).to.deep.equal([]);
    expect(await texts(second)).to.deep.equal(both);
  });

  it("with a revoke and its rotation in them: the reader is out again with the next sync, and stays out", async () => {
    const { vault } = await slow();
    const { terms, identity } = await termsFor(world, account);
    await grant(vault, terms);
    await world.networkHelpers.mine(6);
    await settle(vault);
    const [member] = await grants(vault);
    const reader = slowly(await accept(world, identity, (await collectWelcome(vault, member!.id))!));
    await read(reader);
    const epoch = (await read(vault)).epoch;
    const fork = await world.networkHelpers.takeSnapshot();
    await revoke(vault, account);
    await remember(vault, { scope: "health", text: "After the revoke" });
    await sync(vault);
    expect((await read(vault)).epoch).to.equal(epoch + 1);
    expect(await nameOf(read(reader))).to.equal("GrantRevoked");
    await fork.restore();
    expect(await texts(reader), "what stood then is there again").to.deep.equal(["Runs at six"]);
    expect((await read(vault)).epoch).to.equal(epoch);
    const { rotated } = await sync(vault);
    expect(rotated).to.equal(true);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, account)).to.equal(false);
    expect(await nameOf(read(reader))).to.equal("GrantRevoked");
    await world.networkHelpers.mine(6);
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["After the revoke", "Runs at six"]);
    expect((await stateOf(vault)).epoch).to.equal(epoch + 1);
  });

  it("with an admission in them: no welcome left the device, and the next one is another", async () => {
    const { vault } = await slow();
    const { terms, identity } = await termsFor(world);
    const fork = await world.networkHelpers.takeSnapshot();
    const { memberId, welcome } = await grant(vault, terms);
    expect(welcome).to.equal(null);
    await fork.restore();
    await sync(vault);
    await world.networkHelpers.mine(6);
    await settle(vault);
    const late = await collectWelcome(vault, memberId);
    expect(await texts(await accept(world, identity, late!))).to.deep.equal(["Runs at six"]);
  });

  it("that were final: nothing is believed any more", async () => {
    const { vault } = await slow();
    const fork = await world.networkHelpers.takeSnapshot();
    await remember(vault, { scope: "health", text: "Final" });
    await sync(vault);
    await world.networkHelpers.mine(6);
    await read(vault);
    await fork.restore();
    expect(await nameOf(read(vault))).to.equal("RollbackDetected");
    expect(await nameOf(sync(vault))).to.equal("RollbackDetected");
  });
});
