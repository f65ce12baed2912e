/**
 * Puts small faults into the contracts, one at a time, and tells which of them no Solidity test notices. Or puts in
 * deliberate breaks, and tells which invariants notice them.
 *
 * `npm run mutate -- --help` has the options. It goes on where the last run was ended.
 */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import hre from "hardhat";

import { bite, missed, type Bite, type Break } from "./mutate/breaks.ts";
import { loadCompiler, OPTIMISED } from "./mutate/compiler.ts";
import { planOf, type Plan } from "./mutate/plan.ts";
import { tryAll } from "./mutate/pool.ts";
import { projectOf } from "./mutate/project.ts";
import { biteRecordOf, recordOf } from "./mutate/record.ts";
import { aligned, count, diffOf, judge, rowsOf, type Kind, type Report } from "./mutate/report.ts";
import { Results } from "./mutate/results.ts";
import { loadRunner } from "./mutate/runner.ts";
import { runAll, runOne } from "./mutate/trial.ts";

const HELP = `npm run mutate -- [options]
  --minutes N   begin with no fault after so many minutes (60)
  --jobs N      processes (one for each processor)
  --only TEXT   only faults whose name has the text; a name is shown with each survivor
  --list        names all faults and tries none
  --json FILE   writes what came of each fault
  --record      writes test/contracts/MUTANTS.md, if every fault was tried
  --invariants  makes the breaks of test/contracts/breaks.json, and fails unless who should notice each does;
                with --only, --list and --record, which writes test/contracts/INVARIANTS.md`;

/** A test that runs longer has no end. */
const TIMEOUT = 300_000;

const root = path.resolve(import.meta.dirname, "..");
const EXPLANATIONS = path.join(root, "test/contracts/mutants.json");
const RECORD = path.join(root, "test/contracts/MUTANTS.md");
const BREAKS = path.join(root, "test/contracts/breaks.json");
const BITES = path.join(root, "test/contracts/INVARIANTS.md");

function optionsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string", default: "60" },
      jobs: { type: "string", default: String(availableParallelism()) },
      only: { type: "string", default: "" },
      list: { type: "boolean", default: false },
      json: { type: "string" },
      record: { type: "boolean", default: false },
      invariants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const [minutes, jobs] = [Number(values.minutes), Number(values.jobs)];
  if (!(minutes >= 0)) throw new RangeError("--minutes is a number");
  if (!Number.isInteger(jobs) || jobs < 1) throw new RangeError("--jobs is a whole number, at least 1");
  return { ...values, minutes, jobs };
}

type Options = ReturnType<typeof optionsOf>;

/** A fault means nothing where tests fail without it. */
async function requireGreen(plan: Plan): Promise<void> {
  const outcome = await runAll(Object.keys(plan.suites), plan, await loadRunner(plan.tests));
  if (outcome.status === "killed")
    throw new Error(`${outcome.suite} fails as it is: ${outcome.test}: ${outcome.reason}`);
}

async function main(options: Options): Promise<number> {
  const started = Date.now();
  const plan = planOf(await projectOf(hre, "tests"), loadCompiler());
  const chosen = plan.mutations.filter(({ id }) => id.includes(options.only));
  if (options.list) {
    for (const { id, operator } of chosen) console.log(`${operator}  ${id}`);
    return 0;
  }
  const results = new Results(path.join(hre.config.paths.cache, "mutate.jsonl"), plan);
  const open = chosen.filter((mutation) => results.find(mutation) === undefined);
  console.log(`${chosen.length} mutants, ${chosen.length - open.length} of them known from before`);
  if (open.length > 0) {
    await requireGreen(plan);
    let tried = 0;
    await tryAll(plan, open, {
      jobs: options.jobs,
      deadline: started + options.minutes * 60_000,
      timeout: TIMEOUT,
      onVerdict: (mutation, verdict, cpu) => {
        results.add(mutation, { verdict, cpu });
        if (++tried % 100 === 0) console.log(`${tried} of ${open.length}`);
      },
    });
  }

  const explanations = JSON.parse(await readFile(EXPLANATIONS, "utf8")) as Record<string, string>;
  const report = judge(chosen, (mutation) => results.find(mutation), explanations);
  // Of those that were not chosen nothing is known.
  const stale = options.only === "" ? report.stale : [];
  print(report, stale, plan);
  if (options.json !== undefined)
    await writeFile(options.json, `${JSON.stringify(asJson(report, stale), null, 2)}\n`);
  const { survived, unreached } = count(report.judged);
  if (options.record) {
    if (unreached > 0 || options.only !== "") throw new RangeError("Only a whole run is recorded");
    await writeFile(RECORD, recordOf(report, plan));
  }
  return survived + stale.length === 0 ? 0 : 1;
}

