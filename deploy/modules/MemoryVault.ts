import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** The vault contract. It takes nothing at construction, so its address depends on its code alone. */
export default buildModule("MemoryVault", (m) => ({ memoryVault: m.contract("MemoryVault") }));
