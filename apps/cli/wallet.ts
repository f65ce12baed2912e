import { readFile } from "node:fs/promises";

import { formatEther, isKeystoreJson, Wallet, type Provider, type Signer } from "ethers";

import { VaultError } from "../../client/index.ts";
import { coins } from "./terminal.ts";

/** A signer that knows its address. */
export type Account = Signer & { readonly address: string };

/** The account cannot pay for a transaction. */
export class NotEnoughFunds extends VaultError {
  constructor(
    readonly account: string,
    readonly balance: bigint,
    readonly needed: bigint,
  ) {
    super(
      `${account} has ${coins(balance)}, about ${formatEther(needed)} are needed. Send it some; nothing was done yet.`,
    );
  }
}

/** What should be an account's key is none. The key itself is in no message. */
export class BadAccount extends VaultError {
  constructor(
    readonly from: string,
    why: string,
  ) {
    super(`${from} ${why}`);
  }
}

/**
 * Looks whether an account can pay, before anything is begun.
 *
 * @param gas - About what it takes.
 * @throws {NotEnoughFunds} when it cannot.
 */
export async function requireFunds(account: Account, provider: Provider, gas: bigint): Promise<void> {
  const [balance, { gasPrice }] = await Promise.all([
    provider.getBalance(account.address),
    provider.getFeeData(),
  ]);
  const needed = gas * (gasPrice ?? 0n);
  if (balance < needed) throw new NotEnoughFunds(account.address, balance, needed);
}

/**
 * The account of a private key from the environment.
 *
 * @throws {BadAccount} when it is none.
 */
export function accountOfKey(key: string, provider: Provider): Account {
  try {
    return new Wallet(key.trim(), provider);
  } catch {
    // The library's message may quote the key.
    throw new BadAccount(
      "MEMVAULT_PRIVATE_KEY",
      "is no private key: 64 hexadecimal digits are, 0x before them.",
    );
  }
}

/**
 * Reads an encrypted keystore, and opens nothing of it.
 *
 * @throws {BadAccount} when the file is none.
 */
export async function keystoreIn(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadAccount(file, "cannot be read: name the keystore's file.");
  });
  if (isKeystoreJson(text)) return text;
  throw new BadAccount(file, "is no keystore: the encrypted JSON that ethers and geth write is one.");
}

/**
 * The account of an encrypted keystore: the JSON that ethers, geth and others write.
 *
 * @throws {BadAccount} when the file is none, or the passphrase does not open it.
 */
export async function accountOfKeystore(
  file: string,
  passphrase: () => Promise<string>,
  provider: Provider,
): Promise<Account> {
  const text = await keystoreIn(file);
  const secret = await passphrase();
  try {
    return (await Wallet.fromEncryptedJson(text, secret)).connect(provider);
  } catch {
    throw new BadAccount(file, "is no keystore that this passphrase opens.");
  }
}
