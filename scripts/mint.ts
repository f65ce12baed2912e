import { randomBytes } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import {
  mintSalt,
  mintVault,
  seedToWords,
  UnknownNetwork,
  VaultError,
  vaultIdOf,
  type Minted,
  type VaultRef,
} from "../client/index.ts";
import {
  deviceOf,
  findDeployment,
  forgetVault,
  homeOf,
  idText,
  openProfile,
  rememberVault,
} from "./profile.ts";
import { bold, number, type Say } from "./terminal.ts";
import { walletOf } from "./wallet.ts";

/** What minting may be told. */
export interface MintOptions {
  /** The profile's folder. Default: `MEMVAULT_HOME`, else `~/.memvault`. */
  readonly home?: string;
  /** The owner's own words for the vault; they stay on this machine. */
  readonly label?: string;
  /** 32 bytes. Default: random ones, as it should be. */
  readonly seed?: Uint8Array;
  /** Default: stdout. */
  readonly say?: Say;
}

/**
 * Mints a vault for the network's first account, with a new commit key, and shows the 24 words once.
 *
 * The words are shown before anything is sent: a vault whose words nobody saw is not to be had.
 *
 * @throws {UnknownNetwork} when the contracts are not known to stand on this chain: deploy first.
 * {NotEnoughFunds} when the account cannot pay. Both before any words are shown.
 */
export async function mint(
  connection: NetworkConnection<ChainType>,
  { home = homeOf(), label = "", seed = randomBytes(32), say = console.log }: MintOptions = {},
): Promise<Minted> {
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const deployment = await findDeployment(home, chainId);
  if (deployment === null) throw new UnknownNetwork(chainId);
  const wallet = await walletOf(connection, "mint", 120_000n);

  const profile = await openProfile(home);
  const vaultId = vaultIdOf(wallet.address, hexlify(mintSalt(seed, 0)));
  const ref: VaultRef = { chainId, contract: deployment.memoryVault, vaultId };
  showWords(seedToWords(seed), wallet.address, say);

  // Remembered first: if this process ends before the receipt is there, the vault is not lost.
  await rememberVault(profile, { ...ref, label, role: "owner" });
  const minted = await mintVault({
    ...deviceOf(profile, ref),
    ...{ provider, wallet, address: deployment.memoryVault, seed },
  }).catch(async (fault: unknown) => {
    // A named error is a refusal. Any other may be a lost answer, and the vault be there.
    if (fault instanceof VaultError) await forgetVault(profile, ref);
    throw fault;
  });
  say(`Vault        ${bold(idText(vaultId))}`);
  say(`Owner        ${wallet.address} on ${connection.networkName} (chain ${chainId})`);
  if (minted.receipt !== null) {
    say(`Transaction  ${minted.receipt.hash}`);
    say(`Cost         ${number(minted.receipt.gasUsed)} gas`);
  }
  return minted;
}

function showWords(words: string, owner: string, say: Say): void {
  const list = words.split(" ").map((word, i) => `${String(i + 1).padStart(2)} ${word.padEnd(9)}`);
  say("The 24 words of this vault. Write them down now: they are shown once and kept nowhere.");
  for (let row = 0; row < 24; row += 6) say(`  ${list.slice(row, row + 6).join(" ")}`);
  say(`With the address ${owner} they give back everything on a new machine: whoever has`);
  say(
    "them reads every memory, and may write and revoke. They cannot grant or transfer: that takes the wallet.",
  );
}
