import { execFile, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const CLI = fileURLToPath(new URL("../../node_modules/hardhat/dist/src/cli.js", import.meta.url));

/** A task that runs as a process of its own. */
export interface RunningTask {
  readonly child: ChildProcess;
  /** What it wrote to stdout, once it ended; see {@link hardhat}. */
  readonly output: Promise<string>;
}

/** Starts a task as a process of its own, as a user does. */
export function startHardhat(args: readonly string[], env: Record<string, string> = {}): RunningTask {
  const { PATH, HOME, SystemRoot } = process.env;
  const running = promisify(execFile)(process.execPath, [CLI, ...args], {
    // Little else of this environment: Hardhat adds stacks to its errors where it sees a build server.
    env: { PATH, HOME, SystemRoot, NO_COLOR: "1", ...env },
    maxBuffer: 16 * 1_048_576,
  });
  return { child: running.child, output: running.then(({ stdout }) => stdout) };
}

/**
 * Runs a task as a process of its own, as a user does.
 *
 * @returns what it wrote to stdout.
 * @throws {Error} when it exits with anything but 0; `message` has its stderr, `stdout` and `code` the rest.
 */
export const hardhat = (args: readonly string[], env: Record<string, string> = {}): Promise<string> =>
  startHardhat(args, env).output;
