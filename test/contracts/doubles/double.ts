import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { InterfaceAbi } from "ethers";
import { ContractFactory } from "ethers";
import hre from "hardhat";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import type { DOUBLES } from "./build.ts";

export type Double = (typeof DOUBLES)[number];

export interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}

/** Reads what became of a double; see `build.ts`. */
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
