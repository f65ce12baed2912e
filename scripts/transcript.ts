import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { transcript } from "./transcript/walk.ts";

const PAGE = new URL("../docs/transcript.md", import.meta.url);

// `npm run transcript` prints the page, `npm run transcript -- --record` writes it.
const { values } = parseArgs({ options: { record: { type: "boolean", default: false } } });
const page = await transcript();
if (values.record) await writeFile(PAGE, page);
else process.stdout.write(page);
