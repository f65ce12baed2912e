import { expect } from "chai";

import { generator } from "../../../bench/speed/search.ts";
import { NO_SOURCE } from "../../../client/memory/record.ts";
import { createIndex, search, updateIndex, type Searchable } from "../../../client/recall/index.ts";
import { memory } from "./memories.ts";

const WORDS = "tea lemon harbour train window aisle cello knee Sunday May lamp river".split(" ");
const source = { ...NO_SOURCE, tool: "t", thread: "1" };

const results = (index: ReturnType<typeof createIndex>, query: string) =>
  search(index, query, { limit: 1_000 }).map((hit) => [hit.memory.id, hit.score.toFixed(9)].join(" "));

describe("An index that is updated", () => {
  it("finds and scores as one made anew, whatever came, changed and went", () => {
    const random = generator(8);
    const pick = (count: number) => Math.floor(random() * count);
    const text = () => Array.from({ length: 3 + pick(6) }, () => WORDS[pick(WORDS.length)]).join(" ");
    let memories: Searchable[] = [];
    const index = createIndex(memories);
    for (let round = 0; round < 40; round++) {
      memories = memories
        .filter(() => random() > 0.1)
        .map((each) => (random() < 0.1 ? { ...each, text: text() } : each))
        .map((each) => (random() < 0.05 ? { ...each, tags: ["harbour"] } : each))
        .map((each) =>
          random() < 0.05 ? { ...each, createdAt: each.createdAt + 86_400_000 * pick(40) } : each,
        );
      for (let i = pick(8); i > 0; i--)
        memories.push(
          memory(text(), { createdAt: round * 90_000_000, source: { ...source, thread: `${pick(3)}` } }),
        );
      updateIndex(index, memories);
      const anew = createIndex(memories);
      for (const query of [...WORDS, "tea with lemon at the harbour on a Sunday in May"])
        expect(results(index, query).sort()).to.deep.equal(results(anew, query).sort());
    }
    expect(memories.length).to.be.above(10);
    updateIndex(index, []);
    const { postings } = index;
    for (const left of [postings.terms, postings.byId, postings.days, postings.dates, postings.threads])
      expect(left.size).to.equal(0);
    expect([postings.ownLength, postings.contextLength]).to.deep.equal([0, 0]);
  });

  it("says what came, changed and went, and reads nothing else again", () => {
    const [one, two, three] = [memory("tea"), memory("lemon"), memory("harbour")];
    const index = createIndex([one, two]);
    const read: string[] = [];
    const known = ({ id }: Searchable) => void read.push(id);
    // A mark that no word stands by is taken over without a word being read.
    const changed = updateIndex(index, [{ ...one, importance: 99 }, { ...two, text: "train" }, three], known);
    expect(changed).to.deep.equal({ added: [two.id, three.id], removed: [two.id] });
    expect(read).to.deep.equal([two.id, three.id]);
    expect(search(index, "tea")[0]?.memory.importance).to.equal(99);
    expect(updateIndex(index, [{ ...two, text: "train" }, three])).to.deep.equal({
      added: [],
      removed: [one.id],
    });
    expect(search(index, "tea lemon")).to.deep.equal([]);
  });

  it("finds an answer by a question that came later, and not by one that is gone", () => {
    const answer = memory("The cello, badly", { source, createdAt: 2 });
    const question = memory("Which instrument do you play?", { source, createdAt: 1 });
    const index = createIndex([answer]);
    expect(search(index, "instrument")).to.deep.equal([]);
    updateIndex(index, [answer, question]);
    expect(search(index, "instrument").map((hit) => hit.memory)).to.deep.equal([question, answer]);
    updateIndex(index, [answer]);
    expect(search(index, "instrument")).to.deep.equal([]);
  });
});
