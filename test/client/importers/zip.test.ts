import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { MalformedExport } from "../../../client/importers/errors.ts";
import { readSources } from "../../../client/importers/files.ts";
import { openZip } from "../../../client/importers/zip.ts";
import { rejection } from "../storage/helpers.ts";
import { contentOf, inMemory, zip, type ZipEntry } from "./zips.ts";

const refusal = (...entries: ZipEntry[]) => rejection(openZip(inMemory(zip(...entries))), MalformedExport);
const refusalOnRead = async (entry: ZipEntry) => {
  const [file] = await openZip(inMemory(zip(entry)));
  return rejection(contentOf(file!), MalformedExport);
};

describe("openZip", () => {
  it("gives the files of an honest archive, packed or stored", async () => {
    const long = Array.from({ length: 100_000 }, (_, i) => (i * i).toString(36)).join(" ");
    const files = await openZip(
      inMemory(
        zip(
          { name: "a/", content: "" },
          { name: "a/packed.json", content: long },
          { name: "stored.txt", content: "as it is", stored: true },
          { name: "empty.txt", content: "", stored: true },
        ),
      ),
    );
    expect(files.map(({ path }) => path)).to.deep.equal(["a/packed.json", "stored.txt", "empty.txt"]);
    expect(files[0]!.size).to.equal(long.length);
    expect(await contentOf(files[0]!)).to.equal(long);
    expect(await contentOf(files[1]!)).to.equal("as it is");
    expect(await contentOf(files[1]!)).to.equal("as it is");
    expect(await contentOf(files[2]!)).to.equal("");
  });

  it("refuses paths that leave the archive", async () => {
    for (const name of [
      "../x.json",
      "a/../../x",
      "/etc/x",
      "a//x",
      "C:\\x",
      "c:x",
      "a\\..\\x",
      "./x",
      "x\0.json",
    ]) {
      const error = await refusal({ name, content: "[]" });
      expect(error.why, name).to.contain("leaves the archive");
    }
  });

  it("takes links and devices for nothing", async () => {
    const files = await openZip(inMemory(zip({ name: "link.json", content: "/etc/passwd", mode: 0o120777 })));
    expect(files).to.deep.equal([]);
  });

  it("refuses what says that it inflates beyond measure", async () => {
    const error = await refusal({ name: "bomb.json", content: new Uint8Array(8 * 2 ** 20) });
    expect(error).to.include({ file: "export.zip", where: "bomb.json" });
  });

  it("stops at the promised size when the archive lies about it", async () => {
    const [file] = await openZip(
      inMemory(zip({ name: "bomb", content: new Uint8Array(8 * 2 ** 20), size: 100_000 })),
    );
    let read = 0;
    const reading = (async () => {
      for await (const piece of file!.open()) read += piece.length;
    })();
    expect((await rejection(reading, MalformedExport)).why).to.contain("not what the archive's list says");
    expect(read).to.be.at.most(100_000);
  });

  it("refuses files that overlap, and a name that is there twice", async () => {
    expect(
      (await refusal({ name: "a", content: "x" }, { name: "b", content: "y", offset: 0 })).why,
    ).to.contain("overlaps");
    expect((await refusal({ name: "a", content: "x" }, { name: "a", content: "y" })).why).to.contain("twice");
  });

  it("refuses altered content, encryption and unknown methods when they are read", async () => {
    expect((await refusalOnRead({ name: "a", content: "x", crc: 1 })).why).to.contain("not what");
    expect((await refusalOnRead({ name: "a", content: "x", flags: 1 })).why).to.contain("encrypted");
    expect((await refusalOnRead({ name: "a", content: "x", method: 99 })).why).to.contain("99");
    expect(
      (await refusalOnRead({ name: "a", content: "no deflate", stored: true, method: 8 })).why,
    ).to.contain("broken");
  });

  it("refuses what is no zip file, and every cut of one", async () => {
    const whole = zip({ name: "a.json", content: "[1,2,3]" }, { name: "b.json", content: "[]" });
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(100),
      ...Array.from(whole.keys(), (n) => whole.slice(0, n)),
    ]) {
      await rejection(openZip(inMemory(bytes)), MalformedExport);
    }
  });

  it("fails by name alone when any one byte is changed", async () => {
    const whole = zip({ name: "a.json", content: "[1,2,3]" }, { name: "b.json", content: "[]" });
    for (const at of whole.keys()) {
      const bytes = whole.slice();
      bytes[at]! ^= 0x41;
      try {
        for (const file of await openZip(inMemory(bytes))) await contentOf(file);
      } catch (error) {
        expect(error).to.be.instanceOf(MalformedExport);
      }
    }
  });
});

describe("readSources", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "export-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("finds files in folders and in zip files, whatever their names, and follows no link", async () => {
    mkdirSync(join(folder, "b"));
    writeFileSync(join(folder, "b", "deep.md"), "- one");
    writeFileSync(join(folder, "a.data"), zip({ name: "conversations.json", content: "[]" }));
    symlinkSync("/etc", join(folder, "c"));
    const files = await readSources(folder);
    expect(files.map(({ path }) => path)).to.deep.equal(["a.data/conversations.json", "b/deep.md"]);
    expect(await contentOf(files[1]!)).to.equal("- one");
  });

  it("opens an archive that a foreign program made", async function () {
    writeFileSync(join(folder, "conversations.json"), "[ ]");
    try {
      execFileSync("python3", ["-m", "zipfile", "-c", "x.zip", "conversations.json"], {
        cwd: folder,
        stdio: "ignore",
      });
    } catch {
      console.log("      (no python3 here to make it)");
      this.skip();
    }
    const [file] = await readSources(join(folder, "x.zip"));
    expect(await contentOf(file!)).to.equal("[ ]");
  });

  it("names a path at which there is nothing", async () => {
    const error = await rejection(readSources(join(folder, "nothing")), MalformedExport);
    expect(error.file).to.contain("nothing");
  });
});
