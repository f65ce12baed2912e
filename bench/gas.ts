/**
 * Measures the gas of the vault beside a naive one and beside the least that it takes, in one run on chains in this process:
 * npm run bench:gas -- --json FILE
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { blobTable, measureBlobs } from "./gas/blobs.ts";
import { measureAll, measureSent } from "./gas/report.ts";
import { sentTable, tablesOf } from "./gas/tables.ts";

const { values } = parseArgs({ options: { json: { type: "string" } } });
const report = await measureAll();
const client = await measureSent();
const blobs = await measureBlobs();
console.log([...tablesOf(report), sentTable(client, report), blobTable(blobs)].join("\n\n"));
if (values.json !== undefined)
  await writeFile(values.json, `${JSON.stringify({ ...report, client, blobs }, null, 2)}\n`);
