import { access, glob, readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { codeIn, tableUnder } from "./markdown.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PAGES = [
  ...["README.md", "SPEC.md", "SECURITY.md", "CHANGELOG.md"],
  ...(await readdir(`${ROOT}docs`)).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
];
const FOLDERS = /^(client|contracts|deploy|docs|examples|scripts|test|typechain-types|\.ci)\/[\w.*/-]*$/;

/** What npm itself does. */
const NPMS_OWN = new Set(["ci", "install", "pack"]);

describe("Documents", () => {
  for (const page of PAGES)
    it(`${page} names files that exist`, async () => {
      const text = await readFile(ROOT + page, "utf8");
      const base = page.includes("/") ? `${ROOT}docs/` : ROOT;
      const linked = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target]) => base + target!);
      const quoted = codeIn(text)
        .filter((code) => FOLDERS.test(code))
        .map((code) => ROOT + code);
      for (const path of [...linked, ...quoted]) {
        if (!path.includes("*")) await access(path);
        else {
          const found = [];
          for await (const match of glob(path)) found.push(match);
          expect(found, path).to.not.have.length(0);
        }
      }
    });

  for (const page of ["SPEC.md", "SECURITY.md"])
    it(`${page} names tests that exist`, async () => {
      const text = await readFile(ROOT + page, "utf8");
      let count = 0;
      for (const [, file, names] of text.matchAll(/`(test\/[^`]+)`: ("[^"]+"(?:, "[^"]+")*)/g)) {
        const source = await readFile(ROOT + file!, "utf8");
        for (const [, name] of names!.matchAll(/"([^"]+)"/g)) {
          const written = file!.endsWith(".sol")
            ? source.includes(`function ${name!}(`)
            : [`it("${name!}"`, `: ${name!}\``].some((form) => source.includes(form));
          expect(written, `${file!}: ${name!}`).to.equal(true);
          count++;
        }
      }
      expect(count).to.be.greaterThan(20);
    });

  it("SECURITY.md names every invariant", async () => {
    const text = await readFile(`${ROOT}SECURITY.md`, "utf8");
    const invariants: string[] = [];
    for await (const file of glob(`${ROOT}test/contracts/*.invariants.t.sol`))
      for (const [, name] of (await readFile(file, "utf8")).matchAll(/function (invariant_\w+)\(/g))
        invariants.push(name!);
    expect(invariants).to.have.lengthOf.at.least(13);
    for (const name of invariants) expect(text, name).to.contain(`"${name}"`);
  });

  for (const page of PAGES)
    it(`${page} names commands that package.json has`, async () => {
      const { scripts } = JSON.parse(await readFile(`${ROOT}package.json`, "utf8")) as {
        scripts: Record<string, string>;
      };
      const text = await readFile(ROOT + page, "utf8");
      const named = [...text.matchAll(/\bnpm (?:run )?([a-z:]+)/g)].map(([, name]) => name!);
      if (page === "README.md")
        expect(named).to.include.members(["ci", "demo", "test", "deploy", "mint", "grant"]);
      for (const name of named.filter((each) => !NPMS_OWN.has(each)))
        expect(scripts, name).to.have.property(name);
    });

  it("SPEC.md has every section that the code cites", async () => {
    const sections = new Set(
      [...(await readFile(`${ROOT}SPEC.md`, "utf8")).matchAll(/^## (\d+)\. /gm)].map(([, n]) => n!),
    );
    const cited = new Set<string>();
    for await (const file of glob(`${ROOT}{client,contracts,scripts}/**/*.{ts,sol}`))
      for (const [, number] of (await readFile(file, "utf8")).matchAll(/SPEC §(\d+)/g)) cited.add(number!);
    expect(cited.size).to.be.greaterThan(5);
    for (const number of cited) expect([...sections], `§${number}`).to.include(number);
  });

  it("SECURITY.md gives a reason for every dependency, and for no other", async () => {
    const packages = ["package.json", "apps/web/package.json"].map(async (name) => {
      const { dependencies } = JSON.parse(await readFile(ROOT + name, "utf8")) as {
        dependencies: Record<string, string>;
      };
      return Object.keys(dependencies);
    });
    const needed = (await Promise.all(packages)).flat();
    const rows = tableUnder(await readFile(`${ROOT}SECURITY.md`, "utf8"), "| package | for |");
    const named = rows.flatMap(([names]) => codeIn(names!));
    expect(named.sort()).to.deep.equal(needed.sort());
  });
});
