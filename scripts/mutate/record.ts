/** The page that keeps the score, and says what it was measured on. */
import { createHash } from "node:crypto";

import { testsOf, type Plan } from "./plan.ts";
import { count, markdown, rowsOf, scoreOf, type Report } from "./report.ts";
import { versions } from "./results.ts";

/** The page, for a run that tried every fault. */
export function recordOf(report: Report, plan: Plan): string {
  const digest = (folder: string): string => {
    const hash = createHash("sha256");
    for (const file of Object.keys(plan.input.sources).toSorted())
      if (file.startsWith(`project/${folder}/`))
        hash.update(`${file}\n${plan.input.sources[file]?.content ?? ""}\n`);
    return hash.digest("hex").slice(0, 16);
  };
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
- Contracts ${digest("contracts")}, tests ${digest("test")} (sha256 of the Solidity files, in their order).
- ${Object.entries(versions())
    .map((version) => version.join(" "))
    .join(", ")}; code without optimiser and \`viaIR\`, EVM ${String(plan.input.settings["evmVersion"])}.
- ${tests} tests in ${suites.length} suites, as \`npm test\` runs them: fuzz runs ${runs}, seed ${seed}. Mocha's tests, and the
  snapshots of gas and size, take no part.
- ${report.cpu.toFixed(0)} CPU seconds, ${(counts.mutants / report.cpu).toFixed(1)} mutants in each.
`;
}
