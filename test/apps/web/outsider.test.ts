import { expect } from "chai";
import { BrowserProvider, getBytes, hexlify } from "ethers";

import { outsiderView } from "../../../apps/web/src/pages/others/outsider/view.ts";
import type { OutsiderView, Watched } from "../../../apps/web/src/pages/others/outsider/seen.ts";
import { LogsRefused } from "../../../client/agents.ts";
import {
  digestOf,
  forget,
  grant,
  memoryStore,
  publishKey,
  read,
  recipientBytes,
  registryContract,
  remember,
  revoke,
  RpcUnavailable,
  StoreUnavailable,
  sync,
  VaultNotFound,
  type BlobStore,
} from "../../../client/index.ts";
import { transfer } from "../../../client/manage.ts";
import { secretsOf as secretsIn } from "../../../client/vault/plan.ts";
import { openLatest } from "../../../client/vault/read.ts";
import { createWorld, device, inDays, newReader, ownedVault } from "../../helpers/world.ts";
import { thrown } from "../../helpers/thrown.ts";
import { deploymentOf, FreshProvider } from "./outsider-node.ts";

const CANARIES = {
  text: "canary-text-of-a-memory",
  scope: "canary-scope-name",
  tag: "canary-tag",
  listed: "canary-label-of-a-listed-grant",
  unlisted: "canary-label-of-an-unlisted-grant",
} as const;

/** A store that its keeper can list. */
function listed(store: BlobStore): BlobStore & { readonly kept: Map<string, number> } {
  const kept = new Map<string, number>();
  return {
    ...{ ...store, kept },
    async put(blob) {
      const digest = await store.put(blob);
      kept.set(digest, blob.length);
      return digest;
    },
    list: () => Promise.resolve([...kept].map(([digest, size]) => ({ digest, size }))),
  };
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? String(field) : field));

/** A vault that lived: grants listed and not, a revoke, a forgotten memory, new keys, another owner. */
async function lived() {
  const world = await createWorld();
  const store = listed(memoryStore("a shelf"));
  const deployment = await deploymentOf(world);
  const environment = device(world, world.owner, store);
  const { vault, seed } = await ownedVault(world, environment);
  await remember(vault, { scope: CANARIES.scope, text: CANARIES.text, tags: [CANARIES.tag] });
  await sync(vault);
  const agent = await newReader();
  const registry = registryContract(deployment.keyRegistry, world.stranger);
  await publishKey(registry, agent.recipient, await inDays(world, 90));
  const { address: grantee } = world.stranger as unknown as { address: string };
  await grant(vault, {
    ...{ recipient: agent.recipient, account: grantee, scopes: [CANARIES.scope], label: CANARIES.listed },
    ...{ expiresAt: await inDays(world, 30), propose: true, storeWelcome: true },
  });
  const friend = await newReader();
  await grant(vault, {
    ...{ recipient: friend.recipient, scopes: [CANARIES.scope], label: CANARIES.unlisted },
    expiresAt: await inDays(world, 30),
  });
  await remember(vault, { scope: CANARIES.scope, text: `${CANARIES.text} again` });
  await sync(vault);
  return { world, store, deployment, vault, seed, grantee, agent, friend };
}

