import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { decodeCbor, encodeCbor } from "../../../client/cbor.ts";
import { MalformedData, RecordTooLarge } from "../../../client/errors.ts";
import { decodeRecord, encodeRecord, recordId } from "../../../client/memory/codec.ts";
import { SUGGESTED_SCOPES, type Json, type Memory } from "../../../client/memory/record.ts";
import { flipped, seeded } from "../../helpers/seeded.ts";
import { BARE, FULL } from "./samples.ts";

const random = seeded("codec");

describe("a memory's record", () => {
  it("gives the memory back", () => {
    for (const memory of [FULL, BARE]) {
      const record = encodeRecord(memory);
      expect(decodeRecord(record)).to.deep.equal(memory);
      expect(recordId(record)).to.equal(memory.id);
    }
  });

  it("is an array of fifteen fields in a fixed order", () => {
    expect(decodeCbor(encodeRecord(FULL))).to.deep.equal([
      ...[1, hexToBytes(FULL.id), hexToBytes(FULL.salt), 1, FULL.text, 80, 3],
      ...[1_760_000_000_000, 1_760_000_000_001, 1_800_000_000_000],
      ["chatgpt", "gpt", "0f3c", "https://example.org/c/0f3c"],
      ["travel", "train"],
      ...[7, hexToBytes(FULL.conflictsWith!), FULL.metadata],
    ]);
  });

  it("does not depend on the order in which fields or metadata were written", () => {
    const reversed = (value: object): object => Object.fromEntries(Object.entries(value).reverse());
    const shuffled = reversed({ ...FULL, metadata: reversed(FULL.metadata), source: reversed(FULL.source) });
    expect(encodeRecord(shuffled as Memory)).to.deep.equal(encodeRecord(FULL));
  });

  it("changes with its salt, so that equal texts have unequal records", () => {
    expect(encodeRecord({ ...FULL, salt: BARE.salt })).not.to.deep.equal(encodeRecord(FULL));
  });

  it("keeps metadata with awkward keys as data", () => {
    const json =
      '{"__proto__":{"admin":true},"constructor":{"prototype":1},"toString":"x","":0,"\\ufeffk":"\\ufeffv"}';
    const memory = decodeRecord(encodeRecord({ ...FULL, metadata: JSON.parse(json) as Memory["metadata"] }));
    expect(JSON.stringify(memory.metadata, Object.keys(memory.metadata).sort())).to.have.length.above(2);
    expect(Object.keys(memory.metadata).sort()).to.deep.equal(Object.keys(JSON.parse(json) as object).sort());
    expect(Object.getPrototypeOf(memory.metadata)).to.equal(Object.prototype);
    expect(memory.metadata["admin"]).to.equal(undefined);
    expect(({} as Record<string, unknown>)["admin"]).to.equal(undefined);
  });

  it("keeps text exactly, and refuses broken surrogates, which no UTF-8 holds", () => {
    for (const text of [
      "\u{feff}BOM",
      "e\u0301 vs é",
      "a\u0000b",
      "\r\n",
      "\u202eevil",
      `\u{feff}${"ü".repeat(40)}`,
    ]) {
      expect(decodeRecord(encodeRecord({ ...FULL, text })).text).to.equal(text);
    }
    const broken = "cut \ud83d";
    const places: Partial<Memory>[] = [
      ...[{ text: broken }, { tags: [broken] }, { source: { ...FULL.source, url: broken } }],
      // As one key, it would be there twice, and nobody could read the record.
      ...[{ metadata: { nested: [broken] } }, { metadata: { "\ud800": 1, "\ud801": 2 } }],
    ];
    for (const place of places) {
      expect(() => encodeRecord({ ...FULL, ...place })).to.throw(MalformedData, "half of a surrogate pair");
    }
  });
});

describe("the limits of a record", () => {
  it("are 32,768 bytes of text, counted in UTF-8", () => {
    expect(decodeRecord(encodeRecord({ ...FULL, text: "x".repeat(32_768) })).text).to.have.length(32_768);
    expect(decodeRecord(encodeRecord({ ...FULL, text: "ü".repeat(16_384) })).text).to.have.length(16_384);
    for (const text of ["x".repeat(32_769), "ü".repeat(16_385)]) {
      expect(() => encodeRecord({ ...FULL, text })).to.throw(RecordTooLarge, "32768");
    }
    expect(() => encodeRecord({ ...FULL, text: "" })).to.throw(MalformedData, "text");
  });

  it("are 65,536 bytes of record", () => {
    const rest = 65_536 - encodeRecord({ ...BARE, metadata: { filler: "x".repeat(60_000) } }).length;
    const largest = { ...BARE, metadata: { filler: "x".repeat(60_000 + rest) } };
    expect(encodeRecord(largest)).to.have.length(65_536);
    expect(decodeRecord(encodeRecord(largest))).to.deep.equal(largest);
    const tooLarge = { ...BARE, metadata: { filler: "x".repeat(60_001 + rest) } };
    expect(() => encodeRecord(tooLarge)).to.throw(RecordTooLarge, "65537");
  });

  it("hold for those who read as well", () => {
    const fields = decodeCbor(encodeRecord(FULL)) as unknown[];
    expect(() => decodeRecord(encodeCbor(fields.with(4, "x".repeat(32_769))))).to.throw(
      MalformedData,
      "32769",
    );
    expect(() => decodeRecord(encodeCbor(fields.with(14, { filler: "x".repeat(65_536) })))).to.throw(
      MalformedData,
    );
  });
});

