import type { ContractRunner } from "ethers";

// The interface's binding: that of a contract carries bytecode, and which one stands there nobody knows.
import { IMemoryAgent__factory } from "../../typechain-types/factories/interfaces/IMemoryAgent__factory.ts";
import type { IMemoryAgent as MemoryAgent } from "../../typechain-types/interfaces/IMemoryAgent.ts";

export type { MemoryAgent };

/** Attaches to a deployed agent contract. */
export const agentContract = (address: string, runner: ContractRunner): MemoryAgent =>
  IMemoryAgent__factory.connect(address, runner);
