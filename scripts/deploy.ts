import { existsSync } from "node:fs";
import path from "node:path";

import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { ChainType, NetworkConnection } from "hardhat/types/network";
import type { EthereumProvider } from "hardhat/types/providers";

import { homeOf, readDeployment, saveDeployment, whileDeploying } from "../apps/cli/profile.ts";
import { number } from "../apps/cli/terminal.ts";
import { deploymentOf, type Deployment } from "../client/deployments.ts";
import { VaultError } from "../client/errors.ts";
import BlobLog from "../deploy/modules/BlobLog.ts";
import KeyRegistry from "../deploy/modules/KeyRegistry.ts";
import MemoryVault from "../deploy/modules/MemoryVault.ts";
import { requireOwnBlockNumbers } from "./block-numbers.ts";
import { buildContracts } from "./building.ts";
import { journalOf, type Journal, type Strategy } from "./journal.ts";
import {
  addressesOf,
  codeAt,
  complete,
  CONTRACTS,
  createXAt,
  firstBlock,
  NAMES,
  placesAt,
  rehearse,
  standingAt,
  type Addresses,
  type Name,
} from "./standing.ts";
import { walletOf } from "./wallet.ts";

type Connection = NetworkConnection<ChainType>;

/** About what each contract takes to deploy, in gas. */
export const DEPLOY_GAS: Readonly<Record<Name, bigint>> = {
  memoryVault: 4_200_000n,
  keyRegistry: 950_000n,
  blobLog: 250_000n,
};

/** What was deployed does not stand where it should. */
export class CodeMissing extends VaultError {
  constructor(
    readonly contract: string,
    readonly address: string,
    readonly chainId: bigint,
  ) {
    super(
      `${contract} was deployed to ${address} on chain ${chainId}, and its code does not stand there. ` +
        "A node that lags will have it: run this again. Nothing was deployed twice.",
    );
  }
}

/** What a deployment may be told. */
export interface DeployOptions {
  /** The profile that remembers deployments that the client's table lacks. Default: `MEMVAULT_HOME`, else `~/.memvault`. */
  readonly home?: string;
  /** Takes a line at a time. Default: stdout. */
  readonly say?: (line: string) => void;
}

/**
 * Deploys the suite to the network of a connection, or adopts what stands.
 *
 * Where CreateX exists every contract gets the address that it has on all chains; anybody may have deployed it. Elsewhere
 * the contracts are deployed plainly, which is said. Code that stands, and code that was deployed, is compared with ours
 * to the byte. A deployment that broke off goes on when this is called again, and deploys no contract twice.
 *
 * @returns The addresses. They are also kept in the profile if the client's table lacks the chain.
 * @throws {UnsuitableNetwork} {ForeignCode} {ProfileExposed} {StoreUnavailable} {NotEnoughFunds} before anything is sent.
 * @throws {CodeMissing} when the chain does not have what was deployed.
 */
export async function deploy(
  hre: HardhatRuntimeEnvironment,
  connection: Connection,
  { home = homeOf(), say = console.log }: DeployOptions = {},
): Promise<Deployment> {
  const { networkConfig, provider } = connection;
  const chainId = BigInt((await provider.request({ method: "eth_chainId" })) as string);
  await requireOwnBlockNumbers(provider, chainId);
  await buildContracts(hre);
  const work = () => deployTo(hre, connection, chainId, { home, say });
  // A chain in the process is gone with it. Of what the table has nothing is to be kept.
  if (networkConfig.type !== "http" || deploymentOf(chainId) !== null) return (await work()).deployment;
  return whileDeploying(home, async () => {
    const { deployment, journal } = await work();
    say(`Kept in ${await saveDeployment(home, deployment)}.`);
    // Not before: until the record is there, the journal is all that knows what stands.
    await journal?.close();
    return deployment;
  });
}

