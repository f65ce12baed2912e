import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { getBytes, hexlify, id as keccakText, Interface, makeError, Wallet } from "ethers";
import type { Provider, Signer, TransactionReceipt, TransactionRequest } from "ethers";

import {
  acceptWelcome,
  collectWelcome,
  findWelcome,
  generateIdentity,
  grant,
  grants,
  memoryJournalStore,
  memoryStore,
  mintVault,
  pending,
  proveMemory,
  read,
  recipientBytes,
  recoverVault,
  remember,
  revoke,
  StoreUnavailable,
  sync,
  vaultAt,
  withdraw,
  type Environment,
  type JournalStore,
  type Vault,
} from "../../client/index.ts";
import { maskPointer } from "../../client/crypto/keys.ts";
import { headContext, seal } from "../../client/crypto/seal.ts";
import { encodeHead, pad } from "../../client/vault/blob.ts";
import {
  deltaAfter,
  readChainHead,
  signDelta,
  spaceIdOf,
  stateRootAfter,
} from "../../client/vault/contract.ts";
import { writeOperations } from "../../client/vault/journal.ts";
import type { AdmitOperation } from "../../client/vault/operations.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { openWith, stateOf } from "../../client/vault/session.ts";
import { settle } from "../../client/vault/settle.ts";
import { contains } from "../helpers/contains.ts";
import { archiving, misbehaving, signerWith, staleProvider } from "../helpers/doubles.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const MULTICALL = new Interface(["function multicall(bytes[] data) returns (bytes[] results)"]);
const ETHER = 10n ** 18n;

