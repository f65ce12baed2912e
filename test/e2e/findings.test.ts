import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, id as keccakText, Wallet, type Signer } from "ethers";

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
  remember,
  revoke,
  StoreUnavailable,
  sync,
  withdraw,
  type JournalStore,
  type Vault,
} from "../../client/index.ts";
import { deltaAfter, readChainHead, signDelta, spaceIdOf } from "../../client/vault/contract.ts";
import { writeOperations } from "../../client/vault/journal.ts";
import { rosterOf, secretsOf } from "../../client/vault/plan.ts";
import { stateOf } from "../../client/vault/session.ts";
import { settle } from "../../client/vault/settle.ts";
import { contains } from "../helpers/contains.ts";
import {
  answering,
  cancelling,
  archiving,
  frontRun,
  interrupting,
  losing,
  misbehaving,
  powerCut,
  signerWith,
  staleProvider,
  understood,
} from "../helpers/doubles.ts";
import {
  acceptingAt,
  admissionOf,
  admitted,
  another,
  changed,
  claiming,
  furnished,
  opened,
  paidBy,
  recoverOn,
  termsFor,
  texts,
} from "../helpers/furnished.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, ownedVault, type World } from "../helpers/world.ts";

/** Some agent's, in whatever vault. */
const account = Wallet.createRandom().address;

