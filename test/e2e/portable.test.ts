import { expect } from "chai";

import {
  acceptWelcome,
  findWelcome,
  grant,
  memoryJournalStore,
  memoryStore,
  proveMemory,
  read,
  remember,
  revoke,
  sync,
  vaultContract,
  type BlobStore,
} from "../../client/index.ts";
import { misbehaving } from "../helpers/doubles.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

/** A store that another tool may read from and nothing else: a gateway, a mirror, a copied folder. */
const readOnly = (store: BlobStore): BlobStore =>
  misbehaving(store, {
    put: () => Promise.reject(new Error("nothing is to be written")),
    delete: () => Promise.reject(new Error("nothing is to be deleted")),
  });

const MEMORIES = [
  { scope: "health", text: "Allergic to penicillin", tags: ["allergy"], importance: 90 },
  { scope: "health", text: "Runs at six" },
  { scope: "travel", text: "Window seat", source: { tool: "chatgpt", agent: null, thread: "t1", url: null } },
];

describe("Promise 5: moving to another AI tool is a grant", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("a second tool reads everything with the welcome file, the contract's address, an RPC and a store", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, ...MEMORIES);
    await sync(vault);
    const tool = await newReader();
    const expiresAt = await inDays(world, 365);
    const scopes = (await read(vault)).scopes.map(({ name }) => name);
    const { welcome } = await grant(vault, {
      recipient: tool.recipient,
      scopes,
      expiresAt,
      label: "my new tool",
    });
    // The whole of what the second tool has. Nothing of the first one is in reach of it.
    const moved = await acceptWelcome({
      welcome: Uint8Array.from(welcome!),
      identity: tool.identity,
      address: world.address,
      provider: world.provider,
      store: readOnly(world.store),
      journalStore: memoryJournalStore(),
      journalKey: new Uint8Array(32).fill(1),
    });
    const [here, there] = [await read(vault), await read(moved)];
    expect(there.scopes).to.deep.equal(here.scopes);
    expect(there).to.include({ root: here.root, stateRoot: here.stateRoot, sequence: here.sequence });
    expect(there.scopes.flatMap(({ memories }) => memories)).to.have.length(MEMORIES.length);
  });

  it("goes on to read what the first tool writes afterwards", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, ...MEMORIES);
    await sync(vault);
    const tool = await newReader();
    const expiresAt = await inDays(world, 365);
    const { welcome } = await grant(vault, {
      recipient: tool.recipient,
      scopes: ["health", "travel"],
      expiresAt,
    });
    const moved = await acceptWelcome({
      ...device(world),
      address: world.address,
      welcome: welcome!,
      identity: tool.identity,
    });
    await remember(vault, { scope: "travel", text: "Goes by train" });
    await sync(vault);
    expect((await read(moved)).scopes).to.deep.equal((await read(vault)).scopes);
  });

  it("reads from a copy of the blobs, in whatever place they were put", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, ...MEMORIES);
    await sync(vault);
    const tool = await newReader();
    const expiresAt = await inDays(world, 365);
    const { welcome } = await grant(vault, {
      recipient: tool.recipient,
      scopes: ["health", "travel"],
      expiresAt,
    });
    const asked = new Set<string>();
    const watched = misbehaving(world.store, {
      get: (digest) => {
        asked.add(digest);
        return world.store.get(digest);
      },
    });
    const accepted = { ...device(world), address: world.address, welcome: welcome!, identity: tool.identity };
    const view = await read(await acceptWelcome({ ...accepted, store: watched }));
    const copy = memoryStore("a copy");
    for (const digest of asked) await copy.put((await world.store.get(digest))!);
    const elsewhere = {
      ...device(world),
      address: world.address,
      welcome: welcome!,
      identity: tool.identity,
    };
    expect(await read(await acceptWelcome({ ...elsewhere, store: copy }))).to.deep.equal(view);
  });

  it("finds its welcome in the store alone, where the owner left it there", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, ...MEMORIES);
    await sync(vault);
    const tool = await newReader();
    await grant(vault, {
      ...{
        recipient: tool.recipient,
        account: world.stranger.address,
        scopes: ["health"],
        storeWelcome: true,
      },
      expiresAt: await inDays(world, 365),
    });
    const contract = vaultContract(world.address, world.provider);
    const welcome = await findWelcome(
      contract,
      vault.ref.vaultId,
      world.stranger.address,
      readOnly(world.store),
    );
    const moved = await acceptWelcome({
      ...device(world),
      address: world.address,
      welcome,
      identity: tool.identity,
    });
    expect((await read(moved)).scopes.map(({ name }) => name)).to.deep.equal(["health"]);
  });

  it("proves a memory to a contract without the first tool", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, ...MEMORIES);
    await sync(vault);
    const tool = await newReader();
    const expiresAt = await inDays(world, 365);
    const { welcome } = await grant(vault, { recipient: tool.recipient, scopes: ["health"], expiresAt });
    const moved = await acceptWelcome({
      ...device(world),
      address: world.address,
      welcome: welcome!,
      identity: tool.identity,
    });
    const [memory] = (await read(moved)).scopes[0]!.memories;
    const { record, memoryPath, scopeId, count, scopeSalt, scopePath } = await proveMemory(moved, memory!.id);
    const proof = {
      record,
      memoryPath: [...memoryPath],
      scopeId,
      count,
      scopeSalt,
      scopePath: [...scopePath],
    };
    expect(await world.memoryVault.verifyMemory(vault.ref.vaultId, proof)).to.equal(true);
    const other = { ...proof, record: record.with(record.length - 1, record.at(-1)! ^ 1) };
    expect(await world.memoryVault.verifyMemory(vault.ref.vaultId, other)).to.equal(false);
  });

  it("ends with the tool that was left: its grant is revoked, the new one's is not", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, ...MEMORIES);
    await sync(vault);
    const expiresAt = await inDays(world, 365);
    const [left, taken] = [await newReader(), await newReader()];
    const open = async (recipient: string, identity: string) => {
      const { welcome } = await grant(vault, { recipient, scopes: ["health", "travel"], expiresAt });
      return acceptWelcome({ ...device(world), address: world.address, welcome: welcome!, identity });
    };
    const [old, next] = [
      await open(left.recipient, left.identity),
      await open(taken.recipient, taken.identity),
    ];
    await read(old);
    await revoke(vault, left.recipient);
    await remember(vault, { scope: "health", text: "For the new tool only" });
    await sync(vault);
    expect(await thrown(read(old))).to.have.property("name", "NotAMember");
    expect((await read(next)).scopes).to.deep.equal((await read(vault)).scopes);
  });
});
