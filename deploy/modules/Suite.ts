import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";

import BlobLog from "./BlobLog.ts";
import KeyRegistry from "./KeyRegistry.ts";
import MemoryVault from "./MemoryVault.ts";

/** All of it: the vault, the registry of keys and the log of blobs. None of them knows another. */
export default buildModule("Suite", (m) => ({
  ...m.useModule(MemoryVault),
  ...m.useModule(KeyRegistry),
  ...m.useModule(BlobLog),
}));
