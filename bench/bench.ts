/**
 * Measures the client beside the least that the same work takes, in one run: npm run bench -- --json FILE
 * Ratios travel between machines, milliseconds do not; nothing here is asserted.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { record, recordYear } from "./speed/record.ts";
import { figuresOf, measureAll, WHOLE } from "./speed/report.ts";
import { tablesOf } from "./speed/tables.ts";
import { yearTable } from "./year/report.ts";
import { liveYear, WHOLE_YEAR } from "./year/simulate.ts";

const { values } = parseArgs({
  options: { json: { type: "string" }, record: { type: "boolean" }, year: { type: "boolean" } },
});
const machine = `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus()[0]?.model ?? "an unknown processor"}`;
await (values.year === true ? year() : all());

async function all(): Promise<void> {
  const report = await measureAll(WHOLE);
  console.log([machine, ...tablesOf(report)].join("\n\n"));
  if (values.json !== undefined) await writeJson(values.json, figuresOf(report, WHOLE));
  if (values.record === true) await record(report, machine);
}

/** Takes minutes, and says after each month how far it is. */
async function year(): Promise<void> {
  const months = await liveYear(WHOLE_YEAR, ({ memories }) => console.error(`${memories} memories`));
  const { user, system } = process.cpuUsage();
  const run = `${machine}; ${Math.round((user + system) / 1_000_000)} seconds of processor`;
  console.log([run, yearTable(months)].join("\n\n"));
  if (values.json !== undefined) await writeJson(values.json, months);
  if (values.record === true) await recordYear(months, run);
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
