import { glob, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { patchOf, type Break } from "../../scripts/mutate/breaks.ts";
import { named } from "../../scripts/mutate/project.ts";
import { tableUnder } from "../docs/markdown.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** All that a pattern captures in the files. */
async function namesIn(files: string, pattern: RegExp): Promise<string[]> {
  const names: string[] = [];
  for await (const file of glob(ROOT + files))
    for (const [, name] of (await readFile(file, "utf8")).matchAll(pattern)) names.push(name!);
  return names;
}

/** That each is noticed as it says is `npm run mutate -- --invariants`, which takes its time. */
describe("Breaks of the contracts", () => {
  let breaks: Break[];
  let invariants: string[];
  before(async () => {
    breaks = JSON.parse(await readFile(`${ROOT}test/contracts/breaks.json`, "utf8")) as Break[];
    invariants = await namesIn("test/contracts/*.invariants.t.sol", /function (invariant_\w+)\(/g);
    expect(invariants).to.have.lengthOf.at.least(13);
  });

  it("are of code that stands there once", async () => {
    for (const broken of breaks) {
      const content = await readFile(ROOT + broken.file, "utf8");
      const { replacement } = patchOf(broken, {
        ...{ language: "Solidity", settings: {} },
        sources: { [named(broken.file)]: { content } },
      });
      expect(replacement, broken.what).to.not.equal(broken.from);
    }
  });

  it("must be noticed by every invariant, and by rules that the handlers have", async () => {
    const rules = await namesIn("test/contracts/support/*.sol", /^ {4}error (\w+)\(/gm);
    const noticing = new Set(breaks.flatMap(({ noticedBy }) => noticedBy));
    expect([...noticing]).to.include.members(invariants);
    for (const name of noticing) expect([...invariants, ...rules]).to.include(name);
    for (const { what, noticedBy } of breaks) expect(noticedBy, what).to.not.be.empty;
  });

  it("are all in the page that records who noticed them", async () => {
    const page = await readFile(`${ROOT}test/contracts/INVARIANTS.md`, "utf8");
    const rows = tableUnder(page, "| break | invariants | rules |");
    expect(rows.map(([what]) => what)).to.deep.equal(breaks.map(({ what }) => what));
    for (const [i, [what, ...cells]] of rows.entries())
      for (const name of breaks[i]!.noticedBy) expect(cells.join(), what).to.include(`**${name}**`);
    for (const name of invariants) expect(page).to.include(`**${name}**`);
  });
});
