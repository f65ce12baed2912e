import { getAddress, isError, type ContractRunner, type Provider } from "ethers";

// The interface's binding: that of a contract carries bytecode, and which one stands there nobody knows.
import { IMemoryAgent__factory } from "../../typechain-types/factories/interfaces/IMemoryAgent__factory.ts";
import type { IMemoryAgent as MemoryAgent } from "../../typechain-types/interfaces/IMemoryAgent.ts";

export type { MemoryAgent };

/** Attaches to a deployed agent contract. */
export const agentContract = (address: string, runner: ContractRunner): MemoryAgent =>
  IMemoryAgent__factory.connect(address, runner);

/** What accounts are asked through. */
export type Asked = Pick<Provider, "call" | "getCode">;

/**
 * Asks an account which operator it names, as `IMemoryAgent` does.
 *
 * @returns `null` when it has no code, fails, names nobody, or answers what is no address: whatever else has code may answer
 *   anything to a question that it does not know.
 */
export async function operatorOf(provider: Asked, account: string): Promise<string | null> {
  if ((await provider.getCode(account)) === "0x") return null;
  const data = IMemoryAgent__factory.createInterface().encodeFunctionData("operator");
  const answer = await frank(provider).call({ to: account, data });
  const [, digits] = /^0x0{24}([0-9a-f]{40})/i.exec(answer) ?? [];
  return digits === undefined || /^0+$/.test(digits) ? null : getAddress(`0x${digits}`);
}

/**
 * A provider whose calls answer nothing where the code that is asked fails, so that all they throw is the node's own. Ethers gives
 * both one name.
 */
export const frank = (provider: Asked): Asked => ({
  getCode: (account) => provider.getCode(account),
  call: (request) =>
    provider.call(request).catch((fault: unknown) => {
      if (isCodes(fault)) return "0x";
      throw isError(fault, "CALL_EXCEPTION") ? new NoAnswer(fault.info) : fault;
    }),
});

/** A node that did not call what it was asked to call. */
class NoAnswer extends Error {
  constructor(readonly info: unknown) {
    super("the node did not call");
  }
}

/** How nodes say that code failed, where it returned nothing to say it by. */
const CODE_FAILED = /revert|opcode|out ?of ?gas|stack|jump|EVM error|VM exec|VM exception/i;

/** Whether a call failed by the code that was called. A provider that passes a node's faults on as they are has code 3 for it. */
function isCodes(fault: unknown): boolean {
  if (!isError(fault, "CALL_EXCEPTION")) return (fault as { readonly code?: unknown } | null)?.code === 3;
  const { message } = (fault.info?.["error"] ?? {}) as { readonly message?: unknown };
  return fault.data !== null || CODE_FAILED.test(String(message));
}
