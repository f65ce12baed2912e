import { concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  bytesOf,
  decodeCbor,
  encodeCbor,
  fixed,
  flag,
  list,
  nullOr,
  text,
  tuple,
  uint,
} from "../../client/cbor.ts";
import { MalformedData } from "../../client/errors.ts";
import { seeded } from "../helpers/seeded.ts";

const random = seeded("cbor");
const decode = (hex: string): unknown => decodeCbor(hexToBytes(hex.replaceAll(" ", "")));

describe("encodeCbor", () => {
  it("writes the shortest forms, and maps in the order of their keys' bytes", () => {
    const cases: [value: unknown, hex: string][] = [
      [
        [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32],
        "880017181818ff19010019ffff1a000100001b0000000100000000",
      ],
      [[-1, -24, -25], "83 20 37 3818"],
      [[1.5, 0.1, 1e300], "83 f93e00 fb3fb999999999999a fb7e37e43c8800759c"],
      [[true, false, null], "83 f5 f4 f6"],
      [random(0), "40"],
      ["ü", "62c3bc"],
      [{ b: 1, aa: 2, a: 3, "": 4 }, "a4 60 04 6161 03 6162 01 626161 02"],
      [5n, "05"],
    ];
    for (const [value, hex] of cases)
      expect(encodeCbor(value)).to.deep.equal(hexToBytes(hex.replaceAll(" ", "")));
  });
});

