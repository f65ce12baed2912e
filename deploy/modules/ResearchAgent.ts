import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The example whose answers are for the owner alone: see `ConciergeAgent.ts` for how such a module is deployed. */
export default buildModule("ResearchAgent", (m) => ({
  researchAgent: m.contract("ResearchAgent", [
    m.getParameter<string>("memoryVault"),
    m.getParameter<string>("keyRegistry"),
    m.getParameter<string>("operator"),
  ]),
}));
