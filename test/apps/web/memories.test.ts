import { expect } from "chai";

import { deltaOf, createFinder, type Findable } from "../../../apps/web/src/pages/memories/find/finder.ts";
import { marksOf, queryOf } from "../../../apps/web/src/pages/memories/find/words.ts";
import {
  changesOf,
  dayText,
  draftOf,
  endOfDay,
  isChanged,
  tagsOf,
  textFault,
} from "../../../apps/web/src/pages/memories/logic/draft.ts";
import { factsOf, isOpenable } from "../../../apps/web/src/pages/memories/logic/facts.ts";
import {
  NO_FILTERS,
  NO_TOOL,
  choicesOf,
  countOf,
  filterable,
  filtered,
} from "../../../apps/web/src/pages/memories/logic/filters.ts";
import { keyTarget } from "../../../apps/web/src/pages/memories/logic/keys.ts";
import { monthKey, monthsOf, timelineRows } from "../../../apps/web/src/pages/memories/logic/months.ts";
import { similarScopes, suggestedBeside } from "../../../apps/web/src/pages/memories/logic/scopes.ts";
import {
  leavingOf,
  leavingText,
  operationsOf,
  waitingText,
} from "../../../apps/web/src/pages/memories/logic/waiting.ts";
import { wordDiff } from "../../../apps/web/src/pages/memories/logic/word-diff.ts";
import type { Stretch } from "../../../apps/web/src/ui/pieces.ts";
import type { Memory, Previewed, VaultView } from "../../../client/index.ts";

const memory = (id: string, more: Partial<Memory> = {}): Memory => ({
  ...{ id, salt: id, type: "semantic", text: `text of ${id}`, importance: 50, reinforcements: 0 },
  ...{ createdAt: 0, updatedAt: 0, validUntil: null, tags: [], revision: 1, conflictsWith: null },
  ...{ source: { tool: null, agent: null, thread: null, url: null }, metadata: {} },
  ...more,
});

const seen = (id: string, scope: string, more: Partial<Memory> = {}, pending = false): Previewed => ({
  ...{ memory: memory(id, more), scope, pending },
});

const asMap = (all: readonly Previewed[]) => new Map(all.map((each) => [each.memory.id, each]));

const day = (text: string): number => new Date(`${text}T12:00:00`).getTime();

