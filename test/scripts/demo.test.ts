import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { hardhat } from "../helpers/hardhat.ts";
import { thrown } from "../helpers/thrown.ts";

describe("the demo", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "demo-test-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs it with a temporary directory of its own. */
  const demo = (...args: string[]) => hardhat(["demo", ...args], { TMPDIR: folder, TEMP: folder });

  /** What it left in that directory. */
  const left = async () => (await readdir(folder)).filter((name) => name.startsWith("memory-vault-demo"));

  it("tells the story to its end, and leaves nothing behind", async () => {
    const story = await demo();
    expect(story).to.include("complete, unaltered, current: ");
    expect(story).to.include("GrantRevoked").and.include("NotAMember").and.include("none was found");
    expect(story.match(/✓/g)).to.have.length.greaterThan(25);
    expect(story).to.match(/^all +[\d,]+ +/m);
    // Colours are for terminals, and bars too.
    expect(story).to.not.include("\u001b").and.not.include("█");
    expect(await left()).to.be.empty;
  });

  for (const [store, said] of [
    ["chain", /takes [\d,]+ gas: up to/],
    ["mirror", /one of 3 stores is empty, and nothing is lost/],
    ["ipfs", /Blobs are kept in IPFS node 127\.0\.0\.1/],
  ] as const) {
    (process.env.MEMVAULT_LONG === "1" ? it : it.skip)(
      `tells it with blobs kept elsewhere, ${store} (MEMVAULT_LONG=1)`,
      async function () {
        // A node is installed where there is none.
        this.timeout(8 * 60_000);
        const story = await demo("--store", store).catch((fault: unknown) => fault);
        if (String(story).includes("IpfsNodeUnavailable")) {
          console.log(`    SKIPPED: ${String(story).slice(0, 400)}`);
          this.skip();
        }
        expect(story).to.be.a("string");
        expect(story).to.match(said).and.include("none was found");
        expect(await left()).to.be.empty;
      },
    );
  }

  it("tells the story of an agent, whose program is killed twice and answers once", async function () {
    // Several processes that start one after the other.
    if (process.env.MEMVAULT_LONG !== "1") this.skip();
    this.timeout(8 * 60_000);
    const story = await demo("--agent");
    expect(story).to.include("goes on where they stopped: one answer, and one proposal");
    expect(story).to.include("the program finds its grant ended, and answers nothing");
    expect(story).to.include("it ends with 0").and.include("no question, no answer, no memory, no proposal");
    expect(story.match(/✓/g)).to.have.length.greaterThan(24);
    expect(await left()).to.be.empty;
    // Whatever it started is gone: of nobody's process but its own it knows the number.
    const pids = [...story.matchAll(/process (\d+)/g)].map(([, pid]) => Number(pid));
    expect(new Set(pids).size).to.equal(3);
    for (const pid of pids) expect(() => process.kill(pid, 0)).to.throw("ESRCH");
  });

  it("knows its stores", async () => {
    expect(String(await thrown(demo("--store", "cloud")))).to.include("NoSuchDemoStore");
  });

  for (const [what, text] of [
    ["is cut", '[{"mapping": {'],
    ["holds no memory", "[]"],
  ] as const) {
    it(`stops with an error when the export ${what}`, async () => {
      const file = path.join(folder, "conversations.json");
      await writeFile(file, text);
      const fault = await thrown(demo("--export", file));
      expect(fault).to.have.property("code", 1);
      expect(String(fault)).to.match(/MalformedExport: \S*conversations.json cannot be imported/);
      expect(String(fault)).to.not.include("    at ");
      expect(await left()).to.be.empty;
    });
  }

  it("stops with an error when there is no export", async () => {
    expect(String(await thrown(demo("--export", path.join(folder, "nothing"))))).to.include(
      "MalformedExport",
    );
  });
});
