import { expect } from "chai";

import { createIndex, HALF_LIFE_MS, NO_WEIGHTS, search, WEIGHTS } from "../../../client/recall/index.ts";
import type { Searchable } from "../../../client/recall/index.ts";
import { weightOf } from "../../../client/recall/weights.ts";
import { memory } from "./memories.ts";

const NOW = Date.UTC(2026, 0, 1);
const TEXT = "Likes tea with lemon";

/** Of two memories of one text, which is first: with all weights, with one of them off, and with none. */
function firstOf(other: Partial<Searchable>, off: keyof typeof WEIGHTS) {
  // Who has no weight is first among equals: it is newer by its date of making.
  const [plain, weighed] = [
    memory(TEXT, { createdAt: NOW - 1, updatedAt: 0 }),
    memory(TEXT, { createdAt: NOW - 2, updatedAt: 0, ...other }),
  ];
  const index = createIndex([plain, weighed]);
  const first = (weights: Partial<typeof WEIGHTS>) =>
    search(index, "tea", { now: NOW, weights })[0]?.memory === weighed ? "weighed" : "plain";
  return { all: first({}), off: first({ [off]: 0 }), none: first(NO_WEIGHTS) };
}

const UP = { all: "weighed", off: "plain", none: "plain" };

describe("What weighs in beside words", () => {
  it("puts the more important of two memories first, unless that is switched off", () => {
    expect(firstOf({ importance: 90 }, "importance")).to.deep.equal(UP);
  });

  it("puts the one that was confirmed first, unless that is switched off", () => {
    expect(firstOf({ reinforcements: 3 }, "reinforcement")).to.deep.equal(UP);
  });

  it("puts the one that changed last first, unless that is switched off", () => {
    expect(firstOf({ updatedAt: NOW - HALF_LIFE_MS }, "recency")).to.deep.equal(UP);
  });

  it("puts one that is not valid any more last, unless that is switched off", () => {
    // Equal words; the expired one is the newer.
    const [valid, expired] = [
      memory(TEXT, { createdAt: 1, validUntil: NOW + 1 }),
      memory(TEXT, { createdAt: 2, validUntil: NOW }),
    ];
    const index = createIndex([valid, expired]);
    const ids = (weights: Partial<typeof WEIGHTS>, now = NOW) =>
      search(index, "tea", { now, weights }).map((hit) => hit.memory.id);
    expect(ids({})).to.deep.equal([valid.id, expired.id]);
    expect(ids({ validity: 0 })).to.deep.equal([expired.id, valid.id]);
    expect(ids(NO_WEIGHTS)).to.deep.equal([expired.id, valid.id]);
    expect(ids({}, NOW - 1)).to.deep.equal([expired.id, valid.id]);
  });

  it("lets words decide between a memory that has them and one that hardly does, whatever it weighs", () => {
    const heavy = { importance: 100, reinforcements: 1_000, updatedAt: NOW };
    const memories = [
      memory("Prefers green tea with lemon in the morning"),
      memory("Had tea once at a station", heavy),
    ];
    const [first] = search(createIndex(memories), "green tea with lemon", { now: NOW });
    expect(first?.memory).to.equal(memories[0]);
  });

  it("asks for no age and no validity where nobody says what time it is", () => {
    const old = memory(TEXT, { updatedAt: 0, validUntil: 1 });
    expect(weightOf(old, WEIGHTS, undefined)).to.equal(1);
    expect(weightOf(old, WEIGHTS, NOW)).to.be.below(0.6);
  });

  it("raises nothing endlessly, and takes a clock that runs behind for the present", () => {
    const many = memory(TEXT, { reinforcements: Number.MAX_SAFE_INTEGER, importance: 100, updatedAt: NOW });
    const ahead = memory(TEXT, { updatedAt: NOW + HALF_LIFE_MS });
    expect(weightOf(many, WEIGHTS, NOW)).to.be.at.most(2);
    expect(weightOf(ahead, WEIGHTS, NOW)).to.equal(1 + WEIGHTS.recency);
  });

  it("finds the same with a small limit as at the head of a large one", () => {
    const memories = Array.from({ length: 500 }, (_, i) =>
      memory(`tea ${i % 7 === 0 ? "lemon" : "milk"}`, { importance: (i * 37) % 101, reinforcements: i % 5 }),
    );
    const index = createIndex(memories);
    const ids = (limit: number) =>
      search(index, "tea lemon", { now: NOW, limit }).map((hit) => hit.memory.id);
    expect(ids(500)).to.have.length(500);
    for (const limit of [1, 3, 10]) expect(ids(limit)).to.deep.equal(ids(500).slice(0, limit));
    expect(ids(0)).to.deep.equal([]);
  });
});
