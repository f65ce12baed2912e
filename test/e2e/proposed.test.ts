import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { hexlify, Wallet, ZeroHash } from "ethers";

import {
  acceptProposal,
  allow,
  applyRules,
  disallow,
  inbox,
  leaveProposal,
  makeProposal,
  MayNotPropose,
  NotSignedBy,
  ProposalRejected,
  propose,
  refuseProposal,
  rules,
  ScopeNotGranted,
  storeProposal,
  wasProposed,
  writeProposal,
  type Inbox,
  type Proposed,
  type SignProposal,
} from "../../client/agents.ts";
import {
  acceptWelcome,
  BlobMissing,
  BlocksOutOfReach,
  forget,
  generateIdentity,
  grant,
  grants,
  isOfMemory,
  pending,
  read,
  recipientBytes,
  recipientOf,
  recoverVault,
  remember,
  revoke,
  StoreUnavailable,
  sync,
  vaultAt,
  VaultError,
  WalletRequired,
  type Vault,
} from "../../client/index.ts";
import { change, rekey } from "../../client/manage.ts";
import { newestHead } from "../../client/vault/grant.ts";
import { secretsOf } from "../../client/vault/plan.ts";
import { lookForProposals, readWaiting } from "../../client/agents/waiting.ts";
import { between, boasting, limited, misbehaving, powerCut, pruned } from "../helpers/doubles.ts";
import { ConciergeAgent__factory } from "../../typechain-types/factories/agents/examples/ConciergeAgent__factory.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { createWorld, device, inDays, ownedVault, type World } from "../helpers/world.ts";

/** A wallet of the world. */
type Holder = World["owner"];

