import { expect } from "chai";
import fc from "fast-check";

import { JournalDamaged, MalformedData, StoreUnavailable } from "../../../client/errors.ts";
import {
  createIndex,
  openKept,
  saveKept,
  search,
  updateKept,
  type Files,
  type Searchable,
} from "../../../client/recall/index.ts";
import { decodeSegment, encodeSegment, SEGMENT_MEMORIES } from "../../../client/recall/kept.ts";
import { memory } from "./memories.ts";

/** Files in memory that count what is written. */
function shelf() {
  const held = new Map<string, Uint8Array>();
  let made = 0;
  const files: Files = {
    list: () => Promise.resolve([...held.keys()]),
    read: (name) => Promise.resolve(held.get(name) ?? null),
    replace(_sequence, written, removed) {
      const names = written.map(() => `index-${made++}`);
      for (const [i, name] of names.entries()) held.set(name, written[i]!);
      for (const name of removed) held.delete(name);
      return Promise.resolve(names);
    },
  };
  return { files, held, words: () => new Set([...held.values()].flatMap(wordsOf)) };
}

const wordsOf = (bytes: Uint8Array): string[] =>
  decodeSegment(bytes).flatMap(({ terms }) => [...terms.words]);

/** Reads what is kept, takes memories in and keeps them, as a process of its own. */
async function visit(files: Files, memories: readonly Searchable[], sequence = 1n) {
  const kept = await openKept(files);
  const index = createIndex<Searchable>([]);
  const known = kept.known.size;
  updateKept(kept, index, memories);
  const saved = await saveKept(kept, index, sequence);
  return { kept, index, known, saved };
}

const many = (count: number, of = "tea"): Searchable[] =>
  Array.from({ length: count }, (_, i) => memory(`${of} ${i} harbour`));

