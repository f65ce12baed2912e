import { expect } from "chai";

import { cleanText, field, linesOf, timeOf } from "../../../client/importers/clean.ts";

describe("field", () => {
  it("reads own fields only, of objects only", () => {
    expect(field({ a: 1 }, "a")).to.equal(1);
    expect(field(JSON.parse('{"__proto__":5}'), "__proto__")).to.equal(5);
    for (const value of [{}, [], null, undefined, 5, "text"]) {
      for (const key of ["constructor", "__proto__", "toString", "length0"])
        expect(field(value, key)).to.equal(undefined);
    }
  });
});

describe("timeOf", () => {
  it("reads unix seconds and ISO dates, and takes anything else for unknown", () => {
    expect(timeOf(1_700_000_000.1234)).to.equal(1_700_000_000_123);
    expect(timeOf("2024-05-01")).to.equal(Date.UTC(2024, 4, 1));
    for (const value of [
      0,
      -1,
      NaN,
      Infinity,
      1e20,
      "",
      "soon",
      null,
      undefined,
      {},
      true,
      "+123456-01-01",
    ]) {
      expect(timeOf(value)).to.equal(null);
    }
  });
});

describe("linesOf", () => {
  it("keeps minus signs, years and versions that begin a line", () => {
    expect(linesOf("-5 degrees\n2024 was good\n1.5 litres\n#1 fan")).to.deep.equal([
      "-5 degrees",
      "2024 was good",
      "1.5 litres",
      "#1 fan",
    ]);
  });
});

describe("cleanText", () => {
  it("keeps words, tabs, lines and whole emoji", () => {
    expect(cleanText(" a\tb\r\nc 🌉\ufeff ")).to.equal("a\tb\nc 🌉");
  });
});
