/** Hardhat's runner of Solidity tests, without Hardhat around it: a suite takes some milliseconds. */
import {
  EdrContext,
  L1_CHAIN_TYPE,
  l1GenesisState,
  l1HardforkFromString,
  l1SolidityTestRunnerFactory,
  TestStatus,
  type Artifact as EdrArtifact,
  type SolidityTestRunnerConfigArgs,
  type SuiteResult,
} from "@nomicfoundation/edr";

/** A compiled contract. */
export interface Artifact {
  readonly file: string;
  readonly name: string;
  readonly abi: string;
  readonly bytecode: string;
  readonly deployedBytecode: string;
}

/** How `npm test` runs them. */
export type TestConfig = Pick<
  SolidityTestRunnerConfigArgs,
  "projectRoot" | "hardfork" | "isolate" | "fuzz" | "invariant" | "testSourcePaths"
>;

/** Enough for every test, and the end of a loop that has none. */
const GAS_LIMIT = 1_000_000_000n;

export interface RunOptions {
  /** Only tests whose name matches. */
  readonly only?: string;
  /** Only those whose name does not. */
  readonly except?: string;
}

export interface Failure {
  readonly test: string;
  readonly reason: string;
}

export interface SuiteRun {
  readonly tests: number;
  readonly failures: readonly Failure[];
}

export interface Surroundings {
  /** The contracts that the suite creates. */
  readonly created: readonly Artifact[];
  /** The accounts that hold code before anything runs. */
  readonly codes: ReadonlyMap<string, string>;
}

export type RunSuite = (suite: Artifact, around: Surroundings, options: RunOptions) => Promise<SuiteRun>;

/** @returns a function that runs the tests of a contract; it needs at least one test that the options admit. */
export async function loadRunner(config: TestConfig): Promise<RunSuite> {
  const context = new EdrContext();
  await context.registerSolidityTestRunnerFactory(L1_CHAIN_TYPE, l1SolidityTestRunnerFactory());
  const genesis = l1GenesisState(l1HardforkFromString(config.hardfork));

  return async (suite, { created, codes }, { only, except }) => {
    const predeploys = [...codes].map(([address, code]) => ({
      address: Buffer.from(address, "hex"),
      code: Buffer.from(code, "hex"),
    }));
    const result = await new Promise<SuiteResult>((resolve, reject) => {
      context
        .runSolidityTests(
          L1_CHAIN_TYPE,
          [suite, ...created].map(edrArtifact),
          [edrArtifact(suite).id],
          {
            ...config,
            gasLimit: GAS_LIMIT,
            disableBlockGasLimit: true,
            disableTransactionGasCap: true,
            localPredeploys: [...genesis, ...predeploys],
            ...(only === undefined ? {} : { testPattern: only }),
            ...(except === undefined ? {} : { excludeTestPattern: except }),
          },
          { buildInfos: [], ignoreContracts: false },
          resolve,
        )
        .catch(reject);
    });
    return {
      tests: result.testResults.length,
      failures: result.testResults
        .filter(({ status }) => status === TestStatus.Failure)
        .map(({ name, reason = "" }) => ({ test: name, reason })),
    };
  };
}

const edrArtifact = ({ file, name, abi, bytecode, deployedBytecode }: Artifact): EdrArtifact => ({
  id: { name, source: file, solcVersion: "0.8.0" },
  contract: { abi, bytecode: `0x${bytecode}`, deployedBytecode: `0x${deployedBytecode}` },
});
