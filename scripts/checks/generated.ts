/**
 * Fails unless `typechain-types/` is what a clean build makes of the contracts, and is committed as it is.
 *
 * The bindings are made anew in a temporary folder, for a build leaves the bindings of a deleted contract where they are.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../hardhat.config.ts";

const root = path.resolve(import.meta.dirname, "../..");
const committed = path.join(root, "typechain-types");

const contentsOf = async (folder: string) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [path.relative(folder, file), await readFile(file, "utf8")] as const),
    ),
  );
};

const temporary = await mkdtemp(path.join(tmpdir(), "typechain-"));
const faults: string[] = [];
try {
  const hre = await createHardhatRuntimeEnvironment(
    { ...config, typechain: { ...config.typechain, outDir: temporary } },
    {},
    root,
  );
  await hre.tasks.getTask("build").run({ quiet: true });
  const [made, kept] = [await contentsOf(temporary), await contentsOf(committed)];
  if (made.size === 0) faults.push("nothing was generated");
  for (const [file, text] of made)
    if (kept.get(file) !== text) faults.push(`typechain-types/${file} is stale`);
  for (const file of kept.keys())
    if (!made.has(file)) faults.push(`typechain-types/${file} belongs to no contract`);
} finally {
  await rm(temporary, { recursive: true, force: true });
}

// A build before this one may have put right what is committed wrong.
const status = await promisify(execFile)("git", ["status", "--porcelain", "--", "typechain-types"], {
  cwd: root,
});
for (const line of status.stdout.split("\n").filter((line) => line !== ""))
  faults.push(`${line.slice(3)} is not committed as it is`);

if (faults.length > 0) {
  console.error(
    `${faults.join("\n")}\nRun "npm run build", remove what is left over, and commit typechain-types.`,
  );
  process.exit(1);
}
console.log("The bindings are those of the contracts.");
