/**
 * Writes the addresses that the contracts have on every chain with CreateX to where they are kept: the client's table
 * and the parameters of the networks that have it.
 */
import { readFile, writeFile } from "node:fs/promises";

import hre from "hardhat";

import { buildContracts } from "./building.ts";
import { rehearse } from "./standing.ts";

const FILES = [
  "client/deployments.ts",
  "deploy/parameters/sepolia.json5",
  "deploy/parameters/baseSepolia.json5",
];

await buildContracts(hre);
const contracts = Object.entries(await rehearse(hre, 31337n));
for (const file of FILES) {
  const url = new URL(`../${file}`, import.meta.url);
  let text = await readFile(url, "utf8");
  for (const [name, { address }] of contracts)
    text = text.replace(new RegExp(`^( +${name}: )"0x[0-9a-fA-F]{40}"`, "gm"), `$1"${address}"`);
  await writeFile(url, text);
}
for (const [name, { address }] of contracts) console.log(`${name} ${address}`);
