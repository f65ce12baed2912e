import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";

import { keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";

import { homeOf, readDeployment, saveDeployment } from "../apps/cli/profile.ts";
import { deploymentOf, type Deployment } from "../client/deployments.ts";
import BlobLog from "../deploy/modules/BlobLog.ts";
import KeyRegistry from "../deploy/modules/KeyRegistry.ts";
import MemoryVault from "../deploy/modules/MemoryVault.ts";
import Suite from "../deploy/modules/Suite.ts";

type Connection = NetworkConnection<ChainType>;

/** The contracts of the suite: what the Ignition modules and {@link Deployment} call them, and their artifacts. */
const CONTRACTS = { memoryVault: "MemoryVault", keyRegistry: "KeyRegistry", blobLog: "BlobLog" } as const;
type Name = keyof typeof CONTRACTS;
const NAMES = Object.keys(CONTRACTS) as Name[];

/** The factory that makes an address depend on code and salt alone, and the hash of its code (version 0.1.0). */
export const CREATEX = "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed";
const CREATEX_CODE_HASH = "0xbd8a7ea8cfca7b4e5f5041d7d4b17bc317c5ce42cfbc42066a00cf26b43eb53f";

/** Chains whose `block.number` is that of another chain. */
const FOREIGN_BLOCK_NUMBERS: Partial<Record<string, string>> = {
  42161: "Arbitrum One",
  42170: "Arbitrum Nova",
  421613: "Arbitrum Goerli",
  421614: "Arbitrum Sepolia",
  23011913: "Arbitrum Stylus testnet",
};

/** NUMBER, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN. */
const RETURN_BLOCK_NUMBER = "0x4360005260206000f3";

/** KeyRegistry and BlobLog keep `block.number` to find their events by; here that is not what `eth_getLogs` takes. */
export class UnsuitableNetwork extends Error {
  override readonly name = "UnsuitableNetwork";
  constructor(
    readonly chainId: bigint,
    reason: string,
  ) {
    super(
      `KeyRegistry and BlobLog cannot work on chain ${chainId}: ${reason}. ` +
        "They find their events by block.number, which eth_getLogs does not take there.",
    );
  }
}

/** Code that is not ours stands where our contract belongs. */
export class ForeignCode extends Error {
  override readonly name = "ForeignCode";
  constructor(
    readonly contract: string,
    readonly address: string,
  ) {
    super(
      `The code at ${address} is not that of ${contract}. Nothing was deployed; do not use what stands there. ` +
        "If the contract was changed on purpose, build anew and look at its new address.",
    );
  }
}

/** What a deployment may be told. */
export interface DeployOptions {
  /** The profile that remembers local deployments. Default: `MEMVAULT_HOME`, else `~/.memvault`. */
  readonly home?: string;
  /** Takes a line at a time. Default: stdout. */
  readonly say?: (line: string) => void;
}

/**
 * Deploys the suite to the network of a connection, or adopts what stands.
 *
 * Where CreateX exists every contract gets the address that it has on all chains. Code that already stands there is
 * compared with ours, its immutable values included, and adopted: anybody may have deployed it. Elsewhere the contracts
 * are deployed plainly, which is said.
 *
 * @returns The addresses. They are also kept in the profile if the client's table lacks the chain.
 * @throws {UnsuitableNetwork} before anything is sent.
 * @throws {ForeignCode} before anything is sent.
 */
export async function deploy(
  hre: HardhatRuntimeEnvironment,
  connection: Connection,
  { home = homeOf(), say = console.log }: DeployOptions = {},
): Promise<Deployment> {
  const { provider, networkName } = connection;
  const chainId = BigInt((await provider.request({ method: "eth_chainId" })) as string);
  await requireOwnBlockNumbers(provider, chainId);
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });

  const createX = await codeAt(provider, CREATEX);
  const hasCreateX = keccak256(createX) === CREATEX_CODE_HASH;
  say(
    hasCreateX
      ? `${networkName} (chain ${chainId}) has CreateX: the addresses are the same on every chain.`
      : `${networkName} (chain ${chainId}) has no CreateX: plain deployment, the addresses are this chain's own.`,
  );

  const standing = hasCreateX
    ? await standingByCreate2(provider, await rehearse(hre, chainId, createX))
    : await standingByRecord(hre, provider, deploymentOf(chainId) ?? (await readDeployment(home, chainId)));
  const missing = NAMES.filter((name) => standing[name] === undefined);
  const deployed = await send(hre, connection, chainId, missing, hasCreateX);
  const addresses = complete({ ...standing, ...deployed });
  for (const name of NAMES)
    say(
      `  ${CONTRACTS[name].padEnd(12)} ${addresses[name]} ${missing.includes(name) ? "deployed" : "adopted"}`,
    );

  const blocks = await Promise.all(NAMES.map((name) => firstBlock(provider, addresses[name])));
  const deployment = { chainId, ...addresses, block: Math.min(...blocks) };
  if (connection.networkConfig.type === "http" && deploymentOf(chainId) === null)
    say(`Kept in ${await saveDeployment(home, deployment)}.`);
  return deployment;
}

