import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { id, Wallet, type Signer } from "ethers";

import {
  acceptRequest,
  checkRequest,
  decodeRequest,
  keepRequest,
  keptRequest,
  makeRequest,
  refuseRequest,
  requestIdOf,
  requests,
  type AccessRequest,
  type MakeGrant,
} from "../../client/agents.ts";
import {
  collectWelcome,
  dropWelcome,
  grant,
  grants,
  keyOf,
  publishKey,
  read,
  recipientBytes,
  remember,
  revoke,
  sync,
  vaultAt,
  type Granted,
  type Vault,
} from "../../client/index.ts";
import { encodeRequest } from "../../client/agents/access-request.ts";
import { ConciergeAgent__factory } from "../../typechain-types/index.ts";
import { deployDouble } from "../contracts/doubles/double.ts";
import { answering, powerCut } from "../helpers/doubles.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

describe("Consent: an agent asks, and is granted exactly what its owner saw", () => {
  let world: World;
  let registry: string;
  let operator: Signer;
  let vault: Vault;
  /** How the owner's device grants. */
  const granting =
    (by: Vault): MakeGrant<Granted> =>
    ({ account, recipient, scopes, expiresAt, propose, label }) =>
      grant(by, { recipient, account, scopes, expiresAt, propose, label });
  const take = (by: Vault, requestId: string, label = "") =>
    acceptRequest(by, registry, requestId, label, granting(by));

  before(async () => {
    world = await createWorld();
    registry = await world.keyRegistry.getAddress();
    operator = world.buyer;
    ({ vault } = await furnished());
  });

  async function furnished() {
    const owned = await ownedVault(world, device(world, world.owner));
    await remember(
      owned.vault,
      { scope: "health", text: "Allergic to penicillin" },
      { scope: "travel", text: "Window seat" },
    );
    await sync(owned.vault);
    return owned;
  }

  /** An agent contract with an operator, and its published key. */
  async function newAgent(by = operator) {
    const { memoryVault, keyRegistry } = world;
    const args = [await memoryVault.getAddress(), registry, await by.getAddress()] as const;
    const agent = await new ConciergeAgent__factory(world.owner).deploy(...args);
    const [account, reader] = [await agent.getAddress(), await newReader()];
    const publish = async (recipient: string): Promise<string> => {
      await agent
        .connect(by)
        .publishKey(recipientBytes(recipient), await inDays(world, 300), `0x${"00".repeat(32)}`);
      return (await keyOf(keyRegistry, account)).digest;
    };
    return { account, ...reader, publish, digest: await publish(reader.recipient) };
  }

  const termsFor = async (
    agent: { readonly account: string; readonly digest: string },
    changes: Partial<AccessRequest> = {},
  ): Promise<Omit<AccessRequest, "nonce">> => ({
    ref: vault.ref,
    account: agent.account,
    recipientDigest: agent.digest,
    scopes: ["travel", "dreams"],
    permissions: 3,
    expiresAt: await inDays(world, 30),
    purpose: "To plan a journey",
    ...changes,
  });

  const ask = async (
    agent: { readonly account: string; readonly digest: string },
    changes: Partial<AccessRequest> = {},
    signer: Signer = operator,
  ): Promise<string> => makeRequest(await termsFor(agent, changes), signer, randomBytes);

  it("grants what was asked for to an agent contract whose operator signed, under the owner's label", async () => {
    const agent = await newAgent();
    const line = await ask(agent);
    const checked = await keepRequest(vault, registry, line);
    expect(checked).to.deep.include({ isContract: true, operator: await operator.getAddress() });
    expect(checked.signedBy).to.deep.equal({ as: "operator", signer: await operator.getAddress() });
    const { request } = decodeRequest(line);
    const granted = await take(vault, checked.id, "my travel agent");
    const [entry] = (await grants(vault)).filter(({ grantee }) => grantee === request.account);
    expect(entry).to.deep.include({
      ...{ listed: true, label: "my travel agent", expiresAt: request.expiresAt, permissions: 3 },
      ...{ id: granted!.memberId, admission: "fresh" },
    });
    expect(entry!.scopeNames.toSorted()).to.deep.equal(["dreams", "travel"]);
    const onChain = await world.memoryVault.grantOf(vault.ref.vaultId, agent.account);
    expect([onChain.expiresAt, onChain.permissions]).to.deep.equal([BigInt(request.expiresAt), 3n]);
    const reader = await accept(world, agent.identity, (await collectWelcome(vault, granted!.memberId))!);
    expect((await read(reader)).scopes.map(({ name }) => name).toSorted()).to.deep.equal([
      "dreams",
      "travel",
    ]);
    expect(await keptRequest(vault, checked.id)).to.include({
      state: "accepted",
      memberId: granted!.memberId,
    });
  });

  it("grants to an account of a key, and to one of a wallet contract", async () => {
    const reader = await newReader();
    await publishKey(world.keyRegistry.connect(world.stranger), reader.recipient, await inDays(world, 300));
    const { digest } = await keyOf(world.keyRegistry, world.stranger.address);
    const line = await ask({ account: world.stranger.address, digest }, { permissions: 1 }, world.stranger);
    const { id: own, signedBy, isContract, operator: named } = await keepRequest(vault, registry, line);
    expect([signedBy.as, isContract, named]).to.deep.equal(["account", false, null]);
    await take(vault, own);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, world.stranger.address)).to.equal(true);
    expect(await world.memoryVault.canPropose(vault.ref.vaultId, world.stranger.address)).to.equal(false);
    // A wallet contract is asked, whatever its signature looks like.
    const wallet = await deployDouble(world.connection, "LyingWallet");
    const odd = { signTypedData: () => Promise.resolve("0x01") };
    const asked = await makeRequest(await termsFor({ account: wallet, digest }), odd, randomBytes);
    // It published no key: it signs, and is granted nothing.
    expect(await nameOf(checkRequest(vault, registry, asked))).to.equal("KeyNotPublished");
  });

  describe("refuses, by name,", () => {
    let agent: Awaited<ReturnType<typeof newAgent>>;
    before(async () => {
      agent = await newAgent();
    });
    const check = (line: string, by = vault): Promise<unknown> => checkRequest(by, registry, line);

    it("a request of which any field was changed after it was signed", async () => {
      const { request, signature } = decodeRequest(await ask(agent));
      const other = await newAgent();
      const changes: Partial<AccessRequest>[] = [
        { account: other.account.toLowerCase() },
        { recipientDigest: id("another key") },
        ...[
          { scopes: ["travel"] },
          { scopes: ["dreams", "travel"] },
          { scopes: ["travel", "dreams", "health"] },
        ],
        ...[{ permissions: 1 }, { expiresAt: request.expiresAt + 1 }, { purpose: "To plan a journey." }],
        { nonce: id("another nonce") },
      ];
      for (const change of changes) {
        const line = encodeRequest({ request: { ...request, ...change }, signature });
        expect(await nameOf(check(line)), JSON.stringify(change)).to.equal("NotSignedBy");
      }
      await check(encodeRequest({ request, signature }));
    });

    it("one for another vault, contract or chain, though it was signed for that", async () => {
      for (const elsewhere of [
        { vaultId: vault.ref.vaultId + 1n },
        { contract: world.stranger.address.toLowerCase() },
        { chainId: 1n },
      ]) {
        const line = await ask(agent, { ref: { ...vault.ref, ...elsewhere } });
        expect(await nameOf(check(line))).to.equal("RequestElsewhere");
        // Relabelled for this vault it bears no signature for it.
        const { request, signature } = decodeRequest(line);
        const here = encodeRequest({ request: { ...request, ref: vault.ref }, signature });
        expect(await nameOf(check(here))).to.equal("NotSignedBy");
      }
    });

    it("one that the operator of another agent signed, or nobody whom the contract names", async () => {
      expect(await nameOf(check(await ask(agent, {}, world.relayer)))).to.equal("NotSignedBy");
      // A contract that names a stranger as its operator, without that one's signature.
      const claimed = await newAgent(world.relayer);
      expect(await nameOf(check(await ask(claimed, {}, operator)))).to.equal("NotSignedBy");
    });

    it("one under a key that was replaced or retired since", async () => {
      const rotated = await newAgent();
      const line = await ask(rotated);
      await check(line);
      await rotated.publish((await newReader()).recipient);
      const fault = await thrown(check(line));
      expect(fault).to.include({ name: "KeyChanged", signed: rotated.digest });
      const { id: kept } = await keepRequest(vault, registry, await ask(agent));
      expect(await requests(vault)).to.satisfy((all: { id: string }[]) =>
        all.some((each) => each.id === kept),
      );
      await refuseRequest(vault, kept);
      const retired = ConciergeAgent__factory.connect(rotated.account, operator);
      await retired.retireKey();
      expect(await nameOf(check(line))).to.equal("KeyNotPublished");
    });

    it("one whose key was replaced between its arrival and the owner's word", async () => {
      const late = await newAgent();
      const { id: kept } = await keepRequest(vault, registry, await ask(late));
      await late.publish((await newReader()).recipient);
      expect(await nameOf(take(vault, kept))).to.equal("KeyChanged");
      expect(await world.memoryVault.canRead(vault.ref.vaultId, late.account)).to.equal(false);
    });

    it("one that is over, or would last for ever", async () => {
      const now = await inDays(world, 0);
      for (const expiresAt of [now - 1, now, now + 3_155_760_000 + 100])
        expect(await nameOf(check(await ask(agent, { expiresAt })))).to.equal("InvalidExpiry");
    });

    it("one of a member, and one on which two nodes disagree", async () => {
      const member = await newAgent();
      const { id: first } = await keepRequest(vault, registry, await ask(member));
      await take(vault, first);
      expect(await nameOf(check(await ask(member)))).to.equal("AlreadyMember");
      // A node that makes up a key, or an operator, is not believed where a second one says otherwise.
      const line = await ask(agent);
      const call = world.keyRegistry.interface.encodeFunctionData("keyOf", [agent.account]);
      const word = id("made up").slice(2);
      const liar = answering(world.provider, ({ data }) =>
        Promise.resolve(data === call ? `0x${word}${"00".repeat(95)}ff` : null),
      );
      const { ref, journal } = vault;
      const parts = { provider: world.provider, secondProvider: liar, patience: 0, store: world.store };
      const two = vaultAt(ref, { ...parts, journalStore: journal.store, journalKey: journal.key });
      expect(await nameOf(check(line, two))).to.equal("RpcsDisagree");
    });
  });

  describe("takes a request once on a device", () => {
    it("whatever became of it: accepted, revoked, refused, or signed anew", async () => {
      const [agent, other] = [await newAgent(), await newAgent()];
      const line = await ask(agent);
      const { id: kept } = await keepRequest(vault, registry, line);
      // Added again it is the same one.
      await keepRequest(vault, registry, line);
      expect(requestIdOf(decodeRequest(line).request)).to.equal(kept);
      const granted = await take(vault, kept);
      // Until its welcome was handed over, accepting it again goes on.
      expect(await take(vault, kept)).to.equal(null);
      await dropWelcome(vault, granted!.memberId);
      expect(await nameOf(take(vault, kept))).to.equal("RequestTaken");
      await revoke(vault, agent.account);
      expect(await nameOf(take(vault, kept))).to.equal("RequestTaken");
      expect(await nameOf(keepRequest(vault, registry, line))).to.equal("RequestTaken");
      expect(await nameOf(refuseRequest(vault, kept))).to.equal("RequestTaken");
      expect((await keptRequest(vault, kept)).memberId).to.equal(granted!.memberId);
      expect(await world.memoryVault.canRead(vault.ref.vaultId, agent.account)).to.equal(false);

      const unwanted = await ask(other);
      const { id: refused } = await keepRequest(vault, registry, unwanted);
      const { request } = decodeRequest(unwanted);
      const anew = await makeRequest({ ...request, purpose: "Another" }, operator, () =>
        Buffer.from(request.nonce.slice(2), "hex"),
      );
      expect(await nameOf(keepRequest(vault, registry, anew))).to.equal("RequestTaken");
      await refuseRequest(vault, refused);
      for (const again of [unwanted, anew])
        expect(await nameOf(keepRequest(vault, registry, again))).to.equal("RequestTaken");
      expect(await nameOf(take(vault, refused))).to.equal("RequestTaken");
      expect(await nameOf(take(vault, "00".repeat(32)))).to.equal("UnknownRequest");
    });

    it("and not again in another's name: a nonce is its account's own", async () => {
      const [agent, copycat] = [await newAgent(), await newAgent()];
      const line = await ask(agent);
      const { nonce } = decodeRequest(line).request;
      const copied = await makeRequest(await termsFor(copycat), operator, () =>
        Buffer.from(nonce.slice(2), "hex"),
      );
      const { id: first } = await keepRequest(vault, registry, copied);
      await refuseRequest(vault, first);
      expect((await keepRequest(vault, registry, line)).id).to.not.equal(first);
    });

    it("killed at any step: accepted again it goes on, and there is one grant", async function () {
      this.timeout(120_000);
      const { vault: first, environment } = await furnished();
      vault = first;
      const { journalStore } = environment;
      if (typeof journalStore === "function") throw new Error("a journal of one vault");
      for (let before = 1, done = false; !done; before++) {
        const agent = await newAgent();
        const line = await ask(agent, { scopes: ["travel"] });
        const { id: kept } = await keepRequest(first, registry, line);
        const cut = powerCut(journalStore, before);
        const dying = vaultAt(first.ref, { ...environment, journalStore: cut.store });
        const ended = await take(dying, kept, "mine").then(
          () => null,
          (fault: unknown) => fault,
        );
        done = !cut.cut();
        expect(ended === null, String(ended)).to.equal(done);
        const again = vaultAt(first.ref, environment);
        // It was begun, perhaps granted: it is never taken for one that nobody looked at.
        if (!done) await take(again, kept, "mine");
        const entries = (await grants(again)).filter(
          ({ grantee }) => grantee === agent.account.toLowerCase(),
        );
        expect(
          entries.map(({ label }) => label),
          `cut before step ${before}`,
        ).to.deep.equal(["mine"]);
        expect(await keptRequest(again, kept)).to.include({ state: "accepted", memberId: entries[0]!.id });
        await revoke(again, agent.account);
        expect(await nameOf(take(again, kept))).to.equal("RequestTaken");
        expect(before).to.be.lessThan(60);
      }
    });
  });

  it("takes no other grant of the account for the request's, where it was interrupted", async () => {
    const { vault: first, environment } = await furnished();
    vault = first;
    const { journalStore } = environment;
    if (typeof journalStore === "function") throw new Error("a journal of one vault");
    for (const other of [
      { scopes: ["travel"] },
      { expiresAt: await inDays(world, 60) },
      { propose: false },
    ]) {
      const agent = await newAgent();
      const { id: kept, request, key } = await keepRequest(first, registry, await ask(agent));
      const dying = vaultAt(first.ref, { ...environment, journalStore: powerCut(journalStore, 2).store });
      await thrown(take(dying, kept));
      expect((await keptRequest(first, kept)).state).to.equal("accepting");
      const terms = { scopes: request.scopes, expiresAt: request.expiresAt, propose: true, ...other };
      const { recipient } = key;
      const again = vaultAt(first.ref, environment);
      await grant(again, { ...terms, recipient, account: agent.account });
      expect(await nameOf(take(again, kept)), JSON.stringify(Object.keys(other))).to.equal("AlreadyMember");
      expect((await keptRequest(first, kept)).state).to.equal("accepting");
      await refuseRequest(again, kept);
    }
  });

  it("has no words of the request in the owner's label, and none of the vault's in the request", async () => {
    const agent = await newAgent();
    const { id: kept } = await keepRequest(
      vault,
      registry,
      await ask(agent, { scopes: ["travel"], purpose: "Trusted" }),
    );
    await take(vault, kept);
    const entry = (await grants(vault)).find(({ grantee }) => grantee === agent.account.toLowerCase());
    expect(entry?.label).to.equal("");
  });

  it("signs nothing with another key than the account's own", async () => {
    const agent = await newAgent();
    const stranger = new Wallet(id("not the operator"));
    const line = await makeRequest(await termsFor(agent), stranger, randomBytes);
    expect(await nameOf(keepRequest(vault, registry, line))).to.equal("NotSignedBy");
    expect((await requests(vault)).map((each) => each.id)).to.not.include(
      requestIdOf(decodeRequest(line).request),
    );
  });
});
