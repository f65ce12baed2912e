import { createRequire } from "node:module";
import { availableParallelism } from "node:os";

import hardhatToolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
import type { HttpNetworkUserConfig } from "hardhat/types/config";

import { sortedBindings } from "./scripts/hardhat/bindings.ts";
import { quickTests } from "./scripts/hardhat/quick.ts";
import { tasks } from "./scripts/hardhat/tasks.ts";
import { warningsAreErrors } from "./scripts/hardhat/warnings.ts";
import { doublesFirst } from "./test/contracts/doubles/build.ts";

const compiler = {
  version: "0.8.37",
  // The compiler comes from npm, so that a build needs no host but the package registry.
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: {
    evmVersion: "cancun",
    viaIR: true,
    optimizer: { enabled: true, runs: 20_000 },
    // Comments must not change an address.
    metadata: { bytecodeHash: "none" },
    // For the snapshot of the storage's layout.
    outputSelection: { "*": { "*": ["storageLayout"] } },
  },
};

const remote = (
  chainId: number | null,
  chainType: NonNullable<HttpNetworkUserConfig["chainType"]>,
  url: string,
): HttpNetworkUserConfig => ({
  type: "http",
  ...(chainId === null ? {} : { chainId }),
  chainType,
  // Both are read from the environment or from `hardhat keystore`, and not before they are needed.
  url: configVariable(url),
  accounts: [configVariable("MEMVAULT_PRIVATE_KEY")],
});

/** Whether the tests may take their time, as they do in CI. */
const long = process.env.MEMVAULT_LONG === "1";
/** Whether the invariants may take some twenty minutes of a processor: ten times what ten sequences of each took. */
const nightly = process.env.MEMVAULT_NIGHTLY === "1";

export default defineConfig({
  // Long runs test in Solidity too what is deployed.
  plugins: [sortedBindings, hardhatToolbox, warningsAreErrors, ...(long ? [] : [quickTests])],
  tasks: [...tasks, doublesFirst],
  solidity: {
    // The tests take five times as long to compile as the contracts: only those who run them should wait.
    splitTestsCompilation: true,
    // What `ignition deploy` and `verify` use must be the same compiler: it is not copied from "default".
    profiles: {
      default: compiler,
      production: { ...compiler, isolated: true },
      // Nobody deploys instrumented code, and the IR pipeline takes three times as long over it.
      coverage: { ...compiler, settings: { ...compiler.settings, viaIR: false } },
    },
  },
  networks: {
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    sepolia: remote(11155111, "l1", "SEPOLIA_RPC_URL"),
    baseSepolia: remote(84532, "op", "BASE_SEPOLIA_RPC_URL"),
    // Its public RPC is https://ogevmdevnet.opengradient.ai.
    opengradient: remote(10740, "generic", "OPENGRADIENT_RPC_URL"),
    // Any other chain.
    custom: remote(null, "generic", "MEMVAULT_RPC_URL"),
  },
  chainDescriptors: {
    10740: {
      name: "OpenGradient",
      chainType: "generic",
      blockExplorers: {
        blockscout: {
          name: "OpenGradient Explorer",
          url: "https://explorer.opengradient.ai",
          apiUrl: "https://explorer.opengradient.ai/api",
        },
      },
    },
  },
  // Sourcify and Blockscout need no key; one Etherscan key serves every chain that Etherscan knows.
  verify: {
    etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") },
    blockscout: { enabled: true },
    sourcify: { enabled: true },
  },
  ignition: {
    strategyConfig: {
      // keccak256("memory-vault/v1"). With the bytecode it makes the addresses: never change it.
      create2: { salt: "0x34ec9278fd1e18867bd4408c279bff9eede9eaac3f588810487b51643f8bbc9e" },
    },
  },
  paths: {
    ignition: "deploy",
    tests: { mocha: "test", solidity: "test/contracts" },
  },
  typechain: { outDir: "typechain-types" },
  test: {
    solidity: {
      isolate: true,
      // The seed is that of the invariants too.
      fuzz: { runs: long ? 10_000 : 256, seed: "0x6d656d6f7279" },
      invariant: {
        // Sequences for each invariant; how long they are stands beside it.
        runs: nightly ? 100 : long ? 5 : 1,
        failOnRevert: true,
        // A try walks the whole sequence.
        shrinkRunLimit: 200,
        // What the runner picks up in storage and code, it picks up in another order each time, whatever the seed.
        includeStorage: false,
        includePushBytes: false,
      },
    },
    // Mocha leaves a processor out, of two as well.
    mocha: { timeout: 120_000, parallel: true, jobs: Math.max(2, availableParallelism() - 1) },
  },
});
