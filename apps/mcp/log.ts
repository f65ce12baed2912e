import { VaultError } from "../../client/index.ts";

/** One line of the log. It carries names, counts and times; never a text, a query, a scope's name or an argument. */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  /** What happened: `call`, `committed`, `stopped`. */
  readonly event: string;
  readonly [field: string]: string | number | boolean | null | readonly string[];
}

/** Takes the log's lines; where they go is its affair, but never to stdout, which is the protocol's. */
export type Log = (entry: LogEntry) => void;

/** Writes the log's lines to stderr, one JSON object each. */
export const stderrLog: Log = (entry) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
};

/**
 * What a log may say of a fault. Messages stay out: they quote what somebody asked for, and a parser's quote what it
 * read.
 */
export function faultFields(fault: unknown): Record<string, string | readonly string[]> {
  if (!(fault instanceof Error)) return { fault: typeof fault };
  const code: unknown = "code" in fault ? fault.code : undefined;
  return {
    fault: fault.name,
    ...(typeof code === "string" ? { code } : {}),
    // Where a fault that nobody foresaw came from. The frames only: the stack's first lines repeat the message.
    ...(fault instanceof VaultError ? {} : { at: framesOf(fault) }),
  };
}

const framesOf = ({ stack = "" }: Error): string[] =>
  stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 8);
