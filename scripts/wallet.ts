import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { requireFunds, type Account } from "../apps/cli/wallet.ts";
import { WalletRequired } from "../client/index.ts";

/**
 * The account that pays: the network's first one.
 *
 * @param action - What it is for, as in "To grant takes a wallet".
 * @param gas - About what it takes; asked before anything is done, so that nothing is begun that cannot be paid.
 * @throws {WalletRequired} when the network has no account. {NotEnoughFunds} when it cannot pay.
 */
export async function walletOf(
  { ethers }: NetworkConnection<ChainType>,
  action: string,
  gas: bigint,
): Promise<Account> {
  const [wallet] = await ethers.getSigners();
  if (wallet === undefined) throw new WalletRequired(action);
  await requireFunds(wallet, ethers.provider, gas);
  return wallet;
}