describe("Findings of a review, each closed", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const canRead = (vault: Vault, account: string): Promise<boolean> =>
    world.memoryVault.canRead(vault.ref.vaultId, account);

  const watched = (crash = false): Signer => frontRun(world.owner, world.stranger, crash);
  const rejecting = (why: string): Signer => signerWith(world.owner, () => Promise.reject(new Error(why)));

  describe("A commit of a multicall that somebody lands alone", () => {
    it("leaves no grant standing: the revoke ends it in a transaction of its own", async () => {
      const { vault, environment } = await furnished(world);
      await admitted(world, vault, account);
      await revoke(paidBy(vault, environment, watched()), account);
      expect(await canRead(vault, account)).to.equal(false);
      expect(await grants(vault)).to.deep.equal([]);
      expect((await sync(vault)).receipt, "and owes nothing after it").to.equal(null);
    });

    it("leaves no grant standing after a crash: the next sync ends it", async () => {
      const { vault, environment } = await furnished(world);
      await admitted(world, vault, account);
      const crashing = revoke(paidBy(vault, environment, watched(true)), account);
      expect(await thrown(crashing)).to.match(/power cut/);
      expect(await canRead(vault, account), "the signature was spent without the revoke").to.equal(true);
      expect(await grants(vault)).to.deep.equal([]);
      await sync(vault);
      expect(await canRead(vault, account)).to.equal(false);
    });

    it("can be mended by any device: a grant that only the chain knows is revoked there", async () => {
      const { vault, environment, seed } = await furnished(world);
      const second = await another(world, seed);
      await admitted(world, vault, account);
      await thrown(revoke(paidBy(vault, environment, watched(true)), account));
      const { receipt } = await revoke(second, account);
      expect(receipt?.status).to.equal(1);
      expect(await canRead(vault, account)).to.equal(false);
      expect(await nameOf(revoke(second, account))).to.equal("NotGranted");
    });

    it("admits nobody: a grant that was left out is named, and no welcome gets away", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault, environment } = await furnished(world, device(world, world.owner, store));
      const { terms } = await termsFor(world, account);
      const hurried = paidBy(vault, environment, watched());
      expect(await nameOf(grant(hurried, { ...terms, storeWelcome: true }))).to.equal("GrantLeftOut");
      await sync(vault);
      expect(await grants(vault)).to.deep.equal([]);
      expect(await canRead(vault, account)).to.equal(false);
      const names = await vault.journal.store.list();
      expect(names.filter((name) => name.startsWith("welcome-"))).to.deep.equal([]);
      const leaked = [...archive.values()].some((blob) => contains(blob, utf8ToBytes("age-encryption")));
      expect(leaked).to.equal(false);
      expect((await grant(vault, terms)).welcome, "granted again, it lands").to.have.property("length");
    });
  });

  describe("Grants that end", () => {
    it("before they are final: the welcome is never published", async () => {
      const parts = { ...device(world, world.owner), finality: { confirmations: 6 } };
      const { vault } = await furnished(world, parts);
      await world.networkHelpers.mine(6);
      const { terms } = await termsFor(world, account);
      const { memberId, welcome } = await grant(vault, { ...terms, storeWelcome: true });
      expect(welcome).to.equal(null);
      const { vaultId } = vault.ref;
      const [given] = await vault.contract.queryFilter(vault.contract.filters.Granted(vaultId, account));
      await revoke(vault, account);
      for (let block = 0; block < 8; block++) {
        await world.networkHelpers.mine(1);
        await sync(vault);
        expect(await world.store.has(given!.args.welcome.slice(2))).to.equal(false);
        const found = findWelcome(vault.contract, vaultId, account, world.store);
        expect(await nameOf(found)).to.equal("WelcomeNotStored");
        expect(await collectWelcome(vault, memberId)).to.equal(null);
      }
      const taken = await grant(vault, { ...terms, account: world.buyer.address });
      await world.memoryVault.connect(world.owner).revoke(vault.ref.vaultId, world.buyer.address);
      await world.networkHelpers.mine(6);
      await settle(vault);
      expect(await collectWelcome(vault, taken.memberId), "the roster has it, the chain not").to.equal(null);
    });

    it("by another device: a welcome that nobody collected goes", async () => {
      const { vault, seed } = await furnished(world);
      const second = await another(world, seed);
      const { terms } = await termsFor(world);
      const [taken, kept] = [await grant(vault, terms), await grant(vault, (await termsFor(world)).terms)];
      await revoke(second, taken.memberId);
      await settle(vault);
      expect(await collectWelcome(vault, taken.memberId)).to.equal(null);
      expect(await collectWelcome(vault, kept.memberId)).to.deep.equal(kept.welcome);
      await sync(vault);
      expect((await grants(second)).map(({ id }) => id)).to.deep.equal([kept.memberId]);
    });

    it("wherever the power is cut: nobody is left with neither a welcome nor an end", async () => {
      for (let step = 1; ; step++) {
        const { vault, environment } = await furnished(world);
        const { memberId } = await grant(vault, (await termsFor(world)).terms);
        const broken = powerCut(vault.journal.store, step);
        const cut = changed(vault, environment, { journalStore: broken.store });
        await revoke(cut, memberId).catch(() => null);
        const begun = (await pending(vault)).some(({ kind }) => kind === "dismiss");
        const ended = begun || (await grants(vault)).length === 0;
        if (!ended) expect(await collectWelcome(vault, memberId), `step ${step}`).not.to.equal(null);
        await sync(vault);
        expect(await grants(vault), `step ${step}`).to.have.length(ended ? 0 : 1);
        if (ended) expect(await collectWelcome(vault, memberId), `step ${step}`).to.equal(null);
        if (!broken.cut()) break;
      }
    });

    it("and lapse: whose time is over is granted anew", async () => {
      const { vault } = await furnished(world);
      const { terms, identity } = await admitted(world, vault, account);
      await world.networkHelpers.time.increase(31 * 86_400);
      const { welcome } = await grant(vault, { ...terms, expiresAt: await inDays(world, 30) });
      expect(await texts(await accept(world, identity, welcome!))).to.deep.equal(["Runs at six"]);
      expect(await grants(vault)).to.have.length(1);
      expect(await canRead(vault, account)).to.equal(true);
    });

    it("do not end because one node of several lags behind the others", async () => {
      const { vault, environment } = await furnished(world);
      const before = await world.provider.getBlockNumber();
      const { reader } = await admitted(world, vault, account);
      const { selector } = vault.contract.interface.getFunction("canRead");
      const provider = answering(world.provider, async (request) => {
        const newest = typeof request.blockTag !== "number" && request.data?.startsWith(selector) === true;
        return newest ? world.provider.call({ ...request, blockTag: before }) : null;
      });
      const lagging = changed(vault, environment, { provider });
      await remember(vault, { scope: "health", text: "Written meanwhile" });
      expect((await sync(lagging)).rotated).to.equal(false);
      expect(await texts(reader)).to.include("Written meanwhile");
      const { terms } = await termsFor(world, world.buyer.address);
      expect((await grant(lagging, terms)).welcome, "nor is a welcome lost").to.not.equal(null);
      expect(await grants(vault)).to.have.length(2);
    });

    it("through a relayer, by the commit key", async () => {
      const { vault, environment } = await furnished(world);
      await admitted(world, vault, account);
      await world.networkHelpers.setBalance(new Wallet((await opened(vault)).commitKey).address, 10n ** 18n);
      expect((await revoke(paidBy(vault, environment, world.relayer), account)).rotated).to.equal(true);
      expect(await canRead(vault, account)).to.equal(false);
      expect(await grants(vault)).to.deep.equal([]);
    });

    it("through a relayer, and when the commit key has no funds with the owner's next sync", async () => {
      const { vault, environment } = await furnished(world);
      await admitted(world, vault, account);
      const penniless = { wallet: world.relayer, provider: understood(world.provider) };
      const fault = await thrown(revoke(changed(vault, environment, penniless), account));
      expect(fault).to.have.property("name", "InsufficientFunds");
      expect(fault)
        .to.have.property("account")
        .that.matches(/^0x[0-9a-fA-F]{40}$/);
      expect(await grants(vault), "the rotation has landed").to.deep.equal([]);
      expect(await canRead(vault, account)).to.equal(true);
      await sync(vault);
      expect(await canRead(vault, account)).to.equal(false);
    });

    it("though a losing candidate's blobs cannot be deleted", async () => {
      const parts = device(world, world.owner);
      const { vault, seed } = await furnished(world, parts);
      await admitted(world, vault, account);
      const second = await another(world, seed);
      const stuck = misbehaving(parts.store, {
        delete: () => Promise.reject(new StoreUnavailable("test store", "it deletes nothing")),
      });
      await remember(second, { scope: "health", text: "The winner's" });
      await remember(vault, { scope: "health", text: "The loser's" });
      const wallet = losing(world.owner, () => sync(second));
      expect((await sync(changed(vault, parts, { store: stuck, wallet }))).races).to.equal(1);
      const { rotated, unsettled } = await revoke(changed(vault, parts, { store: stuck }), account);
      expect(rotated).to.equal(true);
      expect(unsettled).to.be.instanceOf(StoreUnavailable);
      expect(await canRead(vault, account)).to.equal(false);
    });

    it("on chain though nobody can read the head", async () => {
      const { vault } = await furnished(world);
      await admitted(world, vault, account);
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
      const { vault } = await furnished(world);
      const { identity, terms, reader, welcome: archived } = await admitted(world, vault);
      const become = acceptingAt(world, reader);
      await revoke(vault, terms.recipient);
      const { welcome: newer } = await grant(vault, terms);
      await become(identity, newer!);
      await read(reader);
      const state = await stateOf(reader);
      expect(await nameOf(become(identity, archived))).to.equal("NotAMember");
      expect(await stateOf(reader)).to.deep.equal(state);
      for (let rotations = 0; rotations < 3; rotations++) await admitted(world, vault);
      expect(await nameOf(become(identity, archived))).to.equal("NotAMember");
      for (const now of [reader, await become(identity, newer!)])
        expect(await texts(now)).to.deep.equal(["Runs at six"]);
    });

    it("follow a welcome that is in force as well, however far the pin went since", async () => {
      const { vault } = await furnished(world);
      const { reader } = await admitted(world, vault);
      const other = await admitted(world, vault);
      await admitted(world, vault);
      await read(reader);
      await acceptingAt(world, reader)(other.identity, other.welcome);
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
      expect((await stateOf(reader)).memberId).to.equal((await stateOf(other.reader)).memberId);
    });

    it("keep to the welcome that was accepted while an older read was on its way", async () => {
      const { vault } = await furnished(world);
      const { identity, terms } = await termsFor(world);
      const first = await grant(vault, terms);
      const parts = device(world);
      const reader = await acceptWelcome({
        ...{ ...parts, address: world.address, identity },
        welcome: first.welcome!,
      });
      let memberId = "";
      const store = interrupting(world.store, async () => {
        await revoke(vault, terms.recipient);
        const second = await grant(vault, terms);
        ({ memberId } = second);
        await acceptingAt(world, reader)(identity, second.welcome!);
      });
      await read(changed(reader, parts, { store })).catch(() => undefined);
      expect(await stateOf(reader)).to.have.property("memberId", memberId);
      await admitted(world, vault);
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    });

    it("keep the secret of a recovered device, whoever takes the final head in first", async () => {
      const { vault, seed } = await furnished(world);
      const parts = { ...device(world, world.owner), finality: { confirmations: 3 } };
      const recovered = await recoverOn(world, seed, parts);
      await sync(recovered);
      expect((await stateOf(recovered)).enrolling).to.not.equal(null);
      await world.networkHelpers.mine(3);
      await read(changed(recovered, parts, { store: interrupting(world.store, () => settle(recovered)) }));
      const { whole, state } = await opened(recovered);
      expect(state.enrolling).to.equal(null);
      expect(state.secret).to.deep.equal(secretsOf(whole).members.get(state.memberId));
      await admitted(world, vault);
      await remember(recovered, { scope: "health", text: "Written after recovery" });
      await sync(recovered);
      expect(await texts(vault)).to.include("Written after recovery");
    });
  });

  describe("Recovery", () => {
    it("begun anew without an answer of the wallet is completed by calling it again", async () => {
      const { seed } = await ownedVault(world);
      const parts = device(world, world.owner);
      const refused = recoverOn(world, seed, { ...parts, wallet: rejecting("rejected by the user") });
      expect(await thrown(refused)).to.match(/rejected by the user/);
      const vault = await recoverOn(world, seed, parts);
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
      expect(await nameOf(recoverOn(world, seed, { ...parts, provider }))).to.equal("VaultInUse");
      expect((await readChainHead(minted.contract, minted.ref)).authorizer).to.equal(authorizer);
      expect(await texts(await recoverOn(world, seed, parts))).to.deep.equal(["Meanwhile"]);
    });

    it("has the journal of a mint that found the vault in existence", async () => {
      const { seed } = await furnished(world);
      const journalStore = memoryJournalStore();
      const parts = { ...device(world, world.owner), journalStore };
      expect(await nameOf(mintVault({ ...parts, address: world.address, seed }))).to.equal("VaultExists");
      expect(await journalStore.list()).to.deep.equal([]);
      const vault = await recoverOn(world, seed, parts);
      await remember(vault, { scope: "health", text: "Recovered instead" });
      await sync(vault);
      expect(await texts(vault)).to.deep.equal(["Recovered instead", "Runs at six"]);
    });

    it("interrupted between its two records enrols one device", async () => {
      const { seed } = await furnished(world);
      const parts = device(world, world.owner);
      const journalStore = memoryJournalStore();
      const cut = recoverOn(world, seed, { ...parts, journalStore: powerCut(journalStore, 2).store });
      expect(await thrown(cut)).to.match(/power cut/);
      expect(await journalStore.list()).to.have.length(1);
      const vault = await recoverOn(world, seed, { ...parts, journalStore });
      await sync(vault);
      const members = [...rosterOf((await opened(vault)).whole).members.values()];
      const labels = ["recovered device", "the 24 words", "first device"];
      expect(members.map(({ label }) => label)).to.have.members(labels);
    });
  });

  describe("Commits", () => {
    it("that were cancelled by who sent them are not sent again", async () => {
      const { vault, environment } = await furnished(world);
      const { wallet, sent } = cancelling(world.owner);
      await remember(vault, { scope: "health", text: "Taken back" });
      const fault = await thrown(sync(paidBy(vault, environment, wallet)));
      expect(fault).to.include({ code: "TRANSACTION_REPLACED", reason: "cancelled" });
      expect(sent()).to.equal(1);
      expect(await pending(vault)).to.have.length(1);
      expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    });

    it("with a welcome are built anew under another commit key, and wait while it is not here", async () => {
      const { vault, environment } = await furnished(world);
      const { identity, terms } = await termsFor(world);
      const admission = admissionOf(terms);
      await writeOperations(vault.journal, [admission]);
      const slow = paidBy(vault, environment, rejecting("underpriced"));
      expect(await thrown(sync(slow))).to.match(/underpriced/);
      const { memoryVault, owner, buyer } = world;
      const space = spaceIdOf(vault.ref.vaultId);
      const setKey = (authorizer: string) =>
        memoryVault.connect(owner).updateSpaceAuthorization(space, owner.address, authorizer, "0x");
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
      const { vault } = await furnished(world, parts);
      const both = ["Withdrawn", "Beside it"].map((text) => ({ scope: "health", text }));
      const [first] = await remember(vault, ...both);
      late = true;
      let withdrawing: Promise<void> | undefined;
      const wallet = signerWith(world.owner, (forward, transaction) => {
        withdrawing ??= withdraw(vault, [first!]);
        return forward(transaction);
      });
      await sync(paidBy(vault, parts, wallet));
      await withdrawing;
      expect(await pending(vault)).to.deep.equal([]);
      expect(await texts(vault)).to.deep.equal(["Beside it", "Runs at six", "Withdrawn"]);
    });
  });

  describe("What others hand in", () => {
    it("an epoch that nobody could ratchet to is refused at once", async () => {
      const { vault, environment } = await furnished(world);
      const state = await stateOf(vault);
      const provider = await claiming(world, vault, 2 ** 20 + 1);
      const victim = changed(vault, environment, { provider });
      const began = performance.now();
      expect(await nameOf(read(victim))).to.equal("EpochOutOfReach");
      expect(performance.now() - began).to.be.below(1_000);
      expect(await stateOf(vault)).to.deep.equal(state);
    });

    it("a secret in the place of a recipient or an account is not repeated", async () => {
      const { vault } = await furnished(world);
      const { terms } = await termsFor(world);
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
      const { vault } = await furnished(world);
      await remember(vault, { scope: "health", text: "Sleeps at ten" });
      await remember(vault, { scope: "travel", text: "Window seat" });
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
