/** The solvers that are asked, as Debian packs them. */
import { spawnSync } from "node:child_process";

/** What a solver says of the opposite of a claim: no state is like that, one is, or it does not know. */
export type Answer = "unsat" | "sat" | "unknown";

export interface Solver {
  readonly name: string;
  readonly version: string;
  /** How it is asked. */
  readonly args: readonly string[];
  /** What it writes on a query in SMT-LIB 2; the answer is in the first line. */
  readonly solve: (query: string) => string;
}

/** Seconds that a solver has for a query. */
export const LIMIT = 60;

/**
 * In the order in which they are asked.
 *
 * Without extensionality z3 may take two arrays for different that have the same elements, and finds examples sooner: what it
 * proves so is true with it as well.
 */
const COMMANDS = {
  z3: ["-smt2", "smt.array.extensional=false", "-in", `-T:${LIMIT}`],
  cvc5: ["--lang=smt2", `--tlimit=${LIMIT * 1000}`, "-"],
} as const;

/** The solvers that are installed. */
export function findSolvers(): readonly Solver[] {
  return Object.entries(COMMANDS).flatMap(([name, args]) => {
    const { status, stdout } = spawnSync(name, ["--version"], { encoding: "utf8" });
    const version = status === 0 ? /version (\d[\w.]*)/i.exec(stdout)?.[1] : undefined;
    if (version === undefined) return [];
    const solve = (query: string): string =>
      spawnSync(name, [...args], { input: query, encoding: "utf8", maxBuffer: 2 ** 28 }).stdout;
    return [{ name, version, args, solve }];
  });
}

/** An example without its values is none: the time was over. */
export function answerOf(output: string): Answer {
  if (output.startsWith("unsat")) return "unsat";
  return /^sat\s+\(\(/.test(output) ? "sat" : "unknown";
}
