/** Where the contracts stand on one chain. */
export interface Deployment {
  /** The chain's id (EIP-155). */
  readonly chainId: bigint;
  readonly memoryVault: string;
  readonly keyRegistry: string;
  readonly blobLog: string;
  /** A block at or before the first of the three: no log of theirs is older. */
  readonly block: number;
}

/**
 * The addresses that the contracts have on every chain that has the CreateX factory.
 *
 * They follow from the bytecode and the salt in `hardhat.config.ts`; `npm run addresses` writes them anew when a contract
 * changes. An address says nothing of whether the contract was deployed yet.
 */
export const CREATE2_ADDRESSES = {
  memoryVault: "0x66E4a566151d188c87F5F51b1E3930386c2ba9C9",
  keyRegistry: "0xE7367389eEF9631837719D0f843e1F41A0612eC2",
  blobLog: "0xeb1e8Bc7Ac74D0A669EBbD4B7f8eE3424458aa4c",
} as const;

/** The public chains that the contracts stand on; each has its journal in `deploy/deployments`. None so far. */
const DEPLOYMENTS: readonly Deployment[] = [];

/**
 * Where the contracts stand on a public chain.
 *
 * @param chainId - The chain's id (EIP-155).
 * @returns The addresses, or `null` for a chain that is not in the table: a local one, or one that was deployed to
 * since this version was published.
 */
export function deploymentOf(chainId: bigint): Deployment | null {
  return DEPLOYMENTS.find((deployment) => deployment.chainId === chainId) ?? null;
}
