/** What came of all faults, as text. */
import type { Mutation } from "./operators.ts";
import type { Verdict } from "./pool.ts";
import { shown } from "./project.ts";
import type { Known } from "./results.ts";

/** What is counted of a file. */
export const KINDS = ["killed", "survived", "explained", "same", "invalid", "timeout", "unreached"] as const;

export type Kind = (typeof KINDS)[number];

export interface Judged {
  readonly mutation: Mutation;
  readonly kind: Kind;
  /** Absent if it was not reached. */
  readonly verdict?: Verdict;
  /** Why no test can notice it. */
  readonly explanation?: string;
}

export interface Report {
  readonly judged: readonly Judged[];
  /** Explanations whose fault no longer exists, or does not survive. */
  readonly stale: readonly string[];
  /** Of the processors, in seconds, also in the runs before that this one went on from. */
  readonly cpu: number;
}

/** @param explanations Why faults that survive do not matter, by their `id`. */
export function judge(
  mutations: readonly Mutation[],
  find: (mutation: Mutation) => Known | undefined,
  explanations: Readonly<Record<string, string>>,
): Report {
  let cpu = 0;
  const judged = mutations.map((mutation): Judged => {
    const known = find(mutation);
    if (known === undefined) return { mutation, kind: "unreached" };
    cpu += known.cpu / 1000;
    const { verdict } = known;
    const explanation = explanations[mutation.id];
    if (verdict.status !== "survived" || explanation === undefined)
      return { mutation, kind: verdict.status, verdict };
    return { mutation, kind: "explained", verdict, explanation };
  });
  const standing = new Set(
    judged
      .filter(({ kind }) => kind === "explained" || kind === "unreached")
      .map(({ mutation }) => mutation.id),
  );
  return { judged, stale: Object.keys(explanations).filter((id) => !standing.has(id)), cpu };
}

export type Counts = Readonly<Record<Kind, number>> & { readonly mutants: number };

export function count(judged: readonly Judged[]): Counts {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  for (const { kind } of judged) ++counts[kind];
  return { mutants: judged.length, ...counts };
}

/** The share of noticed faults among those that a test could notice, in percent; a test that never ends is noticed. */
export function scoreOf({ killed, timeout, survived }: Counts): string {
  const all = killed + timeout + survived;
  // Rounded down: 100.0 means all.
  return all === 0 ? "-" : `${(Math.floor(((killed + timeout) / all) * 1000) / 10).toFixed(1)} %`;
}

const HEADINGS: Readonly<Record<Kind, string>> = {
  killed: "killed",
  survived: "survived",
  explained: "explained",
  same: "same code",
  invalid: "did not compile",
  timeout: "timed out",
  unreached: "not reached",
};

/** Rows of cells: the headings, each file that has faults, and the sum. */
export function rowsOf(judged: readonly Judged[]): readonly (readonly string[])[] {
  const row = (name: string, of: readonly Judged[]): readonly string[] => {
    const counts = count(of);
    return [name, ...[counts.mutants, ...KINDS.map((kind) => counts[kind])].map(String), scoreOf(counts)];
  };
  const files = [...new Set(judged.map(({ mutation }) => mutation.file))].toSorted();
  return [
    ["file", "mutants", ...KINDS.map((kind) => HEADINGS[kind]), "score"],
    ...files.map((file) =>
      row(
        shown(file),
        judged.filter(({ mutation }) => mutation.file === file),
      ),
    ),
    row("all", judged),
  ];
}

/** The rows with their columns below each other. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

/** @param rule The line that aligns all columns but the first: numbers to the right. */
export const markdown = (rows: readonly (readonly string[])[], rule = "--:"): string => {
  const [headings = [], ...others] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map((_, i) => (i === 0 ? "---" : rule))), ...others.map(line)].join(
    "\n",
  );
};

/** Where a fault is, and the lines that it changes. */
export function diffOf(mutation: Mutation, source: string): string {
  const bytes = Buffer.from(source);
  const first = bytes.lastIndexOf("\n", mutation.start - 1) + 1;
  const newline = bytes.indexOf("\n", mutation.end);
  const end = newline < 0 ? bytes.length : newline;
  const line = bytes.subarray(0, first).toString().split("\n").length;
  const before = bytes.subarray(first, end).toString().split("\n");
  const after =
    `${bytes.subarray(first, mutation.start).toString()}${mutation.replacement}${bytes.subarray(mutation.end, end).toString()}`.split(
      "\n",
    );
  // Whole lines that stayed are left out.
  let same = 0;
  while (same < Math.min(before.length, after.length) - 1 && before[same] === after[same]) ++same;
  let tail = 0;
  while (
    tail < Math.min(before.length, after.length) - same - 1 &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    ++tail;
  return [
    `${shown(mutation.file)}:${line + same}  ${mutation.operator}`,
    ...before.slice(same, before.length - tail).map((text) => `  - ${text.trim()}`),
    ...after.slice(same, after.length - tail).map((text) => `  + ${text.trim()}`),
  ].join("\n");
}
