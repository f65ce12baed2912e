import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { allImporters, mcpMemory, recognise } from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { source } from "./zips.ts";

const entity = (more: object = {}) => ({
  type: "entity",
  name: "Mira",
  entityType: "person",
  observations: ["Speaks Japanese", "Prefers window seats on flights"],
  ...more,
});
const relation = (more: object = {}) => ({
  type: "relation",
  from: "Mira",
  to: "Hana",
  relationType: "is_sister_of",
  ...more,
});
const read = (...lines: (object | string)[]) =>
  itemsOf(mcpMemory, [
    source(
      "memory.jsonl",
      [entity(), ...lines].map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
    ),
  ]);
/** Places of the two that {@link read} begins with, left out. */
const after = <T>(items: readonly T[]): T[] => items.slice(2);

describe("mcpMemory", () => {
  it("is recognised by its first line, under both names that servers gave the file", async () => {
    for (const path of ["memory.jsonl", "memory.json", "x/y.ndjson"]) {
      for (const first of [entity(), relation(), entity({ observations: ["x".repeat(200_000)] })]) {
        const files = [source(path, `${JSON.stringify(first)}\n`)];
        expect(await recognise(allImporters(), files)).to.equal(mcpMemory);
      }
    }
    for (const other of [
      "",
      "{",
      "[]",
      `[${JSON.stringify(entity())}]`,
      '{"type":"entity"}',
      '{"entityType":1}',
    ])
      expect(await mcpMemory.detect([source("memory.jsonl", other)])).to.equal(false);
    expect(await mcpMemory.detect([source("memory.txt", JSON.stringify(entity()))])).to.equal(false);
  });

  it("makes each observation a memory of its entity", async () => {
    const [speaks, prefers] = memoriesIn(await read());
    expect(speaks).to.deep.equal({
      scope: "identity",
      type: "semantic",
      text: "Mira: Speaks Japanese",
      source: { tool: "mcp-memory", agent: null, thread: null, url: null },
      tags: ["person"],
      metadata: { entity: "Mira", entityType: "person" },
    });
    expect(prefers).to.deep.include({ scope: "travel", text: "Mira: Prefers window seats on flights" });
  });

  it("makes a relation a sentence, and says what an entity is that nothing was observed of", async () => {
    const found = after(memoriesIn(await read(relation(), entity({ name: "Hana", observations: [] }))));
    expect(found.map(({ text }) => text)).to.deep.equal(["Mira is sister of Hana", "Hana: person"]);
    expect(found[0]).to.deep.include({
      tags: ["relation"],
      metadata: { relation: { from: "Mira", to: "Hana", relationType: "is_sister_of" } },
    });
  });

  it("keeps fields that the format does not know", async () => {
    const [found] = after(memoriesIn(await read(relation({ since: 2020, note: null }))));
    expect(found!.metadata["mcp-memory"]).to.deep.equal({ since: 2020 });
  });

  it("reports what comes twice", async () => {
    const items = after(await read(entity({ observations: ["SPEAKS  japanese"] }), relation(), relation()));
    expect(items.map(({ kind }) => kind)).to.deep.equal(["duplicate", "memory", "duplicate"]);
  });

  describe("given hostile lines", () => {
    it("reports each with its place and goes on", async () => {
      const items = await read(
        "",
        "{",
        "5",
        "null",
        "[]",
        '"entity"',
        { type: "thing" },
        entity({ name: "\u0000 " }),
        entity({ observations: "one" }),
        entity({ observations: [5, "", "\u0007", "Has a cat"] }),
        relation({ to: 5 }),
        entity({ observations: ["x".repeat(40_000)] }),
        entity({ observations: [`x${"y".repeat(17 * 2 ** 20)}`] }),
        entity({ name: "Last", observations: ["Is here"] }),
      );
      expect(after(textsIn(items))).to.deep.equal(["Mira: Has a cat", "Last: Is here"]);
      expect(skippedIn(items)).to.deep.equal([
        ...[3, 4, 5, 6, 7, 8].map((n) => `memory.jsonl:${n}: the line is neither an entity nor a relation`),
        "memory.jsonl:9: an entity without a name",
        "memory.jsonl:10: an entity without a list of observations",
        ...[0, 1, 2].map((n) => `memory.jsonl:11.observations[${n}]: an observation that is no text`),
        "memory.jsonl:12: a relation without from, to and relationType",
        "memory.jsonl:13.observations[0]: The text has 40006 bytes, 32768 are allowed. Split it into several memories.",
        "memory.jsonl:14: the line is longer than 16 MiB",
      ]);
    });

    it("survives every field of a wrong kind, and a line nested beyond measure", async () => {
      for (const wrong of WRONG) {
        for (const key of Object.keys(entity())) await read(entity({ [key]: wrong }));
        for (const key of Object.keys(relation())) await read(relation({ [key]: wrong }));
      }
      const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
      const items = await read(`{"type":"relation","from":"a","to":"b","relationType":"c","x":${deep}}`);
      expect(skippedIn(items)[0]).to.contain("nested 32 deep");
    });

    it("takes names of prototypes for names", async () => {
      const items = await read(
        '{"type":"entity","name":"__proto__","entityType":"constructor","observations":["Is a name"],"__proto__":{"x":1}}',
      );
      expect(after(textsIn(items))).to.deep.equal(["__proto__: Is a name"]);
      expect({}).to.not.have.property("x");
    });
  });

  it("refuses what is not UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from(`${JSON.stringify(entity())}\n{"x":"`), Buffer.from([0xe9])]);
    const error = await rejection(itemsOf(mcpMemory, [source("memory.jsonl", bytes)]), MalformedExport);
    expect(error.where).to.match(/^after line/);
  });
});
