import { expect } from "chai";

import { droppedFiles, filesSource, pickedFiles, type DroppedItem } from "../../../client/browser.ts";
import { MalformedExport, type SourceFile } from "../../../client/importers/index.ts";
import { rejection } from "../storage/helpers.ts";
import { zip } from "./zips.ts";

const file = (name: string, text: string): File => new File([text], name);

const zipFile = (name: string, path: string, content: string): File =>
  new File([Uint8Array.from(zip({ name: path, content }))], name);

/** A file as a folder picker gives it. */
const inFolder = (path: string, text: string): File =>
  Object.defineProperty(file(path.slice(path.lastIndexOf("/") + 1), text), "webkitRelativePath", {
    value: path,
  });

async function textOf(source: SourceFile | undefined): Promise<string> {
  let text = "";
  for await (const piece of source!.open()) text += new TextDecoder().decode(piece);
  return text;
}

const paths = (sources: readonly { readonly path: string }[]): string[] => sources.map(({ path }) => path);

interface Entry {
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

const fileEntry = (made: File): Entry =>
  ({
    name: made.name,
    isFile: true,
    isDirectory: false,
    file: (done: (f: File) => void) => done(made),
  }) as never;

/** A folder that is handed out in parts of two, as browsers do with a hundred. */
const folderEntry = (name: string, inner: Entry[]): Entry =>
  ({
    ...{ name, isFile: false, isDirectory: true },
    createReader: () => {
      const left = [...inner];
      return { readEntries: (done: (part: Entry[]) => void) => done(left.splice(0, 2)) };
    },
  }) as never;

const item = (entry: Entry): DroppedItem => ({
  ...{ kind: "file", webkitGetAsEntry: () => entry, getAsFile: () => null },
});

describe("files that a person gives a page", () => {
  it("is one file, by its name", async () => {
    const sources = await filesSource(pickedFiles([file("memories.txt", "I like tea.")]));
    expect(paths(sources)).to.deep.equal(["memories.txt"]);
    expect(sources[0]?.size).to.equal(11);
    expect(await textOf(sources[0])).to.equal("I like tea.");
    expect(await textOf(sources[0])).to.equal("I like tea.");
  });

  it("is a folder, in order and without its own name", async () => {
    const picked = pickedFiles([inFolder("Takeout/b.json", "b"), inFolder("Takeout/a/c.json", "c")]);
    const sources = await filesSource(picked);
    expect(paths(sources)).to.deep.equal(["a/c.json", "b.json"]);
    expect(await textOf(sources[1])).to.equal("b");
  });

  it("opens a zip file by its first bytes, as if it were a folder", async () => {
    const archive = zipFile("whatever", "x/conversations.json", "[]");
    const [only] = await filesSource(pickedFiles([archive]));
    expect(only?.path).to.equal("x/conversations.json");
    expect(await textOf(only)).to.equal("[]");
  });

  it("keeps two zip files with files of one name apart", async () => {
    const part = (name: string): File => zipFile(name, "conversations.json", name);
    const sources = await filesSource(pickedFiles([part("2.zip"), part("1.zip"), file("empty", "")]));
    expect(paths(sources)).to.deep.equal(["1.zip/conversations.json", "2.zip/conversations.json", "empty"]);
    expect(await textOf(sources[0])).to.equal("1.zip");
  });

  it("names a zip file that is broken", async () => {
    const broken = zipFile("broken.zip", "a", "a").slice(0, -5);
    const fault = await rejection(filesSource([{ path: "broken.zip", file: broken }]), MalformedExport);
    expect(fault.file).to.equal("broken.zip");
  });

  it("names a file that the browser does not read any more", async () => {
    const gone = file("gone.txt", "gone");
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadable")) }) as never;
    expect((await rejection(filesSource(pickedFiles([gone])), MalformedExport)).message).to.contain(
      "gone.txt",
    );
  });

  it("walks through folders that were dropped, however they are handed out", async () => {
    const texts = ["1", "2", "3", "4", "5"].map((name) => fileEntry(file(name, name)));
    const dropped = await droppedFiles([
      item(folderEntry("export", [...texts, folderEntry("deep", [fileEntry(file("6", "six"))])])),
      { kind: "string", webkitGetAsEntry: () => null, getAsFile: () => null },
    ]);
    const sources = await filesSource(dropped);
    expect(paths(sources)).to.deep.equal(["1", "2", "3", "4", "5", "deep/6"]);
    expect(await textOf(sources[5])).to.equal("six");
  });

  it("takes a dropped file that has no entry", async () => {
    const bare: DroppedItem = { kind: "file", webkitGetAsEntry: () => null, getAsFile: () => file("a", "a") };
    expect(paths(await filesSource(await droppedFiles([bare])))).to.deep.equal(["a"]);
  });

  it("refuses a folder that is deeper than an export's, and leaves nothing out without a word", async () => {
    const nested = (folders: number): Entry =>
      folders === 0 ? fileEntry(file("end", "end")) : folderEntry("d", [nested(folders - 1)]);
    expect(await droppedFiles([item(nested(9))])).to.have.length(1);
    const fault = await rejection(droppedFiles([item(nested(10))]), MalformedExport);
    expect(fault.message).to.contain(`${"d/".repeat(9)}d cannot be imported: it lies deeper than 8 folders`);
  });

  it("refuses a folder with more files than an export has", async () => {
    const one = file("a", "");
    const many = Array.from({ length: 50_001 }, () => fileEntry(one));
    await rejection(droppedFiles([item(folderEntry("many", many))]), MalformedExport);
    expect(() => pickedFiles(many.map(() => one))).to.throw(MalformedExport, "50,000");
    const bare: DroppedItem = { kind: "file", webkitGetAsEntry: () => null, getAsFile: () => one };
    await rejection(droppedFiles(many.map(() => bare)), MalformedExport);
  }).timeout(20_000);

  it("walks through no more empty folders than files", async () => {
    let opened = 0;
    const endless = {
      ...{ name: "endless", isFile: false, isDirectory: true },
      createReader: () => ({
        readEntries: (done: (part: Entry[]) => void) => {
          if (++opened > 60_000) {
            done([]);
            return;
          }
          done([folderEntry("empty", [])]);
        },
      }),
    } as never;
    const fault = await rejection(droppedFiles([item(endless)]), MalformedExport);
    expect(fault.message).to.contain("50,000 files and folders");
  }).timeout(20_000);
});
