import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { readSources } from "../../../client/importers/files.ts";
import { allImporters, memSync, recognise } from "../../../client/importers/index.ts";
import { SUGGESTED_SCOPES } from "../../../client/memory/record.ts";
import { rejection } from "../storage/helpers.ts";
import { BROKEN, itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { source } from "./zips.ts";

const SAMPLE = new URL("../../../examples/memsync-export/", import.meta.url).pathname;

const memory = (more: object = {}) => ({
  id: "m1",
  memory: "Likes tea",
  categories: ["interests"],
  type: "semantic",
  source: "chatgpt",
  created_at: "2026-01-02T03:04:05Z",
  updated_at: "2026-01-03T03:04:05Z",
  agent_id: null,
  thread_id: null,
  ...more,
});
const read = (...items: unknown[]) =>
  itemsOf(memSync, [
    source("memories.json", JSON.stringify([...items, memory({ memory: "Is the last one" })])),
  ]);
const first = async (more: object) => memoriesIn(await read(memory(more)))[0]!;

describe("memSync", () => {
  it("is recognised by content, and others are not taken for it", async () => {
    expect((await recognise(allImporters(), await readSources(SAMPLE)))!.name).to.equal("memsync");
    const mem0 = [{ id: "1", memory: "x", user_id: "u", categories: ["a"], metadata: {}, created_at: "" }];
    expect(await memSync.detect([source("m.json", JSON.stringify(mem0))])).to.equal(false);
    expect(await memSync.detect([source("m.txt", JSON.stringify([memory()]))])).to.equal(false);
  });

  it("puts the ten categories of the sample into the ten scopes", async () => {
    const items = await itemsOf(memSync, await readSources(SAMPLE));
    expect([...new Set(memoriesIn(items).map(({ scope }) => scope))].sort()).to.deep.equal(
      [...SUGGESTED_SCOPES].sort(),
    );
    expect(items.map(({ kind }) => kind).filter((kind) => kind !== "memory")).to.deep.equal(["duplicate"]);
  });

  it("puts a memory of several categories into the first, and the others into its tags", async () => {
    expect(await first({ categories: ["career", "health", "private"] })).to.deep.include({
      scope: "career",
      tags: ["health", "private"],
    });
    expect(await first({ categories: ["Gardening", " HEALTH "] })).to.deep.include({
      scope: "health",
      tags: ["gardening"],
    });
  });

  it("reads the text where there is no category", async () => {
    expect(await first({ memory: "Works as a nurse in Lyon", categories: [] })).to.include({
      scope: "career",
    });
    expect(await first({ memory: "Xyzzy", categories: ["__proto__"] })).to.deep.include({
      scope: "private",
      tags: ["__proto__"],
    });
  });

  it("keeps type, time, agent and conversation, and the rest as metadata", async () => {
    const found = await first({ type: "episodic", agent_id: "a1", thread_id: "t1", mood: { happy: 0.9 } });
    expect(found).to.deep.equal({
      scope: "interests",
      type: "episodic",
      text: "Likes tea",
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      source: { tool: "memsync", agent: "a1", thread: "t1", url: null },
      tags: [],
      metadata: {
        memsync: { id: "m1", source: "chatgpt", updated_at: "2026-01-03T03:04:05Z", mood: { happy: 0.9 } },
      },
    });
  });

  it("reads pages", async () => {
    for (const name of ["memories", "results"]) {
      const page = source("page.json", JSON.stringify({ user_bio: "…", [name]: [memory(), 5] }));
      const items = await itemsOf(memSync, [page]);
      expect(textsIn(items)).to.deep.equal(["Likes tea"]);
      expect(skippedIn(items)).to.deep.equal([`page.json.${name}[1]: an item without a memory`]);
    }
  });

  it("reports malformed items with their place and goes on", async () => {
    const deep = JSON.parse(`${"[".repeat(60)}${"]".repeat(60)}`) as unknown;
    const items = await read(
      ...[null, 5, [], {}, memory({ memory: " \u0000 " }), memory({ type: "procedural" }), memory({ deep })],
      memory({ memory: "y".repeat(40_000) }),
      memory({ categories: Array.from({ length: 70 }, (_, i) => `c${i}`) }),
    );
    expect(textsIn(items)).to.deep.equal(["Is the last one"]);
    expect(skippedIn(items).map((line) => line.slice(0, 60))).to.deep.equal(
      [
        ...[0, 1, 2, 3, 4].map((n) => `memories.json[${n}]: an item without a memory`),
        "memories.json[5]: its type is neither semantic nor episodic",
        "memories.json[6]: create metadata must be nested 32 deep at most",
        "memories.json[7]: The text has 40000 bytes, 32768 are allowed.",
        "memories.json[8]: create tags must be a list of at most 64",
      ].map((line) => line.slice(0, 60)),
    );
  });

  it("survives every field of a wrong kind", async () => {
    for (const wrong of WRONG) {
      for (const key of Object.keys(memory())) await read(memory({ [key]: wrong }));
    }
  });

  for (const [name, broken] of Object.entries(BROKEN)) {
    it(`refuses ${name}`, async () => {
      const list = JSON.stringify([memory(), memory({ memory: "Has a cat" })]);
      const page = JSON.stringify({ memories: [memory(), memory({ memory: "Has a cat" })] });
      await rejection(itemsOf(memSync, [source("a.json", broken(list))]), MalformedExport);
      await rejection(itemsOf(memSync, [source("a.json", broken(page))]), MalformedExport);
    });
  }
});
