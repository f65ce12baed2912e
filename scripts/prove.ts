/**
 * Proves properties of the vault's state machine, one call at a time, with the compiler's SMTChecker and a solver.
 *
 * `npm run prove -- --help` has the options. What is known of a step is kept, and asked again when the step changes.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { format, resolveConfig } from "prettier";

import { Checker, type Result, type Verdict } from "./prove/checker.ts";
import { CONTRACT, FAULTS, withFault, type Fault } from "./prove/faults.ts";
import { LEFT_OUT, Model, REWRITTEN } from "./prove/model.ts";
import { PROPERTIES, REACHED, type Property } from "./prove/properties.ts";
import {
  hashOf,
  hashOfSteps,
  readRecord,
  RECORD,
  type Bite,
  type Proof,
  type Proofs,
} from "./prove/record.ts";
import { findSolvers, LIMIT, type Solver } from "./prove/solvers.ts";
import { sourcesOf, type Overlay } from "./prove/sources.ts";
import { narrowed, stepsOf, textOf, type Step } from "./prove/steps.ts";
import { versionOf } from "./solidity/solc.ts";

const HELP = `npm run prove -- [options]
  --only TEXT   only properties whose name has the text
  --bite        only the faults: each must violate its property
  --record      writes ${path.relative(process.cwd(), RECORD)}, after a whole run
  --afresh      asks again what is known from before
It needs z3 or cvc5; if it finds both, cvc5 is asked what z3 does not know.`;

const CACHE = path.resolve(import.meta.dirname, "../cache/prove.jsonl");

interface Options {
  readonly only: string;
  readonly bite: boolean;
  readonly record: boolean;
  readonly afresh: boolean;
}

/** Asks each step once, however often a run is ended. */
class Prover {
  readonly #checker: Checker;
  readonly #tools: string;
  readonly #known = new Map<string, Verdict>();

  constructor(solvers: readonly Solver[], isAfresh: boolean) {
    this.#checker = new Checker(solvers);
    this.#tools = [versionOf("solc"), ...solvers.flatMap((one) => [nameOf(one), ...one.args])].join(" ");
    mkdirSync(path.dirname(CACHE), { recursive: true });
    if (isAfresh || !existsSync(CACHE)) writeFileSync(CACHE, "");
    for (const line of readFileSync(CACHE, "utf8").split("\n").filter(isWhole)) {
      const { key, verdict } = JSON.parse(line) as { key: string; verdict: Verdict };
      this.#known.set(key, verdict);
    }
  }

