import { createRequire } from "node:module";

import hardhatToolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

// The compiler comes from npm, so that a build needs no host but the package registry.
const solc = createRequire(import.meta.url).resolve("solc/soljson.js");

const remote = (chainId: number, chainType: "l1" | "op" | "generic", url: string) =>
  ({
    type: "http",
    chainId,
    chainType,
    url: configVariable(url),
    accounts: [configVariable("MEMVAULT_PRIVATE_KEY")],
  }) as const;

export default defineConfig({
  plugins: [hardhatToolbox],
  solidity: {
    version: "0.8.37",
    path: solc,
    settings: {
      evmVersion: "cancun",
      viaIR: true,
      optimizer: { enabled: true, runs: 20_000 },
      metadata: { bytecodeHash: "none" },
    },
  },
  networks: {
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
    sepolia: remote(11155111, "l1", "SEPOLIA_RPC_URL"),
    baseSepolia: remote(84532, "op", "BASE_SEPOLIA_RPC_URL"),
    opengradient: remote(10740, "generic", "OPENGRADIENT_RPC_URL"),
  },
  paths: {
    ignition: "deploy",
    tests: { mocha: "test", solidity: "test/contracts" },
  },
  typechain: { outDir: "typechain-types" },
  test: {
    solidity: { isolate: true, fuzz: { runs: 256, seed: "0x6d656d6f7279" } },
    mocha: { timeout: 120_000 },
  },
});
