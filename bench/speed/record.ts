import { readFile, writeFile } from "node:fs/promises";

import { yearPlots, yearTable } from "../year/report.ts";
import type { Month } from "../year/simulate.ts";
import { svgOf, type Plot } from "./plot.ts";
import { plotsOf } from "./plots.ts";
import type { Report } from "./report.ts";
import { tablesOf } from "./tables.ts";

const PAGE = new URL("../../docs/bench.md", import.meta.url);
const FOLDER = new URL("../../docs/bench/", import.meta.url);

/** Writes the curves, and puts the tables into their page. */
export async function record(report: Report, machine: string): Promise<void> {
  await write(plotsOf(report), [machine, ...tablesOf(report)], 0);
}

/** The same for a year, whose machine and table stand behind the others. */
export async function recordYear(months: readonly Month[], machine: string): Promise<void> {
  await write(yearPlots(months), [machine, yearTable(months)], YEAR);
}

/** The first of the year's blocks of text among the page's. */
const YEAR = 3;

async function write(
  plots: Readonly<Record<string, Plot>>,
  blocks: readonly string[],
  first: number,
): Promise<void> {
  for (const [name, plot] of Object.entries(plots))
    await writeFile(new URL(`${name}.svg`, FOLDER), svgOf(plot));
  const text = await readFile(PAGE, "utf8");
  let at = 0;
  await writeFile(
    PAGE,
    text.replace(/(?<=^```text\n)[^`]*(?=^```$)/gm, (before) => {
      const block = blocks[at++ - first];
      return block === undefined ? before : `${block}\n`;
    }),
  );
}
