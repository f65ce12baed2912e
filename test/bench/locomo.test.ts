import { expect } from "chai";

import { crossValidate, measureRecall, NotLocomo, readLocomo } from "../../bench/locomo.ts";
import { measureSearch } from "../../bench/speed/search.ts";

const KS = [5, 10, 20];
const sample = (turns: unknown, qa: unknown) =>
  JSON.stringify([{ conversation: { session_1: turns, session_1_date_time: "1:56 pm on 8 May, 2023" }, qa }]);
const turn = (id: unknown, text: unknown) => ({ speaker: "Ada", dia_id: id, text });
const asked = (question: unknown, evidence: unknown, category: unknown = 4) => ({
  question,
  evidence,
  category,
});

describe("Recall on a LoCoMo data set", () => {
  it("is the mean share of evidence that is found, overall and by category", () => {
    const turns = [turn("D1:1", "I play the cello"), turn("D1:2", "Rain"), turn("D2:1", "A harbour")];
    const qa = [
      asked("Who plays the cello?", ["D1:1"], 1),
      asked("Which harbour?", ["D2:1", "D1:1"], 4),
      asked("Whose xyzzy?", ["D1:2"], 4),
      asked("What does the conversation not say?", ["D1:1"], 5),
    ];
    const { all, byCategory, turns: count } = measureRecall(readLocomo(sample(turns, qa)), [1]);
    expect([count, all.questions]).to.deep.equal([3, 3]);
    expect(all.at.get(1)).to.equal((1 + 0.5 + 0) / 3);
    expect(byCategory.get("multi-hop")?.at.get(1)).to.equal(1);
    expect(byCategory.get("single-hop")?.at.get(1)).to.equal(0.25);
    expect(byCategory.has("adversarial")).to.equal(false);
  });

  it("is measured whatever is malformed inside", () => {
    const turns = [
      ...[null, 7, "text", {}, turn(null, "no id"), turn("D1:1", null), turn("D1:2", 5), turn("D1:3", "tea")],
      ...[
        turn("D1:3", "twice"),
        turn("__proto__", "constructor"),
        { ...turn("D1:4", ""), speaker: undefined },
      ],
    ];
    const qa = [
      ...[
        null,
        1,
        {},
        asked(null, ["D1:3"]),
        asked("tea?", "D1:3"),
        asked("tea?", ["D9:9", null, "D", "D8:6; D9:17"]),
      ],
      ...[
        asked("tea?", ["D1:3", "D1:3"], "x"),
        asked("constructor?", ["__proto__"], 99),
        asked(2022, ["D1:2"], 2),
      ],
    ];
    const { all, byCategory } = measureRecall(readLocomo(sample(turns, qa)), KS);
    expect(all.questions).to.equal(3);
    expect(byCategory.get("other")?.questions).to.equal(2);
    expect(all.at.get(5)).to.be.within(0.6, 1);
  });

  it("takes one conversation that stands alone, an odd time, and a turn as long as a book", () => {
    const conversation = {
      session_1: [turn("a", "tea ".repeat(200_000)), turn("b", "harbour")],
      session_1_date_time: "99:99 pm on 99 Smarch, 999999",
      session_2: "not turns",
      "": [],
    };
    const found = readLocomo(JSON.stringify({ sample_id: "x", conversation, qa: [asked("harbour", ["b"])] }));
    expect(found).to.have.length(1);
    expect(measureRecall(found, KS).all.at.get(10)).to.equal(1);
  });

  it("is 0 of 0 where nothing is asked, and no conversation chooses for that", () => {
    const found = readLocomo(sample([turn("a", "tea")], []));
    const { all } = measureRecall(found, KS);
    expect([all.questions, all.at.get(10)]).to.deep.equal([0, 0]);
    expect(crossValidate(found).folds).to.have.length(1);
  });

  it("refuses what is no data set as a whole, and says so", () => {
    for (const json of ["", "{", "null", "7", "[]", "{}", "[null]", '[{"conversation":{"session_1":[]}}]'])
      expect(() => readLocomo(json), json).to.throw(NotLocomo);
  });
});

describe("The bench of search", () => {
  it("finds what its questions are about, and more turns than questions", async () => {
    const { turns, questions, recall, ours, floor, append } = await measureSearch(1_000, 40);
    expect([turns, questions]).to.deep.equal([1_000, 40]);
    expect(recall).to.be.above(0.6);
    for (const figure of [ours, floor, append]) expect(figure).to.be.above(0);
  });
});
