/**
 * The contracts of the suite with their code: for chains of one's own. An entry of its own: nobody who reads a vault
 * loads bytecode.
 *
 * @module
 */
import type { ContractFactory, Signer } from "ethers";

import { BlobLog__factory } from "../typechain-types/factories/BlobLog__factory.ts";
import { KeyRegistry__factory } from "../typechain-types/factories/KeyRegistry__factory.ts";
import { MemoryVault__factory } from "../typechain-types/factories/MemoryVault__factory.ts";
import type { Deployment } from "./deployments.ts";

/**
 * Deploys the suite plainly, to addresses that are this chain's own. Public chains take `npm run deploy`, which gives
 * the same addresses everywhere and adopts what stands.
 *
 * @param deployer - Pays, and gets no right of any kind.
 * @param chainId - The chain's id.
 * @returns Where the contracts stand.
 */
export async function deploySuite(deployer: Signer, chainId: bigint): Promise<Deployment> {
  const first = await put(new MemoryVault__factory(deployer));
  const { address: keyRegistry } = await put(new KeyRegistry__factory(deployer));
  const { address: blobLog } = await put(new BlobLog__factory(deployer));
  return { chainId, memoryVault: first.address, keyRegistry, blobLog, block: first.block };
}

async function put(factory: ContractFactory): Promise<{ readonly address: string; readonly block: number }> {
  const contract = await factory.deploy();
  const receipt = await contract.deploymentTransaction()?.wait();
  if (receipt == null) throw new TypeError("a deployment leaves a receipt");
  return { address: await contract.getAddress(), block: receipt.blockNumber };
}