describe("the web app's memories", () => {
  describe("filters", () => {
    const of = (tool: string) => ({ source: { tool, agent: null, thread: null, url: null } });
    const all = filterable(
      asMap([
        seen("a", "travel", { updatedAt: 1, tags: ["rail", "rail"], ...of("mem0") }),
        seen("b", "travel", { updatedAt: 3, type: "episodic", tags: ["rail", "sea"] }),
        seen("c", "health", { updatedAt: 2, type: "episodic" }, true),
      ]),
      new Set(["a"]),
    );
    const ids = (changed: Partial<typeof NO_FILTERS>): string =>
      filtered(all, { ...NO_FILTERS, ...changed })
        .map((each) => each.memory.id)
        .join("");

    it("should show the newest change first, and everything where nothing is chosen", () => {
      expect(ids({})).to.equal("bca");
      expect(countOf(NO_FILTERS)).to.equal(0);
    });

    it("should narrow by each, and by all together", () => {
      expect(ids({ scope: "travel" })).to.equal("ba");
      expect(ids({ type: "episodic" })).to.equal("bc");
      expect(ids({ tag: "rail" })).to.equal("ba");
      expect(ids({ tool: "mem0" })).to.equal("a");
      expect(ids({ tool: NO_TOOL })).to.equal("bc");
      expect(ids({ state: "conflict" })).to.equal("a");
      expect(ids({ state: "waiting" })).to.equal("c");
      expect(ids({ scope: "travel", type: "episodic" })).to.equal("b");
      expect(ids({ scope: "health", tag: "rail" })).to.equal("");
    });

    it("should count each choice over what the other filters leave", () => {
      const choices = choicesOf(all, { ...NO_FILTERS, scope: "travel" }, ["empty", "health", "travel"]);
      expect(choices).to.deep.equal({
        scopes: [
          { value: "empty", count: 0 },
          { value: "health", count: 1 },
          { value: "travel", count: 2 },
        ],
        types: { semantic: 1, episodic: 1 },
        tags: [
          { value: "rail", count: 2 },
          { value: "sea", count: 1 },
        ],
        tools: [
          { value: "", count: 1 },
          { value: "mem0", count: 1 },
        ],
        ...{ conflict: 1, waiting: 0, anyScope: 3, anyType: 2 },
      });
    });

    it("should keep what is chosen among the choices, though nothing has it", () => {
      const { tags } = choicesOf(all, { ...NO_FILTERS, scope: "health", tag: "sea" }, []);
      expect(tags).to.deep.equal([{ value: "sea", count: 0 }]);
    });
  });

  describe("months", () => {
    const all = filterable(
      asMap([
        seen("a", "x", { createdAt: day("2026-11-02") }),
        seen("b", "x", { createdAt: day("2026-11-30") }),
        seen("c", "x", { createdAt: day("2025-11-15") }),
        seen("d", "x", { createdAt: 9e15 }),
      ]),
      new Set(),
    );

    it("should hold what was told in them, the newest first, beyond any calendar too", () => {
      const months = monthsOf(all);
      expect(months.map(({ key }) => key)).to.deep.equal(["?", "2026-11", "2025-11"]);
      expect(months[1]!.memories.map((each) => each.memory.id)).to.deep.equal(["b", "a"]);
    });

    it("should stand before their memories, line by line", () => {
      const rows = timelineRows(monthsOf(all));
      expect(rows.map((row) => (row.kind === "month" ? row.month.key : row.each.memory.id))).to.deep.equal([
        "?",
        "d",
        "2026-11",
        "b",
        "a",
        "2025-11",
        "c",
      ]);
    });

    it("should be those of where the person is", () => {
      expect(monthKey(new Date(2026, 0, 1).getTime())).to.equal("2026-01");
      expect(monthKey(new Date(2026, 0, 1).getTime() - 1)).to.equal("2025-12");
    });
  });

  describe("keys", () => {
    const at = (key: string, place: number) => keyTarget(key, { at: place, count: 10, page: 4 });

    it("should lead up and down, by pages, and to both ends, and never beyond", () => {
      expect(
        ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End"].map((key) => at(key, 5)),
      ).to.deep.equal([6, 4, 9, 1, 0, 9]);
      expect([at("ArrowDown", 9), at("ArrowUp", 0), at("PageUp", 2)]).to.deep.equal([9, 0, 0]);
      expect([at("ArrowDown", -1), at("ArrowUp", -1), at("PageDown", -1)]).to.deep.equal([0, 0, 4]);
    });

    it("should lead nowhere by other keys, and among nothing", () => {
      expect(at("a", 3)).to.equal(null);
      expect(keyTarget("Home", { at: -1, count: 0, page: 4 })).to.equal(null);
    });
  });

  describe("the difference of two texts", () => {
    const words = (text: string, marks: readonly Stretch[]) =>
      marks.map(([from, to]) => text.slice(from, to));
    const differ = (before: string, after: string) => {
      const found = wordDiff(before, after);
      return [words(before, found.before), words(after, found.after)];
    };

    it("should be the words that the other lacks", () => {
      expect(differ("Drinks water in the morning", "Drinks black coffee in the morning")).to.deep.equal([
        ["water"],
        ["black coffee"],
      ]);
      expect(differ("runs twice; up to ten km", "runs thrice; up to twelve km")).to.deep.equal([
        ["twice", "ten"],
        ["thrice", "twelve"],
      ]);
    });

    it("should be nothing for blanks, and all of it where nothing is shared", () => {
      expect(differ("a  b\nc", "a b c")).to.deep.equal([[], []]);
      expect(differ("one two", "three")).to.deep.equal([["one two"], ["three"]]);
      expect(differ("", "new words")).to.deep.equal([[], ["new words"]]);
    });

    it("should find words that moved past others", () => {
      expect(differ("a b c d", "b c d a")).to.deep.equal([["a"], ["a"]]);
    });

    it("should keep every shared word out, whatever the texts", () => {
      const pick = (seed: number) =>
        Array.from({ length: 40 }, (_, i) => "abcd"[(seed * (i + 3) * (i + 7)) % 4]!).join(" ");
      for (let seed = 1; seed < 30; seed++) {
        const [before, after] = [pick(seed), pick(seed + 5)];
        const left = (text: string, marks: readonly Stretch[]) => {
          const own = new Set(
            marks.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i)),
          );
          return Array.from(text)
            .filter((letter, i) => letter !== " " && !own.has(i))
            .join("");
        };
        const found = wordDiff(before, after);
        expect(left(before, found.before)).to.equal(left(after, found.after));
      }
    });

    it("should not compare the middle of the longest texts word by word", () => {
      const long = (word: string) =>
        `begin ${Array.from({ length: 3_000 }, (_, i) => word + String(i)).join(" ")} end`;
      const began = Date.now();
      const [before, after] = differ(long("a"), long("b"));
      expect(Date.now() - began).to.be.lessThan(1_000);
      expect([before!.length, after!.length]).to.deep.equal([1, 1]);
      expect(before![0]!.startsWith("a0 a1")).to.equal(true);
    });
  });

  describe("a form", () => {
    const known = memory("a", {
      text: "Prefers tea",
      tags: ["drinks", "home"],
      validUntil: new Date(2027, 4, 5, 8, 30).getTime(),
    });

    it("should change nothing that stands as it was, to the millisecond", () => {
      expect(changesOf(known, draftOf(known))).to.deep.equal({});
      expect(isChanged(known, draftOf(known))).to.equal(false);
    });

    it("should change what was typed, and no more", () => {
      const draft = { ...draftOf(known), text: "Prefers coffee", tags: "drinks,, home ,drinks", until: "" };
      expect(changesOf(known, draft)).to.deep.equal({
        text: "Prefers coffee",
        tags: ["drinks", "home"],
        validUntil: null,
      });
    });

    it("should end a day with its last moment", () => {
      expect(endOfDay("2026-11-22")).to.equal(new Date(2026, 10, 23).getTime() - 1);
      expect(dayText(endOfDay("2026-12-31")!)).to.equal("2026-12-31");
      expect([endOfDay(""), endOfDay("soon"), dayText(9e15)]).to.deep.equal([null, null, ""]);
    });

    it("should say what is wrong with a text", () => {
      expect(textFault(" \n")).to.contain("Write what is to be remembered");
      expect(textFault("ä".repeat(16_384))).to.equal(null);
      expect(textFault("ä".repeat(16_385))).to.contain("32,770 bytes");
      expect(tagsOf(" a ,b,, a")).to.deep.equal(["a", "b"]);
    });
  });

  describe("scopes", () => {
    it("should be found by names that were nearly typed", () => {
      const scopes = ["health", "travel", "work trips", "Finanz"];
      expect(similarScopes("helth", scopes)).to.deep.equal(["health"]);
      expect(similarScopes("Health", scopes)).to.deep.equal(["health"]);
      expect(similarScopes("trips", scopes)).to.deep.equal(["work trips"]);
      expect(similarScopes("finance", scopes)).to.deep.equal(["Finanz"]);
      expect(similarScopes("garden", scopes)).to.deep.equal([]);
      expect(similarScopes("health", ["health"])).to.deep.equal([]);
    });

    it("should be suggested where there are none of the name", () => {
      expect(suggestedBeside(["health"]))
        .to.include("identity")
        .and.not.include("health");
    });
  });

  describe("what waits", () => {
    const common = (id: string) => ({ id, at: 0 });
    const waiting = [
      { ...common("1"), kind: "update", memoryId: "a", seenRevision: 1, changes: { text: "new" } },
      { ...common("2"), kind: "reinforce", memoryId: "a" },
      { ...common("3"), kind: "reinforce", memoryId: "a" },
      { ...common("4"), kind: "forget", memoryId: "b", seenRevision: 1 },
      { kind: "shred", id: "5", memoryIds: ["c"] },
      { kind: "rotate", id: "6", above: 1 },
    ] as const;
    const memories = [
      memory("a"),
      memory("b"),
      memory("c"),
      memory("d", { conflictsWith: "c" }),
      memory("e"),
    ];
    const scopes = [{ id: "0", name: "x", memories }];
    const view = { scopes } as unknown as VaultView;
    const laid = { memories: asMap([seen("a", "x"), seen("e", "x")]), refused: new Map() };

    it("should be found for each memory, and said in words", () => {
      const own = operationsOf(waiting, "a");
      expect(own.map(({ id }) => id)).to.deep.equal(["1", "2", "3"]);
      expect(waitingText(own)).to.equal("changed, reinforced twice");
      expect(operationsOf(waiting, "e")).to.deep.equal([]);
    });

    it("should be taken back as a whole, a version of its own too", () => {
      expect(operationsOf(waiting, "1").map(({ id }) => id)).to.deep.equal(["1"]);
    });

    it("should name what leaves, and by what, with a shred all versions", () => {
      const leaving = leavingOf(view, laid, waiting);
      expect(
        leaving.map(({ memory: { id }, how, operations }) => [id, how, operations.map((each) => each.id)]),
      ).to.deep.equal([
        ["b", "forget", ["4"]],
        ["c", "shred", ["5"]],
        ["d", "shred", ["5"]],
      ]);
      expect(leavingOf(null, null, waiting)).to.deep.equal([]);
      expect(leavingText(leaving)).to.match(/^1 memory and 2 versions of memories leave /);
    });

    it("should call what stood beside another a version", () => {
      const versions = [
        memory("f"),
        memory("g", { conflictsWith: "f" }),
        memory("h", { conflictsWith: "gone" }),
      ];
      const beside = { scopes: [{ id: "0", name: "x", memories: versions }] } as unknown as VaultView;
      const without = (...ids: string[]) =>
        leavingText(
          leavingOf(
            beside,
            {
              memories: asMap(versions.flatMap(({ id }) => (ids.includes(id) ? [] : [seen(id, "x")]))),
              refused: new Map(),
            },
            [],
          ),
        );
      expect(without("f")).to.match(/^1 version of a memory leaves /);
      expect(without("g", "h")).to.match(/^1 memory and 1 version of a memory leave /);
      expect(without("h")).to.match(/^1 memory leaves /);
    });
  });

  describe("facts", () => {
    it("should name who proposed a memory, and nothing that is no text", () => {
      const found = seen("a", "x", { metadata: { proposal: { proposer: "0xab", member: 1, digest: "d" } } });
      const names = new Map(factsOf(found));
      expect(names.get("Proposed by")).to.equal("0xab");
      expect(names.has("By grant")).to.equal(false);
    });

    it("should open https alone, and nobody's password", () => {
      expect(isOpenable("https://example.org/a?b")).to.equal(true);
      for (const url of [
        "http://example.org",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://u:p@example.org",
        "no",
      ])
        expect(isOpenable(url), url).to.equal(false);
    });
  });

  describe("finding", () => {
    const findable = (id: string, text: string, more: Partial<Findable> = {}): Findable => ({
      ...memory(id, { text }),
      ...{ scope: "travel" },
      ...more,
    });
    const finder = () => {
      const made = createFinder();
      made.change({
        put: [
          findable("seat", "Prefers a window seat on night trains", { updatedAt: 1 }),
          findable("window", "The window in the kitchen is broken", { updatedAt: 2, scope: "home" }),
          findable("theatre", "Went to the theatre", { updatedAt: 3, createdAt: Date.UTC(2023, 4, 8, 12) }),
        ],
        gone: [],
      });
      return made;
    };
    const ids = (text: string) => finder().find(queryOf(text), 10);

    it("should narrow by every word, and by the beginning of the last", () => {
      expect(ids("window").ids).to.have.members(["seat", "window"]);
      expect(ids("window s")).to.deep.equal({ ids: ["seat"], all: true });
      expect(ids("the").ids).to.include("theatre");
      expect(ids("night training")).to.deep.equal({ ids: ["seat"], all: true });
      expect(ids("").ids).to.have.length(3);
    });

    it("should know scopes and dates", () => {
      expect(ids("window home").ids).to.deep.equal(["window"]);
      expect(ids("May 2023").ids).to.deep.equal(["theatre"]);
    });

    it("should say so where no memory has all of it, and show what comes closest", () => {
      expect(ids("window elephant")).to.deep.include({ all: false });
      expect(ids("window elephant").ids).to.include("window");
    });

    it("should follow what changes", () => {
      const made = finder();
      made.change({ put: [findable("seat", "Prefers the aisle")], gone: ["window"] });
      expect(made.find(queryOf("window"), 10)).to.deep.equal({ ids: [], all: false });
      expect(made.find(queryOf("aisle"), 10).ids).to.deep.equal(["seat"]);
    });

    it("should be told what came, changed and went, and nothing of the rest", () => {
      const [a, b, c] = [findable("a", "1"), findable("b", "2"), findable("c", "3")];
      const known = new Map([a, b].map((each) => [each.id, each]));
      const changed = { ...b, salt: "other" };
      const delta = deltaOf(known, new Map([changed, c].map((each) => [each.id, each])));
      expect(delta).to.deep.equal({ put: [changed, c], gone: ["a"] });
      expect(deltaOf(known, new Map(known))).to.equal(null);
      expect(deltaOf(known, new Map([a, { ...b, scope: "x" }].map((each) => [each.id, each])))).to.not.equal(
        null,
      );
    });

    it("should mark what was asked for, accents and endings aside", () => {
      const marked = (text: string, query: string) =>
        marksOf(text, queryOf(query)).map(([from, to]) => text.slice(from, to));
      expect(marked("Seats by the window, Café Zürich", "cafe seat zur")).to.deep.equal([
        "Seats",
        "Café",
        "Zür",
      ]);
      expect(marked("Seats by the window", "")).to.deep.equal([]);
    });
  });
});