async function deployTo(
  hre: HardhatRuntimeEnvironment,
  connection: Connection,
  chainId: bigint,
  { home, say }: Required<DeployOptions>,
): Promise<{ readonly deployment: Deployment; readonly journal: Journal | null }> {
  const { networkConfig, networkName, provider } = connection;
  const createX = await createXAt(provider);
  const strategy = createX === null ? "basic" : "create2";
  say(
    createX === null
      ? `${networkName} (chain ${chainId}) has no CreateX: plain deployment, the addresses are this chain's own.`
      : `${networkName} (chain ${chainId}) has CreateX: the addresses are the same on every chain.`,
  );

  const journal = networkConfig.type === "http" ? await journalOf(hre, provider, chainId, strategy) : null;
  const rehearsed = createX === null ? null : await rehearse(hre, chainId, createX);
  const standing =
    rehearsed === null
      ? await standingByRecord(hre, provider, chainId, home, journal)
      : await standingAt(provider, rehearsed, (fault) => {
          throw fault;
        });
  await forgetWhatIsGone(provider, chainId, standing, journal);

  const begun = journal?.begun ?? [];
  const missing = NAMES.filter((name) => standing[name] === undefined || begun.includes(name));
  await requirePayer(
    connection,
    missing.filter((name) => !begun.includes(name)),
    say,
  );
  const addresses = complete({ ...standing, ...(await send(hre, connection, missing, strategy, journal)) });
  const places = rehearsed ?? (await placesAt(hre, chainId, missing.length === 0 ? {} : addresses));
  const stands = await standingAt(provider, places);
  for (const name of missing)
    if (stands[name] !== addresses[name]) throw new CodeMissing(CONTRACTS[name], addresses[name], chainId);
  for (const name of NAMES)
    say(
      `  ${CONTRACTS[name].padEnd(12)} ${addresses[name]} ${missing.includes(name) ? "deployed" : "adopted"}`,
    );

  const blocks = await Promise.all(NAMES.map((name) => firstBlock(provider, addresses[name])));
  return { deployment: { chainId, ...addresses, block: Math.min(...blocks) }, journal };
}

/** Which of the contracts stand where the record, or the journal of a deployment that broke off, says. */
async function standingByRecord(
  hre: HardhatRuntimeEnvironment,
  provider: EthereumProvider,
  chainId: bigint,
  home: string,
  journal: Journal | null,
): Promise<Addresses> {
  const record = deploymentOf(chainId) ?? (await readDeployment(home, chainId));
  // A local chain may have been started anew since, and a contract that changed is deployed anew: neither is a fault.
  return {
    ...(await standingAt(provider, await placesAt(hre, chainId, journal?.deployed ?? {}))),
    ...(await standingAt(provider, await placesAt(hre, chainId, record ?? {}))),
  };
}

/** A local chain may have been started anew, or gone back, since the journal was written. No other chain does. */
async function forgetWhatIsGone(
  provider: EthereumProvider,
  chainId: bigint,
  standing: Addresses,
  journal: Journal | null,
): Promise<void> {
  for (const name of NAMES) {
    const address = journal?.deployed[name];
    if (journal === null || address === undefined || standing[name] !== undefined) continue;
    if (journal.isLocal) await journal.forget(name);
    else if ((await codeAt(provider, address)) === "0x")
      throw new CodeMissing(CONTRACTS[name], address, chainId);
  }
}

/** Names the account that pays, and looks whether it can, before anything is sent. */
async function requirePayer(
  connection: Connection,
  names: readonly Name[],
  say: (line: string) => void,
): Promise<void> {
  if (names.length === 0) return;
  const gas = names.reduce((sum, name) => sum + DEPLOY_GAS[name], 0n);
  const { address } = await walletOf(connection, "deploy", gas);
  say(`${address} pays, about ${number(gas)} gas, and gets no right by it.`);
}

/** Sends what is missing through Ignition, whose journal resumes a deployment that broke off. */
async function send(
  hre: HardhatRuntimeEnvironment,
  { ignition, networkName }: Connection,
  missing: readonly Name[],
  strategy: Strategy,
  journal: Journal | null,
): Promise<Addresses> {
  if (missing.length === 0) return {};
  const parameters = path.join(hre.config.paths.ignition, "parameters", `${networkName}.json5`);
  const options = {
    strategy,
    ...(journal === null ? {} : { deploymentId: journal.id }),
    ...(existsSync(parameters) ? { parameters } : {}),
  };
  // One module, though the contracts know nothing of each other: Ignition finishes all that was begun, or nothing.
  const module = buildModule("Suite", (m) => ({
    ...(missing.includes("memoryVault") ? m.useModule(MemoryVault) : {}),
    ...(missing.includes("keyRegistry") ? m.useModule(KeyRegistry) : {}),
    ...(missing.includes("blobLog") ? m.useModule(BlobLog) : {}),
  }));
  const work = async (): Promise<Addresses> => addressesOf(await ignition.deploy(module, options));
  return journal === null ? work() : journal.resuming(work);
}
