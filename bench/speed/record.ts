import { readFile, writeFile } from "node:fs/promises";

import { svgOf } from "./plot.ts";
import { plotsOf } from "./plots.ts";
import type { Report } from "./report.ts";
import { tablesOf } from "./tables.ts";

const PAGE = new URL("../../docs/bench.md", import.meta.url);
const FOLDER = new URL("../../docs/bench/", import.meta.url);

/** Writes the curves, and puts the tables into their page. */
export async function record(report: Report, machine: string): Promise<void> {
  for (const [name, plot] of Object.entries(plotsOf(report)))
    await writeFile(new URL(`${name}.svg`, FOLDER), svgOf(plot));
  const blocks = [machine, ...tablesOf(report)].values();
  const text = await readFile(PAGE, "utf8");
  await writeFile(
    PAGE,
    text.replace(/(?<=^```text\n)[^`]*(?=^```$)/gm, () => `${blocks.next().value ?? ""}\n`),
  );
}