/**
 * The addresses and the code that the suite has on a chain with CreateX, found by deploying it to a private chain with
 * the same id. Immutable values depend on both the id and the address, so the code is exact.
 *
 * @param createX - The factory's code. Not needed for chain 31337, where Ignition brings it.
 */
export async function rehearse(
  hre: HardhatRuntimeEnvironment,
  chainId: bigint,
  createX?: string,
): Promise<Record<Name, { readonly address: string; readonly code: string }>> {
  const connection = await hre.network.create({ network: "default", override: { chainId: Number(chainId) } });
  try {
    const { provider } = connection;
    if (createX !== undefined)
      await provider.request({ method: "hardhat_setCode", params: [CREATEX, createX] });
    const contracts = await connection.ignition.deploy(Suite, { strategy: "create2" });
    const addresses = complete(await addressesOf(contracts));
    const found = async (name: Name) => ({
      address: addresses[name],
      code: await codeAt(provider, addresses[name]),
    });
    return {
      memoryVault: await found("memoryVault"),
      keyRegistry: await found("keyRegistry"),
      blobLog: await found("blobLog"),
    };
  } finally {
    await connection.close();
  }
}

type Addresses = Partial<Record<Name, string>>;

/** Which of the contracts stand at their create2 address. */
async function standingByCreate2(
  provider: EthereumProvider,
  expected: Awaited<ReturnType<typeof rehearse>>,
): Promise<Addresses> {
  const standing: Addresses = {};
  for (const name of NAMES) {
    const { address, code } = expected[name];
    const found = await codeAt(provider, address);
    if (found === "0x") continue;
    if (found !== code) throw new ForeignCode(CONTRACTS[name], address);
    standing[name] = address;
  }
  return standing;
}

/** Which of the contracts stand where they were put before. A local chain may have been started anew since. */
async function standingByRecord(
  hre: HardhatRuntimeEnvironment,
  provider: EthereumProvider,
  record: Deployment | null,
): Promise<Addresses> {
  const standing: Addresses = {};
  if (record === null) return standing;
  for (const name of NAMES) {
    const artifact = await hre.artifacts.readArtifact(CONTRACTS[name]);
    const found = await codeAt(provider, record[name]);
    const references = Object.values(artifact.immutableReferences ?? {}).flat();
    // A contract that changed since is deployed anew; its values follow from where it stands, so they may differ.
    if (without(found, references) === without(artifact.deployedBytecode, references))
      standing[name] = record[name];
  }
  return standing;
}

/** Code with zeros where its immutable values stand. */
function without(code: string, references: readonly { start: number; length: number }[]): string {
  const bytes = Buffer.from(code.slice(2), "hex");
  for (const { start, length } of references) bytes.subarray(start, start + length).fill(0);
  return bytes.toString("hex");
}

