import { expect } from "chai";

import { exportJsonLines } from "../../../client/exporters/index.ts";
import { allImporters, jsonLines, recognise } from "../../../client/importers/index.ts";
import { itemsOf } from "../importers/reading.ts";
import { source } from "../importers/zips.ts";
import { FULL } from "../memory/samples.ts";
import { contents, restored, SCOPES } from "./memories.ts";

describe("exportJsonLines", () => {
  it("gives every memory back, odd ones too, in a new vault", async () => {
    for (const piece of [3, 1009]) {
      const files = [source("export.jsonl", exportJsonLines(SCOPES), piece)];
      expect(await recognise(allImporters(), files)).to.equal(jsonLines);
      const items = await itemsOf(jsonLines, files);
      expect(items.filter(({ kind }) => kind !== "memory")).to.deep.equal([]);
      expect(restored(items)).to.deep.equal(contents(SCOPES));
    }
  });

  it("writes a memory a line, whatever line ends are in it", () => {
    const lines = exportJsonLines(SCOPES).split("\n");
    expect(lines.pop()).to.equal("");
    expect(lines).to.have.length(contents(SCOPES).length);
    for (const line of lines) expect(JSON.parse(line)).to.include.keys("scope", "text", "createdAt");
  });

  it("takes the fields of a memory and nothing else", () => {
    const text = exportJsonLines([{ name: "travel", memories: [{ ...FULL, key: "CANARY" } as typeof FULL] }]);
    expect(text).to.not.contain("CANARY");
    expect(text).to.not.contain(FULL.salt);
  });

  it("is empty when there is nothing", () => {
    expect(exportJsonLines([{ name: "x", memories: [] }])).to.equal("");
  });
});
