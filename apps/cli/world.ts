import { createInterface } from "node:readline/promises";

/** Where a command writes. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(data: string | Uint8Array): unknown;
}

/** All that a command has of the world around it. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Everything that is piped in. */
  readonly input: () => Promise<string>;
  /** Whether something is piped in, so that nobody is there to answer. */
  readonly piped: boolean;
  /**
   * Asks the person at the terminal; `null` when there is none.
   *
   * @param hidden - Whether the answer must not be seen.
   */
  readonly ask: (question: string, hidden?: boolean) => Promise<string | null>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Resolves when the person wants to stop. */
  readonly interrupted: () => Promise<void>;
  /** What chains of attestations may begin at: an authority of tests. AWS's root unless given, as in every process of its own. */
  readonly attestationRoots?: readonly string[];
}

/** This process. */
export const systemWorld = (): World => ({
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  input: readAll,
  piped: !process.stdin.isTTY,
  ask,
  now: Date.now,
  interrupted: () =>
    new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    }),
});

async function readAll(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Questions go to stderr: stdout is for results. */
async function ask(question: string, hidden = false): Promise<string | null> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY) return null;
  if (hidden) return askHidden(question);
  const lines = createInterface({ input: stdin, output: stderr });
  const stopped = new Promise<never>((_, reject) => {
    lines.once("SIGINT", () => reject(new Interrupted()));
  });
  try {
    return await Promise.race([lines.question(question), stopped]);
  } finally {
    lines.close();
  }
}

/** The person pressed Ctrl-C at a question; its message, if any, says what that leaves. */
export class Interrupted extends Error {}

const ENTER = /[\r\n]/;

async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  let answer = "";
  try {
    return await new Promise<string>((resolve, reject) => {
      const read = (typed: string): void => {
        for (const character of typed) {
          if (character === "\u0003" || character === "\u0004") reject(new Interrupted());
          else if (ENTER.test(character)) resolve(answer);
          else if (character === "\u007f" || character === "\b") answer = answer.replace(/.$/su, "");
          else answer += character;
          if (ENTER.test(character)) break;
        }
      };
      stdin.on("data", read);
      stdin.resume();
    });
  } finally {
    stdin.removeAllListeners("data");
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}
