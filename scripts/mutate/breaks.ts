/**
 * Deliberate breaks of the contracts, written by hand, and which invariants notice them: an invariant that none makes red
 * would prove nothing.
 */
import type { Input } from "../solidity/solc.ts";
import type { Compile } from "./compiler.ts";
import type { Patch } from "./operators.ts";
import type { Plan } from "./plan.ts";
import { named } from "./project.ts";
import type { Failure, RunSuite } from "./runner.ts";
import { compilePatched, runOne } from "./trial.ts";

export interface Break {
  /** What is wrong then. */
  readonly what: string;
  /** The contract's path, the code that stands in it once, and what stands there instead. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Who must notice, besides others: invariants, and rules that the handlers end a deed with. */
  readonly noticedBy: readonly string[];
}

/** What came of a break. */
export interface Bite {
  readonly broken: Break;
  /** The invariants that were found to be false, in the order of their names. */
  readonly invariants: readonly string[];
  /** The rules of the handlers that ended a sequence before that. */
  readonly rules: readonly string[];
}

/** @throws {RangeError} if the code does not stand there exactly once. */
export function patchOf({ what, file, from, to }: Break, { sources }: Input): Patch {
  const parts = (sources[named(file)]?.content ?? "").split(from);
  if (parts.length !== 2)
    throw new RangeError(`${what}: "${from}" stands ${parts.length - 1} times in ${file}`);
  const start = Buffer.byteLength(parts[0] ?? "");
  return { file: named(file), start, end: start + Buffer.byteLength(from), replacement: to };
}

/**
 * Runs all invariants that the break concerns, each to its end.
 *
 * @throws {SyntaxError} if the broken contract does not compile, or is what it was.
 */
export async function bite(broken: Break, plan: Plan, compile: Compile, runSuite: RunSuite): Promise<Bite> {
  const patched = compilePatched(patchOf(broken, plan.input), plan, compile);
  if ("status" in patched)
    throw new SyntaxError(`${broken.what}: ${patched.status === "same" ? "the same code" : patched.reason}`);
  const failures: Failure[] = [];
  for (const suite of patched.suites)
    failures.push(...(await runOne(suite, plan, runSuite, patched.fresh)).failures);
  const rules = failures.flatMap(({ reason }) => ruleOf(reason) ?? []);
  const invariants = failures
    .filter(({ reason }) => ruleOf(reason) === undefined)
    .map(({ test }) => test.replace("()", ""));
  return { broken, invariants: invariants.toSorted(), rules: [...new Set(rules)].toSorted() };
}

/** What is not a rule's: that the contract refused what a handler had not thought it might. */
const REVERT = "revert";

/** A handler's error, by its name, or a revert that is not its own; the assertions of invariants say what they compared. */
const ruleOf = (reason: string): string | undefined =>
  /^([A-Z]\w*)\(/.exec(reason)?.[1] ?? (/^(custom error|panic|EvmError|$)/.test(reason) ? REVERT : undefined);

/** Who should have noticed, and did not. */
export const missed = ({ broken: { noticedBy }, invariants, rules }: Bite): readonly string[] =>
  noticedBy.filter((name) => !invariants.includes(name) && !rules.includes(name));
