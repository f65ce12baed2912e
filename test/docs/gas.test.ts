import { readFile, writeFile } from "node:fs/promises";

import { expect } from "chai";

import type { Report } from "../../bench/gas/report.ts";
import { tablesOf } from "../../bench/gas/tables.ts";
import { fenced } from "./markdown.ts";

const PAGE = new URL("../../docs/gas.md", import.meta.url);
const SNAPSHOT = new URL("../contracts/gas.snapshot.json", import.meta.url);

describe("docs/gas.md", () => {
  it("has the tables that the measured figures make", async () => {
    const tables = tablesOf(JSON.parse(await readFile(SNAPSHOT, "utf8")) as Report);
    const page = await readFile(PAGE, "utf8");
    const shown = fenced(page, "text");
    expect(shown).to.have.length(tables.length);
    if (process.env["UPDATE_GAS_SNAPSHOT"] !== undefined) {
      const blocks = tables.values();
      return writeFile(
        PAGE,
        page.replace(/(?<=^```text\n)[^`]*(?=^```$)/gm, () => `${blocks.next().value!}\n`),
      );
    }
    expect(shown).to.deep.equal(tables.map((table) => `${table}\n`));
  });
});
