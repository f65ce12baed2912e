import { run } from "../../apps/cli/run.ts";
import type { World } from "../../apps/cli/world.ts";

/** What a command said and ended with. */
export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command printed as JSON: what tests look at by name, and the rest. */
export interface Printed {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly words: string;
  readonly url: string;
  readonly pid: number;
  readonly owner: string;
  readonly vaultId: string;
  readonly recipientFile: string;
  readonly expiresAt: string;
  readonly welcome: string;
  /** Those of a list; their number elsewhere. */
  readonly memories: readonly { readonly id: string; readonly text: string }[];
  readonly grants: readonly unknown[];
  readonly receipts: readonly unknown[];
  readonly devices: readonly { readonly label: string; readonly own: boolean; readonly digest: string }[];
  readonly heads: readonly unknown[];
  readonly vaults: readonly unknown[];
  readonly skipped: readonly unknown[];
  readonly scopes: Readonly<Record<string, number>>;
}

/** What a person, or a pipe, gives to a command. */
export interface Given {
  readonly env?: Record<string, string>;
  /** What is piped in; without it a person sits there. */
  readonly input?: string;
  /** Answers what is asked; nobody is there unless given. */
  readonly answer?: (question: string, said: string) => string;
}

/** A home of profiles, and the command line in it, in this process, with what else there is of the world. */
export function cliIn(home: string, more: Pick<World, "attestationRoots"> = {}) {
  const cli = async (argv: readonly string[], { env = {}, input, answer }: Given = {}): Promise<Said> => {
    let [out, err] = ["", ""];
    const world: World = {
      env: { MEMVAULT_HOME: home, ...env },
      stdout: { write: (text) => (out += Buffer.from(text).toString("utf8")) },
      stderr: { write: (text) => (err += Buffer.from(text).toString("utf8")) },
      input: () => Promise.resolve(input ?? ""),
      piped: answer === undefined,
      ask: (question) => new Promise((resolve) => resolve(answer?.(question, out) ?? null)),
      now: Date.now,
      interrupted: () => Promise.resolve(),
      ...more,
    };
    const code = await run(argv, world);
    return { code, out, err };
  };
  /** Runs a command that must succeed, and reads its one JSON document. */
  const json = async (argv: readonly string[], given?: Given): Promise<Printed> => {
    const { code, out, err } = await cli([...argv, "--json"], given);
    if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${out}${err}`);
    return JSON.parse(out) as Printed;
  };
  /** Runs a command that must fail, and reads its error. */
  const fault = async (argv: readonly string[], given?: Given) => {
    const { code, out } = await cli([...argv, "--json"], given);
    const { error } = JSON.parse(out) as { error: { name: string; message: string; exitCode: number } };
    return { code, ...error };
  };
  return { cli, json, fault };
}

/** The words that a command showed. */
export const wordsIn = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => /^ +\d+ [a-z]/.test(line))
    .flatMap((line) => [...line.matchAll(/\d+ ([a-z]+)/g)].map((match) => match[1]!));
