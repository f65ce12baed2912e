/** One fault, put in and tested. */
import { CODE, errorOf, type Compile, type Output } from "./compiler.ts";
import { mutated, type Mutation } from "./operators.ts";
import { artifactOf, linked, partsOf, testsOf, type Affected, type Plan } from "./plan.ts";
import type { Artifact, RunOptions, RunSuite } from "./runner.ts";

/** What became of a fault. */
export type Outcome =
  | { readonly status: "killed"; readonly suite: string; readonly test: string; readonly reason: string }
  | { readonly status: "survived" }
  /** It does not compile. */
  | { readonly status: "invalid"; readonly reason: string }
  /** The compiler makes the same code of it. */
  | { readonly status: "same" };

/** Branch tests are quick and kill nearly all; what they leave, fuzzing gets. */
const STAGES: readonly RunOptions[] = [{ only: "^test_" }, { except: "^test_" }];

/** Compiles the contracts that the fault is in, and runs the suites that they are in until a test fails. */
export async function attempt(
  mutation: Mutation,
  plan: Plan,
  compile: Compile,
  runSuite: RunSuite,
): Promise<Outcome> {
  const affected = plan.affected[mutation.file];
  if (affected === undefined) throw new RangeError(`${mutation.file} is not in the plan`);
  const output = compileAffected(mutation, affected, plan, compile);
  const error = errorOf(output);
  if (error !== undefined) return { status: "invalid", reason: error };
  const fresh = Object.fromEntries(affected.contracts.map((key) => [key, artifactOf(output, key)]));
  if (affected.contracts.every((key) => fresh[key]?.bytecode === plan.artifacts[key]?.bytecode))
    return { status: "same" };
  return runAll(affected.suites, plan, runSuite, fresh);
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
  fresh: Readonly<Record<string, Artifact>> = {},
): Promise<Outcome> {
  const artifact = (key: string): Artifact => {
    const found = fresh[key] ?? plan.artifacts[key];
    if (found === undefined) throw new RangeError(`${key} is not in the plan`);
    return found;
  };
  const deployed = plan.deployed.map(({ key, address }) => ({ key, address, code: artifact(key).bytecode }));
  const codes = new Map(deployed.map(({ address, code }) => [address, code]));
  for (const options of STAGES)
    for (const key of suites) {
      if (!testsOf(artifact(key)).some((name) => isMeant(name, options))) continue;
      const creates = plan.suites[key]?.creates ?? [];
      // What was not compiled again holds code as it was planned.
      const held = (fresh[key] === undefined ? plan.deployed : deployed).filter((other) =>
        creates.includes(other.key),
      );
      const suite = linked(artifact(key), held);
      const { failed } = await runSuite(suite, { created: creates.map(artifact), codes }, options);
      if (failed !== undefined) return { status: "killed", suite: key, ...failed };
    }
  return { status: "survived" };
}

const isMeant = (test: string, { only, except }: RunOptions): boolean =>
  (only === undefined || new RegExp(only).test(test)) &&
  (except === undefined || !new RegExp(except).test(test));

function compileAffected(mutation: Mutation, affected: Affected, plan: Plan, compile: Compile): Output {
  const sources = Object.fromEntries(
    affected.sources.map((file) => {
      const content = plan.input.sources[file]?.content ?? "";
      return [file, { content: file === mutation.file ? mutated(Buffer.from(content), mutation) : content }];
    }),
  );
  const selection: Record<string, Record<string, readonly string[]>> = {};
  for (const [file, name] of affected.contracts.map(partsOf)) (selection[file] ??= {})[name] = CODE;
  return compile({ ...plan.input, sources }, selection);
}
