import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";

import { expect } from "chai";

import { transcript, WALK } from "../../scripts/transcript/walk.ts";
import { cliIn } from "../apps/cli-world.ts";

const LONG = process.env.MEMVAULT_LONG === "1";
const PAGE = await readFile(new URL("../../docs/transcript.md", import.meta.url), "utf8");

const typed = [...PAGE.matchAll(/^\$ (.+)$/gm)].map(([, line]) => line!);

describe("docs/transcript.md", () => {
  it("is of the walk that the script goes", () => {
    const lines = WALK.flatMap(({ lines: each }) => each);
    expect(typed).to.deep.equal(lines.map((line) => line.replace(/\bID\b/, "x".repeat(8))));
    for (const { title, about } of WALK) expect(PAGE).to.include(`## ${title}\n\n${about}\n`);
  });

  it("types commands and options that the help has", async () => {
    const { cli } = cliIn(tmpdir());
    const bare = typed.map((line) => line.replace(/^memvault (--profile \w+ )?/, "").replace(/"[^"]*"/g, ""));
    for (const line of bare) {
      const [, names = ""] = /^([a-z][a-z-]*(?: stop)?)/.exec(line)!;
      const { code, out } = await cli([...names.split(" "), "--help"]);
      expect(code, line).to.equal(0);
      expect(out, line).to.include(`Usage: memvault ${names} `);
      for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(out, line).to.include(`${option} `);
    }
  });

  it("holds nothing of the machine that it was made on, and nothing that differs from run to run", () => {
    for (const found of [
      /\/(?:tmp|home|root|var|Users)\b/,
      /[0-9a-fA-F]{16}/,
      /\d{4}-\d\d/,
      /:\d{2,5}\b/,
      /\u001b/,
    ])
      expect(PAGE).to.not.match(found);
    expect(PAGE.match(/^( +\d+ xxxxx){6}$/gm)).to.have.length(4);
  });

  (LONG ? it : it.skip)("is what the commands answer now", async function () {
    this.timeout(300_000);
    expect(await transcript()).to.equal(PAGE);
  });
});
