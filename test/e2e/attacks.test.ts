/*
 * Every attack of the protocol, and where it is tested. (c) test/contracts, (v) test/client/vault, (k) test/client/crypto,
 * (m) test/client/memory and test/parity, (e) another file of test/e2e, "here" this file. "Later" waits for what it attacks to be built.
 *
 * | attack                                                        | where                                                              |
 * | ------------------------------------------------------------- | ------------------------------------------------------------------ |
 * | foreign vault id, epoch, chain or contract in any authorised  | here; (c) MemoryVault.commit, .registration, KeyRegistry (digests);  |
 * |   path                                                        |   (v) head; (k) seal, welcome                                        |
 * | plain `transferFrom` around the rules                         | (c) MemoryVault.token: TransferFrom; here: grants after a transfer   |
 * | a grant planted for the next owner                            | here; (c) MemoryVault.grants: GivenTheVaultChangesHands              |
 * | a grantee that revokes itself first                           | here; (c) MemoryVault.grants: Multicall; (e) races                   |
 * | an unspent key signature after a retirement                   | here; (c) KeyRegistry: GivenTheAccountRetiredSinceItSigned           |
 * | burned vault with a hot key                                   | here; (c) MemoryVault.commit: GivenTheVaultWasBurned                 |
 * | empty signature against a wallet that says yes                | here (welcomes); (c) SignatureValidation                             |
 * | dirty 1271 data                                               | here (welcomes); (c) SignatureValidation: GivenTheWalletAnswersWithDirt |
 * | a 7702 account                                                | here (welcomes); (c) SignatureValidation: GivenTheAccountDelegates   |
 * | pad reuse after a race, retry or reorg                        | here                                                               |
 * | chain values inside blobs                                     | (e) sealed                                                         |
 * | archived keyring opened after a ratchet                       | here; (v) keyring                                                  |
 * | a removed device ratcheting others' secrets                   | here (a reader's removal); a device's is a rekey: later              |
 * | a ciphertext that opens under two keys                        | (k) seal                                                           |
 * | memory leaf taken for scope leaf                              | (c) MemoryProof; (m) tree                                          |
 * | stale head re-admitting a revoked agent                       | here                                                               |
 * | loser of a race resurrecting a deletion or a member           | here; (e) races                                                    |
 * | an underpriced commit that lands late                         | here; (c) Multicall: WhenTheCommitIsStale                            |
 * | sections transplanted between scopes, vaults, sequences       | (v) head                                                           |
 * | a forged or archived welcome                                  | here; (k) welcome                                                  |
 * | mixed classic and PQ recipients                               | here; (k) identity                                                 |
 * | grants alive after a transfer                                 | here; (c) MemoryVault.grants, .token                                 |
 * | a junk head before recovery                                   | here                                                               |
 * | a proposal that carries instructions to the model             | later: taking proposals                                            |
 * | a copied proposal under another name                          | (c) Propose names its sender; later: taking proposals                |
 * | a roster snapshot that carries an admission secret            | here; (v) plan                                                     |
 * | a thief's head with a huge epoch                              | here; (v) head                                                     |
 * | a new Kv with old lists                                       | (e) transferred: a new owner's; renewed words: later                 |
 * | an absent scope passed off as empty                           | (v) head; here                                                     |
 * | a revoke on chain that another device ignores                 | here; (e) races                                                    |
 * | a shred after an in-epoch merge                               | (e) shredded                                                       |
 * | a shred with an archived losing candidate                     | (e) shredded                                                       |
 * | an admission that lost a race and was built again             | here; (e) races                                                    |
 */
