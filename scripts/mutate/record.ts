/** The pages that keep what came of faults and breaks, and say what it was measured on. */
import { createHash } from "node:crypto";

import type { Bite } from "./breaks.ts";
import { testsOf, type Plan } from "./plan.ts";
import { count, markdown, rowsOf, scoreOf, type Report } from "./report.ts";
import { versions } from "./results.ts";

/** What was compiled, and by what. */
function groundOf(plan: Plan, without: string): string {
  const digest = (folder: string): string => {
    const hash = createHash("sha256");
    for (const file of Object.keys(plan.input.sources).toSorted())
      if (file.startsWith(`project/${folder}/`))
        hash.update(`${file}\n${plan.input.sources[file]?.content ?? ""}\n`);
    return hash.digest("hex").slice(0, 16);
  };
  const tools = Object.entries(versions()).map((version) => version.join(" "));
  return `- Contracts ${digest("contracts")}, tests ${digest("test")} (sha256 of the Solidity files, in their order).
- ${tools.join(", ")}; code without ${without}, EVM ${String(plan.input.settings["evmVersion"])}.`;
}

/** The page of the score, for a run that tried every fault. */
export function recordOf(report: Report, plan: Plan): string {
  const suites = Object.keys(plan.suites);
  const tests = suites.reduce((sum, key) => {
    const artifact = plan.artifacts[key];
    return sum + (artifact === undefined ? 0 : testsOf(artifact).length);
  }, 0);
  const { runs = 0, seed = "" } = plan.tests.fuzz ?? {};
  const counts = count(report.judged);
  return `# Mutation score

Written by \`npm run mutate -- --record\`. It puts a small fault into a contract, compiles that, and runs the Solidity tests
until one fails. Every fault that survives is explained in [mutants.json](mutants.json), or needs a test.

**${scoreOf(counts)}**: ${counts.killed + counts.timeout} of the ${counts.killed + counts.timeout + counts.survived} faults that a test can notice.

${markdown(rowsOf(report.judged))}

- *Explained*: it survives, and no test can notice it. *Same code*: the compiler makes the same bytes of it.
  *Timed out*: a test had no end. Neither of the first two counts, nor does what did not compile.
${groundOf(plan, "optimiser and `viaIR`")}
- ${tests} tests in ${suites.length} suites, as \`npm test\` runs them: fuzz runs ${runs}, seed ${seed}. Mocha's tests, and the
  snapshots of gas and size, take no part.
- ${report.cpu.toFixed(0)} CPU seconds, ${(counts.mutants / report.cpu).toFixed(1)} mutants in each.
`;
}

/** The page of the invariants, for a run that made every break. */
export const biteRecordOf = (bites: readonly Bite[], plan: Plan): string => `# What the invariants notice

Written by \`npm run mutate -- --invariants --record\`. Each line is a deliberate break of a contract, from
[breaks.json](breaks.json), under which every invariant that it concerns is walked as \`npm test\` walks it. The invariants
that stand beside it were false after some deed. In the others nothing was noticed, unless a rule stands there, too: one of
the handlers', which ended their sequence in the midst of a deed, or *revert*, where the contract did it. What is bold had to
notice; without a break nothing does.

${markdown(
  [
    ["break", "invariants", "rules"],
    ...bites.map(({ broken, invariants, rules }) => [
      broken.what,
      ...[invariants, rules].map((names) =>
        names.map((name) => (broken.noticedBy.includes(name) ? `**${name}**` : name)).join(", "),
      ),
    ]),
  ],
  "---",
)}

${groundOf(plan, "`viaIR`")}
- ${plan.tests.invariant?.runs ?? 0} sequence for each invariant, as long as stands beside it, seed ${plan.tests.fuzz?.seed ?? ""}.
`;
