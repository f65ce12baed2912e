import { expect } from "chai";

import {
  createIndex,
  createVectors,
  EmbeddingInvalid,
  fuse,
  search,
  searchHybrid,
  updateVectors,
  type Embedder,
} from "../../../client/recall/index.ts";
import { memory } from "./memories.ts";

/** Knows which of a few words mean the same; everything else means nothing to it. */
const MEANINGS = [
  ["physician", "doctor", "clinic"],
  ["bicycle", "bike", "cycling"],
  ["supper", "dinner", "evening meal"],
];

function thesaurus(): Embedder & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...{ name: "thesaurus", dimensions: MEANINGS.length, asked },
    embed(texts) {
      asked.push(...texts);
      const vectorOf = (text: string) =>
        Float32Array.from(MEANINGS, (words) =>
          words.some((word) => text.toLowerCase().includes(word)) ? 1 : 0,
        );
      return Promise.resolve(texts.map(vectorOf));
    },
  };
}

const giving = (vectors: readonly Float32Array[]): Embedder => ({
  ...{ name: "broken", dimensions: 2, embed: () => Promise.resolve(vectors) },
});

describe("An embedder", () => {
  const memories = [
    memory("Sees a physician in Ghent every May"),
    memory("Rides a bicycle to work"),
    memory("The doctor's name is on the fridge"),
    memory("Supper is at seven"),
  ];

  it("finds what has none of the words, beside what has them", async () => {
    const index = createIndex(memories);
    const vectors = createVectors(thesaurus());
    await updateVectors(vectors, memories);
    expect(search(index, "bike")).to.deep.equal([]);
    const [bike] = await searchHybrid(index, vectors, "bike");
    expect(bike?.memory.text).to.equal("Rides a bicycle to work");
    const doctors = await searchHybrid(index, vectors, "Which doctor?");
    // Found by word and by meaning, then by meaning alone.
    expect(doctors.slice(0, 2).map((hit) => hit.memory.text)).to.deep.equal([
      "The doctor's name is on the fridge",
      "Sees a physician in Ghent every May",
    ]);
  });

  it("is asked for new and changed texts only, and forgets those that are gone", async () => {
    const embedder = thesaurus();
    const vectors = createVectors(embedder);
    const [first, second, third] = memories;
    await updateVectors(vectors, [first!, second!]);
    embedder.asked.length = 0;
    await updateVectors(vectors, [{ ...first!, importance: 9 }, { ...second!, text: "Walks" }, third!]);
    expect(embedder.asked).to.have.members(["Walks", third!.text]);
    await updateVectors(vectors, [third!]);
    expect([...vectors.byId.keys()]).to.deep.equal([third!.id]);
  });

  it("takes part in filters and weights as words do", async () => {
    const [old, rated] = [
      memory("Goes cycling", { scope: "a", createdAt: 5 }),
      memory("Likes cycling", { scope: "b", createdAt: 1, importance: 100 }),
    ];
    const index = createIndex([old, rated]);
    const vectors = createVectors(thesaurus());
    await updateVectors(vectors, [old, rated]);
    const ids = async (options: Parameters<typeof searchHybrid>[3]) =>
      (await searchHybrid(index, vectors, "bike", options)).map((hit) => hit.memory.id);
    expect(await ids({})).to.deep.equal([rated.id, old.id]);
    expect(await ids({ weights: { importance: 0 } })).to.deep.equal([old.id, rated.id]);
    expect(await ids({ scopes: ["a"] })).to.deep.equal([old.id]);
    expect(await ids({ limit: 1 })).to.deep.equal([rated.id]);
  });

  it("is refused when it gives something else than it promised", async () => {
    const one = [memory("One")];
    const faults = [
      [],
      [new Float32Array(2), new Float32Array(2)],
      [new Float32Array(3)],
      [Float32Array.of(NaN, 0)],
      [Float32Array.of(Infinity, 0)],
    ];
    for (const vectors of faults) {
      const fault: unknown = await updateVectors(createVectors(giving(vectors)), one).catch(
        (thrown: unknown) => thrown,
      );
      expect(fault).to.be.instanceOf(EmbeddingInvalid);
    }
    // A text that means nothing has a vector of zeros, which is near nothing and no fault.
    await updateVectors(createVectors(giving([new Float32Array(2)])), one);
  });
});

describe("fuse", () => {
  it("adds reciprocals of places, so that what two rankings have beats the first of one", () => {
    const sums = fuse([
      ["a", "b"],
      ["c", "b"],
    ]);
    expect(sums.get("a")).to.equal(1 / 61);
    expect(sums.get("b")).to.equal(2 / 62);
    expect([...sums].sort((x, y) => y[1] - x[1])[0]?.[0]).to.equal("b");
  });
});