/** Makes the breaks one after the other: the runner walks the invariants of a suite on all processors at once. */
async function breakAll(options: Options): Promise<number> {
  const breaks = (JSON.parse(await readFile(BREAKS, "utf8")) as Break[]).filter(({ what }) =>
    what.includes(options.only),
  );
  if (options.list) {
    for (const { what, noticedBy } of breaks) console.log(`${what}: ${noticedBy.join(", ")}`);
    return 0;
  }
  if (options.record && options.only !== "") throw new RangeError("Only a whole run is recorded");
  const compile = loadCompiler(OPTIMISED);
  const plan = planOf(await projectOf(hre, "invariants"), compile);
  // How short a sequence can be made that fails tells nothing here.
  const invariant = { ...plan.tests.invariant, shrinkRunLimit: 0 };
  const runSuite = await loadRunner({ ...plan.tests, invariant });
  for (const suite of Object.keys(plan.suites))
    for (const { test, reason } of (await runOne(suite, plan, runSuite)).failures)
      throw new Error(`${suite} fails as it is: ${test}: ${reason}`);

  const bites: Bite[] = [];
  for (const broken of breaks) {
    const bitten = await bite(broken, plan, compile, runSuite);
    bites.push(bitten);
    console.log(`\n${broken.what}\n  ${[...bitten.invariants, ...bitten.rules].join(", ") || "nobody"}`);
    for (const name of missed(bitten)) console.log(`  not noticed by ${name}`);
  }
  if (options.record) await writeFile(BITES, biteRecordOf(bites, plan));
  return bites.every((bitten) => missed(bitten).length === 0) ? 0 : 1;
}

function print({ judged, cpu }: Report, stale: readonly string[], plan: Plan): void {
  const of = (kind: Kind) => judged.filter((one) => one.kind === kind);
  for (const kind of ["unreached", "timeout", "explained", "survived"] as const)
    for (const { mutation, explanation = "" } of of(kind)) {
      const diff =
        kind === "unreached" ? "" : `\n${diffOf(mutation, plan.input.sources[mutation.file]?.content ?? "")}`;
      console.log(`\n${kind}: ${mutation.id}${diff}${explanation === "" ? "" : `\n  ${explanation}`}`);
    }
  for (const id of stale) console.log(`\nexplained, but it does not survive any more: ${id}`);
  console.log(`\n${aligned(rowsOf(judged))}`);
  const tried = judged.length - of("unreached").length;
  if (tried > 0) console.log(`\n${cpu.toFixed(0)} CPU seconds, ${(tried / cpu).toFixed(2)} mutants in each`);
}

const asJson = ({ judged, cpu }: Report, stale: readonly string[]) => ({
  counts: count(judged),
  cpu,
  stale,
  mutants: judged.map(
    ({ mutation: { id, file, operator, start, end, replacement }, kind, verdict, explanation }) => ({
      ...{ id, file, operator, start, end, replacement, kind, verdict, explanation },
    }),
  ),
});

const options = optionsOf(process.argv.slice(2));
if (options.help) console.log(HELP);
// The runner's threads would keep the process.
process.exit(options.help ? 0 : await (options.invariants ? breakAll(options) : main(options)));
