import type { ChainType, NetworkConnection } from "hardhat/types/network";

import Suite from "../../deploy/modules/Suite.ts";
import {
  BlobLog__factory,
  KeyRegistry__factory,
  MemoryVault__factory,
  type BlobLog,
  type KeyRegistry,
  type MemoryVault,
} from "../../typechain-types/index.ts";

/** The contracts of the Ignition module `Suite`, typed, with the first account as their runner. */
export interface DeployedSuite {
  readonly memoryVault: MemoryVault;
  readonly keyRegistry: KeyRegistry;
  readonly blobLog: BlobLog;
}

/**
 * Deploys the modules that a real deployment uses. A fixture: `networkHelpers.loadFixture(deploySuite)`.
 *
 * @example
 * const connection = await network.create();
 * const { memoryVault } = await connection.networkHelpers.loadFixture(deploySuite);
 */
export async function deploySuite(connection: NetworkConnection<ChainType>): Promise<DeployedSuite> {
  const { memoryVault, keyRegistry, blobLog } = await connection.ignition.deploy(Suite);
  const [deployer] = await connection.ethers.getSigners();
  // Ignition answers with untyped contracts.
  return {
    memoryVault: MemoryVault__factory.connect(await memoryVault.getAddress(), deployer),
    keyRegistry: KeyRegistry__factory.connect(await keyRegistry.getAddress(), deployer),
    blobLog: BlobLog__factory.connect(await blobLog.getAddress(), deployer),
  };
}
