import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import {
  recognise,
  chatGpt,
  suggestScope,
  text,
  type ImportedItem,
} from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { source } from "./zips.ts";

const read = async (...files: Parameters<typeof source>[]) => {
  const items: ImportedItem[] = [];
  for await (const item of text.read(files.map((file) => source(...file)))) items.push(item);
  return items;
};

describe("text", () => {
  it("makes a memory of each bullet and line, with its place", async () => {
    const items = await read([
      "me.md",
      "# About me\n\n- Likes tea\n* [x] Has a cat\n12. Plays the tuba\n\nLives in Ghent\n---\n- likes  TEA\n",
    ]);
    expect(
      items.map((item) => [item.kind, item.place, item.kind === "skipped" ? "" : item.memory.text]),
    ).to.deep.equal([
      ["memory", "me.md:3", "Likes tea"],
      ["memory", "me.md:4", "Has a cat"],
      ["memory", "me.md:5", "Plays the tuba"],
      ["memory", "me.md:7", "Lives in Ghent"],
      ["duplicate", "me.md:9", "likes  TEA"],
    ]);
  });

  it("refuses what is not text, and skips a line without end", async () => {
    await rejection(read(["x.txt", Uint8Array.from([0x66, 0xff, 0xfe])]), MalformedExport);
    expect((await read(["x.txt", "a".repeat(40_000)]))[0]!.kind).to.equal("skipped");
  });

  it("is found for text, and nobody for what nobody knows", async () => {
    expect(await recognise([chatGpt(), text], [source("a.txt", "x")])).to.equal(text);
    expect(await recognise([chatGpt(), text], [source("a.bin", "x")])).to.equal(null);
  });
});

describe("suggestScope", () => {
  it("counts words, and falls back to private when it is not sure", () => {
    expect(suggestScope("Works as a nurse in Lyon")).to.equal("career");
    expect(suggestScope("My sister has a daughter")).to.equal("relationships");
    expect(suggestScope("The trip to Madeira by train, with a hotel")).to.equal("travel");
    expect(suggestScope("xyzzy")).to.equal("private");
    expect(suggestScope("My doctor is my sister")).to.equal("private");
  });

  it("puts whatever speaks of secrets into private, however many other words there are", () => {
    expect(suggestScope("The password of my bank, my mortgage and my savings")).to.equal("private");
  });
});