describe("what readers propose", () => {
  let world: World;
  beforeEach(async () => {
    world = await createWorld();
  });

  /** Grants a wallet the scopes, and has it read. */
  async function reader(vault: Vault, wallet: Holder, scopes = ["travel"], propose = true): Promise<Vault> {
    const identity = generateIdentity();
    const { welcome } = await grant(vault, {
      ...{ recipient: await recipientOf(identity), account: wallet.address, scopes, propose },
      expiresAt: await inDays(world, 30),
    });
    return acceptWelcome({
      ...{ ...device(world, wallet), address: world.address, identity },
      welcome: welcome!,
    });
  }

  /** A vault with a memory in each of two scopes. */
  async function owned(): Promise<Vault> {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "travel", text: "Window seats" }, { scope: "health", text: "Sleeps" });
    await sync(vault);
    return vault;
  }

  const scopeOf = async (vault: Vault, name = "travel"): Promise<string> =>
    (await read(vault)).scopes.find((scope) => scope.name === name)!.id;

  describe("is left by the grantee's account", () => {
    it("as one file of the store, named on chain", async () => {
      const vault = await owned();
      const agent = await reader(vault, world.stranger);
      const scope = await scopeOf(agent);
      const { digest, file, receipt } = await propose(agent, { memories: [{ scope, text: "Likes Porto" }] });
      expect(file.length).to.equal(4_096);
      expect(await world.store.get(digest)).to.deep.equal(file);
      expect(receipt.logs).to.have.length(1);
      expect(await wasProposed(agent, world.stranger.address, digest)).to.equal(true);
      expect(await wasProposed(agent, world.stranger.address, "00".repeat(32))).to.equal(false);
    });

    it("with the permission to propose, for scopes that were granted, and by itself", async () => {
      const vault = await owned();
      const agent = await reader(vault, world.stranger);
      const mute = await reader(vault, world.relayer, ["travel"], false);
      const scope = await scopeOf(agent);
      const memories = [{ scope, text: "x" }];
      expect(await thrown(propose(mute, { memories }))).to.be.instanceOf(MayNotPropose);
      expect(await thrown(propose({ ...agent, wallet: world.relayer }, { memories }))).to.be.instanceOf(
        MayNotPropose,
      );
      expect(await thrown(propose({ ...agent, wallet: null }, { memories }))).to.be.instanceOf(
        WalletRequired,
      );
      const health = await scopeOf(vault, "health");
      expect(
        await thrown(propose(agent, { memories: [...memories, { scope: health, text: "y" }] })),
      ).to.be.instanceOf(ScopeNotGranted);
      expect(await nameOf(propose(vault, { memories }))).to.equal("MayNotPropose");
      await world.networkHelpers.time.increase(31 * 86_400);
      expect(await nameOf(propose(agent, { memories, nonce: randomBytes(32) }))).to.equal("GrantExpired");
    });
  });

  /** A vault, an agent that may propose for its scope "travel", and that scope's id. */
  async function proposing() {
    const vault = await owned();
    const agent = await reader(vault, world.stranger);
    return { vault, agent, scope: await scopeOf(agent) };
  }

  const textsIn = async (vault: Vault): Promise<string[]> =>
    (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();

  const faultsOf = ({ entries }: Inbox): (string | null)[] =>
    entries.map(({ fault }) => fault?.message ?? null);

  /** Another device of the owner's. */
  const sibling = async (seed: Uint8Array): Promise<Vault> =>
    recoverVault({
      ...{ ...device(world, world.owner), address: world.address },
      ...{ seed, owner: world.owner.address },
    });

  describe("waits in the owner's inbox", () => {
    it("with who sent it, by which grant, when and in which transaction; and nothing is accepted by looking", async () => {
      const { vault, agent, scope } = await proposing();
      const metadata = { proposal: { proposer: "somebody else" }, seen: 3 };
      const { digest, receipt } = await propose(agent, {
        memories: [{ scope, text: "Likes Porto", tags: ["city"], importance: 70, metadata }],
      });
      for (let i = 0; i < 2; i++) {
        const { entries, more, strange } = await inbox(vault);
        expect(more).to.deep.equal([]);
        expect(strange).to.equal(0);
        const [entry] = entries;
        expect(entries).to.have.length(1);
        expect(entry!.fault).to.equal(null);
        expect(entry).to.deep.include({ id: digest, final: true, block: receipt.blockNumber });
        expect(entry!.transaction).to.equal(receipt.hash);
        expect(entry!.proposer).to.equal(world.stranger.address.toLowerCase());
        expect(entry!.grant!.memberId).to.equal((await grants(vault))[0]!.id);
        expect(entry!.grant!.ended).to.equal(false);
        expect(entry!.time).to.equal((await receipt.getBlock()).timestamp);
        expect(entry!.memories![0]).to.deep.include({ text: "Likes Porto", scopeName: "travel", scope });
      }
      expect(await pending(vault)).to.deep.equal([]);
      expect(await textsIn(vault)).to.deep.equal(["Sleeps", "Window seats"]);
      expect(await nameOf(inbox(agent))).to.equal("OwnerClassOnly");
    });

    it("until it is accepted: it is a memory then, with where it comes from, which the proposal cannot say", async () => {
      const { vault, agent, scope } = await proposing();
      const metadata = { proposal: { proposer: "somebody else", digest: "x" }, proposed: 1, source: "me" };
      const { digest, receipt } = await propose(agent, {
        memories: [
          { scope, text: "Likes Porto", type: "episodic", importance: 70, metadata },
          { scope, text: "Flies on Fridays" },
        ],
      });
      const ids = await acceptProposal(vault, digest);
      expect((await inbox(vault)).entries).to.deep.equal([]);
      await sync(vault);
      const memories = (await read(vault)).scopes.flatMap((each) => each.memories);
      const [porto, fridays] = ids.map((id) => memories.find((memory) => memory.id === id)!);
      expect(porto).to.deep.include({ text: "Likes Porto", type: "episodic", importance: 70 });
      expect(porto!.source.agent).to.equal(world.stranger.address.toLowerCase());
      expect(porto!.createdAt).to.equal((await receipt.getBlock()).timestamp * 1_000);
      const [member] = await grants(vault);
      const proposer = world.stranger.address.toLowerCase();
      const origin = { proposer, member: member!.id, transaction: receipt.hash, digest };
      expect(porto!.metadata).to.deep.equal({ proposal: origin, proposed: metadata });
      expect(fridays!.metadata).to.deep.equal({ proposal: origin, proposed: {} });
    });

    it("and is taken once: accepted twice, on two devices, and after a forget it makes nothing again", async () => {
      const { vault, seed } = await ownedVault(world);
      await remember(vault, { scope: "travel", text: "Window seats" });
      await sync(vault);
      const agent = await reader(vault, world.stranger);
      const other = await sibling(seed);
      const { digest } = await propose(agent, { memories: [{ scope: await scopeOf(agent), text: "Porto" }] });
      const ids = await acceptProposal(vault, digest);
      expect(await acceptProposal(other, digest)).to.deep.equal(ids);
      expect(await acceptProposal(vault, digest)).to.deep.equal(ids);
      await sync(vault);
      await sync(other);
      expect(await textsIn(vault)).to.deep.equal(["Porto", "Window seats"]);
      await forget(vault, { id: ids[0]!, revision: 1 });
      await sync(vault);
      await sync(other);
      for (const device of [vault, other]) {
        await acceptProposal(device, digest);
        await sync(device);
        expect(await textsIn(device)).to.deep.equal(["Window seats"]);
      }
    });

    it("and is gone from a device's inbox that sees its memories in the vault", async () => {
      const { vault, seed } = await ownedVault(world);
      await remember(vault, { scope: "travel", text: "Window seats" });
      await sync(vault);
      const agent = await reader(vault, world.stranger);
      const other = await sibling(seed);
      const { digest } = await propose(agent, { memories: [{ scope: await scopeOf(agent), text: "Porto" }] });
      await acceptProposal(vault, digest);
      await sync(vault);
      expect((await inbox(other)).entries).to.deep.equal([]);
      expect((await pending(other)).filter(isOfMemory)).to.deep.equal([]);
    });

    it("until it is refused: it does not come back", async () => {
      const { vault, agent, scope } = await proposing();
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      await refuseProposal(vault, digest);
      expect((await inbox(vault)).entries).to.deep.equal([]);
      expect(await nameOf(acceptProposal(vault, digest))).to.equal("UnknownProposal");
      expect(await nameOf(refuseProposal(vault, digest))).to.equal("UnknownProposal");
      expect(await pending(vault)).to.deep.equal([]);
    });

    it("as not final while the chain may take it back", async () => {
      const { vault, agent, scope } = await proposing();
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      const patient = { ...vault, finality: { confirmations: 3 } };
      const { entries } = await inbox(patient);
      expect(entries[0]).to.deep.include({ id: digest, final: false, fault: null });
      expect(await nameOf(acceptProposal(patient, digest))).to.equal("ProposalNotFinal");
      expect(await nameOf(refuseProposal(patient, digest))).to.equal("ProposalNotFinal");
      await world.networkHelpers.mine(3);
      await acceptProposal(patient, digest);
    });

    it("as missing while the store lacks it, and is found later", async () => {
      const { vault, agent, scope } = await proposing();
      const { digest, file } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      await world.store.delete(digest);
      for (let i = 0; i < 2; i++) {
        const { entries } = await inbox(vault);
        expect(entries[0]!.fault).to.be.instanceOf(BlobMissing);
        expect(await nameOf(acceptProposal(vault, digest))).to.equal("BlobMissing");
      }
      await world.store.put(file);
      expect(faultsOf(await inbox(vault))).to.deep.equal([null]);
    });
  });

  describe("is shown with its fault, and never accepted", () => {
    /** Has an account name a file on chain. */
    const name = async (vault: Vault, wallet: Holder, digest: string): Promise<void> => {
      await (await vault.contract.connect(wallet).propose(vault.ref.vaultId, `0x${digest}`)).wait();
    };

    it("under another name: a copy is its copier's and nobody's", async () => {
      const { vault, agent, scope } = await proposing();
      await reader(vault, world.relayer);
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      await name(vault, world.relayer, digest);
      const { entries } = await inbox(vault);
      const [own, copy] = [world.stranger, world.relayer].map(({ address }) =>
        entries.find(({ proposer }) => proposer === address.toLowerCase())!,
      );
      expect(own!.fault).to.equal(null);
      expect(copy!.fault).to.be.instanceOf(ProposalRejected);
      expect(copy!.fault!.message).to.match(/left by another account/);
      await refuseProposal(vault, digest, world.relayer.address);
      expect(await acceptProposal(vault, digest)).to.have.length(1);
    });

    it("of another vault, or signed by somebody else, or by nobody", async () => {
      const { vault, agent, scope } = await proposing();
      const { vault: second } = await ownedVault(world);
      const opened = (await newestHead(vault))!;
      const inboxKey = recipientBytes(await recipientOf(secretsOf(opened).inbox));
      const body = { proposer: world.stranger.address.toLowerCase(), nonce: randomBytes(32) };
      const memories = [{ scope, text: "Porto" }];
      const put = async (ref: Vault["ref"], sign: SignProposal): Promise<void> => {
        const file = await writeProposal({ ...body, ref, memories }, inboxKey, sign);
        await name(vault, world.stranger, await world.store.put(file));
      };
      const by =
        (wallet: Holder): SignProposal =>
        (...data) =>
          wallet.signTypedData(...data);
      await put(second.ref, by(world.stranger));
      await put(vault.ref, by(world.relayer));
      await put(vault.ref, () => Promise.resolve(`0x${"00".repeat(65)}`));
      const { entries } = await inbox(vault);
      expect(entries.map(({ fault }) => fault?.name)).to.deep.equal([
        ...["ProposalRejected", "NotSignedBy", "NotSignedBy"],
      ]);
      expect(entries[0]!.fault!.message).to.match(/another vault/);
      for (const { id } of entries)
        expect(await thrown(acceptProposal(vault, id))).to.be.instanceOf(VaultError);
      expect(agent.ref).to.deep.equal(vault.ref);
      expect(await pending(vault)).to.deep.equal([]);
    });

    it("that is no proposal: other bytes, other sizes, altered on the way", async () => {
      const { vault, agent, scope } = await proposing();
      for (const size of [0, 4_095, 4_096, 65_536])
        await name(vault, world.stranger, await world.store.put(new Uint8Array(size).fill(7)));
      const { digest, file } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      const lying = misbehaving(world.store, {
        get: async (asked) => (asked === digest ? file.map((byte) => byte ^ 1) : world.store.get(asked)),
      });
      const { entries } = await inbox({ ...vault, store: lying });
      expect(entries.map(({ fault }) => fault?.name)).to.deep.equal([
        ...["ProposalRejected", "ProposalRejected", "ProposalRejected", "ProposalRejected", "BlobAltered"],
      ]);
    });

    it("that comes again: another with its nonce, whatever was decided; the same file is the same proposal", async () => {
      const { vault, agent, scope } = await proposing();
      const nonce = randomBytes(32);
      const memories = [{ scope, text: "Porto" }];
      const first = await propose(agent, { memories, nonce });
      const second = await propose(agent, { memories: [{ scope, text: "Lisbon" }], nonce });
      await leaveProposal(agent, first);
      expect(faultsOf(await inbox(vault)).map((fault) => fault === null)).to.deep.equal([true, false]);
      expect(await nameOf(acceptProposal(vault, second.digest))).to.equal("ProposalRejected");
      const ids = await acceptProposal(vault, first.digest);
      await leaveProposal(agent, first);
      expect(faultsOf(await inbox(vault)).every((fault) => /replay/.test(fault!))).to.equal(true);
      await expectFaults(vault, [second.digest]);
      expect(await acceptProposal(vault, first.digest)).to.deep.equal(ids);
      await sync(vault);
      expect(await textsIn(vault)).to.deep.equal(["Porto", "Sleeps", "Window seats"]);
    });

    it("that comes again after it was refused", async () => {
      const { vault, agent, scope } = await proposing();
      const nonce = randomBytes(32);
      const first = await propose(agent, { memories: [{ scope, text: "Porto" }], nonce });
      await refuseProposal(vault, first.digest);
      await leaveProposal(agent, first);
      const second = await propose(agent, { memories: [{ scope, text: "Lisbon" }], nonce });
      await expectFaults(vault, [second.digest]);
      expect(await nameOf(acceptProposal(vault, first.digest))).to.equal("UnknownProposal");
    });

    it("for a scope that was taken away, or from whom no grant is left", async () => {
      const vault = await owned();
      const agent = await reader(vault, world.stranger, ["travel", "health"]);
      const health = await scopeOf(agent, "health");
      const { digest } = await propose(agent, { memories: [{ scope: health, text: "Runs" }] });
      await change(vault, world.stranger.address, { scopes: ["travel"] });
      const [narrowed] = (await inbox(vault)).entries;
      expect(narrowed!.fault!.message).to.match(/not granted the scope "health"/);
      expect(narrowed!.memories![0]!.text).to.equal("Runs");
      await revoke(vault, world.stranger.address);
      const [revoked] = (await inbox(vault)).entries;
      expect(revoked!.grant).to.equal(null);
      expect(revoked!.fault!.message).to.match(/no grant any more/);
      expect(await nameOf(acceptProposal(vault, digest))).to.equal("ProposalRejected");
    });

    it("that is sealed to an inbox key of before a rekey; what comes after is for the new one", async () => {
      const { vault, seed } = await ownedVault(world);
      await remember(vault, { scope: "travel", text: "Window seats" });
      await sync(vault);
      const agent = await reader(vault, world.stranger);
      const scope = await scopeOf(agent);
      await propose(agent, { memories: [{ scope, text: "Porto" }] });
      await rekey(vault, { remove: [], confirmed: [], words: seed });
      expect(faultsOf(await inbox(vault))[0]).to.match(/earlier inbox key/);
      await read(agent);
      const { digest } = await propose(agent, { memories: [{ scope, text: "Lisbon" }] });
      expect(await acceptProposal(vault, digest)).to.have.length(1);
    });

    async function expectFaults(vault: Vault, digests: readonly string[]): Promise<void> {
      const { entries } = await inbox(vault);
      for (const { fault } of entries) expect(fault).to.be.instanceOf(ProposalRejected);
      expect(new Set(entries.map(({ id }) => id))).to.deep.equal(new Set(digests));
      for (const digest of digests)
        expect(await nameOf(acceptProposal(vault, digest))).to.equal("ProposalRejected");
    }
  });

  describe("for an agent contract", () => {
    it("an agent contract's is signed by its operator, and left through the contract", async () => {
      const vault = await owned();
      const operator = world.relayer;
      const factory = new ConciergeAgent__factory(operator);
      const agent = await factory.deploy(
        await world.memoryVault.getAddress(),
        await world.keyRegistry.getAddress(),
        operator.address,
      );
      await agent.waitForDeployment();
      const account = await agent.getAddress();
      const identity = generateIdentity();
      const { welcome } = await grant(vault, {
        ...{ recipient: await recipientOf(identity), account, scopes: ["travel"], propose: true },
        expiresAt: await inDays(world, 30),
      });
      const runner = await acceptWelcome({
        ...{ ...device(world), address: world.address, identity },
        welcome: welcome!,
      });
      const memories = [{ scope: await scopeOf(runner), text: "Likes Porto" }];
      const made = await makeProposal(runner, { memories, signer: operator });
      await (await agent.propose(vault.ref.vaultId, await storeProposal(runner, made))).wait();
      const forged = await makeProposal(runner, { memories, signer: world.stranger });
      await (await agent.propose(vault.ref.vaultId, await storeProposal(runner, forged))).wait();
      const { entries } = await inbox(vault);
      expect(entries.map(({ proposer }) => proposer)).to.deep.equal(Array(2).fill(account.toLowerCase()));
      expect(entries[0]!.fault).to.equal(null);
      expect(entries[1]!.fault).to.be.instanceOf(NotSignedBy);
      const [id] = await acceptProposal(vault, made.digest);
      await sync(vault);
      const found = (await read(vault)).scopes
        .flatMap((each) => each.memories)
        .find((each) => each.id === id);
      expect(found!.source.agent).to.equal(account.toLowerCase());
    });
  });

  describe("however many come", () => {
    /** Leaves proposals of one memory each. */
    async function flood(agent: Vault, scope: string, count: number, from = 0): Promise<Proposed[]> {
      const left: Proposed[] = [];
      for (let i = from; i < from + count; i++)
        left.push(await propose(agent, { memories: [{ scope, text: `No. ${i}` }] }));
      return left;
    }

    const textsOf = ({ entries }: Inbox, proposer: Holder): (string | undefined)[] =>
      entries
        .filter((entry) => entry.proposer === proposer.address.toLowerCase())
        .map(({ memories }) => memories?.[0]?.text);

    it("shows 64 of each, the oldest, counts the rest, and goes on when those are decided", async () => {
      const { vault, agent, scope } = await proposing();
      const calm = await reader(vault, world.relayer);
      const sent = await flood(agent, scope, 70);
      const { digest } = await propose(calm, { memories: [{ scope, text: "Only one" }] });
      const proposer = world.stranger.address.toLowerCase();
      for (let i = 0; i < 2; i++) {
        const box = await inbox(vault);
        expect(textsOf(box, world.stranger)).to.deep.equal(sent.slice(0, 64).map((_, n) => `No. ${n}`));
        expect(box.more).to.deep.equal([{ proposer, count: 6 }]);
        expect(box.entries.findIndex(({ id }) => id === digest)).to.be.at.most(1);
      }
      await refuseProposal(vault, sent[0]!.digest);
      await refuseProposal(vault, sent[5]!.digest);
      const next = await inbox(vault);
      expect(textsOf(next, world.stranger).slice(-2)).to.deep.equal(["No. 64", "No. 65"]);
      expect(next.more).to.deep.equal([{ proposer, count: 4 }]);
      const later = await flood(agent, scope, 1, 70);
      for (const { digest: each } of sent.slice(1, 5)) await refuseProposal(vault, each);
      const last = await inbox(vault);
      expect(textsOf(last, world.stranger).slice(-2)).to.deep.equal(["No. 68", "No. 69"]);
      expect(last.more).to.deep.equal([{ proposer, count: 1 }]);
      await refuseProposal(vault, sent[6]!.digest);
      const all = await inbox(vault);
      expect(all.more).to.deep.equal([]);
      expect(all.entries.map(({ id }) => id)).to.include(later[0]!.digest);
    }).timeout(60_000);

    it("asks the chain for each block once, in ranges, and each file of what it shows", async () => {
      const { vault, agent, scope } = await proposing();
      const sent = await flood(agent, scope, 3);
      const asked: [number, number][] = [];
      const watched = between(world.connection.provider, ({ method, params, forward }) => {
        const [filter] = params as [{ fromBlock: string; toBlock: string }];
        if (method === "eth_getLogs") asked.push([Number(filter.fromBlock), Number(filter.toBlock)]);
        return forward();
      });
      const device = vaultAt(vault.ref, {
        ...{ provider: watched, store: vault.store, wallet: world.owner },
        ...{ journalStore: vault.journal.store, journalKey: vault.journal.key },
      });
      await inbox(device);
      const newest = await world.provider.getBlockNumber();
      expect(asked).to.deep.equal([[0, newest]]);
      await world.networkHelpers.mine(25_000);
      await inbox(device);
      expect(asked.slice(1).map(([first]) => first)).to.deep.equal([
        newest + 1,
        newest + 5_001,
        newest + 15_001,
      ]);
      asked.length = 0;
      expect((await inbox(device)).entries.map(({ id }) => id)).to.deep.equal(
        sent.map(({ digest }) => digest),
      );
      expect(asked).to.deep.equal([]);
    });

    it("keeps track of 64 accounts that have no grant, and shows members first", async () => {
      const { vault, agent, scope } = await proposing();
      const contract = vault.contract.connect(world.owner);
      const expiresAt = await inDays(world, 1);
      for (let i = 0; i < 66; i++) {
        const stranger = Wallet.createRandom(world.provider);
        await world.networkHelpers.setBalance(stranger.address, 10n ** 18n);
        // The chain alone knows of it: a thief of the wallet can do that, or a former owner did.
        await contract.grant(vault.ref.vaultId, stranger.address, expiresAt, 3, ZeroHash);
        await contract.connect(stranger).propose(vault.ref.vaultId, hexlify(randomBytes(32)));
      }
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      const { entries, strange } = await inbox(vault);
      expect(entries).to.have.length(65);
      expect(strange).to.equal(2);
      expect(entries[0]).to.deep.include({ id: digest, fault: null });
      expect(entries.slice(1).every(({ grant: known }) => known === null)).to.equal(true);
    }).timeout(60_000);

    it("shows what both of two RPCs show, and stops where one hides something", async () => {
      const { vault, agent, scope } = await proposing();
      const second = (provider: Vault["provider"]): Vault => ({
        ...{ ...vault, patience: 0 },
        second: { provider, contract: vault.contract.connect(provider) },
      });
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      expect(await nameOf(inbox(second(pruned(world.provider))))).to.equal("RpcsDisagree");
      const { entries } = await inbox(second(world.provider));
      expect(entries.map(({ id }) => id)).to.deep.equal([digest]);
    });

    describe("on a node that gives so many events at once and no more", () => {
      const onNode = (vault: Vault, provider: Vault["provider"]): Vault => ({
        ...{ ...vault, provider },
        contract: vault.contract.connect(provider),
      });

      /** Leaves many in one block. */
      const burst = async (vault: Vault, wallet: Holder, count: number): Promise<void> => {
        const calls = Array.from({ length: count }, () =>
          world.memoryVault.interface.encodeFunctionData("propose", [
            vault.ref.vaultId,
            hexlify(randomBytes(32)),
          ]),
        );
        await (await world.memoryVault.connect(wallet).multicall(calls)).wait();
      };

      it("are all found, in less at once, and counted once", async () => {
        const { vault, agent, scope } = await proposing();
        const sent = await flood(agent, scope, 12);
        const poor = onNode(vault, limited(world.provider, 3));
        for (let i = 0; i < 2; i++) {
          const { entries, withheld } = await inbox(poor);
          expect(entries.map(({ id }) => id)).to.deep.equal(sent.map(({ digest }) => digest));
          expect(withheld).to.deep.equal([]);
        }
      });

      it("are a member's own trouble, and hide no other member's, before the revoke and after it", async () => {
        const { vault, agent, scope } = await proposing();
        await reader(vault, world.relayer);
        const before = await propose(agent, { memories: [{ scope, text: "Before" }] });
        await burst(vault, world.relayer, 12);
        const after = await propose(agent, { memories: [{ scope, text: "After" }] });
        const provider = limited(world.provider, 10);
        const poor = onNode(vault, provider);
        const honest = [before, after].map(({ digest }) => digest);
        for (let i = 0; i < 2; i++) {
          const { entries, withheld } = await inbox(poor);
          expect(entries.map(({ id }) => id)).to.deep.equal(honest);
          expect(withheld).to.deep.equal([world.relayer.address.toLowerCase()]);
        }
        await acceptProposal(poor, before.digest);
        await revoke(vault, world.relayer.address);
        const left = await inbox(poor);
        expect(left.entries.map(({ id }) => id)).to.deep.equal([after.digest]);
        expect(left.withheld).to.deep.equal([]);
        // A node that gives more brings the rest, and what is known comes once.
        const { entries, more } = await inbox(vault);
        expect(entries.filter(({ id }) => honest.includes(id))).to.have.length(1);
        expect(entries).to.have.length(13);
        expect(more).to.deep.equal([]);
      });

      it("are no fault of a node that is away, whose news are kept until then", async () => {
        const { vault, agent, scope } = await proposing();
        await propose(agent, { memories: [{ scope, text: "Porto" }] });
        await world.networkHelpers.mine(25_000);
        let left = 2;
        const away = between(world.connection.provider, ({ method, forward }) => {
          if (method === "eth_getLogs" && left > 0) left -= 1;
          else if (method === "eth_getLogs") left = -1;
          return left < 0
            ? Promise.reject(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))
            : forward();
        });
        expect(await nameOf(inbox(onNode(vault, away)))).to.equal("RpcUnavailable");
        const { block } = await readWaiting(vault);
        expect(block).to.be.greaterThan(0);
        expect(block).to.be.lessThan(await world.provider.getBlockNumber());
        expect((await inbox(vault)).entries).to.have.length(1);
      });
    });

    it("is accepted once where two processes do it at once", async () => {
      const { vault, agent, scope } = await proposing();
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      const twice = await Promise.allSettled([
        acceptProposal(vault, digest),
        acceptProposal({ ...vault }, digest),
      ]);
      expect(twice.map(({ status }) => status)).to.include("fulfilled");
      expect((await pending(vault)).filter(isOfMemory)).to.have.length(1);
    });

    it("gives up where the RPC makes its newest block up", async () => {
      const { vault } = await proposing();
      const { provider, asked } = boasting(world.provider, 2 ** 40);
      const device = { ...vault, provider, contract: vault.contract.connect(provider) };
      expect(await thrown(lookForProposals(device, new Set()))).to.be.instanceOf(BlocksOutOfReach);
      expect(asked()).to.equal(0);
    });

    it("keeps what it knew when a node shows an older chain, and nothing that the chain took back", async () => {
      const { vault, agent, scope } = await proposing();
      const snapshot = await world.networkHelpers.takeSnapshot();
      const { digest } = await propose(agent, { memories: [{ scope, text: "Porto" }] });
      const patient = { ...vault, finality: { confirmations: 2 } };
      expect((await inbox(patient)).entries.map(({ id }) => id)).to.deep.equal([digest]);
      await snapshot.restore();
      await world.networkHelpers.mine(3);
      expect((await inbox(patient)).entries).to.deep.equal([]);
      const again = await propose(agent, { memories: [{ scope, text: "Lisbon" }] });
      await world.networkHelpers.mine(1);
      expect((await inbox(patient)).entries.map(({ id }) => id)).to.deep.equal([again.digest]);
    });

    it("does not wait for a store that has none of somebody's", async () => {
      const { vault, agent, scope } = await proposing();
      const calm = await reader(vault, world.relayer);
      const sent = await flood(agent, scope, 5);
      const { digest } = await propose(calm, { memories: [{ scope, text: "Only one" }] });
      const slow = new Set(sent.slice(0, 4).map((each) => each.digest));
      let clock = Date.now();
      const asked: string[] = [];
      const hanging = misbehaving(world.store, {
        get: (each) => {
          asked.push(each);
          if (!slow.has(each)) return world.store.get(each);
          clock += 11_000;
          return Promise.reject(new StoreUnavailable("slow", "it did not answer"));
        },
      });
      const device = { ...vault, store: hanging, now: () => clock };
      const first = await inbox(device);
      expect(first.entries.find(({ id }) => id === digest)!.fault).to.equal(null);
      const late = first.entries.find(({ id }) => id === sent[4]!.digest)!;
      expect(late.fault).to.be.instanceOf(StoreUnavailable);
      expect(asked).to.not.include(sent[4]!.digest);
      const second = await inbox({ ...device, cache: new Map() });
      // What was missing is asked for last, so that what comes after it has its turn.
      expect(second.entries.find(({ id }) => id === sent[4]!.digest)!.fault).to.equal(null);
      slow.clear();
      expect(faultsOf(await inbox(device))).to.deep.equal(Array<null>(6).fill(null));
    });
  });

  describe("by the owner's rule", () => {
    const memberOf = async (vault: Vault): Promise<string> => (await grants(vault))[0]!.id;

    it("is accepted without a look: of that grant, for that scope, from then on, and nothing else", async () => {
      const vault = await owned();
      const agent = await reader(vault, world.stranger, ["travel", "health"]);
      const other = await reader(vault, world.relayer);
      const [travel, health] = [await scopeOf(agent), await scopeOf(agent, "health")];
      const before = await propose(agent, { memories: [{ scope: travel, text: "Before" }] });
      const member = (await grants(vault)).find(
        ({ grantee }) => grantee === world.stranger.address.toLowerCase(),
      )!.id;
      await allow(vault, { member, scope: "travel" });
      await world.networkHelpers.mine(1);
      await propose(agent, { memories: [{ scope: travel, text: "Covered" }] });
      const mixed = await propose(agent, {
        memories: [
          { scope: travel, text: "Half" },
          { scope: health, text: "covered" },
        ],
      });
      const others = await propose(other, { memories: [{ scope: travel, text: "Somebody else's" }] });
      const { taken, inbox: left } = await applyRules(vault);
      expect(taken.map(({ entry }) => entry.memories![0]!.text)).to.deep.equal(["Covered"]);
      expect(new Set(left.entries.map(({ id }) => id))).to.deep.equal(
        new Set([before, mixed, others].map(({ digest }) => digest)),
      );
      expect((await applyRules(vault)).taken).to.deep.equal([]);
      await sync(vault);
      expect(await textsIn(vault)).to.deep.equal(["Covered", "Sleeps", "Window seats"]);
    });

    it("of one device alone: another's knows nothing of what was refused or forgotten, unless it saw it", async () => {
      const { vault, seed } = await ownedVault(world);
      await remember(vault, { scope: "travel", text: "Window seats" });
      await sync(vault);
      const agent = await reader(vault, world.stranger);
      const scope = await scopeOf(agent);
      const other = await sibling(seed);
      await allow(other, { member: await memberOf(vault), scope: "travel" });
      const leave = async (text: string): Promise<string> =>
        (await propose(agent, { memories: [{ scope, text }] })).digest;
      const takenThere = async (): Promise<string[]> =>
        (await applyRules(other)).taken.map(({ entry }) => entry.memories![0]!.text);
      const forgotten = async (text: string, seen: boolean): Promise<void> => {
        const [id] = await acceptProposal(vault, await leave(text));
        await sync(vault);
        if (seen) expect(await takenThere()).to.deep.equal([]);
        await forget(vault, { id: id!, revision: 1 });
        await sync(vault);
      };
      await forgotten("Seen there", true);
      expect(await takenThere()).to.deep.equal([]);
      // These two are the limits that SECURITY.md names: the vault keeps no note of either.
      await forgotten("Not seen there", false);
      expect(await takenThere()).to.deep.equal(["Not seen there"]);
      await refuseProposal(vault, await leave("Refused here"));
      expect(await takenThere()).to.deep.equal(["Refused here"]);
    });

    it("names a grant that may propose, and a scope that it reads", async () => {
      const vault = await owned();
      await reader(vault, world.stranger, ["travel"], false);
      const mute = await memberOf(vault);
      expect(await nameOf(allow(vault, { member: mute, scope: "travel" }))).to.equal("MayNotPropose");
      expect(await nameOf(allow(vault, { member: "ab".repeat(16), scope: "travel" }))).to.equal("NotGranted");
      await change(vault, world.stranger.address, { propose: true });
      expect(await nameOf(allow(vault, { member: mute, scope: "health" }))).to.equal("ScopeNotGranted");
      await allow(vault, { member: mute, scope: "travel" });
      expect((await rules(vault)).map(({ scopeName }) => scopeName)).to.deep.equal(["travel"]);
      expect(await disallow(vault, { member: mute, scope: "travel" })).to.equal(true);
      expect(await disallow(vault, { member: mute, scope: "travel" })).to.equal(false);
      expect(await rules(vault)).to.deep.equal([]);
    });

    it("ends with the grant: what the next grant of that account brings needs a new one", async () => {
      const { vault, agent, scope } = await proposing();
      await allow(vault, { member: await memberOf(vault), scope: "travel" });
      await propose(agent, { memories: [{ scope, text: "Before the revoke" }] });
      await revoke(vault, world.stranger.address);
      expect((await rules(vault))[0]!.ended).to.equal(true);
      expect((await applyRules(vault)).taken).to.deep.equal([]);
      const again = await reader(vault, world.stranger);
      await propose(again, { memories: [{ scope, text: "After it" }] });
      const { taken, inbox: left } = await applyRules(vault);
      expect(taken).to.deep.equal([]);
      expect(left.entries).to.have.length(2);
    });

    it("does nothing once the grant has expired, and leaves the proposal to the owner", async () => {
      const { vault, agent, scope } = await proposing();
      await allow(vault, { member: await memberOf(vault), scope: "travel" });
      const { digest } = await propose(agent, { memories: [{ scope, text: "In time" }] });
      await world.networkHelpers.time.increase(31 * 86_400);
      const { taken, inbox: left } = await applyRules(vault);
      expect(taken).to.deep.equal([]);
      expect(left.entries[0]!.grant!.ended).to.equal(true);
      expect(await acceptProposal(vault, digest)).to.have.length(1);
    });

    it("takes 32 of one proposer's within a day of block time", async () => {
      const { vault, agent, scope } = await proposing();
      await allow(vault, { member: await memberOf(vault), scope: "travel" });
      for (let i = 0; i < 34; i++) await propose(agent, { memories: [{ scope, text: `No. ${i}` }] });
      expect((await applyRules(vault)).taken).to.have.length(32);
      expect((await applyRules(vault)).taken).to.have.length(0);
      await world.networkHelpers.time.increase(86_401);
      const next = await propose(agent, { memories: [{ scope, text: "The next day" }] });
      const { taken, inbox: left } = await applyRules(vault);
      expect(taken.map(({ entry }) => entry.id)).to.deep.equal([next.digest]);
      expect(left.entries).to.have.length(2);
    }).timeout(60_000);
  });

  describe("survives a kill at any step of the journal", () => {
    it("and is accepted once, whatever came before, and forgotten for good", async () => {
      const { vault, agent, scope } = await proposing();
      let n = 0;
      for (let step = 1; ; step++) {
        const { digest } = await propose(agent, { memories: [{ scope, text: `No. ${++n}` }] });
        await inbox(vault);
        const { store, cut } = powerCut(vault.journal.store, step);
        const dying = { ...vault, journal: { ...vault.journal, store } };
        await acceptProposal(dying, digest).catch(() => undefined);
        if (!cut()) break;
        // Sent before anybody looks into the inbox again, and forgotten.
        if (step % 2 === 0) {
          await sync(vault);
          const landed = (await read(vault)).scopes.flatMap(({ memories }) => memories);
          const made = landed.find(({ text }) => text === `No. ${n}`);
          if (made !== undefined) {
            await forget(vault, made);
            await sync(vault);
            await acceptProposal(vault, digest);
            await sync(vault);
            expect(await textsIn(vault), `step ${step}`).to.not.include(`No. ${n}`);
            continue;
          }
        }
        await acceptProposal(vault, digest);
        await sync(vault);
        expect(
          (await textsIn(vault)).filter((text) => text === `No. ${n}`),
          `step ${step}`,
        ).to.have.length(1);
        expect((await inbox(vault)).entries).to.deep.equal([]);
      }
      expect(n).to.be.greaterThan(5);
    }).timeout(60_000);
  });
});