  ask(model: Model, step: Step): Verdict {
    const text = textOf(model, step);
    const key = hashOf(this.#tools, text);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const verdict = this.#checker.check(text, step.contract);
    // What was not known is asked again.
    if (verdict.result === "unknown") return verdict;
    this.#known.set(key, verdict);
    appendFileSync(CACHE, `${JSON.stringify({ key, verdict })}\n`);
    return verdict;
  }
}

/** A run may have been ended while it wrote. */
const isWhole = (line: string): boolean => line.endsWith("}}");

const nameOf = ({ name, version }: Solver): string => `${name} ${version}`;

const modelOf = (overlay: Overlay = {}): Model =>
  new Model(sourcesOf(CONTRACT, overlay).values(), "MemoryVault");

/** The worst of what came of the doors. */
const worstOf = (results: readonly Result[]): Result =>
  results.includes("violated") ? "violated" : results.includes("unknown") ? "unknown" : "proven";

function prove(prover: Prover, model: Model, property: Property): Proof {
  const verdicts = stepsOf(model, property).map((step) => ({ step, verdict: prover.ask(model, step) }));
  for (const { step, verdict } of verdicts)
    if (verdict.result !== "proven")
      console.log(`${verdict.result}: ${property.name}, ${step.door}\n${indented(verdict.example)}`);
  return {
    says: property.says,
    result: worstOf(verdicts.map(({ verdict }) => verdict.result)),
    doors: verdicts.map(({ step }) => step.door),
    solvers: [...new Set(verdicts.map(({ verdict }) => verdict.solver))],
    seconds: rounded(verdicts.reduce((sum, { verdict }) => sum + verdict.time, 0) / 1000),
  };
}

/** Whether an example is found, among few states or among all. */
const fails = (prover: Prover, model: Model, step: Step): boolean =>
  [narrowed(step), step].some((one) => prover.ask(model, one).result === "violated");

/** The doors of which at least one call comes to its end. */
const reach = (prover: Prover, model: Model): readonly string[] =>
  stepsOf(model, REACHED)
    .filter((step) => fails(prover, model, step))
    .map(({ door }) => door);

/** Asks one door after the other, until the fault shows. */
function bite(prover: Prover, unharmed: Model, fault: Fault): Bite {
  const property = PROPERTIES.find(({ name }) => name === fault.property);
  if (property === undefined) throw new ReferenceError(`There is no property ${fault.property}`);
  const model = modelOf(withFault(fault));
  const textsOf = (of: Model): readonly string[] => stepsOf(of, property).map((step) => textOf(of, step));
  const [before, after] = [textsOf(unharmed), textsOf(model)];
  for (const [i, step] of stepsOf(model, property).entries()) {
    // What the fault does not change is proven.
    if (before[i] === after[i]) continue;
    if (fails(prover, model, step)) return { property: fault.property, result: "violated", door: step.door };
  }
  return { property: fault.property, result: "unknown", door: "" };
}

async function main(options: Options): Promise<number> {
  const solvers = findSolvers();
  if (solvers.length === 0) {
    console.error(
      "NoSolver: neither z3 nor cvc5 was found, so nothing is proven. Debian has both: apt install z3",
    );
    return 2;
  }
  const prover = new Prover(solvers, options.afresh);
  const model = modelOf();
  const names = [`solc ${versionOf("solc")}`, ...solvers.map(nameOf)];
  console.log(`${CONTRACT}, by ${names.join(", ")}; ${LIMIT} seconds for a step\n`);

  const properties: Record<string, Proof> = {};
  let reached: readonly string[] = [];
  if (!options.bite) {
    for (const property of PROPERTIES.filter(({ name }) => name.includes(options.only))) {
      const proof = prove(prover, model, property);
      properties[property.name] = proof;
      console.log(rowOf(property.name, proof));
    }
    reached = reach(prover, model);
    console.log(`\n${reached.length} of ${model.doors.length} doors are reached: ${reached.join(", ")}`);
  }

  const faults: Record<string, Bite> = {};
  if (options.bite || options.record)
    for (const fault of FAULTS.filter(({ property }) => property.includes(options.only))) {
      const found = bite(prover, model, fault);
      faults[fault.name] = found;
      console.log(`${found.result}: ${fault.property}, ${found.door || "no door"}, if ${fault.name}`);
    }

  console.log(`\nThe model is the contract's own text, in which\n${listed(REWRITTEN)}`);
  console.log(`\nNothing is proven of\n${listed(LEFT_OUT)}`);

  const isUnreached = !options.bite && reached.length < model.doors.length;
  const lost = lostOf(properties);
  for (const name of lost) console.log(`\nNo longer proven: ${name}`);
  const isBad =
    isUnreached ||
    lost.length > 0 ||
    Object.values(properties).some(({ result }) => result === "violated") ||
    Object.values(faults).some(({ result }) => result !== "violated");
  if (options.record) {
    if (isBad || options.only !== "" || options.bite)
      throw new RangeError("Only a whole run, without fault, is recorded");
    const versions = {
      solc: versionOf("solc"),
      ...Object.fromEntries(solvers.map(({ name, version }) => [name, version] as const)),
    };
    const proofs: Proofs = {
      ...{ steps: hashOfSteps(model), versions, properties, reached, faults },
      ...{ rewritten: REWRITTEN, leftOut: LEFT_OUT },
    };
    const text = await format(JSON.stringify(proofs), { ...(await resolveConfig(RECORD)), filepath: RECORD });
    writeFileSync(RECORD, text);
  }
  return isBad ? 1 : 0;
}

/** What the record calls proven, and this run does not. */
function lostOf(properties: Readonly<Record<string, Proof>>): readonly string[] {
  if (!existsSync(RECORD)) return [];
  const recorded = readRecord().properties;
  return Object.entries(properties)
    .filter(([name, { result }]) => recorded[name]?.result === "proven" && result !== "proven")
    .map(([name]) => name);
}

function rowOf(name: string, { result, doors, solvers, seconds }: Proof): string {
  const asked = doors.length === 1 ? (doors[0] ?? "") : `${doors.length} doors`;
  const columns = [
    result.padEnd(8),
    name.padEnd(36),
    asked.padEnd(18),
    `${seconds.toFixed(1)} s`.padStart(7),
  ];
  return [...columns, solvers.join(", ")].join("  ");
}

const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;
const indented = (lines: string): string => lines.replace(/^/gm, "  ");
const listed = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    bite: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
    afresh: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(HELP);
else process.exitCode = await main(values);
