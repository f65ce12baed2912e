import { expect } from "chai";

import { wordRecall, type Recall } from "../../apps/mcp/index.ts";
import {
  forget,
  pending,
  read,
  recoverVault,
  remember,
  sync,
  vaultAt,
  type Vault,
} from "../../client/index.ts";
import { signerWith } from "../helpers/doubles.ts";
import { createWorld, device, ownedVault, type World } from "../helpers/world.ts";
import { connected, until } from "./mcp-client.ts";

const CANARY = "Kestrel-Ozymandias-4417";

describe("MCP server: writes reach the chain in batches", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const sequenceOf = async (vault: Vault) => (await world.memoryVault.memoryHead(vault.ref.vaultId)).sequence;

  /** A server, and a way to add `count` memories through it. */
  async function started(vault?: Vault) {
    const own = vault ?? (await ownedVault(world)).vault;
    const server = await connected(own);
    let added = 0;
    const add = async (count = 1) => {
      for (let i = 0; i < count; i++) {
        await server.call("add_memory", { content: `Memory ${++added}.`, type: "semantic" });
      }
    };
    return { vault: own, add, ...server };
  }

  /** A vault whose transactions wait until `go` is called, or fail. */
  async function held(fate: "wait" | "fail") {
    const parts = device(world, world.owner);
    const { vault } = await ownedVault(world, parts);
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    let broken = fate === "fail";
    const wallet = signerWith(world.owner, async (forward, transaction) => {
      if (broken) throw new Error(`no connection to ${CANARY}`);
      await gate;
      return forward(transaction);
    });
    const repair = () => {
      broken = false;
      go();
    };
    return { vault: vaultAt(vault.ref, { ...parts, wallet }), go, repair };
  }

  it("waits for nobody: nineteen writes are in the journal, and none on chain", async () => {
    const { vault, add, timers } = await started();
    await add(19);
    expect(await sequenceOf(vault)).to.equal(0n);
    expect(await pending(vault)).to.have.length(19);
    expect(timers.due).to.deep.equal([60_000]);
  });

  it("commits twenty writes in one transaction", async () => {
    const { vault, add, logged, call } = await started();
    await add(20);
    await until(() => logged.some(({ event }) => event === "committed"));
    expect(await sequenceOf(vault)).to.equal(1n);
    expect((await read(vault)).scopes.flatMap(({ memories }) => memories)).to.have.length(20);
    const { data } = await call("vault_status");
    expect(data).to.deep.include({ pendingWrites: 0, sequence: 1 });
    expect(data.lastCommit).to.include({ ok: true });
  });

  it("commits what waits when a minute has passed since the first write", async () => {
    const { vault, add, timers, logged } = await started();
    await add(2);
    timers.wind(59_999);
    expect(await sequenceOf(vault)).to.equal(0n);
    timers.wind(1);
    await until(() => logged.some(({ event }) => event === "committed"));
    expect(await sequenceOf(vault)).to.equal(1n);
    expect(timers.due).to.deep.equal([]);
  });

  it("commits what waits at exit, once the client is gone", async () => {
    const { vault, add, client, served, logged } = await started();
    await add(3);
    await client.close();
    await served.closed;
    expect(await sequenceOf(vault)).to.equal(1n);
    expect(await pending(vault)).to.deep.equal([]);
    expect(logged.at(-1)).to.deep.include({ event: "stopped", leftInJournal: false });
  });

  it("also commits what an earlier run left in the journal", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "career", text: "Left behind." });
    const { served, call } = await started(vault);
    expect((await call("vault_status")).data).to.include({ pendingWrites: 1 });
    await served.close();
    expect(await sequenceOf(vault)).to.equal(1n);
  });

  it("answers while a commit is under way, and shows each memory once", async () => {
    const { vault, go } = await held("wait");
    const { add, call, logged } = await started(vault);
    await add(20);
    const during = await call("list_memories", { limit: 50 });
    expect(during.data).to.include({ total: 20 });
    await add(1);
    go();
    while (!logged.some(({ event }) => event === "committed")) {
      expect((await call("list_memories")).data).to.include({ total: 21 });
    }
    expect((await call("list_memories")).data).to.include({ total: 21 });
    expect((await call("vault_status")).data).to.include({ pendingWrites: 1, sequence: 1 });
  });

  it("does not wait for ever at exit, and loses nothing by it", async () => {
    const { vault, go } = await held("wait");
    const { add, client, served, timers, logged } = await started(vault);
    await add(2);
    await client.close();
    await until(() => timers.due.length > 0);
    timers.wind(10_000);
    await served.closed;
    expect(logged.at(-1)).to.deep.include({ event: "stopped", leftInJournal: true });
    expect(await pending(vault)).to.have.length(2);
    go();
    await until(async () => (await sequenceOf(vault)) === 1n);
  });

  it("keeps what a failed commit could not send, says so, and tries again after a minute", async () => {
    const { vault, repair } = await held("fail");
    const { add, call, timers, logged } = await started(vault);
    await add(20);
    await until(() => logged.some(({ event }) => event === "commit failed"));
    const { data } = await call("vault_status");
    expect(data).to.deep.include({ pendingWrites: 20, sequence: 0 });
    expect(data.lastCommit).to.include({ ok: false });
    await add(1);
    expect(logged.filter(({ event }) => event === "commit failed")).to.have.length(1);
    repair();
    timers.wind(60_000);
    await until(() => logged.some(({ event }) => event === "committed"));
    expect((await read(vault)).scopes.flatMap(({ memories }) => memories)).to.have.length(21);
  });

  it("shows the change that was lost because another device forgot the memory first", async () => {
    const parts = device(world, world.owner);
    const { vault, seed } = await ownedVault(world, parts);
    const [id] = await remember(vault, { scope: "travel", text: "Went to Lisbon." });
    await sync(vault);
    const second = await recoverVault({
      ...{ ...device(world, world.owner), address: world.address, seed, owner: world.owner.address },
    });
    await sync(second);
    const { call, timers, logged } = await started(vault);
    await call("update_memory", { id, content: "Went to Lisbon twice." });
    const [seen] = (await read(second)).scopes[0]!.memories;
    await forget(second, seen!);
    await sync(second);
    timers.wind(60_000);
    await until(() => logged.some(({ event }) => event === "committed"));
    const { lastCommit } = (await call("vault_status")).data as { lastCommit: { lost: object[] } };
    expect(lastCommit.lost).to.deep.equal([{ id, text: "Went to Lisbon twice." }]);
    expect((await call("get_memory", { id })).text).to.match(/^UnknownMemory: /);
  });

  it("takes additions while the chain is silent, and says of all else that it cannot know", async () => {
    const { vault } = await ownedVault(world);
    let silent = false;
    const provider = new Proxy(world.provider, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (silent) return Promise.reject(Object.assign(new Error("offline"), { code: "NETWORK_ERROR" }));
          return value.apply(target, args) as unknown;
        };
      },
    });
    const { store, journal } = vault;
    const far = vaultAt(vault.ref, {
      ...{ provider, store, journalStore: journal.store, journalKey: journal.key, wallet: world.owner },
    });
    const { call } = await started(far);
    silent = true;
    expect((await call("search_memory", { query: "anything" })).text).to.match(/^ChainUnreachable: /);
    const added = await call("add_memory", { content: "Said offline.", type: "semantic" });
    expect(added.data).to.include({ duplicate: false, pending: true });
    expect((await call("add_memory", { content: "Said offline.", type: "semantic" })).data).to.include({
      duplicate: true,
    });
    expect((await call("forget_memory", { id: "0".repeat(32) })).text).to.match(/^ChainUnreachable: /);
    silent = false;
    expect((await call("list_memories")).data).to.include({ total: 1 });
  });

  it("asks the chain once for a read, and indexes only when the head has moved", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "travel", text: "Went to Lisbon." });
    await sync(vault);
    let calls = 0;
    const contract = new Proxy(vault.contract, {
      get(target, property) {
        if (property === "memoryHead") calls += 1;
        return Reflect.get(target, property, target) as unknown;
      },
    });
    const indexed: number[] = [];
    const words = wordRecall();
    const recall: Recall = {
      ...words,
      head(memories, sequence) {
        indexed.push(memories.length);
        return words.head(memories, sequence);
      },
    };
    const { call } = await connected({ ...vault, contract }, { recall });
    await call("search_memory", { query: "Lisbon" });
    calls = 0;
    await call("search_memory", { query: "Lisbon" });
    await call("search_memory", { query: "Porto" });
    expect([calls, indexed]).to.deep.equal([2, [1]]);
    await remember(vault, { scope: "travel", text: "Went to Porto." });
    await sync(vault);
    expect((await call("search_memory", { query: "Porto" })).data).to.include({ total: 1 });
    expect(indexed).to.deep.equal([1, 2]);
  });

  it("writes neither texts nor queries nor names into its log, whatever fails", async () => {
    const { vault } = await held("fail");
    const { call, logged, served, timers, client } = await started(vault);
    await call("add_memory", { content: CANARY, type: "semantic", scope: CANARY, tags: [CANARY] });
    await call("search_memory", { query: CANARY, scopes: [CANARY] });
    await call("search_memory", { query: CANARY, scopes: [`no ${CANARY}`] });
    await call("add_memory", { content: CANARY, type: CANARY });
    await call("add_memory", { content: CANARY, type: "semantic", scope: `${CANARY}\u0007` });
    await call("get_memory", { id: CANARY });
    await client.getPrompt({ name: "context", arguments: { topic: CANARY } });
    await client.readResource({ uri: `vault://memories/${CANARY}` }).catch(() => undefined);
    timers.wind(60_000);
    await until(() => logged.some(({ event }) => event === "commit failed"));
    void served.close();
    await served.closed;
    expect(logged.map(({ event }) => event)).to.include.members([
      "serving",
      "call",
      "commit failed",
      "stopped",
    ]);
    expect(JSON.stringify(logged)).not.to.include(CANARY);
    expect(logged.find(({ event }) => event === "commit failed")).to.have.property("at");
  });
});
