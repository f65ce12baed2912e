import { expect } from "chai";

import { bioLines, ranked } from "../../apps/cli/bio.ts";
import { memoryPage } from "../../apps/cli/show.ts";
import { profileOf } from "../../apps/mcp/resources.ts";
import { sightOf } from "../../apps/mcp/sight.ts";
import type { Memory, Previewed } from "../../client/index.ts";

const NOW = Date.UTC(2026, 10, 20);
const DAY = 86_400_000;

let made = 0;
const memory = (text: string, more: Partial<Memory> = {}, scope = "travel"): Previewed => ({
  scope,
  pending: false,
  memory: {
    ...{
      id: (++made).toString(16).padStart(32, "0"),
      salt: "0".repeat(64),
      type: "semantic",
      text,
      importance: 50,
    },
    ...{ reinforcements: 0, tags: [], revision: 1, conflictsWith: null, metadata: {}, validUntil: null },
    ...{ createdAt: NOW - DAY, updatedAt: NOW - DAY },
    source: { tool: null, agent: null, thread: null, url: null },
    ...more,
  },
});

const textsOf = (found: readonly Previewed[]): string[] => found.map(({ memory: { text } }) => text);

/** A bio of all that still holds. */
const bio = (found: readonly Previewed[]): string => bioLines(ranked(found, NOW), found.length).join("\n");

describe("a bio", () => {
  const WEIGHED = [
    memory("newest", { updatedAt: NOW }),
    memory("confirmed", { reinforcements: 3 }),
    memory("plain"),
    memory("important", { importance: 90 }, "health"),
  ];
  const ORDER = ["important", "confirmed", "newest", "plain"];

  it("has the order of the MCP profile, in whatever order the memories come", () => {
    for (const found of [WEIGHED, [...WEIGHED].reverse()]) {
      expect(textsOf(ranked(found, NOW))).to.deep.equal(ORDER);
      const sight = {
        ...sightOf(null, []),
        memories: new Map(found.map((each) => [each.memory.id, each] as const)),
      };
      expect(profileOf(sight).memories.map(({ text }) => text)).to.deep.equal(ORDER);
    }
  });

  it("is one text, of memories that weigh the same as well", () => {
    const twins = [memory("one"), memory("two"), memory("three")];
    expect(bio([...twins].reverse())).to.equal(bio(twins));
  });

  it("goes by scope, that of the most important memory first, then by type", () => {
    const found = [...WEIGHED, memory("Went to Lisbon", { type: "episodic", importance: 95 }, "health")];
    expect(
      bio(found)
        .split("\n")
        .filter((line) => line !== ""),
    ).to.deep.equal([
      ...["# Bio", "## health", "### Facts", "- important (2026-11-19)"],
      ...["### Events", "- Went to Lisbon (2026-11-19)"],
      ...["## travel", "### Facts"],
      ...["- confirmed (2026-11-19)", "- newest (2026-11-20)", "- plain (2026-11-19)"],
    ]);
  });

  it("leaves out what has stopped being true", () => {
    const found = [memory("over", { validUntil: NOW }), memory("holds", { validUntil: NOW + 1 })];
    expect(textsOf(ranked(found, NOW))).to.deep.equal(["holds"]);
  });

  it("marks what waits, and what two devices changed at once", () => {
    const found = [{ ...memory("seat", { conflictsWith: "0".repeat(32) }), pending: true }];
    expect(bio(found)).to.include("- seat (2026-11-19, conflict, not committed)");
  });

  it("says how much it leaves out, and cuts a long text", () => {
    const found = [memory("long ".repeat(1_000)), memory("short")];
    const lines = bioLines(found.slice(0, 1), 2);
    expect(lines.at(-1)).to.equal("1 memory of 2; --limit tells more.");
    for (const line of lines) expect(line.length).to.be.below(320);
    expect(bioLines([], 0)).to.deep.equal(["No memories."]);
  });

  it("is obeyed by neither a terminal nor a viewer of Markdown", () => {
    const hostile = "a\u001b[31m\n# Heading\n<script> ![](https://tracker.example/x.png)\u202e";
    const lines = bio([memory(hostile, {}, hostile)]).split("\n");
    expect(lines.filter((line) => line.startsWith("#"))).to.have.length(3);
    expect(lines.join("\n"))
      .to.not.match(/[\u0000-\u0009\u001b\u202e]/)
      .and.not.match(/(?<!\\)<|(?<!\\)!\[/);
  });

  it("is told, as a memory is shown, of times that no calendar has", () => {
    const found = memory("far", { updatedAt: Number.MAX_SAFE_INTEGER, createdAt: Number.MAX_SAFE_INTEGER });
    expect(bio([found])).to.include("- far (beyond any calendar)");
    expect(memoryPage(found).join("\n")).to.include("beyond any calendar");
  });
});
