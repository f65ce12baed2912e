import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";

import { crossValidate, measureRecall, readLocomo } from "../../../bench/locomo.ts";
import { NO_SOURCE } from "../../../client/memory/record.ts";
import { CONTEXT, createIndex, search } from "../../../client/recall/index.ts";
import { stem } from "../../../client/recall/stemmer.ts";
import { termsOf } from "../../../client/recall/words.ts";
import { memory } from "./memories.ts";

const LOCOMO = new URL("../../../../shared/data/locomo/locomo4.json", import.meta.url);

const found = (memories: Parameters<typeof createIndex>[0], query: string, options = {}) =>
  search(createIndex(memories), query, options).map((hit) => hit.memory.text);

describe("stem", () => {
  it("gives the forms of Porter's paper", () => {
    const pairs =
      "caresses caress ponies poni ties ti caress caress cats cat feed feed agreed agre plastered plaster bled bled motoring motor sing sing " +
      "conflated conflat troubled troubl sized size hopping hop tanned tan falling fall hissing hiss fizzed fizz failing fail filing file happy happi sky sky " +
      "relational relat conditional condit rational ration valenci valenc digitizer digit conformabli conform radicalli radic vileli vile " +
      "analogousli analog vietnamization vietnam predication predic operator oper feudalism feudal decisiveness decis hopefulness hope " +
      "formaliti formal sensitiviti sensit sensibiliti sensibl triplicate triplic formative form formalize formal electriciti electr electrical electr " +
      "hopeful hope goodness good revival reviv allowance allow inference infer airliner airlin adjustable adjust defensible defens irritant irrit " +
      "replacement replac adjustment adjust dependent depend adoption adopt communism commun activate activ effective effect bowdlerize bowdler " +
      "probate probat rate rate cease ceas controll control roll roll yellow yellow syzygy syzygi";
    const words = pairs.split(" ");
    for (let at = 0; at < words.length; at += 2) expect(stem(words[at]!), words[at]).to.equal(words[at + 1]);
  });

  it("leaves short words, numbers and other alphabets as they are", () => {
    for (const word of ["is", "2025", "été", "вода", "m8s"]) expect(stem(word)).to.equal(word);
  });
});

describe("termsOf", () => {
  it("leaves stop words, accents and case out", () => {
    expect(termsOf("What was the name of Dvořák's SYMPHONY?")).to.deep.equal(["name", "dvorak", "symphoni"]);
  });

  it("cuts scripts without spaces into characters", () => {
    expect(termsOf("東京 tower")).to.deep.equal(["東", "京", "tower"]);
  });
});

describe("search", () => {
  it("finds other forms of a word, the best first, and what lacks a word too", () => {
    const memories = [
      memory("She runs on Sundays"),
      memory("Likes tea"),
      memory("A running injury of the knee"),
    ];
    expect(found(memories, "running injuries")).to.deep.equal([
      "A running injury of the knee",
      "She runs on Sundays",
    ]);
  });

  it("finds nothing for nothing", () => {
    for (const query of ["", "the of and", "xyzzy", "?!"])
      expect(found([memory("Likes tea")], query)).to.deep.equal([]);
    expect(found([], "tea")).to.deep.equal([]);
  });

  it("finds by date and tag", () => {
    const memories = [
      memory("Lunch with Wies", { createdAt: Date.UTC(2024, 6, 9) }),
      memory("Tea", { tags: ["harbour"] }),
    ];
    expect(found(memories, "what happened in July 2024?")[0]).to.equal("Lunch with Wies");
    expect(found(memories, "harbours")).to.deep.equal(["Tea"]);
  });

  it("finds an answer by its question, within a conversation only", () => {
    const source = { ...NO_SOURCE, tool: "t", thread: "1" };
    const other = { ...source, thread: "2" };
    const memories = [
      memory("Which instrument do you play?", { source }),
      memory("The cello, badly", { source, createdAt: Date.UTC(2025, 2, 5) }),
      memory("Certainly not", { source: other }),
    ];
    expect(found(memories, "instrument")).to.deep.equal([
      "Which instrument do you play?",
      "The cello, badly",
    ]);
  });

  it("narrows by type, time and scope, and keeps to the limit", () => {
    const memories = [
      memory("tea one", { scope: "a" }),
      memory("tea two", { scope: "b", type: "episodic" }),
      memory("tea three", { createdAt: Date.UTC(2026, 0, 1) }),
    ];
    expect(found(memories, "tea", { types: ["episodic"] })).to.deep.equal(["tea two"]);
    expect(found(memories, "tea", { since: Date.UTC(2025, 5, 1) })).to.deep.equal(["tea three"]);
    expect(found(memories, "tea", { scopes: ["a"] })).to.deep.equal(["tea one"]);
    expect(found(memories, "tea", { scopes: [] })).to.deep.equal([]);
    expect(found(memories, "tea", { limit: 2 })).to.have.length(2);
  });

  it("finds memories beside one of a time that no date has", () => {
    const late = { ...memory("Likes tea later"), createdAt: Number.MAX_SAFE_INTEGER };
    expect(found([late, memory("Likes tea")], "tea")).to.have.length(2);
  });

  it("takes hostile words for words", () => {
    const memories = [memory("__proto__ constructor toString hasOwnProperty"), memory("Likes tea")];
    expect(found(memories, "__proto__ hasOwnProperty")).to.have.length(1);
    expect(found(memories, 'tea AND (NOT "x" OR *) -- \0'.repeat(50))).to.deep.equal(["Likes tea"]);
  });

  it("finds at least 72 % of the evidence of LoCoMo among ten results", function () {
    if (!existsSync(LOCOMO)) {
      console.log("      (LoCoMo is not at ../shared/data: skipped)");
      this.skip();
    }
    this.timeout(60_000);
    const { all, byCategory } = measureRecall(readLocomo(readFileSync(LOCOMO, "utf8")), [5, 10, 20]);
    console.log(
      `      ${[...all.at].map(([k, share]) => `recall@${k} ${(share * 100).toFixed(1)}`).join(", ")}`,
    );
    expect(all.at.get(10)).to.be.at.least(0.72);
    expect([...byCategory.keys()]).to.deep.equal(["multi-hop", "open", "single-hop", "temporal"]);
    const questions = [...byCategory.values()].reduce((sum, share) => sum + share.questions, 0);
    expect(questions).to.equal(all.questions);
  });

  it("has the context that every conversation of LoCoMo but one chooses for that one", function () {
    if (!existsSync(LOCOMO) || process.env.MEMVAULT_LONG !== "1") this.skip();
    this.timeout(120_000);
    const { folds, chosen } = crossValidate(readLocomo(readFileSync(LOCOMO, "utf8")));
    expect(folds.map((fold) => fold.chosen)).to.deep.equal(folds.map(() => CONTEXT));
    expect(chosen).to.deep.equal(CONTEXT);
    for (const { recall } of folds) expect(recall).to.be.at.least(0.7);
  });
});
