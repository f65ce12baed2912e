import { expect } from "chai";
import { network } from "hardhat";

import { deploySuite } from "../helpers/deploy.ts";

describe("the Ignition modules", () => {
  it("deploy contracts that answer", async () => {
    const { networkHelpers } = await network.create();
    const { memoryVault, keyRegistry, blobLog } = await networkHelpers.loadFixture(deploySuite);

    expect(await memoryVault.name()).to.be.a("string");
    expect((await memoryVault.eip712Domain()).name).to.equal("AgentMemoryState");
    expect((await keyRegistry.eip712Domain()).name).to.equal("MemoryVaultKeys");
    expect(await blobLog.getDeployedCode()).to.not.equal(null);
  });
});