import { concatBytes, hexToBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { expect } from "chai";
import { getBytes, hexlify, Wallet, ZeroHash, id as keccakText } from "ethers";

import {
  acceptWelcome,
  digestOf,
  findWelcome,
  forget,
  grant,
  grants,
  keyOf,
  memoryJournalStore,
  memoryStore,
  pending,
  publishKey,
  read,
  recipientBytes,
  recoverVault,
  remember,
  revoke,
  sync,
  update,
  vaultAt,
  type BlobStore,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { maskPointer, ratchet } from "../../client/crypto/keys.ts";
import { headContext, open, seal } from "../../client/crypto/seal.ts";
import { readWelcome, writeWelcome, type SignTypedData, type Welcome } from "../../client/crypto/welcome.ts";
import { decodeHead, encodeHead, pad, unpad, type HeadData } from "../../client/vault/blob.ts";
import {
  deltaAfter,
  domainOf,
  DELTA_TYPES,
  readChainHead,
  signDelta,
  spaceIdOf,
} from "../../client/vault/contract.ts";
import { openHead } from "../../client/vault/head.ts";
import { readCandidates, readState, type Candidate } from "../../client/vault/journal.ts";
import { lookUpKey } from "../../client/vault/keyring.ts";
import { secretsOf } from "../../client/vault/plan.ts";
import { ONE, ZERO } from "../../client/vault/roster.ts";
import { memberKeys, openWith, stateOf } from "../../client/vault/session.ts";
import { contains } from "../helpers/contains.ts";
import { archiving, signerWith } from "../helpers/doubles.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const texts = async (vault: Vault): Promise<string[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();

const nameOf = (fault: unknown): string => (fault as Error).name;

describe("Attacks", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault with a memory, from one device. */
  async function furnished(environment: Environment = device(world, world.owner)) {
    const owned = await ownedVault(world, environment);
    await remember(owned.vault, { scope: "health", text: "Runs at six" });
    await sync(owned.vault);
    return { ...owned, environment };
  }

  /** One more device of the same owner. */
  async function another(seed: Uint8Array, store: BlobStore = world.store): Promise<Vault> {
    const parts = { ...device(world, world.owner, store), address: world.address };
    const vault = await recoverVault({ ...parts, seed, owner: world.owner.address });
    await sync(vault);
    return vault;
  }

  /** Grants one scope, to an account or to a recipient alone, and opens the welcome on a device of its own. */
  async function admitted(vault: Vault, account?: string, store?: BlobStore) {
    const { identity, recipient } = await newReader();
    const terms = { recipient, account, scopes: ["health"], expiresAt: await inDays(world, 30) };
    const { welcome, memberId } = await grant(vault, terms);
    const reader = await accept(world, identity, welcome!, store);
    await read(reader);
    return { identity, recipient, welcome: welcome!, memberId, reader };
  }

  /** The keys that a thief of this device has: those of the vault and of the commits. */
  async function stolen(vault: Vault) {
    const state = await stateOf(vault);
    const head = await readChainHead(vault.contract, vault.ref);
    const opened = await openHead(head, memberKeys(state), vault.store);
    return { state, head, opened, commitKey: hexlify(secretsOf(opened).commitKey!) };
  }

  /** Writes a head of the thief's own making: whatever it changes, its signature is good. */
  async function stolenCommit(vault: Vault, change: (head: HeadData) => HeadData): Promise<void> {
    const { state, head, opened, commitKey } = await stolen(vault);
    const { ref, visibilityKey } = state;
    const sequence = head.sequence + 1n;
    const root = getBytes(head.root);
    const blob = seal(visibilityKey, headContext(ref, sequence), pad(encodeHead(change(opened.data))));
    await vault.store.put(blob);
    const pointer = hexlify(maskPointer(visibilityKey, ref, sequence, root, sha256(blob)));
    const delta = deltaAfter(head, ref, head.root, pointer);
    await world.memoryVault
      .connect(world.relayer)
      .commitTransition(delta, await signDelta(commitKey, ref, delta));
  }

  /** A device whose transactions are written down and not sent, as with a fee that nobody takes. */
  function withheld(vault: Vault, environment: Environment) {
    const transactions: { to: string; data: string }[] = [];
    const wallet = signerWith(world.owner, (_, { to, data }) => {
      transactions.push({ to: to as string, data: data! });
      return Promise.reject(new Error("underpriced"));
    });
    return { slow: vaultAt(vault.ref, { ...environment, wallet }), transactions };
  }

  /** A device that lets something happen before each of its transactions, once. */
  function losing(vault: Vault, environment: Environment, interrupt: () => Promise<unknown>): Vault {
    let done = false;
    const wallet = signerWith(world.owner, async (forward, transaction) => {
      if (!done) {
        done = true;
        await interrupt();
      }
      return forward(transaction);
    });
    return vaultAt(vault.ref, { ...environment, wallet });
  }

  describe("foreign vault id, epoch, chain or contract in any authorised path", () => {
    it("a welcome is refused for another chain, contract or vault, though its signature is good", async () => {
      const { vault } = await furnished();
      const { identity, recipient, welcome: file } = await admitted(vault);
      const { welcome } = await readWelcome(file, identity);
      const { commitKey } = await stolen(vault);
      const other = await furnished();
      const offer = async (changes: Partial<Welcome>) => {
        const changed = { ...welcome, ...changes };
        const forged = await writeWelcome(
          changed,
          recipient,
          signerOf(new Wallet(commitKey)),
          new Wallet(commitKey).address,
        );
        return thrown(accept(world, identity, forged));
      };
      const { ref } = vault;
      for (const foreign of [
        { ...ref, chainId: 1n },
        { ...ref, contract: `0x${"5e".repeat(20)}` },
        other.vault.ref,
      ]) {
        expect(
          nameOf(await offer({ ref: foreign })),
          JSON.stringify(foreign, (_, v: unknown) => String(v)),
        ).to.equal("WelcomeRejected");
      }
      expect(nameOf(await offer({ ref: { ...ref, vaultId: 5n } }))).to.equal("VaultNotFound");
    });

    it("a welcome of a later epoch waits, and one of another scope opens nothing", async () => {
      const { vault } = await furnished();
      const { identity, recipient, welcome: file } = await admitted(vault);
      const { welcome } = await readWelcome(file, identity);
      const { commitKey } = await stolen(vault);
      const offer = async (changes: Partial<Welcome>) => {
        const signer = new Wallet(commitKey);
        const forged = await writeWelcome(
          { ...welcome, ...changes },
          recipient,
          signerOf(signer),
          signer.address,
        );
        return thrown(accept(world, identity, forged).then(read));
      };
      expect(nameOf(await offer({ epoch: 9 }))).to.equal("NotYetAdmitted");
      expect(nameOf(await offer({ scopes: [{ id: randomBytes(16), name: "finance" }] }))).to.equal(
        "NotYetAdmitted",
      );
    });

    it("a signed commit lands in its own vault, chain and contract only", async () => {
      const { vault } = await furnished();
      const { head, commitKey } = await stolen(vault);
      const delta = deltaAfter(head, vault.ref, keccakText("root"), ZeroHash);
      const contract = world.memoryVault.connect(world.relayer);
      for (const ref of [
        { ...vault.ref, chainId: 1n },
        { ...vault.ref, contract: `0x${"5e".repeat(20)}` },
      ]) {
        const signature = await new Wallet(commitKey).signTypedData(domainOf(ref), DELTA_TYPES, delta);
        expect(await thrown(contract.commitTransition(delta, signature))).to.match(/InvalidSignature/);
      }
      const signature = await signDelta(commitKey, vault.ref, delta);
      const elsewhere = { ...delta, spaceId: spaceIdOf((await furnished()).vault.ref.vaultId) };
      expect(await thrown(contract.commitTransition(elsewhere, signature))).to.match(
        /InvalidSignature|StaleHead/,
      );
    });
  });

  it("a grant planted for the next owner", async () => {
    const { vault } = await furnished();
    const { identity, recipient } = await newReader();
    const account = world.stranger.address;
    const terms = {
      recipient,
      account,
      scopes: ["health"],
      expiresAt: await inDays(world, 300),
      storeWelcome: true,
    };
    await grant(vault, terms);
    const { memoryVault, owner, buyer } = world;
    const { vaultId } = vault.ref;
    const planted = await findWelcome(vault.contract, vaultId, account, world.store);
    await memoryVault.connect(owner).unlock(vaultId);
    await memoryVault.connect(owner).transferFrom(owner.address, buyer.address, vaultId);
    expect(await memoryVault.canRead(vaultId, account)).to.equal(false);
    // The file was kept, and the store has it: its signer is neither owner nor authorizer any more.
    expect(nameOf(await thrown(accept(world, identity, planted)))).to.equal("WelcomeRejected");
  });

  it("grants alive after a transfer", async () => {
    const { vault } = await furnished();
    const [listed, unlisted] = [await admitted(vault, world.stranger.address), await admitted(vault)];
    const { memoryVault, owner, buyer } = world;
    await memoryVault.connect(owner).unlock(vault.ref.vaultId);
    await memoryVault.connect(owner).transferFrom(owner.address, buyer.address, vault.ref.vaultId);
    for (const { reader } of [listed, unlisted]) {
      expect(nameOf(await thrown(read(reader)))).to.equal("VaultChangedHands");
    }
    await remember(vault, { scope: "health", text: "For the buyer" });
    expect(nameOf(await thrown(sync(vault))), "the seller's commit key is void").to.equal(
      "VaultChangedHands",
    );
  });

  it("a grantee that revokes itself first to make the owner's multicall fail", async () => {
    const { vault, environment } = await furnished();
    const { reader } = await admitted(vault, world.stranger.address);
    const sly = losing(vault, environment, () =>
      world.memoryVault.connect(world.stranger).revoke(vault.ref.vaultId, world.stranger.address),
    );
    const { rotated, races } = await revoke(sly, world.stranger.address);
    expect({ rotated, races }).to.deep.equal({ rotated: true, races: 0 });
    await remember(vault, { scope: "health", text: "After" });
    await sync(vault);
    expect(nameOf(await thrown(read(reader)))).to.equal("GrantRevoked");
  });

  it("an unspent key signature after a retirement", async () => {
    const { keyRegistry, stranger, relayer, provider } = world;
    const [old, now] = [await newReader(), await newReader()];
    const expiresAt = await inDays(world, 300);
    const mine = keyRegistry.connect(stranger);
    await publishKey(mine, now.recipient, expiresAt);
    const nonce = await keyRegistry.nonces(stranger.address);
    const message = {
      ...{
        account: stranger.address,
        recipient: recipientBytes(old.recipient),
        expiresAt,
        attestationDigest: ZeroHash,
      },
      ...{ nonce, deadline: expiresAt },
    };
    const { name, version, chainId, verifyingContract } = await keyRegistry.eip712Domain();
    expect(chainId).to.equal((await provider.getNetwork()).chainId);
    const fields = [
      "address account",
      "bytes recipient",
      "uint64 expiresAt",
      "bytes32 attestationDigest",
      "uint256 nonce",
      "uint256 deadline",
    ];
    const types = {
      PublishKey: fields.map((field) => ({ type: field.split(" ")[0]!, name: field.split(" ")[1]! })),
    };
    const signature = await stranger.signTypedData(
      { name, version, chainId, verifyingContract },
      types,
      message,
    );
    const replay = () =>
      keyRegistry
        .connect(relayer)
        .publishKeyBySig(
          ...([
            stranger.address,
            message.recipient,
            expiresAt,
            ZeroHash,
            nonce,
            expiresAt,
            signature,
          ] as const),
        );
    await replay.call(null).then(
      (sent) => sent.wait(),
      () => expect.fail("the signature is good while it is unspent"),
    );
    expect((await keyOf(keyRegistry, stranger.address)).recipient).to.equal(old.recipient);
    const unspent = { ...message, nonce: nonce + 1n };
    const late = await stranger.signTypedData({ name, version, chainId, verifyingContract }, types, unspent);
    await mine.retireKey();
    const revive = keyRegistry
      .connect(relayer)
      .publishKeyBySig(
        ...([stranger.address, message.recipient, expiresAt, ZeroHash, nonce + 1n, expiresAt, late] as const),
      );
    expect(await thrown(revive)).to.match(/Nonce/);
    expect(nameOf(await thrown(keyOf(keyRegistry, stranger.address)))).to.equal("KeyNotPublished");
  });

  it("burned vault with a hot key", async () => {
    const { vault } = await furnished();
    const { head, commitKey } = await stolen(vault);
    await remember(vault, { scope: "health", text: "Too late" });
    await world.memoryVault.connect(world.owner).unlock(vault.ref.vaultId);
    await world.memoryVault.connect(world.owner).burn(vault.ref.vaultId);
    const delta = deltaAfter(head, vault.ref, keccakText("root"), ZeroHash);
    const commit = world.memoryVault
      .connect(world.relayer)
      .commitTransition(delta, await signDelta(commitKey, vault.ref, delta));
    expect(await thrown(commit)).to.match(/ERC721NonexistentToken/);
    expect(nameOf(await thrown(sync(vault)))).to.equal("VaultChangedHands");
    expect(await pending(vault)).to.have.length(1);
  });

  describe("welcomes and the accounts that sign them", () => {
    // PUSH32 value, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN: an account that answers one word to everything.
    const answering = (word: string): string => `0x7f${word.padEnd(64, "0")}5f5260205ff3`;
    const YES = "1626ba7e";

    /** A welcome of this vault in the owner's name, under whatever signature. */
    async function inOwnersName(signature: Uint8Array) {
      const { vault } = await furnished();
      const { identity, recipient, welcome: file } = await admitted(vault);
      const { welcome } = await readWelcome(file, identity);
      const sign: SignTypedData = () => Promise.resolve(hexlify(signature));
      const forged = await writeWelcome(welcome, recipient, sign, world.owner.address);
      return () => accept(world, identity, forged);
    }

    const withCode = async (code: string, work: () => Promise<unknown>): Promise<void> => {
      await world.networkHelpers.setCode(world.owner.address, code);
      try {
        await work();
      } finally {
        await world.networkHelpers.setCode(world.owner.address, "0x");
      }
    };

    it("empty signature against a wallet that says yes", async () => {
      const [empty, any] = [await inOwnersName(new Uint8Array(0)), await inOwnersName(Uint8Array.of(1))];
      await withCode(answering(YES), async () => {
        expect(nameOf(await thrown(empty()))).to.equal("WelcomeRejected");
        // It says yes to everything else: that is its owner's affair, and the reason why empty ones are never asked about.
        await any();
      });
      expect(nameOf(await thrown(any()))).to.equal("WelcomeRejected");
    });

    it("dirty 1271 data", async () => {
      const offer = await inOwnersName(randomBytes(65));
      for (const word of [
        `${YES}${"00".repeat(27)}01`,
        `${YES}01`,
        `${"00".repeat(28)}${YES}`,
        "ffffffff",
        "",
      ]) {
        await withCode(answering(word), async () => {
          expect(nameOf(await thrown(offer())), word).to.equal("WelcomeRejected");
        });
      }
    });

    it("a 7702 account: code that answers nothing, and the account's own ECDSA signature", async () => {
      const { vault } = await furnished();
      const { identity, recipient, welcome: file } = await admitted(vault);
      const { welcome } = await readWelcome(file, identity);
      const own = await writeWelcome(welcome, recipient, signerOf(world.owner), world.owner.address);
      const strangers = await writeWelcome(welcome, recipient, signerOf(world.stranger), world.owner.address);
      for (const code of ["0x00", "0x63deadbeef5f526004601cfd", answering("ffffffff")]) {
        await withCode(code, async () => {
          expect(await accept(world, identity, own)).to.have.property("ref");
          expect(nameOf(await thrown(accept(world, identity, strangers)))).to.equal("WelcomeRejected");
        });
      }
    });

    it("a forged welcome", async () => {
      const { vault } = await furnished();
      const { identity, recipient, welcome: file } = await admitted(vault);
      const { welcome, signature } = await readWelcome(file, identity);
      const { commitKey } = await stolen(vault);
      const { address } = new Wallet(commitKey);
      const stranger = new Wallet(hexlify(randomBytes(32)));
      const forgeries: [Partial<Welcome>, SignTypedData, string, string?][] = [
        [{}, signerOf(stranger), stranger.address],
        [{}, signerOf(stranger), address],
        [{ permissions: 3 }, () => Promise.resolve(hexlify(signature)), address],
        [{ expiresAt: null }, () => Promise.resolve(hexlify(signature)), address],
        // Signed by who may: but the keyring has no epoch key for that secret.
        [{ class: "owner" }, signerOf(new Wallet(commitKey)), address, "NotYetAdmitted"],
      ];
      for (const [changes, sign, signer, name = "WelcomeRejected"] of forgeries) {
        const forged = await writeWelcome({ ...welcome, ...changes }, recipient, sign, signer);
        expect(nameOf(await thrown(accept(world, identity, forged)))).to.equal(name);
      }
    });

    it("an archived welcome: it opens nothing after the revoke, and does not take the ratchet back", async () => {
      const { vault } = await furnished();
      const { identity, welcome, reader } = await admitted(vault);
      await admitted(vault);
      await read(reader);
      const { secret, epoch } = (await readState(reader.journal))!;
      const { journalStore, journalKey } = {
        journalStore: reader.journal.store,
        journalKey: reader.journal.key,
      };
      const parts = { ...device(world), journalStore, journalKey, address: world.address, identity };
      const opened = await acceptWelcome({ ...parts, welcome });
      expect(await readState(opened.journal)).to.deep.include({ secret, epoch });
      const [member] = await grants(vault);
      await revoke(vault, member!.id);
      await remember(vault, { scope: "health", text: "After the revoke" });
      await sync(vault);
      const replayed = await accept(world, identity, welcome);
      expect(nameOf(await thrown(read(replayed)))).to.equal("NotAMember");
      expect(nameOf(await thrown(read(opened)))).to.equal("NotAMember");
    });

    it("a welcome outlives the commit key that signed it: it is then refused", async () => {
      const { vault } = await furnished();
      const { identity, welcome } = await admitted(vault);
      const { owner, memoryVault } = world;
      const space = spaceIdOf(vault.ref.vaultId);
      await memoryVault.connect(owner).updateSpaceAuthorization(space, owner.address, owner.address, "0x");
      expect(nameOf(await thrown(accept(world, identity, welcome)))).to.equal("WelcomeRejected");
      // What the owner grants from now on is signed by who is in force.
      expect((await admitted(vault)).reader).to.have.property("ref");
    });
  });

  it("mixed classic and PQ recipients", async () => {
    const { vault } = await furnished();
    const { identity, recipient } = await newReader();
    const classic = await identityToRecipient(await generateX25519Identity());
    const expiresAt = await inDays(world, 30);
    expect(
      nameOf(await thrown(grant(vault, { recipient: classic, scopes: ["health"], expiresAt }))),
    ).to.equal("ClassicRecipient");
    expect(await grants(vault)).to.deep.equal([]);
    const { welcome } = await grant(vault, { recipient, scopes: ["health"], expiresAt });
    const { welcome: body } = await readWelcome(welcome!, identity);
    const mixed = new Encrypter();
    mixed.addRecipient(recipient);
    mixed.addRecipient(classic);
    const file = await mixed.encrypt(body.secret);
    const fault = await thrown(accept(world, identity, file));
    expect(nameOf(fault)).to.equal("WelcomeRejected");
    expect(fault).to.have.nested.property("cause.name", "ClassicRecipient");
  });

  describe("pad reuse", () => {
    /** Pointers and roots of everything that was ever signed, and what each pad was used for. */
    function expectPadsSpentOnce(candidates: readonly Candidate[]): void {
      const uses = new Map<string, string>();
      for (const { delta, blobs } of candidates) {
        const place = `${delta.sequence}/${delta.deltaCommitment}`;
        const digest = hexlify(sha256(blobs.at(-1)!));
        expect(uses.get(place) ?? digest, place).to.equal(digest);
        uses.set(place, digest);
      }
    }

    /** A journal that remembers every candidate that was ever written to it. */
    function chronicle(environment: Environment) {
      const history = new Map<string, Candidate>();
      const kept = memoryJournalStore();
      const journalStore = {
        ...kept,
        write: async (name: string, bytes: Uint8Array) => {
          await kept.write(name, bytes);
          if (!name.startsWith("candidate-")) return;
          const vault = vaultAt(reference!, { ...environment, journalStore: kept });
          for (const candidate of await readCandidates(vault.journal)) history.set(candidate.id, candidate);
        },
      };
      let reference: Vault["ref"] | null = null;
      return { history, journalStore, of: (vault: Vault) => (reference = vault.ref) };
    }

    it("after a race", async () => {
      const parts = device(world, world.owner);
      const { history, journalStore, of } = chronicle(parts);
      const { vault, seed } = await ownedVault(world, { ...parts, journalStore });
      of(vault);
      await remember(vault, { scope: "health", text: "Runs at six" });
      await sync(vault);
      const second = await another(seed);
      await remember(second, { scope: "health", text: "The winner's" });
      await remember(vault, { scope: "health", text: "The loser's" });
      const { races } = await sync(losing(vault, { ...parts, journalStore }, () => sync(second)));
      expect(races).to.equal(1);
      expect(history.size).to.equal(3);
      expectPadsSpentOnce([...history.values()]);
    });

    it("after a retry: the identical blob, or another root", async () => {
      const parts = device(world, world.owner);
      const { history, journalStore, of } = chronicle(parts);
      const { vault } = await ownedVault(world, { ...parts, journalStore });
      of(vault);
      const { slow } = withheld(vault, { ...parts, journalStore });
      await remember(vault, { scope: "health", text: "Once" });
      for (let i = 0; i < 3; i++) expect(await thrown(sync(slow))).to.match(/underpriced/);
      expect(history.size, "the identical candidate each time").to.equal(1);
      await remember(vault, { scope: "health", text: "And more" });
      expect(await thrown(sync(slow))).to.match(/underpriced/);
      expect(history.size).to.equal(2);
      expectPadsSpentOnce([...history.values()]);
      const roots = [...history.values()].map(({ delta }) => delta.deltaCommitment);
      expect(new Set(roots).size).to.equal(2);
    });

    it("after a retry with an operation that is refused each time", async () => {
      const parts = device(world, world.owner);
      const { history, journalStore, of } = chronicle(parts);
      const { vault } = await ownedVault(world, { ...parts, journalStore });
      of(vault);
      await remember(
        vault,
        ...Array.from({ length: 63 }, (_, i) => ({ scope: `scope ${i}`, text: `text ${i}` })),
      );
      const { slow } = withheld(vault, { ...parts, journalStore });
      for (let i = 0; i < 3; i++) expect(await thrown(sync(slow))).to.match(/underpriced/);
      expect(history.size, "the identical candidate each time").to.equal(1);
      const { outcomes } = await sync(vault);
      expect(
        [...outcomes.values()]
          .map(({ kind }) => kind)
          .sort()
          .slice(-2),
      ).to.deep.equal(["put", "refused"]);
      expect(await texts(vault)).to.have.length(62);
      expect(await pending(vault)).to.have.length(1);
    });

    it("after a reorg", async () => {
      const parts = { ...device(world, world.owner), finality: { confirmations: 5 } };
      const { history, journalStore, of } = chronicle(parts);
      const { vault } = await ownedVault(world, { ...parts, journalStore });
      of(vault);
      await remember(vault, { scope: "health", text: "Before" });
      await sync(vault);
      await world.networkHelpers.mine(6);
      const fork = await world.networkHelpers.takeSnapshot();
      await remember(vault, { scope: "health", text: "Reorganised" });
      await sync(vault);
      await fork.restore();
      // Not final, so still in the journal; with more to say it becomes another commit at the same sequence.
      await remember(vault, { scope: "health", text: "After" });
      const again = await sync(vault);
      expect(again.sequence).to.equal(2n);
      expect(await texts(vault)).to.deep.equal(["After", "Before", "Reorganised"]);
      expect([...history.values()].filter(({ sequence }) => sequence === 2n)).to.have.length(2);
      expectPadsSpentOnce([...history.values()]);
    });
  });

  it("archived keyring opened after a ratchet", async () => {
    const { vault } = await furnished();
    const { reader } = await admitted(vault);
    const before = await stolen(vault);
    const archived = { salt: before.opened.data.keyringSalt, entries: before.opened.data.entries };
    const then = (await readState(reader.journal))!;
    await admitted(vault);
    await read(reader);
    const now = (await readState(reader.journal))!;
    const scope = hexToBytes(now.scopes[0]!.id);
    expect(lookUpKey(archived, then.secret, scope), "the old secret would open it").to.have.length(32);
    expect(now.epoch).to.equal(then.epoch + 1);
    for (let epochs = 0; epochs < 5; epochs++) {
      expect(lookUpKey(archived, ratchet(now.secret, epochs), scope)).to.equal(null);
    }
    const owner = (await readState(vault.journal))!;
    expect(lookUpKey(archived, owner.secret, new Uint8Array(16))).to.equal(null);
  });

  it("a removed reader ratcheting its own secret, or what else it kept", async () => {
    const { vault } = await furnished();
    const [gone, staying] = [await admitted(vault), await admitted(vault)];
    await read(gone.reader);
    const kept = (await readState(gone.reader.journal))!;
    await revoke(vault, gone.recipient);
    await read(staying.reader);
    const { data } = (await stolen(vault)).opened;
    const keyring = { salt: data.keyringSalt, entries: data.entries };
    const scope = hexToBytes(kept.scopes[0]!.id);
    const own = (await readState(staying.reader.journal))!;
    expect(lookUpKey(keyring, own.secret, scope)).to.have.length(32);
    for (const start of [kept.secret, kept.locator, kept.visibilityKey]) {
      for (let epochs = 0; epochs < 5; epochs++) {
        expect(lookUpKey(keyring, ratchet(start, epochs), scope)).to.equal(null);
      }
    }
  });

  it("stale head re-admitting a revoked agent", async () => {
    const { vault, seed, environment } = await furnished();
    const second = await another(seed);
    const { reader } = await admitted(vault, world.stranger.address);
    const { slow, transactions } = withheld(vault, environment);
    await remember(vault, { scope: "health", text: "On the old head" });
    expect(await thrown(sync(slow))).to.match(/underpriced/);
    await revoke(second, world.stranger.address);
    // The commit that was built while the agent was a member comes after the revoke.
    expect(await thrown(world.owner.sendTransaction(transactions[0]!))).to.match(/StaleHead/);
    await sync(vault);
    expect(await grants(vault)).to.deep.equal([]);
    expect(await texts(vault)).to.deep.equal(["On the old head", "Runs at six"]);
    expect(nameOf(await thrown(read(reader)))).to.equal("GrantRevoked");
  });

  it("loser of a race resurrecting a deletion or a member", async () => {
    const { vault, seed, environment } = await furnished();
    const second = await another(seed);
    const { recipient } = await admitted(vault);
    const [memory] = (await read(vault)).scopes[0]!.memories;
    await update(vault, memory!, { text: "Runs at seven" });
    await remember(vault, { scope: "health", text: "Stays" });
    await sync(
      losing(vault, environment, async () => {
        await forget(second, memory!);
        await revoke(second, recipient);
      }),
    );
    expect(await texts(vault)).to.deep.equal(["Stays"]);
    expect(await texts(second)).to.deep.equal(["Stays"]);
    expect(await grants(vault)).to.deep.equal([]);
  });

  it("an underpriced commit that lands late", async () => {
    const { vault, environment } = await furnished();
    const { slow, transactions } = withheld(vault, environment);
    await remember(vault, { scope: "health", text: "First" });
    expect(await thrown(sync(slow))).to.match(/underpriced/);
    await remember(vault, { scope: "health", text: "Second" });
    // The old one lands in the very moment in which the device sends its replacement.
    const { races, sequence } = await sync(
      losing(vault, environment, () => world.owner.sendTransaction(transactions[0]!)),
    );
    expect({ races, sequence }).to.deep.equal({ races: 1, sequence: 3n });
    expect(await texts(vault), "each once").to.deep.equal(["First", "Runs at six", "Second"]);
    // And one that lands after its replacement does not land at all.
    await remember(vault, { scope: "health", text: "Third" });
    expect(await thrown(sync(slow))).to.match(/underpriced/);
    await remember(vault, { scope: "health", text: "Fourth" });
    await sync(vault);
    expect(await thrown(world.owner.sendTransaction(transactions[1]!))).to.match(/StaleHead/);
    expect(await texts(vault)).to.deep.equal(["First", "Fourth", "Runs at six", "Second", "Third"]);
    expect(await pending(vault)).to.deep.equal([]);
  });

  it("a junk head before recovery", async () => {
    const { vault, seed } = await furnished();
    const { head, commitKey } = await stolen(vault);
    const junk = deltaAfter(head, vault.ref, hexlify(randomBytes(32)), hexlify(randomBytes(32)));
    await world.memoryVault
      .connect(world.relayer)
      .commitTransition(junk, await signDelta(commitKey, vault.ref, junk));
    const journalStore = memoryJournalStore();
    const request = {
      ...device(world, world.owner),
      journalStore,
      address: world.address,
      seed,
      owner: world.owner.address,
    };
    expect(nameOf(await thrown(recoverVault(request)))).to.equal("BlobMissing");
    expect(await journalStore.list(), "nothing is kept of it").to.deep.equal([]);
    expect(nameOf(await thrown(read(vault)))).to.equal("BlobMissing");
    expect((await readState(vault.journal))!.pin!.sequence, "the pin does not move to it").to.equal(1n);
  });

  it("a roster snapshot that carries an admission secret", async () => {
    const { vault, seed } = await furnished();
    const readers = [await admitted(vault, world.stranger.address), await admitted(vault)];
    const second = await another(seed);
    const secrets = await Promise.all(
      readers.map(async ({ welcome, identity }) => (await readWelcome(welcome, identity)).welcome.secret),
    );
    for (const { journal } of [...readers.map(({ reader }) => reader), vault, second]) {
      secrets.push((await readState(journal))!.secret);
    }
    const { opened } = await stolen(vault);
    secrets.push(...secretsOf(opened).members.values(), opened.epochKey!);
    const roster = concatBytes(...opened.scopes.get(ONE)!.segments.flatMap(({ items }) => items));
    expect(roster.length).to.be.greaterThan(4_000);
    for (const secret of secrets) expect(contains(roster, secret)).to.equal(false);
    expect(contains(roster, utf8ToBytes("AGE-SECRET"))).to.equal(false);
  });

  it("a thief's head with a huge epoch", async () => {
    const { vault } = await furnished();
    const { reader } = await admitted(vault);
    const before = (await readState(reader.journal))!;
    await stolenCommit(vault, (head) => ({ ...head, epoch: 0xffff_ffff }));
    const began = process.cpuUsage().user;
    for (const victim of [reader, vault]) {
      expect(await thrown(read(victim))).to.have.property("name", "MalformedData");
    }
    expect(process.cpuUsage().user - began, "nobody ratchets there").to.be.below(3_000_000);
    expect(await readState(reader.journal), "neither secret nor pin moves").to.deep.equal(before);
  });

  it("an absent scope passed off as empty", async () => {
    const { vault } = await furnished();
    const { reader } = await admitted(vault);
    await stolenCommit(vault, (head) => ({ ...head, sections: [] }));
    for (const victim of [reader, vault])
      expect(await thrown(read(victim))).to.have.property("name", "MalformedData");
    expect((await readState(reader.journal))!.pin!.sequence).to.equal(2n);
  });

  it("a revoke on chain that another device ignores", async () => {
    const { vault, seed } = await furnished();
    const second = await another(seed);
    const { reader } = await admitted(vault, world.stranger.address);
    await world.memoryVault.connect(world.owner).revoke(vault.ref.vaultId, world.stranger.address);
    await remember(second, { scope: "health", text: "Not for the agent" });
    expect((await sync(second)).rotated).to.equal(true);
    // The agent looks away from the chain: no key is left for it all the same.
    const state = (await readState(reader.journal))!;
    const head = await readChainHead(reader.contract, reader.ref);
    expect(nameOf(await thrown(openHead(head, memberKeys(state), world.store)))).to.equal("NotAMember");
    expect(await texts(vault)).to.deep.equal(["Not for the agent", "Runs at six"]);
  });

  it("an admission that lost a race and was built again", async () => {
    const { archive, store } = archiving(memoryStore());
    const parts = device(world, world.owner, store);
    const journalStore = memoryJournalStore();
    const { vault, seed } = await furnished({ ...parts, journalStore });
    const second = await another(seed, store);
    const { identity, recipient } = await newReader();
    let lost: Candidate | undefined;
    const racing = losing(vault, { ...parts, journalStore }, async () => {
      lost = (await readCandidates(vault.journal)).at(-1);
      await remember(second, { scope: "travel", text: "Came first" });
      await sync(second);
    });
    const expiresAt = await inDays(world, 30);
    const { welcome, races } = await grant(racing, { recipient, scopes: ["health"], expiresAt });
    expect(races).to.equal(1);
    const [then, now] = [
      (await readWelcome(lost!.welcomes[0]!.file, identity)).welcome,
      (await readWelcome(welcome!, identity)).welcome,
    ];
    expect(then.secret).not.to.deep.equal(now.secret);
    expect(then.locator).not.to.deep.equal(now.locator);
    const kept = await Promise.all(lost!.blobs.map((blob) => store.has(digestOf(blob))));
    expect(kept, "the loser's blobs are destroyed").to.deep.equal([false]);
    // With the loser's welcome and blobs, both archived, somebody gets into the lost candidate and no further.
    const { visibilityKey } = (await readState(vault.journal))!;
    const blob = archive.get(Buffer.from(sha256(lost!.blobs.at(-1)!)).toString("hex"))!;
    const { keyringSalt, entries } = decodeHead(
      unpad(open(visibilityKey, headContext(vault.ref, lost!.sequence), blob)!),
    );
    const scope = then.scopes[0]!.id;
    expect(lookUpKey({ salt: keyringSalt, entries }, then.secret, scope)).to.have.length(32);
    const { data } = await openWith(
      vault,
      await stateOf(vault),
      await readChainHead(vault.contract, vault.ref),
    );
    for (let epochs = 0; epochs < 3; epochs++) {
      expect(
        lookUpKey({ salt: data.keyringSalt, entries: data.entries }, ratchet(then.secret, epochs), scope),
      ).to.equal(null);
    }
    expect(nameOf(await thrown(accept(world, identity, lost!.welcomes[0]!.file, store).then(read)))).to.equal(
      "NotYetAdmitted",
    );
    expect(await texts(await accept(world, identity, welcome!, store))).to.deep.equal(["Runs at six"]);
    expect(secretsOf((await stolen(vault)).opened).members.size).to.equal(ZERO.length / 8);
  });
});

/** Signs as a wallet does. */
const signerOf =
  (wallet: { signTypedData: Wallet["signTypedData"] }): SignTypedData =>
  (domain, types, value) =>
    wallet.signTypedData(domain, types, value);
