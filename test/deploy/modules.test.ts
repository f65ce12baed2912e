import { readFile } from "node:fs/promises";
import path from "node:path";

import { expect } from "chai";
import { config, network } from "hardhat";

import { CREATE2_ADDRESSES } from "../../client/deployments.ts";
import ConciergeAgent from "../../deploy/modules/ConciergeAgent.ts";
import ResearchAgent from "../../deploy/modules/ResearchAgent.ts";
import { MemoryAgent__factory } from "../../typechain-types/index.ts";
import { deploySuite } from "../helpers/deploy.ts";

describe("the Ignition modules", () => {
  it("deploy contracts that answer", async () => {
    const { networkHelpers } = await network.create();
    const { memoryVault, keyRegistry, blobLog } = await networkHelpers.loadFixture(deploySuite);

    expect((await memoryVault.eip712Domain()).name).to.equal("AgentMemoryState");
    expect((await keyRegistry.eip712Domain()).name).to.equal("MemoryVaultKeys");
    expect(await blobLog.blockOf(`0x${"00".repeat(32)}`)).to.equal(0n);
  });

  it("deploy agents that trust the contracts of their parameters", async () => {
    const { ethers, ignition, networkHelpers } = await network.create();
    const { memoryVault, keyRegistry } = await networkHelpers.loadFixture(deploySuite);
    const operator = (await ethers.getSigners())[3]!;
    const parameters = {
      memoryVault: await memoryVault.getAddress(),
      keyRegistry: await keyRegistry.getAddress(),
      operator: operator.address,
    };
    const named = { parameters: { ConciergeAgent: parameters, ResearchAgent: parameters } };
    const { conciergeAgent } = await ignition.deploy(ConciergeAgent, named);
    const { researchAgent } = await ignition.deploy(ResearchAgent, named);

    for (const deployed of [conciergeAgent, researchAgent]) {
      const agent = MemoryAgent__factory.connect(await deployed.getAddress(), operator);
      expect(await agent.vaults()).to.equal(parameters.memoryVault);
      expect(await agent.keys()).to.equal(parameters.keyRegistry);
      expect(await agent.operator()).to.equal(parameters.operator);
    }
  });

  for (const networkName of ["sepolia", "baseSepolia"])
    it(`find the create2 addresses in the parameters of ${networkName}`, async () => {
      const file = path.join(config.paths.ignition, "parameters", `${networkName}.json5`);
      const text = await readFile(file, "utf8");

      for (const contract of ["memoryVault", "keyRegistry"] as const) {
        const named = [...text.matchAll(new RegExp(`${contract}: "(\\w+)"`, "g"))].map(
          ([, address]) => address,
        );
        expect(named).to.deep.equal(Array<string>(2).fill(CREATE2_ADDRESSES[contract]));
      }
    });
});
