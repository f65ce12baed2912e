import type { Signer } from "ethers";

import { ConciergeAgent__factory, type ConciergeAgent } from "../../typechain-types/index.ts";

/** Deploys an agent contract whose operator is the one who pays for it. */
export async function deployAgent(
  operator: Signer,
  memoryVault: string,
  keyRegistry: string,
): Promise<ConciergeAgent> {
  const factory = new ConciergeAgent__factory(operator);
  const agent = await factory.deploy(memoryVault, keyRegistry, await operator.getAddress());
  return agent.waitForDeployment();
}
