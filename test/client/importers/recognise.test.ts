import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { readSources } from "../../../client/importers/files.ts";
import { allImporters, recogniseAll, whyUnknown } from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { source } from "./zips.ts";

type File = Parameters<typeof source>;

const tools = async (...files: File[]): Promise<string[]> =>
  (
    await recogniseAll(
      allImporters(),
      files.map((file) => source(...file)),
    )
  ).map(({ name }) => name);

const CHATGPT: File = ["a/conversations.json", '[{"title": "x", "mapping": {}}]'];
const CLAUDE: File = ["b/conversations.json", '[{"uuid": "x", "chat_messages": []}]'];
const MEM0: File = ["mem0.json", '[{"memory": "Likes tea", "user_id": "ann"}]'];

describe("recogniseAll", () => {
  it("finds every tool whose export lies in a folder", async () => {
    expect(await tools(CHATGPT, CLAUDE)).to.deep.equal(["chatgpt", "claude"]);
    expect(await tools(CLAUDE, MEM0, CHATGPT)).to.deep.equal(["mem0", "chatgpt", "claude"]);
    expect(await tools(["x.bin", "\u0000"])).to.deep.equal([]);
  });

  it("finds one in an export with parts that nothing is read of", async () => {
    for (const name of ["chatgpt", "claude", "memsync"]) {
      const files = await readSources(new URL(`../../../examples/${name}-export/`, import.meta.url).pathname);
      const found = await recogniseAll(allImporters(), files);
      expect(found.map((importer) => importer.name)).to.deep.equal([name]);
    }
    expect(await tools(CLAUDE, ["b/users.json", "[]"], ["b/readme.txt", "Hello"])).to.deep.equal(["claude"]);
    expect(await tools(["a.md", "- tea"], ["b.txt", "coffee"])).to.deep.equal(["text"]);
  });
});

describe("whyUnknown", () => {
  for (const [file, why] of [
    [["x.json", ""], /^it is empty/],
    [["x.json", '{"a": '], /^it is broken JSON, or JSON of no tool/],
    [["x.json", "tea"], /^it is not JSON/],
    [["x.csv", "a,b"], /^it is a table/],
    [["x.pdf", "%PDF-1.7"], /^it is a PDF/],
    [["chat.html", "<html>"], /^chat\.html is HTML: name conversations\.json/],
    [["x.htm", "<p>"], /^it is HTML: choose JSON/],
    [["x.doc", "\u0000\u0001"], /^its name and its beginning/],
  ] as [File, RegExp][])
    it(`tells of ${file[0]} with ${JSON.stringify(file[1])} what is wrong`, async () => {
      expect(await whyUnknown([source(...file)])).to.match(why);
    });

  it("tells of folders what is wrong", async () => {
    expect(await whyUnknown([])).to.equal("there is no file in it");
    expect(await whyUnknown([source("a", ""), source("b", "")])).to.equal("its files are empty");
    expect(await whyUnknown([source("a", "1"), source("b", "2")])).to.match(/^none of its 2 files/);
    expect(await whyUnknown([source("a", "1"), source("x/chat.html", "2")])).to.match(/^chat\.html/);
  });
});

describe("what cannot be read from disk", () => {
  let root: string;
  before(async () => (root = await mkdtemp(path.join(tmpdir(), "memvault-import-"))));
  after(() => rm(root, { recursive: true, force: true }));

  it("is named in words", async () => {
    const { message } = await rejection(readSources(path.join(root, "nowhere")), MalformedExport);
    expect(message).to.include("does not exist");
  });

  it("is refused by name, a folder below or a file", async function () {
    if (process.platform === "win32" || process.getuid?.() === 0) this.skip();
    await mkdir(path.join(root, "below"));
    await chmod(path.join(root, "below"), 0);
    const folder = await rejection(readSources(root), MalformedExport);
    expect(folder.message).to.include("you may not read it (at below)");
    await chmod(path.join(root, "below"), 0o700);
    await writeFile(path.join(root, "closed.json"), "[]", { mode: 0 });
    const file = await rejection(readSources(root), MalformedExport);
    expect(file.message).to.include("closed.json").and.include("you may not read it");
  });
});
