import { HardhatPluginError } from "hardhat/plugins";

import { VaultError } from "../client/errors.ts";

/**
 * Rethrows a fault of a task. Errors that say what to do are shown without a stack.
 *
 * @throws {HardhatPluginError} for a {@link VaultError}, else the fault itself.
 */
export function explained(fault: unknown): never {
  if (!(fault instanceof VaultError)) throw fault;
  throw new HardhatPluginError("memory-vault", `${fault.name}: ${fault.message}`, fault);
}
