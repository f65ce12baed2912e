/**
 * Fails unless the Solidity tests run every line and every statement of the contracts, and names those that they leave out.
 *
 * It reads the lines of Hardhat's lcov report, which has no statements of its own: there a line counts as run only if
 * every statement that it holds a part of was. Everything is built in `coverage/`, because instrumented code must get into
 * neither the artifacts nor the bindings.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";

import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { Result } from "hardhat/types/utils";

// A line is run or it is not: ten thousand inputs show no more of that than a few.
delete process.env["MEMVAULT_LONG"];
const { default: config } = await import("../../hardhat.config.ts");

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, "coverage");
const lcov = path.join(folder, "lcov.info");

/** The lines that were not run, by file. A file that is not in the report has no key. */
function linesLeftOut(report: string): Map<string, number[]> {
  const files = new Map<string, number[]>();
  let lines: number[] = [];
  for (const entry of report.split("\n")) {
    const file = /^SF:(.+)$/.exec(entry)?.[1];
    if (file !== undefined) files.set(file.split(path.sep).join("/"), (lines = []));
    const line = /^DA:(\d+),0$/.exec(entry)?.[1];
    if (line !== undefined) lines.push(Number(line));
  }
  return files;
}

const hre = await createHardhatRuntimeEnvironment(
  {
    ...config,
    paths: { ...config.paths, artifacts: path.join(folder, "artifacts"), cache: path.join(folder, "cache") },
    typechain: { dontOverrideCompile: true },
  },
  { coverage: true, buildProfile: "coverage" },
  root,
);
// What an earlier run left must not be taken for the report of one that broke off.
await rm(lcov, { force: true });
// What only the invariants run would be tested by chance.
const tests = (await readdir(path.join(root, "test/contracts"))).filter(
  (file) => file.endsWith(".t.sol") && !file.endsWith(".invariants.t.sol"),
);
const { success } = (await hre.tasks
  .getTask(["test", "solidity"])
  .run({ testFiles: tests.map((file) => path.join(root, "test/contracts", file)) })) as Result<
  unknown,
  unknown
>;

const faults = success ? [] : ["a test failed"];
const report = linesLeftOut(await readFile(lcov, "utf8"));
for (const [file, lines] of report)
  if (lines.length > 0) faults.push(`${file} is not run at line ${lines.join(", ")}`);
for (const file of await readdir(path.join(root, "contracts"), { recursive: true })) {
  const source = `contracts/${file.split(path.sep).join("/")}`;
  // An interface has nothing to run.
  if (!source.endsWith(".sol") || source.startsWith("contracts/interfaces/")) continue;
  if (!report.has(source)) faults.push(`${source} is not in the report`);
}

if (faults.length > 0) {
  console.error(`${faults.join("\n")}\ncoverage/html/index.html shows them.`);
  process.exit(1);
}
console.log(`Every line and statement of ${String(report.size)} files is run.`);
