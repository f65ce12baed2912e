import { readFile } from "node:fs/promises";

import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { getBytes, hexlify, id as hashText, Wallet, ZeroHash } from "ethers";

import {
  grant,
  grants,
  memoryJournalStore,
  memoryStore,
  pending,
  read,
  recoverVault,
  remember,
  revoke,
  sync,
  type RecoverRequest,
  type Vault,
} from "../../client/index.ts";
import { maskPointer, SCOPE_ONE, SCOPE_ZERO, scopeKey, seedSecrets } from "../../client/crypto/keys.ts";
import { headContext, open, seal, sectionContext } from "../../client/crypto/seal.ts";
import { readWelcome, writeWelcome, type SignTypedData } from "../../client/crypto/welcome.ts";
import { decodeRecord, encodeRecord } from "../../client/memory/codec.ts";
import { memoryLeaf, merkleRoot, scopeLeaf } from "../../client/memory/tree.ts";
import { decodeHead, encodeHead, encodeSection, pad, unpad, type HeadData } from "../../client/vault/blob.ts";
import {
  deltaAfter,
  readChainHead,
  signDelta,
  spaceIdOf,
  type ChainHead,
  type Delta,
} from "../../client/vault/contract.ts";
import { openHead } from "../../client/vault/head.ts";
import { lookUpKey } from "../../client/vault/keyring.ts";
import { memberKeys, openWith, stateOf } from "../../client/vault/session.ts";
import { MemoryVault__factory } from "../../typechain-types/index.ts";
import { archiving, signerWith } from "../helpers/doubles.ts";
import {
  acceptingAt,
  admitted,
  another,
  changed,
  furnished,
  opened,
  recoverOn,
  termsFor,
  texts,
} from "../helpers/furnished.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, ownedVault, type World } from "../helpers/world.ts";

/** What a member of one scope holds: all that it takes to seal something in its place. */
interface Held {
  readonly visibilityKey: Uint8Array;
  readonly scopeId: Uint8Array;
  readonly key: Uint8Array;
  /** The head that it was last read from. */
  readonly data: HeadData;
  readonly record: Uint8Array;
}