describe("decodeCbor", () => {
  it("is the inverse of encodeCbor", () => {
    const values = [
      [
        null,
        true,
        0,
        -1,
        2 ** 53 - 1,
        -(2 ** 53 - 1),
        2 ** 53,
        1.25,
        "",
        "🩺",
        random(300),
        { a: { b: [{}] } },
        [],
      ],
      "x".repeat(70_000),
      Array.from({ length: 300 }, (_, i) => i),
      Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])),
    ];
    for (const value of values) expect(decodeCbor(encodeCbor(value))).to.deep.equal(value);
  });

  it("keeps a byte order mark at the beginning of text of any length", () => {
    for (const length of [0, 1, 20, 40, 300, 70_000]) {
      for (const value of [`\u{feff}${"x".repeat(length)}`, `\u{feff}\u{feff}${"ü".repeat(length)}`]) {
        expect(decodeCbor(encodeCbor({ [value]: [value] }))).to.deep.equal({ [value]: [value] });
      }
    }
  });

  it("takes a key __proto__ as data", () => {
    const value = JSON.parse('{"__proto__":{"admin":true},"constructor":1}') as object;
    const back = decodeCbor(encodeCbor(value)) as Record<string, unknown>;
    expect(Object.keys(back)).to.deep.equal(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(back)).to.equal(Object.prototype);
    expect(back["admin"]).to.equal(undefined);
  });

  const hostile: [what: string, hex: string][] = [
    ["nothing", ""],
    ["bytes left over", "00 00"],
    ["an array cut short", "82 00"],
    ["text cut short", "63 6161"],
    ["an array of 2^64 - 1", "9b ffffffffffffffff"],
    ["bytes of 2^32 - 1", "5a ffffffff 00"],
    ["an integer in more bytes than needed", "18 17"],
    ["a length in more bytes than needed", "78 01 61"],
    ["an array's length in more bytes than needed", "98 01 00"],
    ["an integer beyond 2^53", "1b 0020000000000001"],
    ["a negative integer beyond 2^53", "3b 0020000000000001"],
    ["an integer as a float", "f9 3c00"],
    ["a float in more bytes than needed", "fa 3fc00000"],
    ["a double in more bytes than needed", "fb 3ff8000000000000"],
    ["minus zero", "f9 8000"],
    ["NaN", "f9 7e00"],
    ["infinity", "f9 7c00"],
    ["undefined", "f7"],
    ["another simple value", "f0"],
    ["a simple value in a byte", "f8 20"],
    ["a break", "ff"],
    ["an indefinite array", "9f 00 ff"],
    ["an indefinite map", "bf 6161 00 ff"],
    ["indefinite bytes", "5f 4100 ff"],
    ["indefinite text", "7f 6161 ff"],
    ["a reserved length", "1c"],
    ["a tag", "c1 00"],
    ["a big number", "c2 4101"],
    ["a key twice", "a2 6161 00 6161 01"],
    ["the key __proto__ twice", "a2 695f5f70726f746f5f5f 00 695f5f70726f746f5f5f 01"],
    ["keys out of order", "a2 6162 00 6161 01"],
    ["a longer key first", "a2 626161 00 6162 01"],
    ["a key that is a number", "a1 01 00"],
    ["text that is not UTF-8", "62 c328"],
    ["half a surrogate pair", "63 eda080"],
    ["an overlong character", "62 c0af"],
  ];
  for (const [what, hex] of hostile) {
    it(`refuses ${what}`, () => {
      expect(() => decode(hex)).to.throw(MalformedData);
      // Nor inside of something else.
      expect(() =>
        decodeCbor(concatBytes(Uint8Array.of(0x81), hexToBytes(hex.replaceAll(" ", "")))),
      ).to.throw(MalformedData);
    });
  }

  it("survives any depth", () => {
    const deep = new Uint8Array(200_001).fill(0x81);
    deep[200_000] = 0;
    expect(() => decodeCbor(deep)).to.throw(MalformedData);
  });

  it("takes and writes 64 lists and maps in each other, and no more", () => {
    for (const [head, wrap] of [
      ["81", (value: unknown) => [value]],
      ["a16178", (value: unknown) => ({ x: value })],
    ] as const) {
      const bytes = (depth: number): Uint8Array => hexToBytes(`${head.repeat(depth)}00`);
      const value = (depth: number): unknown => (depth === 0 ? 0 : wrap(value(depth - 1)));
      expect(decodeCbor(bytes(64))).to.deep.equal(value(64));
      expect(encodeCbor(value(64))).to.deep.equal(bytes(64));
      expect(() => decodeCbor(bytes(65))).to.throw(MalformedData, "more than 64");
      expect(() => encodeCbor(value(65))).to.throw(MalformedData, "more than 64");
    }
    // One beside another is in none of them.
    expect(decodeCbor(encodeCbor(Array(100).fill([])))).to.have.length(100);
  });

  it("gives back nothing but what has these very bytes", () => {
    const start = encodeCbor([1, "text", random(4), { a: 1.5, bb: [null, true, -7] }, 70_000]);
    for (let bit = 0; bit < start.length * 8; bit++) {
      const bytes = start.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      let value: unknown;
      try {
        value = decodeCbor(bytes);
      } catch (error) {
        expect(error).to.be.instanceOf(MalformedData);
        continue;
      }
      expect(encodeCbor(value)).to.deep.equal(bytes);
    }
  });
});

describe("the checks of decoded values", () => {
  it("let through what fits and name what does not", () => {
    expect(list([1], "x")).to.deep.equal([1]);
    expect(tuple([1, 2], 2, "x")).to.deep.equal([1, 2]);
    expect(bytesOf(utf8ToBytes("ab"), "x")).to.have.length(2);
    expect(uint(7, "x", 7)).to.equal(7);
    expect(nullOr(null, () => 1)).to.equal(null);
    const faults: [() => unknown, string][] = [
      [() => list({}, "the list"), "the list: not an array"],
      [() => tuple([1], 2, "the pair"), "the pair: 1 fields, expected 2"],
      [() => bytesOf("ab", "the key"), "the key: not a byte string"],
      [() => fixed(random(3), 4, "the key"), "the key: 3 bytes, expected 4"],
      [() => uint(8, "the count", 7), "the count: not an integer from 0 to 7"],
      [() => uint(-1, "the count"), "the count"],
      [() => uint(1.5, "the count"), "the count"],
      [() => uint("1", "the count"), "the count"],
      [() => text(1, "the name"), "the name: not text"],
      [() => flag(1, "the flag"), "the flag: not a boolean"],
      [() => nullOr("no", (value) => uint(value, "the end")), "the end"],
    ];
    for (const [act, message] of faults) expect(act).to.throw(MalformedData, message);
  });
});
