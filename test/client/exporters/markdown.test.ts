import { expect } from "chai";

import { exportMarkdown } from "../../../client/exporters/index.ts";
import { contentKey, text } from "../../../client/importers/index.ts";
import { itemsOf, memoriesIn, textsIn } from "../importers/reading.ts";
import { source } from "../importers/zips.ts";
import { FULL } from "../memory/samples.ts";
import { SCOPES } from "./memories.ts";

const scope = (...texts: string[]) => ({
  name: "travel",
  memories: texts.map((text) => ({ ...FULL, text })),
});

describe("exportMarkdown", () => {
  it("writes a heading for each scope and a bullet for each memory", () => {
    const file = exportMarkdown([scope("Likes tea", "Has a cat"), { name: "health", memories: [] }]);
    expect(file).to.equal("# Memories\n\n## travel\n\n- Likes tea\n- Has a cat\n\n## health\n\n");
  });

  it("keeps the texts, as the importer of text reads them", async () => {
    const texts = [
      "Likes tea",
      "- has a bullet",
      "1. has a number",
      "# has a mark",
      "Zürich 🚂",
      "a\n\nb\n- c",
    ];
    const items = await itemsOf(text, [source("memories.md", exportMarkdown([scope(...texts)]))]);
    const key = (text: string) =>
      contentKey({ text, source: { ...FULL.source, tool: "text", thread: null } });
    expect(memoriesIn(items).map(contentKey)).to.deep.equal(texts.map(key));
  });

  it("lets no text pretend to be a heading or another memory", () => {
    const bullets = exportMarkdown(SCOPES)
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("- "));
    expect(bullets).to.deep.equal(["# Memories", "## travel", "## Ōsaka 🚂 [notes](x) \\<b>", "## nothing"]);
  });

  it("lets no text load or run anything in a viewer", async () => {
    const file = exportMarkdown([scope("<img src=x onerror=y> ![](https://tracker.example/x.png) a < b!")]);
    expect(file).to.contain("- \\<img src=x onerror=y> \\![](https://tracker.example/x.png) a \\< b!");
    expect(textsIn(await itemsOf(text, [source("a.md", file)]))).to.have.length(1);
  });
});
