/**
 * Measures the client beside the least that the same work takes, in one run: npm run bench -- --json FILE
 * Ratios travel between machines, milliseconds do not; nothing here is asserted.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { parseArgs } from "node:util";

import { record } from "./speed/record.ts";
import { figuresOf, measureAll, WHOLE } from "./speed/report.ts";
import { tablesOf } from "./speed/tables.ts";

const { values } = parseArgs({ options: { json: { type: "string" }, record: { type: "boolean" } } });
const report = await measureAll(WHOLE);
const machine = `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus()[0]?.model ?? "an unknown processor"}`;
console.log([machine, ...tablesOf(report)].join("\n\n"));
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify(figuresOf(report, WHOLE), null, 2)}\n`);
if (values.record === true) await record(report, machine);
