import type { EthereumProvider } from "hardhat/types/providers";

import { VaultError } from "../client/errors.ts";

/** Chains whose `block.number` is that of another chain. */
const FOREIGN_BLOCK_NUMBERS: Partial<Record<string, string>> = {
  42161: "Arbitrum One",
  42170: "Arbitrum Nova",
  421613: "Arbitrum Goerli",
  421614: "Arbitrum Sepolia",
  23011913: "Arbitrum Stylus testnet",
};

/** NUMBER, PUSH1 0, MSTORE, PUSH1 32, PUSH1 0, RETURN. */
const RETURN_BLOCK_NUMBER = "0x4360005260206000f3";

/** KeyRegistry and BlobLog keep `block.number` to find their events by; here that is not what `eth_getLogs` takes. */
export class UnsuitableNetwork extends VaultError {
  constructor(
    readonly chainId: bigint,
    reason: string,
  ) {
    super(
      `KeyRegistry and BlobLog cannot work on chain ${chainId}: ${reason}. ` +
        "They find their events by block.number, which eth_getLogs does not take there.",
    );
  }
}

/**
 * Refuses chains on which a contract sees another block number than the one that logs carry.
 *
 * @throws {UnsuitableNetwork}
 */
export async function requireOwnBlockNumbers(provider: EthereumProvider, chainId: bigint): Promise<void> {
  const known = FOREIGN_BLOCK_NUMBERS[chainId.toString()];
  if (known !== undefined) throw new UnsuitableNetwork(chainId, `it is ${known}`);

  // Chains that are not in the list are asked: code that returns block.number, run without being deployed.
  const before = BigInt((await provider.request({ method: "eth_blockNumber" })) as string);
  const seen: unknown = await provider
    .request({ method: "eth_call", params: [{ data: RETURN_BLOCK_NUMBER }, "latest"] })
    .catch(() => null);
  // Some nodes refuse to call nothing; then the list has the word.
  if (typeof seen !== "string" || seen.length !== 66) return;
  const distance = BigInt(seen) - before;
  // A few blocks pass between the two questions.
  if (distance < -64n || distance > 64n)
    throw new UnsuitableNetwork(chainId, `contracts see block ${BigInt(seen)} while its newest is ${before}`);
}
