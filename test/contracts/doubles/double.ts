import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { InterfaceAbi } from "ethers";
import { ContractFactory } from "ethers";
import hre from "hardhat";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import { FileBuildResultType } from "hardhat/types/solidity";

/** The doubles that TypeScript deploys. None of them needs more of ours than the base of agents, so they are soon compiled. */
const DOUBLES = [
  "BareSlots",
  "BoundToken",
  "CodeJudgingRegistry",
  "DirtyWallet",
  "EchoingAgent",
  "ForgetfulRegistry",
  "ForgetfulToken",
  "Guestbook",
  "GullibleRegistry",
  "LenientToken",
  "LooseToken",
  "LyingWallet",
  "MislabelledGuestbook",
  "NaiveVault",
  "OrdinaryEscrow",
  "OrdinaryToken",
  "PedanticWallet",
  "PlainRegistry",
  "PlainToken",
  "RefusingWallet",
  "RevertingWallet",
  "ScriptedReceiver",
  "SilentDelegate",
  "TerseWallet",
  "WatchfulWallet",
  "WritingWallet",
] as const;

export type Double = (typeof DOUBLES)[number];

export interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

/** Hardhat compiles the contracts of tests apart from ours, and not at all when only Mocha runs. */
async function build(): Promise<void> {
  const files = DOUBLES.map((name) => fileURLToPath(new URL(`${name}.sol`, import.meta.url)));
  const result = await hre.solidity.build(files, { scope: "tests", quiet: true });
  const failed =
    !hre.solidity.isSuccessfulBuildResult(result) ||
    [...result.values()].some(({ type }) => type === FileBuildResultType.BUILD_FAILURE);
  if (failed) throw new Error("the doubles do not compile");
}

// Before any test begins: its time is not the compiler's.
await build();

/** Reads what became of a double. */
export async function artifactOf(name: Double): Promise<Artifact> {
  const folder = await hre.solidity.getArtifactsDirectory("tests");
  const file = join(folder, "test/contracts/doubles", `${name}.sol`, `${name}.json`);
  return JSON.parse(await readFile(file, "utf8")) as Artifact;
}

/**
 * Deploys a double.
 *
 * @returns its address.
 */
export async function deployDouble(
  { ethers }: NetworkConnection<ChainType>,
  name: Double,
  ...args: unknown[]
): Promise<string> {
  const { abi, bytecode } = await artifactOf(name);
  const [deployer] = await ethers.getSigners();
  const contract = await new ContractFactory(abi, bytecode, deployer).deploy(...args);
  return contract.getAddress();
}
