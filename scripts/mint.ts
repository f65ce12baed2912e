import { randomBytes } from "@noble/hashes/utils.js";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { MINT_GAS, mintInto, sayMinted } from "../apps/cli/minting.ts";
import { findDeployment, homeOf, openOrCreateProfile, UnknownNetwork } from "../apps/cli/profile.ts";
import type { Say } from "../apps/cli/terminal.ts";
import { showWords } from "../apps/cli/words.ts";
import { ContractMissing, type Minted } from "../client/index.ts";
import { seedToWords } from "../client/words.ts";
import { walletOf } from "./wallet.ts";

/** What minting may be told. */
export interface MintOptions {
  /** The profile's folder. Default: `MEMVAULT_HOME`, else `~/.memvault`. */
  readonly home?: string;
  /** What opens the profile's keys, or seals new ones. Default: none, for keys that are not sealed. */
  readonly passphrase?: string;
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
 * @throws {NotEnoughFunds} when the account cannot pay. Both before any words are shown.
 */
export async function mint(
  connection: NetworkConnection<ChainType>,
  { home = homeOf(), passphrase, label = "", seed = randomBytes(32), say = console.log }: MintOptions = {},
): Promise<Minted> {
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const deployment = await findDeployment(home, chainId);
  if (deployment === null) throw new UnknownNetwork(chainId);
  // Before any words are shown: a chain that was started anew has no contracts any more.
  if ((await provider.getCode(deployment.memoryVault)) === "0x")
    throw new ContractMissing(deployment.memoryVault, chainId);
  const wallet = await walletOf(connection, "mint", MINT_GAS);

  const profile = await openOrCreateProfile(home, passphrase);
  showWords(seedToWords(seed), `the address ${wallet.address}`, null, say);
  const minted = await mintInto({ profile, rpcs: { provider }, wallet, deployment, seed, label });
  sayMinted(minted, wallet.address, connection.networkName, say);
  return minted;
}
