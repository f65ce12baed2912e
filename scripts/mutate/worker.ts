/** A process that tries faults: the compiler and the runner stay loaded, and a test that hangs can be ended with it. */
import { loadCompiler } from "./compiler.ts";
import type { Mutation } from "./operators.ts";
import type { Plan } from "./plan.ts";
import { loadRunner } from "./runner.ts";
import { attempt, type Outcome } from "./trial.ts";

export type Request = { readonly plan: Plan } | { readonly mutation: Mutation };

export interface Reply {
  readonly outcome: Outcome;
  /** What it took of the processor, in milliseconds. */
  readonly cpu: number;
}

const compile = loadCompiler();
let trial: ((mutation: Mutation) => Promise<Outcome>) | undefined;

async function answer(request: Request): Promise<void> {
  if ("plan" in request) {
    const { plan } = request;
    const runSuite = await loadRunner(plan.tests);
    trial = (mutation) => attempt(mutation, plan, compile, runSuite);
    return;
  }
  if (trial === undefined) throw new TypeError("A mutation came before the plan");
  const before = process.cpuUsage();
  const outcome = await trial(request.mutation);
  const { user, system } = process.cpuUsage(before);
  const reply: Reply = { outcome, cpu: (user + system) / 1000 };
  process.send?.(reply);
}

// One after the other, for the plan has to be there first.
let last = Promise.resolve();
process.on("message", (request: Request) => {
  last = last.then(() => answer(request));
});
process.on("disconnect", () => process.exit());
