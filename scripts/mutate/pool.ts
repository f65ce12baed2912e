/** Workers, one for each processor. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

import type { Mutation } from "./operators.ts";
import type { Plan } from "./plan.ts";
import type { Outcome } from "./trial.ts";
import type { Reply, Request } from "./worker.ts";

/** What is known of a fault in the end. */
export type Verdict = Outcome | { readonly status: "timeout" };

export interface PoolOptions {
  readonly jobs: number;
  /** When to begin with no further fault, in `Date.now()`'s milliseconds. */
  readonly deadline: number;
  /** How long one may take, in milliseconds. */
  readonly timeout: number;
  /** `cpu` is what it took of a processor, in milliseconds; of a worker that was ended, nothing is known. */
  readonly onVerdict: (mutation: Mutation, verdict: Verdict, cpu: number) => void;
}

/** A compiler that has compiled this often is replaced: it gives no memory back. */
const LIFETIME = 200;

/**
 * Tries the faults in their order, until there is none or the deadline has come.
 *
 * @throws {Error} if a worker ends by itself.
 */
export async function tryAll(
  plan: Plan,
  mutations: readonly Mutation[],
  options: PoolOptions,
): Promise<void> {
  const queue = [...mutations];
  await Promise.all(Array.from({ length: options.jobs }, () => work(plan, queue, options)));
}

async function work(plan: Plan, queue: Mutation[], options: PoolOptions): Promise<void> {
  const { deadline, timeout, onVerdict } = options;
  let worker: ChildProcess | undefined;
  let tried = 0;
  try {
    while (Date.now() < deadline) {
      const mutation = queue.shift();
      if (mutation === undefined) return;
      worker ??= start(plan);
      const reply = await ask(worker, mutation, timeout);
      onVerdict(mutation, reply?.outcome ?? { status: "timeout" }, reply?.cpu ?? 0);
      if (reply === undefined || ++tried % LIFETIME === 0) {
        worker.kill("SIGKILL");
        worker = undefined;
      }
    }
  } finally {
    worker?.kill("SIGKILL");
  }
}

function start(plan: Plan): ChildProcess {
  const execArgv = ["--import", import.meta.resolve("tsx")];
  const worker = fork(new URL("./worker.ts", import.meta.url), { execArgv });
  const request: Request = { plan };
  worker.send(request);
  return worker;
}

/** @returns nothing if there was no answer in time. */
async function ask(worker: ChildProcess, mutation: Mutation, timeout: number): Promise<Reply | undefined> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const timer = setTimeout(() => waiting.abort(), timeout);
  const request: Request = { mutation };
  worker.send(request);
  try {
    const ended = once(worker, "exit", { signal }).then(([code]) => {
      throw new Error(`A worker ended with ${String(code)} at ${mutation.id}`);
    });
    const [reply] = (await Promise.race([once(worker, "message", { signal }), ended])) as [Reply];
    return reply;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    clearTimeout(timer);
    waiting.abort();
  }
}
