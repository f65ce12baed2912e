import { readdir, readFile } from "node:fs/promises";

import { expect } from "chai";

const FOLDER = new URL("./", import.meta.url);

/** `given the vault was burned` under `MemoryVault::mint` is tested by `test_Mint_GivenTheVaultWasBurned`. */
function testsOf(tree: string): string[] {
  const tests: string[] = [];
  let verb = "";
  for (const line of tree.split("\n")) {
    const root = /^\w+::(\w+)$/.exec(line);
    if (root?.[1] !== undefined) verb = pascalCase(root[1]);
    const condition = /^[├└]── ((?:when|given) .*)$/.exec(line);
    if (condition?.[1] !== undefined) tests.push(`test_${verb}_${pascalCase(condition[1])}`);
  }
  return tests;
}

const pascalCase = (words: string): string =>
  words
    .split(/\W+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

describe("Trees", () => {
  it("name every branch test, and every branch has one", async () => {
    const files = await readdir(FOLDER);
    const read = async (file: string) => readFile(new URL(file, FOLDER), "utf8");
    const trees = files.filter((file) => file.endsWith(".tree"));
    expect(trees).to.have.lengthOf.at.least(6);
    for (const tree of trees) {
      const contract = tree.slice(0, -".tree".length);
      const sources = files.filter((file) => file.startsWith(`${contract}.`) && file.endsWith(".t.sol"));
      const code = (await Promise.all(sources.map(read))).join("\n");
      const tests = [...code.matchAll(/function (test_\w+)\(/g)].map(([, name]) => name);
      expect(tests.toSorted(), tree).to.deep.equal(testsOf(await read(tree)).toSorted());
    }
  });

  it("say of every condition what it should do", async () => {
    for (const file of await readdir(FOLDER)) {
      if (!file.endsWith(".tree")) continue;
      const lines = (await readFile(new URL(file, FOLDER), "utf8")).split("\n");
      for (const [i, line] of lines.entries())
        if (/^[├└]── /.test(line))
          expect(lines[i + 1], `${file}: ${line}`).to.match(/^(│| ) {3}[├└]── it should /);
    }
  });
});