describe("a hostile record", () => {
  const wrong: [field: number, name: string, ...values: unknown[]][] = [
    [0, "kind", 0, 2, "1", null],
    [1, "id", random(15), random(17), FULL.id, null],
    [2, "salt", random(15), null],
    [3, "type", 2, -1, "semantic", null],
    [4, "text", "", 1, random(4), null],
    [5, "importance", -1, 101, 0.5, "50", null],
    [6, "reinforcements", -1, 1.5, null],
    [7, "createdAt", -1, 1.5, "2026", null],
    [8, "updatedAt", -1, null],
    [9, "validUntil", -1, "never", false],
    [10, "source", null, {}, [], [null, null, null], [null, null, null, null, null], [1, null, null, null]],
    [11, "tags", null, {}, [1], [""], [["a"]], Array.from({ length: 65 }, (_, i) => `${i}`)],
    [12, "revision", 0, -1, 1.5, null],
    [13, "conflictsWith", random(15), FULL.id, 0],
    [14, "metadata", null, [], "x", { x: random(1) }, { x: [{ y: random(1) }] }],
  ];

  for (const [field, name, ...values] of wrong) {
    it(`is refused for its ${name}`, () => {
      const fields = decodeCbor(encodeRecord(FULL)) as unknown[];
      for (const value of values) {
        expect(() => decodeRecord(encodeCbor(fields.with(field, value)))).to.throw(MalformedData);
      }
    });
  }

  it("is refused for a field more or less", () => {
    const fields = decodeCbor(encodeRecord(FULL)) as unknown[];
    expect(() => decodeRecord(encodeCbor(fields.slice(0, 14)))).to.throw(MalformedData);
    expect(() => decodeRecord(encodeCbor([...fields, null]))).to.throw(MalformedData);
    expect(() => decodeRecord(encodeCbor(Object.fromEntries(fields.entries())))).to.throw(MalformedData);
  });

  it("is refused, or is another record, for any bit that is turned", () => {
    const record = encodeRecord(FULL);
    for (let bit = 0; bit < record.length * 8; bit++) {
      const bytes = flipped(record, bit);
      try {
        expect(bytesToHex(encodeRecord(decodeRecord(bytes)))).to.equal(bytesToHex(bytes));
      } catch (error) {
        expect(error).to.be.instanceOf(MalformedData);
      }
    }
  });

  it("has no id unless it begins as a memory's does", () => {
    const record = encodeRecord(FULL);
    expect(() => recordId(record.subarray(0, 19))).to.throw(MalformedData);
    for (const at of [0, 1, 2]) expect(() => recordId(flipped(record, at * 8))).to.throw(MalformedData);
  });
});

describe("encodeRecord", () => {
  it("refuses what no reader would take", () => {
    const circle: Record<string, Json> = {};
    circle["self"] = circle;
    const bad: object[] = [
      { id: FULL.id.toUpperCase() },
      { id: "" },
      { salt: `0x${FULL.salt}` },
      { type: "procedural" },
      { text: undefined },
      { importance: NaN },
      { importance: 100.5 },
      { createdAt: new Date() },
      { validUntil: undefined },
      { source: null },
      { source: { tool: null, agent: null, thread: null } },
      { source: { ...FULL.source, model: "x" } },
      { tags: "travel" },
      { revision: 0 },
      { conflictsWith: undefined },
      { metadata: [] },
      { metadata: { x: undefined } },
      { metadata: { x: NaN } },
      { metadata: { x: 1n } },
      { metadata: { x: new Date() } },
      { metadata: { x: new Map() } },
      { metadata: { x: new Uint8Array(3) } },
      { metadata: { x: () => 1 } },
      { metadata: circle },
    ];
    for (const change of bad) {
      expect(() => encodeRecord({ ...FULL, ...change }), JSON.stringify(Object.keys(change))).to.throw(
        MalformedData,
      );
    }
  });
});

describe("the suggested scopes", () => {
  it("are MemSync's ten, in its order", () => {
    expect(SUGGESTED_SCOPES.join(" ")).to.equal(
      "identity career interests relationships health finance learning travel productivity private",
    );
  });
});