const texts = async (vault: Vault): Promise<string[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();

const nameOf = async (promise: Promise<unknown>): Promise<string> => ((await thrown(promise)) as Error).name;

/** A provider that answers some calls itself: `null` passes a call on. */
const answering = (
  provider: Provider,
  answer: (request: TransactionRequest) => Promise<string | null>,
): Provider =>
  new Proxy(provider, {
    get(target, property) {
      if (property === "call") {
        return async (request: TransactionRequest) => (await answer(request)) ?? target.call(request);
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

describe("Findings of a review, each closed", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault with a memory, on one device. */
  async function furnished(environment: Environment = device(world, world.owner)) {
    const { vault, seed } = await ownedVault(world, environment);
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    return { vault, seed, environment, vaultId: vault.ref.vaultId };
  }

  /** Terms for one scope, to an account or to a recipient alone. */
  async function termsFor(account?: string) {
    const { identity, recipient } = await newReader();
    const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30), account };
    return { identity, terms };
  }

  /** Admits a reader, which opens its welcome on a device of its own. */
  async function admitted(vault: Vault, account?: string) {
    const { identity, terms } = await termsFor(account);
    const { welcome } = await grant(vault, terms);
    const reader = await accept(world, identity, welcome!);
    await read(reader);
    return { identity, terms, reader, welcome: welcome! };
  }

  const recoverOn = (seed: Uint8Array, parts: Environment): Promise<Vault> =>
    recoverVault({ ...parts, address: world.address, seed, owner: world.owner.address });

  /** One more device of the same owner. */
  async function another(seed: Uint8Array): Promise<Vault> {
    const vault = await recoverOn(seed, device(world, world.owner));
    await sync(vault);
    return vault;
  }

  /** The same device with another wallet, store, provider or journal. */
  const changed = (vault: Vault, environment: Environment, changes: Partial<Environment>): Vault =>
    vaultAt(vault.ref, { ...environment, ...changes });

  const canRead = (vault: Vault, account: string): Promise<boolean> =>
    world.memoryVault.canRead(vault.ref.vaultId, account);

  async function opened(vault: Vault) {
    const head = await readChainHead(vault.contract, vault.ref);
    const state = await stateOf(vault);
    const whole = await openWith(vault, state, head);
    return { head, state, whole, commitKey: hexlify(secretsOf(whole).commitKey!) };
  }

  /** The owner's wallet, watched: somebody lands the commit of its multicall alone, before it. */
  function frontRun(crash = false): Signer {
    let done = false;
    return signerWith(world.owner, async (forward, transaction) => {
      if (!done) {
        done = true;
        const [calls] = MULTICALL.decodeFunctionData("multicall", transaction.data!) as unknown as [string[]];
        const commit = await world.stranger.sendTransaction({ to: transaction.to!, data: calls.at(-1)! });
        await commit.wait();
        if (crash) throw new Error("power cut");
      }
      return forward(transaction);
    });
  }

  const rejecting = (why: string): Signer => signerWith(world.owner, () => Promise.reject(new Error(why)));

  /** Does something once, before a store's next answer. */
  function hooked(interrupt: () => Promise<unknown>, store = world.store) {
    let done = false;
    const get = async (digest: string): Promise<Uint8Array | null> => {
      if (!done) {
        done = true;
        await interrupt();
      }
      return store.get(digest);
    };
    return misbehaving(store, { get });
  }

  describe("A commit of a multicall that somebody lands alone", () => {
    const account = Wallet.createRandom().address;

    it("leaves no grant standing: the revoke ends it in a transaction of its own", async () => {
      const { vault, environment } = await furnished();
      await admitted(vault, account);
      await revoke(changed(vault, environment, { wallet: frontRun() }), account);
      expect(await canRead(vault, account)).to.equal(false);
      expect(await grants(vault)).to.deep.equal([]);
      expect((await sync(vault)).receipt, "and owes nothing after it").to.equal(null);
    });

    it("leaves no grant standing after a crash: the next sync ends it", async () => {
      const { vault, environment } = await furnished();
      await admitted(vault, account);
      const crashing = revoke(changed(vault, environment, { wallet: frontRun(true) }), account);
      expect(await thrown(crashing)).to.match(/power cut/);
      expect(await canRead(vault, account), "the signature was spent without the revoke").to.equal(true);
      expect(await grants(vault)).to.deep.equal([]);
      await sync(vault);
      expect(await canRead(vault, account)).to.equal(false);
    });

    it("can be mended by any device: a grant that only the chain knows is revoked there", async () => {
      const { vault, environment, seed } = await furnished();
      const second = await another(seed);
      await admitted(vault, account);
      await thrown(revoke(changed(vault, environment, { wallet: frontRun(true) }), account));
      const { receipt } = await revoke(second, account);
      expect(receipt?.status).to.equal(1);
      expect(await canRead(vault, account)).to.equal(false);
      expect(await nameOf(revoke(second, account))).to.equal("NotGranted");
    });

    it("admits nobody: a grant that was left out is named, and no welcome gets away", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault, environment } = await furnished(device(world, world.owner, store));
      const { terms } = await termsFor(account);
      const watched = changed(vault, environment, { wallet: frontRun() });
      expect(await nameOf(grant(watched, { ...terms, storeWelcome: true }))).to.equal("GrantLeftOut");
      await sync(vault);
      expect(await grants(vault)).to.deep.equal([]);
      expect(await canRead(vault, account)).to.equal(false);
      const names = await vault.journal.store.list();
      expect(names.filter((name) => name.startsWith("welcome-"))).to.deep.equal([]);
      expect([...archive.values()].some((blob) => contains(blob, utf8ToBytes("age-encryption")))).to.equal(
        false,
      );
      expect((await grant(vault, terms)).welcome, "granted again, it lands").to.have.property("length");
    });
  });

  describe("Grants that end", () => {
    it("before they are final: the welcome is never published", async () => {
      const parts = { ...device(world, world.owner), finality: { confirmations: 6 } };
      const { vault, vaultId } = await furnished(parts);
      await world.networkHelpers.mine(6);
      const account = Wallet.createRandom().address;
      const { terms } = await termsFor(account);
      const { memberId, welcome } = await grant(vault, { ...terms, storeWelcome: true });
      expect(welcome).to.equal(null);
      await revoke(vault, account);
      for (let block = 0; block < 8; block++) {
        await world.networkHelpers.mine(1);
        await sync(vault);
        const found = findWelcome(vault.contract, vaultId, account, world.store);
        expect(await nameOf(found)).to.equal("BlobMissing");
        expect(await collectWelcome(vault, memberId)).to.equal(null);
      }
      expect((await sync(vault)).final).to.equal(true);
    });

    it("and lapse: whose time is over is granted anew", async () => {
      const { vault } = await furnished();
      const account = Wallet.createRandom().address;
      const { terms, identity } = await admitted(vault, account);
      await world.networkHelpers.time.increase(31 * 86_400);
      const { welcome } = await grant(vault, { ...terms, expiresAt: await inDays(world, 30) });
      expect(await texts(await accept(world, identity, welcome!))).to.deep.equal(["Runs at six"]);
      expect(await grants(vault)).to.have.length(1);
      expect(await canRead(vault, account)).to.equal(true);
    });

    it("do not end because one node of several lags behind the others", async () => {
      const { vault, environment } = await furnished();
      const before = await world.provider.getBlockNumber();
      const account = Wallet.createRandom().address;
      const { reader } = await admitted(vault, account);
      const { selector } = vault.contract.interface.getFunction("canRead");
      const provider = answering(world.provider, async (request) => {
        const newest = typeof request.blockTag !== "number" && request.data?.startsWith(selector) === true;
        return newest ? world.provider.call({ ...request, blockTag: before }) : null;
      });
      await remember(vault, { scope: "health", text: "Written meanwhile" });
      const { rotated } = await sync(changed(vault, environment, { provider }));
      expect(rotated).to.equal(false);
      expect(await grants(vault)).to.have.length(1);
      expect(await texts(reader)).to.include("Written meanwhile");
    });

    it("through a relayer, by the commit key", async () => {
      const { vault, environment } = await furnished();
      const account = Wallet.createRandom().address;
      await admitted(vault, account);
      await world.networkHelpers.setBalance(new Wallet((await opened(vault)).commitKey).address, ETHER);
      const { rotated } = await revoke(changed(vault, environment, { wallet: world.relayer }), account);
      expect(rotated).to.equal(true);
      expect(await canRead(vault, account)).to.equal(false);
      expect(await grants(vault)).to.deep.equal([]);
    });

    it("through a relayer, and when the commit key has no funds with the owner's next sync", async () => {
      const { vault, environment } = await furnished();
      const account = Wallet.createRandom().address;
      await admitted(vault, account);
      const fault = await thrown(revoke(changed(vault, environment, { wallet: world.relayer }), account));
      expect(fault).to.have.property("name", "InsufficientFunds");
      expect(await grants(vault), "the rotation has landed").to.deep.equal([]);
      expect(await canRead(vault, account)).to.equal(true);
      await sync(vault);
      expect(await canRead(vault, account)).to.equal(false);
    });

    it("though a losing candidate's blobs cannot be deleted", async () => {
      const parts = device(world, world.owner);
      const { vault, seed } = await furnished(parts);
      const account = Wallet.createRandom().address;
      await admitted(vault, account);
      const second = await another(seed);
      const stuck = misbehaving(parts.store, {
        delete: () => Promise.reject(new StoreUnavailable("test store", "it deletes nothing")),
      });
      await remember(second, { scope: "health", text: "The winner's" });
      await remember(vault, { scope: "health", text: "The loser's" });
      let done = false;
      const wallet = signerWith(world.owner, async (forward, transaction) => {
        if (!done) await sync(second);
        done = true;
        return forward(transaction);
      });
      expect((await sync(changed(vault, parts, { store: stuck, wallet }))).races).to.equal(1);
      const { rotated, unsettled } = await revoke(changed(vault, parts, { store: stuck }), account);
      expect(rotated).to.equal(true);
      expect(unsettled).to.be.instanceOf(StoreUnavailable);
      expect(await canRead(vault, account)).to.equal(false);
    });

    it("on chain though nobody can read the head", async () => {
      const { vault } = await furnished();
      const account = Wallet.createRandom().address;
      await admitted(vault, account);
      const { head, commitKey } = await opened(vault);
      const junk = deltaAfter(head, vault.ref, hexlify(randomBytes(32)), hexlify(randomBytes(32)));
      const foreign = { ...junk, profileId: keccakText("other software") };
      const signature = await signDelta(commitKey, vault.ref, foreign);
      await world.memoryVault.connect(world.relayer).commitTransition(foreign, signature);
      expect(await nameOf(revoke(vault, account))).to.equal("ForeignHead");
      expect(await canRead(vault, account)).to.equal(false);
    });
  });

  describe("Memberships of one journal", () => {
    it("keep to the newer welcome when an archived one is opened again", async () => {
      const { vault } = await furnished();
      const { identity, terms, reader, welcome: archived } = await admitted(vault);
      const { store: journalStore, key: journalKey } = reader.journal;
      const parts = { ...device(world), journalStore, journalKey, address: world.address, identity };
      await revoke(vault, terms.recipient);
      const { welcome } = await grant(vault, terms);
      await acceptWelcome({ ...parts, welcome: welcome! });
      await read(reader);
      const state = await stateOf(reader);
      expect(await thrown(acceptWelcome({ ...parts, welcome: archived }))).to.have.property("name");
      expect(await stateOf(reader)).to.deep.equal(state);
      for (let rotations = 0; rotations < 3; rotations++) await admitted(vault);
      expect(await thrown(acceptWelcome({ ...parts, welcome: archived }))).to.have.property("name");
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
      expect(await texts(await acceptWelcome({ ...parts, welcome: welcome! }))).to.deep.equal([
        "Runs at six",
      ]);
    });

    it("keep to the welcome that was accepted while an older read was on its way", async () => {
      const { vault } = await furnished();
      const { identity, terms } = await termsFor();
      const first = await grant(vault, terms);
      const parts = device(world);
      const becoming = (welcome: Uint8Array) =>
        acceptWelcome({ ...parts, address: world.address, identity, welcome });
      const reader = await becoming(first.welcome!);
      let memberId = "";
      const store = hooked(async () => {
        await revoke(vault, terms.recipient);
        const second = await grant(vault, terms);
        ({ memberId } = second);
        await becoming(second.welcome!);
      });
      await read(changed(reader, parts, { store })).catch(() => undefined);
      expect(await stateOf(reader)).to.have.property("memberId", memberId);
      await admitted(vault);
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    });

    it("keep the secret of a recovered device, whoever takes the final head in first", async () => {
      const { vault, seed } = await furnished();
      const parts = { ...device(world, world.owner), finality: { confirmations: 3 } };
      const recovered = await recoverOn(seed, parts);
      await sync(recovered);
      expect((await stateOf(recovered)).enrolling).to.not.equal(null);
      await world.networkHelpers.mine(3);
      await read(changed(recovered, parts, { store: hooked(() => settle(recovered)) }));
      const { whole, state } = await opened(recovered);
      expect(state.enrolling).to.equal(null);
      expect(state.secret).to.deep.equal(secretsOf(whole).members.get(state.memberId));
      await admitted(vault);
      await remember(recovered, { scope: "health", text: "Written after recovery" });
      await sync(recovered);
      expect(await texts(vault)).to.include("Written after recovery");
    });
  });

  describe("Recovery", () => {
    it("begun anew without an answer of the wallet is completed by calling it again", async () => {
      const { seed } = await ownedVault(world);
      const parts = device(world, world.owner);
      const refused = recoverOn(seed, { ...parts, wallet: rejecting("rejected by the user") });
      expect(await thrown(refused)).to.match(/rejected by the user/);
      const vault = await recoverOn(seed, parts);
      await remember(vault, { scope: "health", text: "After all" });
      await sync(vault);
      expect(await texts(vault)).to.deep.equal(["After all"]);
    });

    it("replaces no commit key because one node lags", async () => {
      const { vault: minted, seed } = await ownedVault(world);
      const provider = staleProvider(world.provider, await world.provider.getBlockNumber());
      await remember(minted, { scope: "health", text: "Meanwhile" });
      await sync(minted);
      const parts = device(world, world.owner);
      const { authorizer } = await readChainHead(minted.contract, minted.ref);
      expect(await nameOf(recoverOn(seed, { ...parts, provider }))).to.equal("VaultInUse");
      expect((await readChainHead(minted.contract, minted.ref)).authorizer).to.equal(authorizer);
      expect(await texts(await recoverOn(seed, parts))).to.deep.equal(["Meanwhile"]);
    });

    it("has the journal of a mint that found the vault in existence", async () => {
      const { seed } = await furnished();
      const parts = device(world, world.owner);
      const minting = mintVault({ ...parts, address: world.address, seed });
      expect(await nameOf(minting)).to.equal("VaultExists");
      const vault = await recoverOn(seed, parts);
      await remember(vault, { scope: "health", text: "Recovered instead" });
      await sync(vault);
      expect(await texts(vault)).to.deep.equal(["Recovered instead", "Runs at six"]);
    });

    it("interrupted between its two records enrols one device", async () => {
      const { seed } = await furnished();
      const kept = memoryJournalStore();
      let cut = false;
      const write: JournalStore["write"] = (name, bytes) => {
        if (name !== "state" || cut) return kept.write(name, bytes);
        cut = true;
        return Promise.reject(new Error("power cut"));
      };
      const parts = { ...device(world, world.owner), journalStore: { ...kept, write } };
      expect(await thrown(recoverOn(seed, parts))).to.match(/power cut/);
      const vault = await recoverOn(seed, parts);
      await sync(vault);
      const members = [...rosterOf((await opened(vault)).whole).members.values()];
      expect(members.map(({ label }) => label).sort()).to.deep.equal([
        ...["recovered device", "the 24 words", "this device"],
      ]);
    });
  });

  describe("Commits", () => {
    it("that were cancelled by who sent them are not sent again", async () => {
      const { vault, environment } = await furnished();
      const replacement = { hash: keccakText("replacement") } as TransactionReceipt;
      let sent = 0;
      const wallet = signerWith(world.owner, async (forward, transaction) => {
        if (++sent > 1) return forward(transaction);
        const fault = makeError("transaction was replaced", "TRANSACTION_REPLACED", {
          ...{ cancelled: true, reason: "cancelled", hash: keccakText("sent") },
          ...{ replacement: replacement as never, receipt: replacement },
        });
        return { wait: () => Promise.reject(fault) } as never;
      });
      await remember(vault, { scope: "health", text: "Taken back" });
      const fault = await thrown(sync(changed(vault, environment, { wallet })));
      expect(fault).to.include({ code: "TRANSACTION_REPLACED", reason: "cancelled" });
      expect(sent).to.equal(1);
      expect(await pending(vault)).to.have.length(1);
      expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    });

    it("with a welcome are built anew under another commit key, and wait while it is not here", async () => {
      const { vault, environment } = await furnished();
      const { identity, terms } = await termsFor();
      const admission: AdmitOperation = {
        ...{ kind: "admit", id: bytesToHex(randomBytes(16)), class: "reader", grantee: null, listed: false },
        ...{ recipient: recipientBytes(terms.recipient), scopes: ["health"], expiresAt: terms.expiresAt },
        ...{ permissions: 1, admission: "fresh", label: "", storeWelcome: false },
      };
      await writeOperations(vault.journal, [admission]);
      const slow = changed(vault, environment, { wallet: rejecting("underpriced") });
      expect(await thrown(sync(slow))).to.match(/underpriced/);
      const { memoryVault, owner, buyer } = world;
      const setKey = (authorizer: string) =>
        memoryVault
          .connect(owner)
          .updateSpaceAuthorization(spaceIdOf(vault.ref.vaultId), owner.address, authorizer, "0x");
      await setKey(buyer.address);
      expect(await nameOf(sync(vault))).to.equal("CommitKeyMissing");
      expect(await pending(vault)).to.have.length(1);
      await setKey(owner.address);
      await sync(vault);
      const welcome = await collectWelcome(vault, admission.id);
      expect(await texts(await accept(world, identity, welcome!))).to.deep.equal(["Runs at six"]);
    });

    it("are waited for by who withdraws what they carry, and nothing comes back", async () => {
      const kept = memoryJournalStore();
      let late = false;
      const write: JournalStore["write"] = async (name, bytes) => {
        if (late && name.startsWith("op-")) await sleep(500);
        return kept.write(name, bytes);
      };
      const parts = { ...device(world, world.owner), journalStore: { ...kept, write } };
      const { vault } = await furnished(parts);
      const both = ["Withdrawn", "Beside it"].map((text) => ({ scope: "health", text }));
      const [first] = await remember(vault, ...both);
      late = true;
      let withdrawing: Promise<void> | undefined;
      const wallet = signerWith(world.owner, (forward, transaction) => {
        withdrawing ??= withdraw(vault, [first!]);
        return forward(transaction);
      });
      await sync(changed(vault, parts, { wallet }));
      await withdrawing;
      expect(await pending(vault)).to.deep.equal([]);
      expect(await texts(vault)).to.deep.equal(["Beside it", "Runs at six", "Withdrawn"]);
    });
  });

  describe("What others hand in", () => {
    it("an epoch that nobody could ratchet to is refused at once", async () => {
      const { vault } = await furnished();
      const { head, state, whole } = await opened(vault);
      const sequence = 2n ** 31n;
      const { ref, visibilityKey } = state;
      const data = { ...whole.data, epoch: 2 ** 20 + 1 };
      const blob = seal(visibilityKey, headContext(ref, sequence), pad(encodeHead(data)));
      await world.store.put(blob);
      const pointer = hexlify(maskPointer(visibilityKey, ref, sequence, getBytes(head.root), sha256(blob)));
      const before = { sequence: sequence - 1n, stateRoot: head.stateRoot };
      const stateRoot = stateRootAfter(deltaAfter(before, ref, head.root, pointer));
      const invented = { ...head, sequence, prevStateRoot: head.stateRoot, stateRoot, pointer };
      const abi = vault.contract.interface;
      const { selector } = abi.getFunction("memoryHead");
      const provider = answering(world.provider, (request) =>
        Promise.resolve(
          request.data?.startsWith(selector) === true
            ? abi.encodeFunctionResult("memoryHead", [invented])
            : null,
        ),
      );
      const { store: journalStore, key: journalKey } = vault.journal;
      const victim = vaultAt(ref, { ...device(world), provider, journalStore, journalKey });
      const began = performance.now();
      expect(await nameOf(read(victim))).to.equal("EpochOutOfReach");
      expect(performance.now() - began).to.be.below(1_000);
      expect(await stateOf(vault)).to.deep.equal(state);
    });

    it("a secret in the place of a recipient or an account is not repeated", async () => {
      const { vault } = await furnished();
      const { terms } = await termsFor();
      for (const secret of [generateIdentity(), hexlify(randomBytes(32))]) {
        const faults = [
          await thrown(grant(vault, { ...terms, recipient: secret })),
          await thrown(grant(vault, { ...terms, account: secret })),
          await thrown(revoke(vault, secret)),
        ];
        for (const fault of faults) {
          const told = `${String(fault)} ${JSON.stringify(fault)} ${inspect(fault, { depth: 9, showHidden: true })}`;
          expect(told.toLowerCase()).to.not.include(secret.slice(20, 60).toLowerCase());
        }
      }
    });

    it("bytes of a proof that its holder changes are not those of the next read", async () => {
      const { vault } = await furnished();
      await remember(
        vault,
        { scope: "health", text: "Sleeps at ten" },
        { scope: "travel", text: "Window seat" },
      );
      await sync(vault);
      const [memory] = (await read(vault)).scopes[0]!.memories;
      const proof = await proveMemory(vault, memory!.id);
      const kept = structuredClone(proof);
      const { record, scopeId, scopeSalt, memoryPath, scopePath } = proof;
      for (const bytes of [record, scopeId, scopeSalt, ...memoryPath, ...scopePath]) bytes.fill(0);
      expect(await proveMemory(vault, memory!.id)).to.deep.equal(kept);
      expect(await texts(vault)).to.deep.equal(["Runs at six", "Sleeps at ten", "Window seat"]);
    });
  });
});
