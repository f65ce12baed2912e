import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

import type { Life, Said } from "../e2e/crashes.child.ts";

const CHILD = new URL("../e2e/crashes.child.ts", import.meta.url).pathname;
const TSX = createRequire(import.meta.url).resolve("tsx");

/** Starts a process that waits to be told its life. */
export function born(): ChildProcess {
  const { PATH, HOME, SystemRoot } = process.env;
  const env = { PATH, HOME, SystemRoot };
  return fork(CHILD, { execArgv: ["--import", TSX], env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/**
 * Has a process live.
 *
 * @returns how many moments it had, or `null` when it was killed.
 */
export async function lived(child: ChildProcess, life: Life): Promise<number | null> {
  const gone = once(child, "exit") as Promise<[number | null, string | null]>;
  const said: Said[] = [];
  child.on("message", (message: Said) => {
    said.push(message);
    if (message === "ready") child.send(life);
  });
  const [code, signal] = await gone;
  const last = said.at(-1);
  if (typeof last === "object" && "moments" in last) return last.moments;
  if (signal === "SIGKILL" && last === "ready") return null;
  throw new Error(`a life ended with ${String(code ?? signal)} and ${JSON.stringify(last)}`);
}
