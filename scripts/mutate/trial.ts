/** One fault, put in and tested. */
import { errorOf } from "../solidity/solc.ts";
import { CODE, type Compile } from "./compiler.ts";
import { mutated, type Mutation, type Patch } from "./operators.ts";
import { artifactOf, linked, partsOf, testsOf, type Plan } from "./plan.ts";
import type { Artifact, RunOptions, RunSuite, SuiteRun } from "./runner.ts";

/** Why nothing can be tried. */
export type Unfit =
  /** It does not compile. */
  | { readonly status: "invalid"; readonly reason: string }
  /** The compiler makes the same code of it. */
  | { readonly status: "same" };

/** What became of a fault. */
export type Outcome =
  | { readonly status: "killed"; readonly suite: string; readonly test: string; readonly reason: string }
  | { readonly status: "survived" }
  | Unfit;

/** Contracts that were compiled again, by `file:name`. */
export type Fresh = Readonly<Record<string, Artifact>>;

/** Branch tests are quick and kill nearly all; what they leave, fuzzing gets. */
const STAGES: readonly RunOptions[] = [{ only: "^test_" }, { except: "^test_" }];

/** Compiles the contracts that the fault is in, and runs the suites that they are in until a test fails. */
export async function attempt(
  mutation: Mutation,
  plan: Plan,
  compile: Compile,
  runSuite: RunSuite,
): Promise<Outcome> {
  const patched = compilePatched(mutation, plan, compile);
  return "status" in patched ? patched : runAll(patched.suites, plan, runSuite, patched.fresh);
}

/** @returns the contracts that the patch is in, and the suites that they are in. */
export function compilePatched(
  patch: Patch,
  plan: Plan,
  compile: Compile,
): { readonly fresh: Fresh; readonly suites: readonly string[] } | Unfit {
  const affected = plan.affected[patch.file];
  if (affected === undefined) throw new RangeError(`${patch.file} is not in the plan`);
  const { contracts, suites } = affected;
  const sources = Object.fromEntries(
    affected.sources.map((file) => {
      const content = plan.input.sources[file]?.content ?? "";
      return [file, { content: file === patch.file ? mutated(Buffer.from(content), patch) : content }];
    }),
  );
  const selection: Record<string, Record<string, readonly string[]>> = {};
  for (const [file, name] of contracts.map(partsOf)) (selection[file] ??= {})[name] = CODE;
  const output = compile({ ...plan.input, sources }, selection);
  const error = errorOf(output);
  if (error !== undefined) return { status: "invalid", reason: error };
  const fresh = Object.fromEntries(contracts.map((key) => [key, artifactOf(output, key)]));
  return contracts.every((key) => fresh[key]?.bytecode === plan.artifacts[key]?.bytecode)
    ? { status: "same" }
    : { fresh, suites };
}

/**
 * Runs suites until a test fails.
 *
 * @param fresh What was compiled again; all else is as it was planned.
 */
export async function runAll(
  suites: readonly string[],
  plan: Plan,
  runSuite: RunSuite,
  fresh: Fresh = {},
): Promise<Outcome> {
  for (const options of STAGES)
    for (const suite of suites) {
      if (!testsOf(artifactIn(plan, fresh, suite)).some((name) => isMeant(name, options))) continue;
      const { failures } = await runOne(suite, plan, runSuite, fresh, options);
      const [failure] = failures;
      if (failure !== undefined) return { status: "killed", suite, ...failure };
    }
  return { status: "survived" };
}

/** Runs a suite whole. */
export function runOne(
  key: string,
  plan: Plan,
  runSuite: RunSuite,
  fresh: Fresh = {},
  options: RunOptions = {},
): Promise<SuiteRun> {
  const artifact = (of: string): Artifact => artifactIn(plan, fresh, of);
  const deployed = plan.deployed.map((of) => ({ ...of, code: artifact(of.key).bytecode }));
  const creates = plan.suites[key]?.creates ?? [];
  // What was not compiled again holds code as it was planned.
  const held = (fresh[key] === undefined ? plan.deployed : deployed).filter((of) => creates.includes(of.key));
  const codes = new Map(deployed.map(({ address, code }) => [address, code]));
  return runSuite(linked(artifact(key), held), { created: creates.map(artifact), codes }, options);
}

function artifactIn(plan: Plan, fresh: Fresh, key: string): Artifact {
  const found = fresh[key] ?? plan.artifacts[key];
  if (found === undefined) throw new RangeError(`${key} is not in the plan`);
  return found;
}

const isMeant = (test: string, { only, except }: RunOptions): boolean =>
  (only === undefined || new RegExp(only).test(test)) &&
  (except === undefined || !new RegExp(except).test(test));