describe("what an outsider sees", () => {
  let life: Awaited<ReturnType<typeof lived>>;
  let seen: OutsiderView;
  const watched = (changes: Partial<Watched> = {}): Watched => ({
    provider: new FreshProvider(life.world),
    ...{ deployment: life.deployment, vaultId: life.vault.ref.vaultId, store: life.store },
    ...changes,
  });

  before(async () => {
    life = await lived();
    seen = await outsiderView(watched());
  });

  it("is the same for the owner's own connection, through a wallet and for a stranger", async () => {
    const own = await outsiderView(watched({ provider: life.world.provider }));
    expect(textOf(own)).to.equal(textOf(seen));
    const { provider: chain } = life.world.connection;
    const request = (call: { readonly method: string; readonly params?: readonly unknown[] }) =>
      chain.request({ method: call.method, params: [...(call.params ?? [])] });
    const wallet = new BrowserProvider({ request }, 31_337, { staticNetwork: true });
    expect(textOf(await outsiderView(watched({ provider: wallet })))).to.equal(textOf(seen));
    const second = await outsiderView(watched());
    expect(textOf(second)).to.equal(textOf(seen));
  });

  it("has nothing that the vault says: no text, topic, label or key", async () => {
    const shown = textOf(seen);
    const keys = await secretsOf(life);
    expect(keys.length).to.be.above(1);
    for (const secret of [...Object.values(CANARIES), hexlify(life.seed).slice(2), ...keys]) {
      expect(shown.includes(secret), secret).to.equal(false);
      expect(shown.includes(Buffer.from(secret).toString("hex")), secret).to.equal(false);
    }
    // The unlisted reader's key stands nowhere.
    expect(shown.includes(hexlify(recipientBytes(life.friend.recipient)).slice(2))).to.equal(false);
    expect(shown.includes(hexlify(recipientBytes(life.agent.recipient)).slice(2))).to.equal(true);
    expect((await read(life.vault)).scopes[0]?.memories[0]?.text).to.contain("canary");
  });

  it("names the owner, the head and the picture", async () => {
    const head = await life.vault.contract.memoryHead(life.vault.ref.vaultId);
    expect(seen.head).to.include({ owner: head.owner, authorizer: head.authorizer, locked: true });
    expect(seen.head).to.include({ sequence: 4, generation: 1, root: head.root, pointer: head.pointer });
    expect(seen.token?.name).to.match(/^Memory Vault 0x[0-9a-f]{8}$/);
    expect(seen.token?.image).to.match(/^data:image\/svg\+xml;base64,/);
  });

  it("has every commit, with who sent it, what it cost and what came with it", () => {
    expect(seen.commits.map(({ sequence }) => sequence)).to.deep.equal([1, 2, 3, 4]);
    expect([seen.missing, seen.older, seen.incomplete]).to.deep.equal([0, 0, []]);
    for (const { transaction, foreign } of seen.commits) {
      expect(foreign).to.equal(false);
      expect(transaction.from).to.equal(seen.head.owner);
      expect(transaction.bytes).to.be.above(300);
      expect(transaction.gas).to.be.above(21_000);
      expect(transaction.time).to.be.above(1_600_000_000);
    }
    expect(seen.commits.map(({ beside }) => beside)).to.deep.equal([[], ["Granted"], [], []]);
    expect(seen.commits[1]?.transaction.calls).to.have.members(["grant", "commitTransition"]);
  });

  it("has the listed grant, and of the unlisted one a commit and no more", () => {
    expect(seen.grants).to.have.lengthOf(1);
    expect(seen.grants[0]).to.include({
      grantee: life.grantee,
      mayRead: true,
      mayPropose: true,
      stands: true,
    });
    expect(seen.accounts.map(({ address }) => address)).to.include(life.grantee);
    expect(seen.keys).to.have.lengthOf(1);
    expect(seen.keys[0]).to.include({ account: life.grantee, attestation: null });
  });

  it("knows the stored welcome by its digest, and that it is an age file", () => {
    expect(seen.named).to.deep.equal([
      { digest: seen.grants[0]?.welcome, what: "welcome", size: 4_096, age: true, fault: null },
    ]);
  });

  it("takes nothing else for a blob that the chain names, and says why a store shows none", async () => {
    const blob = new Uint8Array(4_096);
    const named = async (get: BlobStore["get"]) =>
      (await outsiderView(watched({ store: { ...memoryStore("hostile"), get } }))).named[0];
    expect(await named(() => Promise.resolve(blob))).to.include({
      size: null,
      fault: "other bytes lie there",
    });
    expect(await named(() => Promise.resolve(null))).to.include({ size: null, fault: null });
    const gone = await named(() => Promise.reject(new StoreUnavailable("hostile", "it is gone")));
    expect(gone?.fault).to.match(/hostile cannot be used: it is gone/);
  });

  it("has what lies in a store, of sizes that all vaults have", () => {
    expect(seen.shelves).to.have.lengthOf(1);
    const sizes = (seen.shelves[0]?.blobs ?? []).map(({ size }) => size);
    expect(sizes).to.have.lengthOf(life.store.kept.size);
    for (const size of sizes) expect([4_096, 16_384, 65_536, 262_144]).to.include(size);
  });

  it("sees less where there is no store, or none that it may list", async () => {
    expect((await outsiderView({ ...watched(), store: memoryStore("closed") })).shelves).to.deep.equal([
      { store: "closed", blobs: null, whole: true, fault: null },
    ]);
    const { provider, deployment, vaultId } = watched();
    const without = await outsiderView({ provider, deployment, vaultId });
    expect(without.shelves).to.deep.equal([]);
    expect(without.named.map(({ size }) => size)).to.deep.equal([null]);
  });

  it("asks nothing of a node but what it tells everybody", async () => {
    const provider = new FreshProvider(life.world);
    await outsiderView(watched({ provider }));
    expect(provider.asked.filter((method) => !PUBLIC.has(method))).to.deep.equal([]);
  });

  it("asks for less where a node takes few blocks at once, and finds the same", async () => {
    const narrow = new FreshProvider(life.world, (method, [filter]) => {
      const { fromBlock, toBlock } = (filter ?? {}) as { fromBlock?: string; toBlock?: string };
      const blocks = Number(toBlock) - Number(fromBlock) + 1;
      return method === "eth_getLogs" && blocks > 3 ? "range too wide" : null;
    });
    expect(textOf(await outsiderView(watched({ provider: narrow })))).to.equal(textOf(seen));
  });

  it("says where it is, and ends when nobody waits any more", async () => {
    const steps: string[] = [];
    const control = new AbortController();
    const all = await thrown(
      outsiderView(watched(), {
        signal: control.signal,
        onProgress: ({ doing, done }) => {
          expect(done).to.be.within(0, 1);
          steps.push(doing);
          if (doing === "transactions") control.abort();
        },
      }),
    );
    expect((all as Error).name).to.equal("AbortError");
    expect(steps).to.include.members(["events", "keys", "transactions"]);
  });

  it("names a node that refuses, that is gone, and a vault that never was", async () => {
    const refusing = new FreshProvider(life.world, (method) => (method === "eth_getLogs" ? "no logs" : null));
    expect(await thrown(outsiderView(watched({ provider: refusing })))).to.be.instanceOf(LogsRefused);
    const gone = new FreshProvider(life.world, () => "gone");
    expect(await thrown(outsiderView(watched({ provider: gone })))).to.be.instanceOf(RpcUnavailable);
    expect(await thrown(outsiderView(watched({ vaultId: 1n })))).to.be.instanceOf(VaultNotFound);
  });

  it("sees a revoke, new keys for all and another owner, each as what it is on chain", async () => {
    const { vault, world, grantee } = life;
    await revoke(vault, grantee);
    await forget(vault, (await read(vault)).scopes[0]!.memories[0]!);
    await sync(vault);
    await transfer(vault, { to: await world.buyer.getAddress(), withoutMemories: true });
    const after = await outsiderView(watched());
    expect(after.grants[0]).to.include({ grantee, stands: false, endedBy: "revoked" });
    expect(after.commits.length).to.equal(after.head.sequence);
    expect(after.commits[4]?.beside).to.deep.equal(["Revoked"]);
    expect(after.head).to.include({ owner: await world.buyer.getAddress(), generation: 2 });
    const roles = new Map(after.accounts.map(({ address, roles: has }) => [address, has]));
    expect(roles.get(await world.owner.getAddress())).to.include("former owner");
    expect(after.events.map(({ name }) => name)).to.include.members(["Transfer", "Revoked", "Locked"]);
    for (const canary of Object.values(CANARIES)) expect(textOf(after)).not.to.contain(canary);
  });

  it("sees all that is published where the chain is the store, by sizes and digests", async () => {
    const { world } = life;
    const blob = hexlify(new Uint8Array(4_096).fill(9));
    await world.blobLog.connect(world.stranger).publish(blob);
    const chain = { ...memoryStore("BlobLog"), permanent: true };
    const { shelves, events, transactions } = await outsiderView(watched({ store: chain }));
    const digest = digestOf(getBytes(blob));
    expect(shelves).to.deep.equal([
      { store: "BlobLog", blobs: [{ digest, size: 4_096 }], whole: true, fault: null },
    ]);
    const published = events.filter(({ of }) => of === "blobLog");
    expect(published.map(({ args }) => args)).to.deep.equal([{ digest: `0x${digest}`, bytes: "4096" }]);
    expect(transactions.at(-1)).to.deep.include({ calls: ["publish"], from: life.grantee });
    // Where the store is another, nobody looks there.
    expect((await outsiderView(watched())).events.some(({ of }) => of === "blobLog")).to.equal(false);
  });
});

/** What nodes tell without asking who asks. */
const PUBLIC = new Set([
  ...["eth_chainId", "eth_blockNumber", "eth_getBlockByNumber", "eth_call", "eth_getLogs"],
  ...["eth_getTransactionByHash", "eth_getTransactionReceipt"],
]);

async function secretsOf({ vault }: Awaited<ReturnType<typeof lived>>) {
  const { state, opened } = await openLatest(vault);
  const { commitKey } = secretsIn(opened);
  const keys = [state.visibilityKey, state.secret, ...(commitKey === null ? [] : [commitKey])];
  return keys.map((key) => hexlify(key).slice(2));
}
