import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/**
 * The example agent. It is no part of the suite: everybody deploys an agent of their own, with an operator of their own,
 * and names the contracts that it is to trust in `deploy/parameters/<network>.json5`:
 *
 * `npx hardhat ignition deploy deploy/modules/ConciergeAgent.ts --network sepolia --parameters deploy/parameters/sepolia.json5`
 */
export default buildModule("ConciergeAgent", (m) => ({
  conciergeAgent: m.contract("ConciergeAgent", [
    m.getParameter<string>("memoryVault"),
    m.getParameter<string>("keyRegistry"),
    m.getParameter<string>("operator"),
  ]),
}));