describe("Threats", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const headOf = (vault: Vault): Promise<ChainHead> => readChainHead(vault.contract, vault.ref);

  /** Lands a commit by the signature of whoever has the key. */
  async function land(vault: Vault, delta: Delta, key: string): Promise<void> {
    const signature = await signDelta(key, vault.ref, delta);
    await (await world.memoryVault.connect(world.relayer).commitTransition(delta, signature)).wait();
  }

  /** The owner's wallet makes itself the commit key. */
  const takeBack = (vault: Vault): Promise<unknown> => {
    const { memoryVault, owner } = world;
    const space = spaceIdOf(vault.ref.vaultId);
    return memoryVault.connect(owner).updateSpaceAuthorization(space, owner.address, owner.address, "0x");
  };

  /** What a reader of one scope has in hands after it read. */
  async function heldBy(reader: Vault): Promise<Held> {
    const state = await stateOf(reader);
    const { data, secret, scopes } = await openWith(reader, state, await headOf(reader));
    const [{ id } = { id: "" }] = state.scopes;
    const key = lookUpKey({ salt: data.keyringSalt, entries: data.entries }, secret, hexToBytes(id));
    const [record] = scopes.get(id)!.live.values();
    return { visibilityKey: state.visibilityKey, scopeId: hexToBytes(id), key: key!, data, record: record! };
  }

  /** The commit after the present head in which a scope says something else. Nobody but its readers could seal it. */
  async function forged(vault: Vault, held: Held, text: string): Promise<Delta> {
    const { ref } = vault;
    const head = await headOf(vault);
    const sequence = head.sequence + 1n;
    const record = encodeRecord({ ...decodeRecord(held.record), text });
    const scopeSalt = randomBytes(32);
    const root = scopeLeaf(held.scopeId, merkleRoot([memoryLeaf(record)]), 1, scopeSalt);
    const section = encodeSection({
      ...{ content: { kind: "inline", items: [record] }, list: [], count: 1, scopeSalt },
      ...{ path: [], scopeIds: [] },
    });
    const place = sectionContext(ref, sequence, held.data.epoch, held.scopeId);
    const sections = [seal(held.key, place, section), ...held.data.sections];
    const data = encodeHead({ ...held.data, sections });
    const blob = seal(held.visibilityKey, headContext(ref, sequence), pad(data));
    await vault.store.put(blob);
    const pointer = maskPointer(held.visibilityKey, ref, sequence, root, sha256(blob));
    return deltaAfter(head, ref, hexlify(root), hexlify(pointer));
  }

  const recoverAs = (parts: Omit<RecoverRequest, "seed">, seed: Uint8Array): Promise<Vault> =>
    recoverVault({ ...parts, journalStore: memoryJournalStore(), seed });

  it("are tried at every door that the contract has", async () => {
    const source = await readFile(new URL("../contracts/Threats.t.sol", import.meta.url), "utf8");
    const doors = source.slice(source.indexOf("function doorsOf"), source.indexOf("function attempt"));
    const open = ["mint", "registerSpace", "setApprovalForAll", "multicall"];
    let count = 0;
    MemoryVault__factory.createInterface().forEachFunction((fragment) => {
      const { name, stateMutability } = fragment;
      if (stateMutability === "view" || stateMutability === "pure" || open.includes(name)) return;
      expect(doors, name).to.include(
        name === "safeTransferFrom" ? `"${fragment.format("sighash")}"` : `vault.${name},`,
      );
      count += 1;
    });
    expect(doors).to.include(`new bytes[](${String(count)})`);
  });

  describe("a stolen commit key", () => {
    it("writes heads that no member takes, and no device loses anything by it", async () => {
      const { vault } = await furnished(world);
      const { reader } = await admitted(world, vault);
      await remember(vault, { scope: "health", text: "Waits" });
      const { commitKey, head } = await opened(vault);
      const before = await Promise.all([vault, reader].map(stateOf));
      const junk = (root: string, pointer: string) => async (): Promise<Delta> =>
        deltaAfter(await headOf(vault), vault.ref, root, pointer);
      const heads: [() => Promise<Delta>, string][] = [
        // What stood before, once more: the mask of another sequence leads elsewhere.
        [junk(head.root, head.pointer), "BlobMissing"],
        [junk(hexlify(randomBytes(32)), hexlify(randomBytes(32))), "BlobMissing"],
        [
          async () => ({ ...(await junk(head.root, ZeroHash)()), profileId: hashText("theirs") }),
          "ForeignHead",
        ],
      ];
      for (const [make, fault] of heads) {
        await land(vault, await make(), commitKey);
        for (const member of [vault, reader]) expect(await nameOf(read(member))).to.equal(fault);
        expect(await nameOf(sync(vault))).to.equal(fault);
      }
      expect(await Promise.all([vault, reader].map(stateOf)), "pins and secrets").to.deep.equal(before);
      expect(await pending(vault), "operations").to.have.length(1);
    });

    it("leaves what was there: the last honest head opens from the store as it did", async () => {
      const { vault } = await furnished(world);
      const { commitKey, head } = await opened(vault);
      await land(vault, deltaAfter(head, vault.ref, hexlify(randomBytes(32)), ZeroHash), commitKey);
      const { scopes } = await openHead(head, memberKeys(await stateOf(vault)), world.store);
      const records = [...scopes.values()].flatMap(({ live }) => [...live.values()]);
      const memories = records.filter((record) => record[1] === 1).map((record) => decodeRecord(record).text);
      expect(memories).to.deep.equal(["Runs at six"]);
    });

    it("signs welcomes that open nothing, and that replace no membership", async () => {
      const { vault } = await furnished(world);
      const { commitKey } = await opened(vault);
      const { reader, identity, terms, welcome } = await admitted(world, vault);
      const { welcome: honest } = await readWelcome(welcome, identity);
      // All but the keys is known to whoever saw an honest one.
      const drawn = { visibilityKey: randomBytes(32), secret: randomBytes(32), locator: randomBytes(32) };
      const body = { ...honest, ...drawn, memberId: randomBytes(16) };
      const thief = new Wallet(commitKey);
      const sign: SignTypedData = (...message) => thief.signTypedData(...message);
      const forged = await writeWelcome(body, terms.recipient, sign, thief.address);
      expect(await nameOf(accept(world, identity, forged).then(read))).to.equal("BlobMissing");
      const before = await stateOf(reader);
      expect(await nameOf(acceptingAt(world, reader)(identity, forged))).to.equal("BlobMissing");
      expect(await stateOf(reader)).to.deep.equal(before);
      expect(await texts(reader)).to.deep.equal(["Runs at six"]);
    });

    it("is ended by the owner's wallet, which commits by itself from then on", async () => {
      const { vault } = await furnished(world);
      const { commitKey, head } = await opened(vault);
      const signedBefore = deltaAfter(head, vault.ref, hexlify(randomBytes(32)), ZeroHash);
      await takeBack(vault);
      expect(await thrown(land(vault, signedBefore, commitKey))).to.match(/InvalidSignature/);
      await remember(vault, { scope: "health", text: "After the theft" });
      await sync(vault);
      expect(await texts(vault)).to.deep.equal(["After the theft", "Runs at six"]);
      expect(await thrown(land(vault, signedBefore, commitKey))).to.match(/InvalidSignature/);
    });

    it("together with a reader's keys forges its scope for those who read it, and for nobody else", async () => {
      const { vault, seed } = await furnished(world);
      await remember(vault, { scope: "travel", text: "Window seat" });
      await sync(vault);
      const [thief, victim] = [await admitted(world, vault), await admitted(world, vault)];
      const { terms, identity } = await termsFor(world);
      const { welcome } = await grant(vault, { ...terms, scopes: ["travel"] });
      const other = await accept(world, identity, welcome!);
      for (const member of [thief.reader, victim.reader, other]) await read(member);

      const { commitKey } = await opened(vault);
      await land(vault, await forged(vault, await heldBy(thief.reader), "Forged"), commitKey);
      expect(await texts(victim.reader), "readers of a scope share its key").to.deep.equal(["Forged"]);
      for (const member of [vault, other]) expect(await nameOf(read(member))).to.equal("MalformedData");
      expect(await nameOf(recoverOn(world, seed, device(world)))).to.equal("MalformedData");
    });

    it("together with a former reader's keys forges for those who did not read since, and for nobody else", async () => {
      const { vault } = await furnished(world);
      const thief = await admitted(world, vault);
      const [awake, asleep] = [await admitted(world, vault), await admitted(world, vault)];
      await read(awake.reader);
      await read(thief.reader);
      const held = await heldBy(thief.reader);
      await revoke(vault, thief.terms.recipient);
      await read(awake.reader);
      const { commitKey } = await opened(vault);
      await land(vault, await forged(vault, held, "Forged"), commitKey);
      expect(await nameOf(read(awake.reader))).to.equal("NotYetAdmitted");
      expect(await nameOf(read(vault))).to.equal("NotYetAdmitted");
      expect(await texts(asleep.reader), "its epoch is still the former reader's").to.deep.equal(["Forged"]);
    });
  });

  describe("a stolen wallet", () => {
    it("opens nothing, with the commit key or without", async () => {
      const { store, archive } = archiving(memoryStore());
      const thief = Wallet.createRandom().connect(world.provider);
      await world.networkHelpers.setBalance(thief.address, 10n ** 18n);
      const { vault, seed } = await ownedVault(world, device(world, thief, store));
      await remember(vault, { scope: "health", text: "Runs at six" });
      await sync(vault);
      const { ref, visibilityKey, secret } = await stateOf(vault);
      const keys = [thief.privateKey, (await opened(vault)).commitKey].map((key) => getBytes(key));
      const derived = keys.flatMap((key) => {
        const { visibilityKey, recoverySecret, recoveryLocator } = seedSecrets(key, ref);
        return [key, visibilityKey, recoverySecret, recoveryLocator, scopeKey(key, SCOPE_ZERO), sha256(key)];
      });
      expect(archive.size).to.equal(1);
      for (const blob of archive.values()) {
        const data = decodeHead(unpad(open(visibilityKey, headContext(ref, 1n), blob)!));
        const keyring = { salt: data.keyringSalt, entries: data.entries };
        expect(lookUpKey(keyring, secret, SCOPE_ZERO), "its device's secret does").to.have.length(32);
        for (const key of derived) {
          expect(open(key, headContext(ref, 1n), blob)).to.equal(null);
          for (const scopeId of [SCOPE_ZERO, SCOPE_ONE]) {
            expect(lookUpKey(keyring, key, scopeId)).to.equal(null);
            for (const section of data.sections)
              expect(open(key, sectionContext(ref, 1n, 0, scopeId), section)).to.equal(null);
          }
        }
      }
      const parts = { ...device(world, thief, store), address: world.address, owner: thief.address };
      for (const key of keys) expect(await nameOf(recoverAs(parts, key))).to.equal("VaultNotFound");
      expect(await recoverAs(parts, seed)).to.have.property("ref");
    });

    it("takes the vault, and not what was written: nobody goes on, and the words open the last honest head", async () => {
      const { vault, seed } = await furnished(world);
      const { reader } = await admitted(world, vault, world.stranger.address);
      await remember(vault, { scope: "health", text: "Waits" });
      const { memoryVault, owner, relayer: thief } = world;
      const space = spaceIdOf(vault.ref.vaultId);
      // Locked, as it always was.
      await memoryVault.connect(owner).updateSpaceAuthorization(space, thief.address, thief.address, "0x");
      for (const work of [() => read(vault), () => read(reader), () => sync(vault)])
        expect(await nameOf(work())).to.equal("VaultChangedHands");
      expect(await pending(vault)).to.have.length(1);
      expect(await memoryVault.canRead(vault.ref.vaultId, world.stranger.address)).to.equal(false);
      const honest = await headOf(vault);
      expect(await texts(await recoverOn(world, seed, device(world)))).to.deep.equal(["Runs at six"]);
      const junk = deltaAfter(honest, vault.ref, hexlify(randomBytes(32)), ZeroHash);
      await memoryVault.connect(thief).commitTransition(junk, "0x");
      expect(await nameOf(recoverOn(world, seed, device(world))), "and not a thief's").to.equal(
        "BlobMissing",
      );
    });
  });

  describe("a hostile grantee", () => {
    it("finds no key but its scope's, in any blob that was ever stored", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault } = await furnished(world, device(world, world.owner, store));
      await remember(vault, { scope: "travel", text: "Window seat" }, { scope: "finance", text: "Saves" });
      await sync(vault);
      const { identity, terms } = await termsFor(world);
      const { welcome } = await grant(vault, terms);
      const reader = await accept(world, identity, welcome!, store);
      await remember(
        vault,
        { scope: "travel", text: "Aisle seat" },
        { scope: "health", text: "Sleeps at ten" },
      );
      await sync(vault);
      await read(reader);
      const { ref, visibilityKey, secret } = await stateOf(reader);
      const held = await heldBy(reader);
      const { scopes } = (await opened(vault)).whole;
      const others = [...scopes.keys()]
        .map((id) => hexToBytes(id))
        .filter((id) => hexlify(id) !== hexlify(held.scopeId));
      expect(others).to.have.length(4);
      const { sequence } = await headOf(vault);
      let [heads, found] = [0, 0];
      for (const blob of archive.values())
        for (let at = 1n; at <= sequence; at++) {
          const framed = open(visibilityKey, headContext(ref, at), blob);
          if (framed === null) continue;
          heads += 1;
          const { epoch, entries, keyringSalt, sections } = decodeHead(unpad(framed));
          for (const scopeId of others) {
            expect(lookUpKey({ salt: keyringSalt, entries }, secret, scopeId)).to.equal(null);
            for (const key of [held.key, scopeKey(held.key, scopeId), secret, visibilityKey])
              for (const section of sections)
                expect(open(key, sectionContext(ref, at, epoch, scopeId), section)).to.equal(null);
          }
          const own = sections.filter(
            (section) => open(held.key, sectionContext(ref, at, epoch, held.scopeId), section) !== null,
          );
          found += own.length;
        }
      expect(heads, "it does find every head").to.equal(Number(sequence));
      expect(found, "and its own section since it was admitted").to.equal(2);
    });
  });

  describe("a block builder", () => {
    it("that withholds a revoke gains the reader nothing that is written after it", async () => {
      const { store, archive } = archiving(memoryStore());
      const { vault, environment } = await furnished(world, device(world, world.owner, store));
      const { identity, terms } = await termsFor(world, Wallet.createRandom().address);
      const { welcome } = await grant(vault, terms);
      const reader = await accept(world, identity, welcome!, store);
      await read(reader);
      const held = await heldBy(reader);

      const withheld = signerWith(world.owner, () => Promise.reject(new Error("never mined")));
      const censored = changed(vault, environment, { wallet: withheld });
      expect(await thrown(revoke(censored, terms.account!))).to.match(/never mined/);
      await remember(censored, { scope: "health", text: "After the revoke" });
      expect(await thrown(sync(censored))).to.match(/never mined/);
      expect(await texts(reader), "the last head stands").to.deep.equal(["Runs at six"]);
      expect((await sync(vault)).rotated, "and the next is under new keys").to.equal(true);
      expect(await grants(vault)).to.deep.equal([]);
      expect(await texts(vault)).to.deep.equal(["After the revoke", "Runs at six"]);

      // Whatever was stored meanwhile, the reader's key of the last epoch opens nothing of it.
      const { ref } = reader;
      const { sequence } = await headOf(vault);
      for (const blob of archive.values()) {
        const framed = open(held.visibilityKey, headContext(ref, sequence), blob);
        if (framed === null) continue;
        const { epoch, sections } = decodeHead(unpad(framed));
        expect(epoch).to.be.greaterThan(held.data.epoch);
        for (const section of sections)
          for (const at of [epoch, held.data.epoch])
            expect(open(held.key, sectionContext(ref, sequence, at, held.scopeId), section)).to.equal(null);
      }
      expect(await nameOf(read(reader))).to.equal("GrantRevoked");
    });
  });

  describe("a next owner", () => {
    it("who reads a scope feeds it to nobody who was there before", async () => {
      const { vault, seed } = await furnished(world);
      const second = await another(world, seed);
      const [thief, victim] = [await admitted(world, vault), await admitted(world, vault)];
      await read(thief.reader);
      const held = await heldBy(thief.reader);
      const { memoryVault, owner } = world;
      const buyer = Wallet.createRandom();
      await memoryVault.connect(owner).unlock(vault.ref.vaultId);
      await memoryVault.connect(owner).transferFrom(owner.address, buyer.address, vault.ref.vaultId);
      await land(vault, await forged(vault, held, "Forged"), buyer.privateKey);
      for (const member of [vault, second, victim.reader, thief.reader])
        expect(await nameOf(read(member))).to.equal("VaultChangedHands");
    });
  });
});
