import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { jsonLines } from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { itemsOf, memoriesIn, skippedIn, textsIn, WRONG } from "./reading.ts";
import { source } from "./zips.ts";

const line = (more: object = {}) =>
  JSON.stringify({ scope: "travel", type: "semantic", text: "Likes tea", createdAt: 5, ...more });
const read = (...lines: string[]) => itemsOf(jsonLines, [source("a.jsonl", [line(), ...lines].join("\n"))]);

describe("jsonLines", () => {
  it("is recognised by the first line, and the memory server's lines are not taken for it", async () => {
    expect(await jsonLines.detect([source("a.jsonl", line())])).to.equal(true);
    const entity = '{"type":"entity","name":"a","entityType":"b","observations":[]}';
    for (const other of [entity, "", "{", "[]", "x".repeat(2 ** 21)]) {
      expect(await jsonLines.detect([source("a.jsonl", other)])).to.equal(false);
    }
    expect(await jsonLines.detect([source("a.json", line())])).to.equal(false);
  });

  it("needs scope, text, type and time, and keeps unknown fields as metadata", async () => {
    const [found] = memoriesIn(await read(line({ text: "Has a cat", mood: 1, importance: null }))).slice(1);
    expect(found).to.deep.equal({
      scope: "travel",
      type: "semantic",
      text: "Has a cat",
      createdAt: 5,
      source: { tool: null, agent: null, thread: null, url: null },
      tags: [],
      metadata: { mood: 1 },
    });
  });

  it("tells duplicates by their ids, and by what they say where they have none", async () => {
    const items = await read(line(), line({ id: "a" }), line({ id: "b" }), line({ id: "a" }));
    expect(items.map(({ kind }) => kind)).to.deep.equal([
      "memory",
      "duplicate",
      "memory",
      "memory",
      "duplicate",
    ]);
  });

  it("reports malformed lines with their place and goes on", async () => {
    const items = await read(
      "",
      "{",
      "5",
      "null",
      "[]",
      line({ text: "" }),
      line({ type: 5 }),
      line({ text: "Is here" }),
    );
    expect(textsIn(items)).to.deep.equal(["Likes tea", "Is here"]);
    expect(skippedIn(items)).to.deep.equal([
      ...[3, 4, 5].map((n) => `a.jsonl:${n}: the line is not a JSON object`),
      "a.jsonl:6: create scope must be text of 1 to 128 bytes",
      "a.jsonl:7: create text must be text, and not empty",
      "a.jsonl:8: create type must be semantic or episodic",
    ]);
  });

  it("reports at most 100 confirmations, whatever a line claims", async () => {
    const claims = [3, 100, 101, Number.MAX_SAFE_INTEGER, -5, "7"];
    const items = await read(
      ...claims.map((reinforcements, n) => line({ text: `Likes tea ${n}`, reinforcements })),
    );
    const reported = items.slice(1).map((item) => (item.kind === "memory" ? item.reinforcements : null));
    expect(reported).to.deep.equal([3, 100, 100, 100, 0, undefined]);
  });

  it("survives every field of a wrong kind", async () => {
    const names =
      "scope type text importance createdAt validUntil source tags metadata reinforcements id extra";
    for (const wrong of WRONG) for (const name of names.split(" ")) await read(line({ [name]: wrong }));
  });

  it("refuses what is not UTF-8, and a line without end", async () => {
    const bytes = Buffer.concat([Buffer.from(`${line()}\n`), Buffer.from([0xff, 0xfe])]);
    expect((await rejection(itemsOf(jsonLines, [source("a.jsonl", bytes)]), MalformedExport)).where).to.equal(
      "after line 0",
    );
    await rejection(read("x".repeat(3 * 2 ** 20)), MalformedExport);
  });
});