function complete({ memoryVault, keyRegistry, blobLog }: Addresses): Record<Name, string> {
  if (memoryVault === undefined || keyRegistry === undefined || blobLog === undefined)
    throw new Error("Ignition left a contract out");
  return { memoryVault, keyRegistry, blobLog };
}

/** Sends what is missing through Ignition, whose journal resumes a deployment that broke off. */
async function send(
  hre: HardhatRuntimeEnvironment,
  connection: Connection,
  chainId: bigint,
  missing: readonly Name[],
  hasCreateX: boolean,
): Promise<Addresses> {
  const { ignition, networkName, provider } = connection;
  const parameters = path.join(hre.config.paths.ignition, "parameters", `${networkName}.json5`);
  // A public chain's journal is committed. A local chain ends with its process, so its journal is of no use after.
  const version = (await provider.request({ method: "web3_clientVersion" })) as string;
  const isLocal = /^(anvil|hardhat)/i.test(version);
  const deploymentId = isLocal ? `local-${process.pid}` : `chain-${chainId}`;
  const strategy: "create2" | "basic" = hasCreateX ? "create2" : "basic";
  const options = { strategy, deploymentId, ...(existsSync(parameters) ? { parameters } : {}) };
  const modules = {
    memoryVault: () => ignition.deploy(MemoryVault, options),
    keyRegistry: () => ignition.deploy(KeyRegistry, options),
    blobLog: () => ignition.deploy(BlobLog, options),
  };
  try {
    if (missing.length === NAMES.length) return await addressesOf(await ignition.deploy(Suite, options));
    const deployed: Addresses = {};
    for (const name of missing) Object.assign(deployed, await addressesOf(await modules[name]()));
    return deployed;
  } finally {
    const journal = path.join(hre.config.paths.ignition, "deployments", deploymentId);
    if (isLocal) await rm(journal, { recursive: true, force: true });
  }
}

async function addressesOf(
  contracts: Partial<Record<Name, { getAddress(): Promise<string> }>>,
): Promise<Addresses> {
  const addresses: Addresses = {};
  for (const name of NAMES)
    if (contracts[name] !== undefined) addresses[name] = await contracts[name].getAddress();
  return addresses;
}

/** The first block in which an address has code, or 0 if the node does not remember that far back. */
async function firstBlock(provider: EthereumProvider, address: string): Promise<number> {
  let low = 0;
  let high = Number(await provider.request({ method: "eth_blockNumber" }));
  try {
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await codeAt(provider, address, middle)) === "0x") low = middle + 1;
      else high = middle;
    }
    return low;
  } catch {
    return 0;
  }
}

async function codeAt(provider: EthereumProvider, address: string, block?: number): Promise<string> {
  const tag = block === undefined ? "latest" : `0x${block.toString(16)}`;
  return (await provider.request({ method: "eth_getCode", params: [address, tag] })) as string;
}

/** Refuses chains on which a contract sees another block number than the one that logs carry. */
async function requireOwnBlockNumbers(provider: EthereumProvider, chainId: bigint): Promise<void> {
  const known = FOREIGN_BLOCK_NUMBERS[chainId.toString()];
  if (known !== undefined) throw new UnsuitableNetwork(chainId, `it is ${known}`);

  // Chains that are not in the list are asked: code that returns block.number, run without being deployed.
  const before = BigInt((await provider.request({ method: "eth_blockNumber" })) as string);
  const seen: unknown = await provider
    .request({ method: "eth_call", params: [{ data: RETURN_BLOCK_NUMBER }, "latest"] })
    .catch(() => null);
  // Some nodes refuse to call nothing; then the list has the word.
  if (typeof seen !== "string" || seen.length !== 66) return;
  const distance = BigInt(seen) - before;
  // A few blocks pass between the two questions.
  if (distance < -64n || distance > 64n)
    throw new UnsuitableNetwork(chainId, `contracts see block ${BigInt(seen)} while its newest is ${before}`);
}
