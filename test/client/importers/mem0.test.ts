import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { allImporters, mem0, recognise } from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { BROKEN, itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { source } from "./zips.ts";

const memory = (more: object = {}) => ({
  id: "7c0e4b5a-0000-4000-8000-000000000001",
  memory: "Likes tea",
  user_id: "mira",
  agent_id: null,
  app_id: null,
  run_id: null,
  metadata: { mood: "calm" },
  categories: ["drinks"],
  created_at: "2026-01-02T03:04:05.678901-08:00",
  updated_at: "2026-01-03T03:04:05Z",
  expiration_date: null,
  ...more,
});
const last = memory({ memory: "Is the last one" });
const read = (...items: unknown[]) => itemsOf(mem0, [source("a.json", JSON.stringify([...items, last]))]);
const first = async (more: object) => memoriesIn(await read(memory(more)))[0]!;

describe("mem0", () => {
  it("is recognised by content, as an array and as a page, and MemSync's is not taken for it", async () => {
    const page = { count: 1, next: null, previous: null, results: [memory()] };
    for (const value of [[memory()], page, { results: [memory()] }]) {
      const files = [source("a.json", JSON.stringify(value))];
      expect(await recognise(allImporters(), files)).to.equal(mem0);
      expect(textsIn(await itemsOf(mem0, files))).to.deep.equal(["Likes tea"]);
    }
    const memSync = { memory: "Likes tea", categories: [], type: "semantic", agent_id: null };
    expect((await recognise(allImporters(), [source("a.json", JSON.stringify([memSync]))]))!.name).to.equal(
      "memsync",
    );
    expect(await mem0.detect([source("a.json", '[{"memory":"Likes tea"}]')])).to.equal(false);
    expect(await mem0.detect([source("a.txt", JSON.stringify([memory()]))])).to.equal(false);
  });

  it("keeps time, agent, run and end, and the rest as metadata", async () => {
    expect(
      await first({ agent_id: "planner", run_id: "r7", expiration_date: "2027-01-01", hash: "f00" }),
    ).to.deep.equal({
      scope: "private",
      type: "semantic",
      text: "Likes tea",
      createdAt: Date.UTC(2026, 0, 2, 11, 4, 5, 678),
      validUntil: Date.UTC(2027, 0, 1),
      source: { tool: "mem0", agent: "planner", thread: "r7", url: null },
      tags: ["drinks"],
      metadata: {
        mem0: {
          id: "7c0e4b5a-0000-4000-8000-000000000001",
          user_id: "mira",
          metadata: { mood: "calm" },
          updated_at: "2026-01-03T03:04:05Z",
          hash: "f00",
        },
      },
    });
    expect((await first({ session_id: "s1" })).source.thread).to.equal("s1");
  });

  it("takes a category for the scope where it is one", async () => {
    expect(await first({ categories: ["sports", "Health"] })).to.deep.include({
      scope: "health",
      tags: ["sports"],
    });
  });

  it("reads a list of pages, and reports edges of the graph", async () => {
    const pages = [{ results: [memory()] }, { results: [memory({ memory: "Has a cat" })] }];
    expect(textsIn(await itemsOf(mem0, [source("a.json", JSON.stringify(pages))]))).to.deep.equal([
      "Likes tea",
      "Has a cat",
    ]);
    const graph = {
      results: [memory()],
      relations: [{ source: "mira", relationship: "likes", target: "tea" }],
    };
    const items = await itemsOf(mem0, [source("a.json", JSON.stringify(graph))]);
    expect(textsIn(items)).to.deep.equal(["Likes tea"]);
    expect(skippedIn(items)).to.deep.equal(["a.json.relations[0]: an edge of a graph is no memory"]);
  });

  it("reports what comes twice, whatever its id", async () => {
    const items = await read(memory(), memory({ id: "another", memory: " LIKES  tea" }));
    expect(items.map(({ kind }) => kind)).to.deep.equal(["memory", "duplicate", "memory"]);
  });

  describe("given hostile items", () => {
    it("reports each with its place and goes on", async () => {
      const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
      const items = await itemsOf(mem0, [
        source(
          "a.json",
          `[${[
            ...[null, 5, "text", [], {}, { memory: 5 }, memory({ memory: "\u0000\u0007" })].map((item) =>
              JSON.stringify(item),
            ),
            JSON.stringify(memory()).replace('"calm"', deep),
            JSON.stringify(memory({ memory: "x".repeat(40_000) })),
            JSON.stringify(memory({ categories: Array.from({ length: 99 }, (_, n) => `c${n}`) })),
            JSON.stringify(last),
          ].join(",")}]`,
        ),
      ]);
      expect(textsIn(items)).to.deep.equal(["Is the last one"]);
      expect(skippedIn(items).map((line) => line.slice(0, 55))).to.deep.equal(
        [
          ...[0, 1, 2, 3, 4, 5, 6].map((n) => `a.json[${n}]: an item without a memory`),
          "a.json[7]: create metadata must be nested 32 deep at most",
          "a.json[8]: The text has 40000 bytes, 32768 are allowed.",
          "a.json[9]: create tags must be a list of at most 64",
        ].map((line) => line.slice(0, 55)),
      );
    });

    it("survives every field of a wrong kind", async () => {
      for (const wrong of WRONG) {
        for (const key of Object.keys(memory())) await read(memory({ [key]: wrong }));
        for (const key of ["results", "relations", "memories"])
          await itemsOf(mem0, [source("a.json", JSON.stringify({ count: memory(), [key]: wrong }))]);
      }
    });

    it("takes __proto__ and constructor for names like any other", async () => {
      const json = JSON.stringify(memory()).replace(
        '"id"',
        '"__proto__":{"memory":"polluted","agent_id":"x"},"constructor":{"prototype":{"y":1}},"id"',
      );
      const [found] = memoriesIn(await itemsOf(mem0, [source("a.json", `[${json}]`)]));
      expect(found!.source.agent).to.equal(null);
      expect({}).to.not.have.any.keys("memory", "agent_id", "y");
    });
  });

  for (const [name, broken] of Object.entries(BROKEN)) {
    it(`refuses ${name}`, async () => {
      const items = [memory(), memory({ memory: "Has a cat" })];
      for (const whole of [items, { count: 2, results: items }]) {
        const files = [source("a.json", broken(JSON.stringify(whole)))];
        await rejection(itemsOf(mem0, files), MalformedExport);
      }
    });
  }
});
