import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

/** Where grantees publish the keys that memories are sealed to. */
export default buildModule("KeyRegistry", (m) => ({ keyRegistry: m.contract("KeyRegistry") }));
