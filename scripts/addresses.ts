/** Writes the addresses that the contracts have on every chain with CreateX into `client/deployments.ts`. */
import { readFile, writeFile } from "node:fs/promises";

import hre from "hardhat";

import { rehearse } from "./deploy.ts";

const FILE = new URL("../client/deployments.ts", import.meta.url);

await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
let text = await readFile(FILE, "utf8");
for (const [name, { address }] of Object.entries(await rehearse(hre, 31337n))) {
  const pattern = new RegExp(`^( {2}${name}: )"0x[0-9a-fA-F]{40}"`, "m");
  if (!pattern.test(text)) throw new Error(`client/deployments.ts has no line for ${name}`);
  text = text.replace(pattern, `$1"${address}"`);
  console.log(`${name} ${address}`);
}
await writeFile(FILE, text);
