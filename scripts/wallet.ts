import type { Signer } from "ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { VaultError, WalletRequired } from "../client/index.ts";

/** The account cannot pay for a transaction. */
export class NotEnoughFunds extends VaultError {
  constructor(
    readonly account: string,
    readonly balance: bigint,
    readonly needed: bigint,
  ) {
    super(`${account} has ${balance} wei, about ${needed} are needed. Send it some; nothing was done yet.`);
  }
}

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
): Promise<Signer & { readonly address: string }> {
  const [wallet] = await ethers.getSigners();
  if (wallet === undefined) throw new WalletRequired(action);
  const [balance, { gasPrice }] = await Promise.all([
    ethers.provider.getBalance(wallet.address),
    ethers.provider.getFeeData(),
  ]);
  const needed = gas * (gasPrice ?? 0n);
  if (balance < needed) throw new NotEnoughFunds(wallet.address, balance, needed);
  return wallet;
}
