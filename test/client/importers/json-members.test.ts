import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { jsonMembers } from "../../../client/importers/json-members.ts";
import { rejection } from "../storage/helpers.ts";
import { source } from "./zips.ts";

/** What is read, and the names of the arrays that were there. */
async function read(text: string, limit?: number, piece?: number): Promise<[unknown[], string[]]> {
  const members = jsonMembers(source("a.json", text, piece), ["a", "é"], limit);
  const found = [];
  for (;;) {
    const { value, done } = await members.next();
    if (done === true) return [found, [...value]];
    found.push(value);
  }
}
const values = async (text: string) => (await read(text))[0];

describe("jsonMembers", () => {
  it("reads the named arrays, in whatever pieces the file comes", async () => {
    const text = `\ufeff {"x": "\\"a\\": [1", "n":-1.5e3 ,"a" :[ {"y":[1,"]"]} , "\\\\\\"," ], "b":[7],"\\u00e9":[null] }\n`;
    for (let piece = 1; piece < text.length; piece++) {
      expect(await read(text, undefined, piece)).to.deep.equal([
        [
          { name: "a", index: 0, value: { y: [1, "]"] } },
          { name: "a", index: 1, value: '\\",' },
          { name: "é", index: 0, value: null },
        ],
        ["a", "é"],
      ]);
    }
  });

  it("reads an object without members, empty arrays, and a name that comes twice", async () => {
    expect(await read("{}")).to.deep.equal([[], []]);
    expect(await read('{"a":[]}')).to.deep.equal([[], ["a"]]);
    expect(await values('{"a":[1],"a":[2]}')).to.deep.equal([
      { name: "a", index: 0, value: 1 },
      { name: "a", index: 0, value: 2 },
    ]);
  });

  it("passes over what is no array, and arrays inside of others", async () => {
    expect(await values('{"a":{"a":[1]},"b":{"a":[2]},"c":[[3]]}')).to.deep.equal([]);
  });

  it("passes over an element that is too large, and over names of any length", async () => {
    const text = `{"${"\\u00e9".repeat(5_000)}":1,"b":"\\"}","a":["${"x".repeat(50)}",5]}`;
    expect((await read(text, 20))[0]).to.deep.equal([
      { name: "a", index: 0 },
      { name: "a", index: 1, value: 5 },
    ]);
  });

  it("refuses what is no object, and every cut of one, and says where", async () => {
    const whole = '{"x":{"y":["z"]},"a":[1,{"b":2}],"c":"d"}';
    for (let end = 0; end < whole.length; end++) await rejection(read(whole.slice(0, end)), MalformedExport);
    for (const text of ["[]", "5", '{"a":[1]}x', "{a:[1]}", '{"a" [1]}', '{"a":[1] "b":2}', '{"b":]}']) {
      await rejection(read(text), MalformedExport);
    }
    for (const text of [
      '{"b":}',
      '{"b":,"a":[1]}',
      '{"a":[1],}',
      '{,"a":[1]}',
      '{"a":[1,]}',
      '{"b":1]}',
      '{"b":1][}',
    ])
      await rejection(read(text), MalformedExport);
    const error = await rejection(read('{"x":1,"a":[1,{"b":]}'), MalformedExport);
    expect(error).to.include({ file: "a.json", where: "a 1" });
  });

  it("takes __proto__ for a name like any other", async () => {
    expect(await values('{"__proto__":{"a":[1]},"a":[2]}')).to.deep.equal([
      { name: "a", index: 0, value: 2 },
    ]);
  });
});
