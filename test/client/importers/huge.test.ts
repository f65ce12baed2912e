import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect } from "chai";

import { Seen } from "../../../client/importers/seen.ts";
import { EXPORTS } from "./huge.child.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";
const CHILD = new URL("./huge.child.ts", import.meta.url).pathname;
/** How much there is of each format: one has the whole gigabyte, which takes minutes. */
const megabytesOf = (name: string): number => (name === "chatgpt" ? 1024 : 128);
/** Most memory of the whole process, code and buffers included. */
const RSS = 400 * 2 ** 20;
/** Heap that is enough to read an export of any size: V8 ends a process that asks for more. */
const HEAP = 128;

interface Read {
  readonly importer: string;
  readonly memory: number;
  readonly duplicate: number;
  readonly skipped: number;
  readonly rss: number;
}

async function read(name: string, megabytes: number): Promise<Read> {
  const args = ["--import", "tsx", `--max-old-space-size=${HEAP}`, CHILD, name, String(megabytes)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Read;
}

describe("a huge export", () => {
  it("is measured without what the process that starts its reader holds", async function () {
    this.timeout(60_000);
    const held = Buffer.alloc(RSS, 1);
    const { rss } = await read("mem0", 1);
    expect(rss).to.be.above(10 * 2 ** 20);
    expect(rss).to.be.below(held.length / 2);
  });

  for (const name of Object.keys(EXPORTS)) {
    (LONG ? it : it.skip)(`is read in bounded memory: ${megabytesOf(name)} MB of ${name}`, async function () {
      this.timeout(20 * 60_000);
      const started = performance.now();
      const { importer, memory, duplicate, skipped, rss } = await read(name, megabytesOf(name));
      const seconds = Math.round((performance.now() - started) / 1000);
      console.log(`      (${memory} memories, ${Math.round(rss / 2 ** 20)} MB, ${seconds} s)`);
      expect(name).to.contain(importer);
      expect([duplicate, skipped]).to.deep.equal([0, 0]);
      expect(memory).to.be.above(megabytesOf(name) * 100);
      expect(rss).to.be.below(RSS);
    });
  }
});

describe("Seen", () => {
  it("knows every key again, and no other", () => {
    const seen = new Seen();
    const keys = Array.from({ length: 20_000 }, (_, n) =>
      n % 2 === 0 ? `key ${n}` : `${"x".repeat(n % 999)}${n}`,
    );
    for (const key of keys) expect(seen.add(key)).to.equal(true);
    for (const key of keys) expect(seen.add(key)).to.equal(false);
    expect(seen.add("another key")).to.equal(true);
    expect(seen.add("")).to.equal(true);
    expect(seen.add("")).to.equal(false);
  });
});
