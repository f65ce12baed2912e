/** The project, as Hardhat would compile and test it: its tests, or its invariants. */
import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { Input } from "../solidity/solc.ts";
import type { Project } from "./plan.ts";

/** What Hardhat calls the project's own files. */
const PREFIX = "project/";

/** A survivor would wait minutes for the invariants, which run what the other tests have to run by themselves. */
export type Tests = "tests" | "invariants";

const isInvariants = (file: string): boolean => file.endsWith(".invariants.t.sol");

/** @throws {Error} if Hardhat cannot tell how to compile it. */
export async function projectOf(hre: HardhatRuntimeEnvironment, which: Tests): Promise<Project> {
  const { root } = hre.config.paths;
  const inputs = [
    await inputOf(hre, "contracts", () => true),
    await inputOf(hre, "tests", (file) => isInvariants(file) === (which === "invariants")),
  ];
  const sources = Object.assign({}, ...inputs.map((input) => input.sources)) as Input["sources"];
  const files = Object.keys(sources).filter((file) => file.startsWith(PREFIX));
  const { isolate, fuzz, invariant } = hre.config.test.solidity.profiles["default"] ?? {};
  const network = hre.config.networks["default"];
  if (network?.type !== "edr-simulated") throw new TypeError("The default network is not a simulated one");
  return {
    input: { language: "Solidity", settings: inputs[0]?.settings ?? {}, sources },
    tests: {
      projectRoot: root,
      hardfork: network.hardfork,
      ...(isolate === undefined ? {} : { isolate }),
      ...(fuzz === undefined ? {} : { fuzz }),
      ...(invariant === undefined || which === "tests" ? {} : { invariant }),
      // Tests say in their comments how they are fuzzed.
      testSourcePaths: Object.fromEntries(
        files.filter((file) => file.endsWith(".t.sol")).map((file) => [file, path.join(root, shown(file))]),
      ),
    },
    isTarget: (file) => file.startsWith(`${PREFIX}contracts/`),
  };
}

/** What the file with that path from the project's root is called. */
export const named = (file: string): string => `${PREFIX}${file}`;

/** The path from the project's root. */
export const shown = (file: string): string => (file.startsWith(PREFIX) ? file.slice(PREFIX.length) : file);

async function inputOf(
  hre: HardhatRuntimeEnvironment,
  scope: "contracts" | "tests",
  isMeant: (file: string) => boolean,
): Promise<Input> {
  const roots = (await hre.solidity.getRootFilePaths({ scope })).filter(isMeant);
  const jobs = await hre.solidity.getCompilationJobs(roots, { scope, quiet: true, force: true });
  if (!jobs.success) throw new Error(jobs.formattedReason);
  const inputs = await Promise.all(
    [...new Set(jobs.compilationJobsPerFile.values())].map((job) => job.getSolcInput()),
  );
  const [input] = inputs;
  if (input === undefined) throw new Error(`There are no ${scope}`);
  const sources = Object.assign({}, ...inputs.map((other) => other.sources)) as Input["sources"];
  return { language: input.language, sources, settings: { ...input.settings } };
}
