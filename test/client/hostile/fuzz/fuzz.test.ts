import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { expect } from "chai";

import type { Trial } from "./fuzz.ts";
import { drawing, mutated } from "./mutate.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";
const CHILD = new URL("./fuzz.child.ts", import.meta.url).pathname;

/** Heap that no input may need, in megabytes: V8 ends a process that asks for more. */
const HEAP = 256;
/** Most memory of the whole process, code and buffers included. */
const RSS = 512 * 2 ** 20;
/** An input that takes longer has no end that anybody waits for. */
const PATIENCE = 60_000;

interface Report extends Trial {
  readonly ms: number;
  readonly rss: number;
}

type Way = "blindly" | "guided";

/** Tries all decoders, in two processes of their own. */
const reports = async (way: Way, inputs: number, seed: number): Promise<Report[]> =>
  (await Promise.all([0, 1].map((first) => half(way, inputs, seed, first)))).flat();

/** Tries every other decoder. */
async function half(way: Way, inputs: number, seed: number, first: number): Promise<Report[]> {
  const numbers = [inputs, seed, first].map(String);
  const args = ["--import", "tsx", `--max-old-space-size=${HEAP}`, CHILD, way, ...numbers];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const made: Report[] = [];
  const ended = once(child, "exit");
  // One decoder may take so long and no longer: a loop without an end fails here by its name's absence.
  let watch = setTimeout(() => child.kill("SIGKILL"), inputs * 100 + PATIENCE);
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(watch);
    watch = setTimeout(() => child.kill("SIGKILL"), inputs * 100 + PATIENCE);
    made.push(JSON.parse(line) as Report);
  }
  const [code] = (await ended) as [number | null];
  clearTimeout(watch);
  const last = made.at(-1)?.target ?? "the first";
  expect(code, `after ${last}: ${Buffer.concat(errors).toString().slice(-2_000)}`).to.equal(0);
  return made;
}

/** What must hold of every decoder. */
function check(made: readonly Report[]): void {
  expect(made.map(({ target }) => target)).to.have.length.above(40);
  for (const { target, inputs, refused, failures, work, rss } of made) {
    expect(failures, target).to.deep.equal([]);
    // A decoder that refuses nothing was not reached.
    if (target !== "notes") expect(Object.keys(refused), target).not.to.be.empty;
    expect(inputs, target).to.be.above(20);
    expect(work, `${target}: work`).to.be.at.most(1);
    expect(rss, `${target}: memory`).to.be.below(RSS);
  }
}

describe("every decoder, of bytes that somebody changed", () => {
  it("takes them or refuses them by a named error, in bounded memory", async function () {
    this.timeout(300_000);
    check(await reports("blindly", LONG ? 10_000 : 200, LONG ? Date.now() : 8_350));
  });

  it("does so with inputs that grow from those which reached new branches, in work that their length bounds", async function () {
    if (!LONG) this.skip();
    this.timeout(3_600_000);
    const made = await reports("guided", 1_000, Date.now());
    check(made);
    for (const { target, corpus, branches } of made) {
      expect(corpus, `${target}: corpus`).to.be.above(0);
      expect(branches, `${target}: branches`).to.be.above(10);
    }
  });
});

describe("changed inputs", () => {
  const seeds = [Uint8Array.of(0x82, 1, 0x61, 0x78), Uint8Array.of(0xa1, 0x61, 0x61, 0x40)];

  it("are the same in each run, other ones for another seed, and no longer than allowed", () => {
    const some = (seed: number) => {
      const draw = drawing(seed);
      return Array.from({ length: 50 }, () => mutated(draw, seeds[0]!, seeds, "cbor", 40));
    };
    expect(some(1)).to.deep.equal(some(1));
    expect(some(1)).not.to.deep.equal(some(2));
    expect(new Set(some(1).map((bytes) => Buffer.from(bytes).toString("hex"))).size).to.be.above(30);
    for (const bytes of some(3)) expect(bytes.length).to.be.at.most(40);
  });
});
