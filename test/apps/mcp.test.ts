import { expect } from "chai";

import {
  memoryJournalStore,
  read,
  remember,
  sync,
  update as change,
  type JournalStore,
} from "../../client/index.ts";
import { createWorld, device, ownedVault, type World } from "../helpers/world.ts";
import { connected, type Answer } from "./mcp-client.ts";

const memoriesOf = ({ data }: Answer) =>
  data.memories as { id: string; text: string; [field: string]: unknown }[];
const textsOf = (answer: Answer) => memoriesOf(answer).map(({ text }) => text);

describe("MCP tools of the owner", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault with three memories that are on chain. */
  async function filled() {
    const { vault } = await ownedVault(world);
    const ids = await remember(
      vault,
      { scope: "career", text: "Works as a bridge engineer in Delft.", createdAt: Date.UTC(2025, 0, 5) },
      {
        scope: "travel",
        text: "Went to Lisbon by train.",
        type: "episodic",
        createdAt: Date.UTC(2025, 5, 5),
      },
      { scope: "travel", text: "Prefers window seats.", createdAt: Date.UTC(2026, 0, 5), tags: ["train"] },
    );
    await sync(vault);
    return { vault, ids, ...(await connected(vault)) };
  }

  describe("search_memory", () => {
    it("finds by words, and gives id, source and date as data", async () => {
      const { call, ids } = await filled();
      const answer = await call("search_memory", { query: "Where does the engineer work?" });
      expect(answer.data).to.include({ total: 1, truncated: false });
      expect(memoriesOf(answer)[0]).to.deep.include({
        ...{ id: ids[0], scope: "career", text: "Works as a bridge engineer in Delft." },
        ...{ createdAt: "2025-01-05T00:00:00.000Z", source: {}, pending: false },
      });
      expect(JSON.parse(answer.text)).to.deep.equal(answer.data);
    });

    it("narrows by scope, type and date", async () => {
      const { call } = await filled();
      const found = async (filter: object) =>
        textsOf(await call("search_memory", { query: "train", ...filter }));
      expect(await found({})).to.have.length(2);
      expect(await found({ scopes: ["career"] })).to.deep.equal([]);
      expect(await found({ types: ["episodic"] })).to.deep.equal(["Went to Lisbon by train."]);
      expect(await found({ since: "2026-01-01" })).to.deep.equal(["Prefers window seats."]);
    });

    it("says how many there are when it shows fewer", async () => {
      const { call } = await filled();
      const answer = await call("search_memory", { query: "train", limit: 1 });
      expect(memoriesOf(answer)).to.have.length(1);
      expect(answer.data).to.include({ total: 2, truncated: true });
    });

    it("shows fewer than asked for, and says so, when they are long", async () => {
      const { vault } = await ownedVault(world);
      const long = (i: number) => ({ scope: "career", text: `Lighthouse ${i} ${"x".repeat(30_000)}` });
      await remember(vault, ...[1, 2, 3, 4].map(long));
      await sync(vault);
      const { call } = await connected(vault);
      const answer = await call("search_memory", { query: "lighthouse" });
      expect(memoriesOf(answer)).to.have.length(2);
      expect(answer.data).to.include({ total: 4, truncated: true });
    });

    it("refuses arguments out of bounds, and dates that are none", async () => {
      const { call } = await filled();
      for (const args of [
        { query: "" },
        { query: "x".repeat(1_001) },
        { query: "x", limit: 51 },
        { query: "x", limit: 0 },
        { query: "x", since: "yesterday" },
        { query: "x", types: ["other"] },
      ]) {
        expect((await call("search_memory", args)).ok, JSON.stringify(args).slice(0, 60)).to.equal(false);
      }
    });
  });

  describe("list_memories", () => {
    it("walks through all of them, newest first, with a cursor", async () => {
      const { call } = await filled();
      const first = await call("list_memories", { limit: 2 });
      expect(textsOf(first)).to.deep.equal(["Prefers window seats.", "Went to Lisbon by train."]);
      expect(first.data).to.include({ total: 3, truncated: true });
      const rest = await call("list_memories", { limit: 2, cursor: first.data.nextCursor });
      expect(textsOf(rest)).to.deep.equal(["Works as a bridge engineer in Delft."]);
      expect(rest.data).to.include({ total: 3, truncated: false });
      expect(rest.data).not.to.have.property("nextCursor");
    });

    it("goes on where it was when memories come and go meanwhile", async () => {
      const { call, ids } = await filled();
      const first = await call("list_memories", { limit: 1 });
      await call("forget_memory", { id: ids[2] });
      await call("add_memory", { content: "Newest of all.", type: "semantic" });
      const next = await call("list_memories", { limit: 1, cursor: first.data.nextCursor });
      expect(textsOf(next)).to.deep.equal(["Went to Lisbon by train."]);
    });

    it("narrows by scope and type, and refuses a cursor of its own making", async () => {
      const { call } = await filled();
      expect(textsOf(await call("list_memories", { scope: "travel", type: "semantic" }))).to.deep.equal([
        "Prefers window seats.",
      ]);
      const answer = await call("list_memories", { cursor: "MQ==" });
      expect(answer).to.include({ ok: false });
      expect(answer.text).to.match(/^InvalidCursor: /);
    });
  });

  describe("get_memory", () => {
    it("gives one by its id, and names an id that is none", async () => {
      const { call, ids } = await filled();
      expect((await call("get_memory", { id: ids[1] })).data).to.include({
        text: "Went to Lisbon by train.",
      });
      expect((await call("get_memory", { id: "0".repeat(32) })).text).to.match(/^UnknownMemory: /);
    });
  });

  describe("add_memory", () => {
    it("is found at once, marked pending, from the tool that wrote it", async () => {
      const { call } = await filled();
      const added = await call("add_memory", {
        ...{
          content: "Allergic to walnuts.",
          type: "semantic",
          scope: "health",
          tags: ["food"],
          importance: 90,
        },
        source: { agent: "a model", thread: "t-1" },
      });
      expect(added.data).to.deep.include({ scope: "health", duplicate: false, pending: true });
      const [found] = memoriesOf(await call("search_memory", { query: "walnuts" }));
      expect(found).to.deep.include({
        ...{ id: added.data.id, pending: true, tags: ["food"], importance: 90 },
        source: { tool: "test-client", agent: "a model", thread: "t-1" },
      });
      expect((await call("list_memories")).data).to.include({ total: 4 });
      expect((await call("vault_status")).data).to.deep.include({
        pendingWrites: 1,
        sequence: 1,
        memories: 4,
      });
    });

    it("keeps the same content once in a scope, also when both come at once", async () => {
      const files = memoryJournalStore();
      const journalStore: JournalStore = {
        ...files,
        async write(name, bytes) {
          // A disk takes its time; meanwhile the second one asks whether the content is there.
          await new Promise((resolve) => setTimeout(resolve, 20));
          await files.write(name, bytes);
        },
      };
      const { vault } = await ownedVault(world, { ...device(world, world.owner), journalStore });
      await remember(vault, { scope: "travel", text: "Prefers window seats." });
      await sync(vault);
      const { call } = await connected(vault);
      const content = "Allergic to walnuts.";
      const twice = await Promise.all(
        [content, `  Allergic\n to walnuts. `].map((text) =>
          call("add_memory", { content: text, type: "semantic", scope: "health" }),
        ),
      );
      expect(twice.map(({ data }) => data.duplicate)).to.deep.equal([false, true]);
      expect(twice[1]!.data.id).to.equal(twice[0]!.data.id);
      const known = await call("add_memory", {
        content: "Prefers window seats.",
        type: "semantic",
        scope: "travel",
      });
      expect(known.data).to.include({ duplicate: true, pending: false });
      const elsewhere = await call("add_memory", { content, type: "semantic", scope: "career" });
      expect(elsewhere.data).to.include({ duplicate: false });
    });

    it("files what names no scope where nobody was granted anything", async () => {
      const { call } = await filled();
      expect((await call("add_memory", { content: "A diary.", type: "episodic" })).data.scope).to.equal(
        "private",
      );
    });

    it("refuses what is empty or too long, no type, and names that are none", async () => {
      const { call } = await filled();
      const add = (args: object) => call("add_memory", { content: "Fine.", type: "semantic", ...args });
      for (const args of [
        { content: "" },
        { content: " \n" },
        { content: "x".repeat(8_193) },
        { type: "fact" },
      ]) {
        expect((await add(args)).ok).to.equal(false);
      }
      expect((await add({ scope: "a\u0007b" })).text).to.match(/^InvalidScopeName: /);
      expect((await add({ content: "é".repeat(8_192) })).ok).to.equal(true);
    });

    it("refuses a scope too many before it is written", async () => {
      const { vault } = await ownedVault(world);
      await remember(
        vault,
        ...Array.from({ length: 62 }, (_, i) => ({ scope: `scope ${i}`, text: "Full." })),
      );
      const { call } = await connected(vault);
      const add = (scope: string) => call("add_memory", { content: "One more.", type: "semantic", scope });
      expect((await add("scope 62")).text).to.match(/^TooManyScopes: /);
      expect((await add("scope 61")).ok).to.equal(true);
    });
  });

  describe("update_memory", () => {
    it("changes what is named, and is seen at once", async () => {
      const { call, ids } = await filled();
      const answer = await call("update_memory", {
        id: ids[2],
        content: "Prefers aisle seats.",
        importance: 70,
      });
      expect(answer.data).to.include({ changed: true, conflict: false, pending: true });
      expect((await call("get_memory", { id: ids[2] })).data).to.deep.include({
        ...{ text: "Prefers aisle seats.", importance: 70, revision: 2, scope: "travel", tags: ["train"] },
        pending: true,
      });
      expect(textsOf(await call("search_memory", { query: "window" }))).to.deep.equal([]);
      expect(textsOf(await call("search_memory", { query: "aisle" }))).to.deep.equal([
        "Prefers aisle seats.",
      ]);
    });

    it("changes what waits itself, and lands as one", async () => {
      const { call, vault, served } = await filled();
      const { data } = await call("add_memory", { content: "First.", type: "semantic" });
      await call("update_memory", { id: data.id, content: "Second." });
      await call("reinforce_memory", { id: data.id });
      await served.close();
      const landed = (await read(vault)).scopes
        .flatMap(({ memories }) => memories)
        .find(({ id }) => id === data.id);
      expect(landed).to.include({ text: "Second.", revision: 2, reinforcements: 1 });
    });

    it("does nothing when nothing changes", async () => {
      const { call, ids } = await filled();
      const answer = await call("update_memory", {
        id: ids[2],
        content: "Prefers window seats.",
        tags: ["train"],
      });
      expect(answer.data).to.include({ changed: false, conflict: false, pending: false });
      expect((await call("vault_status")).data).to.include({ pendingWrites: 0 });
      expect((await call("update_memory", { id: ids[2] })).text).to.match(/^NothingToChange: /);
    });

    it("keeps both versions when the one that was seen is not the present one", async () => {
      const { call, ids } = await filled();
      await call("update_memory", { id: ids[2], content: "Prefers aisle seats." });
      const late = await call("update_memory", { id: ids[2], content: "Stands.", revision: 1 });
      expect(late.data).to.include({ conflict: true });
      const texts = textsOf(await call("list_memories", { scope: "travel" }));
      expect(texts).to.include.members(["Prefers aisle seats.", "Stands."]);
    });

    it("tells at once what no record can hold, and keeps nothing of it", async () => {
      const { vault } = await ownedVault(world);
      const metadata = { note: "m".repeat(50_000) };
      const [id] = await remember(vault, { scope: "career", text: "Small.", metadata });
      await sync(vault);
      const { call } = await connected(vault);
      const answer = await call("update_memory", { id, content: "é".repeat(8_192), tags: longTags() });
      expect(answer.text).to.match(/^RecordTooLarge: /);
      expect((await call("vault_status")).data).to.include({ pendingWrites: 0 });
    });
  });

  describe("reinforce_memory and forget_memory", () => {
    it("counts a confirmation without a new revision", async () => {
      const { call, ids } = await filled();
      expect((await call("reinforce_memory", { id: ids[0] })).data).to.include({ reinforcements: 1 });
      expect((await call("get_memory", { id: ids[0] })).data).to.include({ reinforcements: 1, revision: 1 });
      expect((await call("reinforce_memory", { id: "0".repeat(32) })).text).to.match(/^UnknownMemory: /);
    });

    it("forgets at once, and a second time changes nothing", async () => {
      const { call, ids } = await filled();
      expect((await call("forget_memory", { id: ids[0] })).data).to.include({
        forgotten: true,
        pending: true,
      });
      expect((await call("forget_memory", { id: ids[0] })).data).to.include({
        forgotten: false,
        pending: false,
      });
      expect(textsOf(await call("search_memory", { query: "engineer" }))).to.deep.equal([]);
      expect((await call("get_memory", { id: ids[0] })).text).to.match(/^UnknownMemory: /);
    });
  });

  describe("vault_status", () => {
    it("says where the vault stands, and that its root was checked", async () => {
      const { call, vault } = await filled();
      const { root } = await read(vault);
      expect((await call("vault_status")).data).to.deep.include({
        ...{ chainId: 31337, contract: vault.ref.contract, role: "owner", sequence: 1, root },
        ...{ rootChecked: true, final: true, rpcs: 1, pendingWrites: 0, memories: 3 },
        scopes: [
          { name: "career", memories: 1 },
          { name: "travel", memories: 2 },
        ],
      });
    });

    it("works before the first commit", async () => {
      const { call } = await connected((await ownedVault(world)).vault);
      expect((await call("vault_status")).data).to.include({ sequence: 0, rootChecked: false, memories: 0 });
      expect((await call("list_memories")).data).to.deep.equal({ memories: [], total: 0, truncated: false });
      await call("add_memory", { content: "The first.", type: "semantic" });
      expect(textsOf(await call("search_memory", { query: "first" }))).to.deep.equal(["The first."]);
    });
  });

  it("sees at once what another device of the owner committed", async () => {
    const { call, vault } = await filled();
    expect((await call("search_memory", { query: "kayak" })).data).to.include({ total: 0 });
    const [memory] = (await read(vault)).scopes[0]!.memories;
    await change(vault, memory!, { text: "Builds a kayak." });
    await sync(vault);
    expect(textsOf(await call("search_memory", { query: "kayak" }))).to.deep.equal(["Builds a kayak."]);
  });
});

const longTags = (): string[] => Array.from({ length: 32 }, (_, i) => `${i}`.padEnd(100, "t"));