describe("A kept index", () => {
  it("is read by the next process, which finds the same and writes nothing", async () => {
    const { files, held } = shelf();
    const memories = [...many(30), memory("The cello, badly", { tags: ["music"] })];
    const first = await visit(files, memories);
    const before = new Map(held);
    const second = await visit(files, memories);
    expect(second.known).to.equal(31);
    expect(second.saved).to.deep.equal({ files: 0, bytes: 0 });
    expect(held).to.deep.equal(before);
    for (const query of ["cello", "tea 7", "harbour march", "music"])
      expect(search(second.index, query)).to.deep.equal(search(first.index, query));
  });

  it("takes its words from the files, and from the texts only what is in none", async () => {
    const { files } = shelf();
    const memories = many(3);
    await visit(files, memories);
    // A text is never read again while its salt says that it is the same: a false one shows which was taken.
    const swapped = memories.map((each, i) => (i === 1 ? { ...each, text: "lighthouse" } : each));
    const { index } = await visit(files, swapped);
    expect(search(index, "lighthouse")).to.deep.equal([]);
    const revised = swapped.map((each, i) => (i === 1 ? { ...each, salt: "f".repeat(32) } : each));
    expect(search((await visit(files, revised)).index, "lighthouse")).to.have.length(1);
  });

  it("has no term of what was forgotten, changed or retagged after the next save", async () => {
    const { files, words } = shelf();
    const [gone, changed, stays] = [memory("zeppelin"), memory("quagga", { tags: ["dodo"] }), memory("tea")];
    await visit(files, [gone, changed, stays]);
    expect([...words()]).to.include.members(["zeppelin", "quagga", "dodo"]);
    await visit(files, [{ ...changed, salt: "e".repeat(32), text: "horse", tags: [] }, stays]);
    expect([...words()]).to.have.members(["hors", "tea"]);
    await visit(files, []);
    expect([...words()]).to.deep.equal([]);
  });

  it("writes what is new, in files whose number stays small, and each memory a few times at most", async () => {
    const { files, held } = shelf();
    const memories: Searchable[] = [];
    let written = 0;
    const kept = await openKept(files);
    const index = createIndex<Searchable>([]);
    for (let day = 0; day < 200; day++) {
      memories.push(...many(10, `day${day}`));
      updateKept(kept, index, memories);
      const before = new Set(held.keys());
      await saveKept(kept, index, BigInt(day + 1));
      for (const [name, bytes] of held) if (!before.has(name)) written += decodeSegment(bytes).length;
      // One that is full, and then each more than twice as large as the smaller ones: a few files for 2,000.
      expect(held.size).to.be.at.most(6);
    }
    expect([...held.values()].flatMap((bytes) => decodeSegment(bytes))).to.have.length(2_000);
    expect(written / 2_000).to.be.below(8);
  });

  it("writes so much anew as one full file has for one memory that is gone", async () => {
    const { files, held } = shelf();
    const memories = many(2 * SEGMENT_MEMORIES + 5);
    await visit(files, memories);
    expect(held.size).to.equal(3);
    const before = new Map(held);
    await visit(files, memories.slice(1));
    const added = [...held].filter(([name]) => !before.has(name));
    // The segment without its memory, and the small one with it; the other full one stays.
    expect(added.flatMap(([, bytes]) => decodeSegment(bytes))).to.have.length(SEGMENT_MEMORIES - 1 + 5);
    expect([...held.keys()].filter((name) => before.has(name))).to.have.length(1);
  });

  it("indexes anew what a broken file had, and removes that file", async () => {
    const { files, held } = shelf();
    const memories = many(5);
    await visit(files, memories);
    const [name] = held.keys();
    for (const bytes of [new Uint8Array(), Uint8Array.of(0xff), held.get(name!)!.subarray(3)]) {
      held.set("index-broken", bytes);
      const { index } = await visit(files, memories);
      expect(held.has("index-broken")).to.equal(false);
      expect(search(index, "tea")).to.have.length(5);
    }
    const damaged: Files = { ...files, read: (each) => Promise.reject(new JournalDamaged(each)) };
    expect(search((await visit(damaged, memories)).index, "tea")).to.have.length(5);
    const away: Files = { ...files, read: () => Promise.reject(new StoreUnavailable("folder", "EIO")) };
    const fault: unknown = await openKept(away).catch((thrown: unknown) => thrown);
    expect(fault).to.be.instanceOf(StoreUnavailable);
  });

  it("cleans up after a crash between writing and removing", async () => {
    const { files, held } = shelf();
    await visit(files, many(40));
    const memories = many(40);
    await visit(files, memories);
    // The same memories in two files, as a crash leaves them.
    for (const [name, bytes] of [...held]) held.set(`${name}-copy`, bytes);
    const { index } = await visit(files, memories);
    expect(search(index, "tea", { limit: 100 })).to.have.length(40);
    const ids = [...held.values()].flatMap((bytes) => decodeSegment(bytes).map(({ id }) => id));
    expect(ids).to.have.members(memories.map(({ id }) => id));
  });

  it("takes what another process keeps for kept, and writes anew what something else removed", async () => {
    const { files, held } = shelf();
    const memories = many(40);
    const one = await visit(files, memories.slice(0, 30));
    const other = await visit(files, memories);
    updateKept(one.kept, one.index, memories);
    expect(await saveKept(one.kept, one.index, 2n)).to.deep.equal({ files: 0, bytes: 0 });
    expect(await saveKept(other.kept, other.index, 2n)).to.deep.equal({ files: 0, bytes: 0 });
    held.clear();
    await saveKept(one.kept, one.index, 3n);
    expect([...held.values()].flatMap((bytes) => decodeSegment(bytes))).to.have.length(40);
  });

  it("keeps on searching where its files have gone on without it", async () => {
    const { files } = shelf();
    const behind: Files = { ...files, replace: () => Promise.resolve(null) };
    const { index, saved } = await visit(behind, many(4));
    expect(saved).to.deep.equal({ files: 0, bytes: 0 });
    expect(search(index, "tea")).to.have.length(4);
  });
});

describe("A segment", () => {
  const hex = fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
  const word = fc.stringMatching(/^[a-z0-9\u4e00-\u4fff]{1,12}$/);
  const terms = fc
    .uniqueArray(fc.tuple(word, fc.integer({ min: 1, max: 70_000 })), {
      selector: ([each]) => each,
      maxLength: 20,
    })
    .map((pairs) => ({ words: pairs.map(([each]) => each), counts: pairs.map(([, count]) => count) }));
  const entries = fc.array(fc.record({ id: hex, salt: hex, terms }), { maxLength: 20 });

  it("decodes to what was encoded", () => {
    fc.assert(
      fc.property(entries, (each) => {
        expect(decodeSegment(encodeSegment(each))).to.deep.equal(each);
      }),
    );
  });

  it("is refused when it is cut or is something else, and never anything worse", () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.nat(255), (each, place, value) => {
        const bytes = encodeSegment(each);
        bytes[place % bytes.length] = value;
        try {
          decodeSegment(bytes);
        } catch (fault) {
          expect(fault).to.be.instanceOf(MalformedData);
        }
      }),
    );
    const bytes = encodeSegment([
      { id: "0".repeat(32), salt: "1".repeat(32), terms: { words: ["a"], counts: [1] } },
    ]);
    for (let end = 0; end < bytes.length; end++)
      expect(() => decodeSegment(bytes.subarray(0, end))).to.throw(MalformedData);
  });
});
