/** What is known already, kept in a file: a run that was ended goes on where it was. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { versionOf } from "../solidity/solc.ts";
import type { Mutation } from "./operators.ts";
import type { Plan } from "./plan.ts";
import type { Verdict } from "./pool.ts";

export interface Known {
  readonly verdict: Verdict;
  /** What it took of a processor, in milliseconds. */
  readonly cpu: number;
}

interface Line extends Known {
  readonly key: string;
}

const digest = (...parts: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length}:${part}`);
  return hash.digest("hex");
};

/** What decides about a verdict; which faults there are does not. */
const DECISIVE = [
  ...["compiler.ts", "dependencies.ts", "linking.ts", "plan.ts", "runner.ts", "trial.ts"],
  ...["../solidity/ast.ts", "../solidity/solc.ts"],
];

const tools = (): string =>
  digest(
    ...Object.values(versions()),
    ...DECISIVE.map((file) => readFileSync(path.join(import.meta.dirname, file), "utf8")),
  );

/** Of the packages that compile and run. */
export function versions(): Readonly<Record<string, string>> {
  return Object.fromEntries(["solc", "@nomicfoundation/edr"].map((name) => [name, versionOf(name)]));
}

/**
 * Verdicts by what they follow from. A fault that does not compile follows from the contracts; one that was killed, from
 * the contracts and the suite that did it, whatever becomes of the others; one that survived, from all suites that ran.
 */
export class Results {
  readonly #file: string;
  readonly #plan: Plan;
  readonly #common: string;
  readonly #digests = new Map<string, string>();
  readonly #known = new Map<string, Known>();

  /** @param file Where they are kept; it need not exist. */
  constructor(file: string, plan: Plan) {
    this.#file = file;
    this.#plan = plan;
    const { hardfork, isolate, fuzz } = plan.tests;
    this.#common = digest(tools(), JSON.stringify([plan.input.settings, hardfork, isolate, fuzz]));
    mkdirSync(path.dirname(file), { recursive: true });
    for (const line of read(file)) this.#known.set(line.key, line);
  }

  find(mutation: Mutation): Known | undefined {
    const suites = this.#suitesOf(mutation);
    const possible: readonly Verdict["status"][] = ["invalid", "same", "survived", "timeout"];
    return [
      ...possible.map((status) => this.#key(mutation, status, this.#evidence(mutation, status))),
      ...suites.map((suite) => this.#key(mutation, "killed", [suite])),
    ]
      .map((key) => this.#known.get(key))
      .find((known) => known !== undefined);
  }

  add(mutation: Mutation, known: Known): void {
    const { verdict } = known;
    const suites = verdict.status === "killed" ? [verdict.suite] : this.#evidence(mutation, verdict.status);
    const key = this.#key(mutation, verdict.status, suites);
    this.#known.set(key, known);
    const line: Line = { key, ...known };
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #suitesOf({ file }: Mutation): readonly string[] {
    return this.#plan.affected[file]?.suites ?? [];
  }

  /** The suites that ran. */
  #evidence(mutation: Mutation, status: Verdict["status"]): readonly string[] {
    return status === "invalid" || status === "same" ? [] : this.#suitesOf(mutation);
  }

  #key(mutation: Mutation, status: Verdict["status"], suites: readonly string[]): string {
    const { file, start, end, replacement } = mutation;
    const sources = this.#plan.affected[file]?.sources ?? [];
    const read = new Set([
      file,
      ...sources,
      ...suites.flatMap((suite) => this.#plan.suites[suite]?.sources ?? []),
    ]);
    return digest(
      ...[this.#common, status, file, `${start}-${end}`, replacement, suites.join()],
      ...[...read].map((source) => this.#digest(source)),
    );
  }

  #digest(file: string): string {
    const known = this.#digests.get(file) ?? digest(file, this.#plan.input.sources[file]?.content ?? "");
    this.#digests.set(file, known);
    return known;
  }
}

/** A line that was cut off when the run was ended is removed. */
function read(file: string): readonly Line[] {
  if (!existsSync(file)) return [];
  const whole = readFileSync(file, "utf8");
  const lines = whole.slice(0, whole.lastIndexOf("\n") + 1);
  if (lines.length < whole.length) writeFileSync(file, lines);
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
