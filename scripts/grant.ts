import path from "node:path";

import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { GRANT_GAS, grantIn, type GrantOutcome, type GrantTerms } from "../apps/cli/granting.ts";
import {
  deviceOf,
  findDeployment,
  findVault,
  homeOf,
  openOrCreateProfile,
  UnknownNetwork,
} from "../apps/cli/profile.ts";
import type { Say } from "../apps/cli/terminal.ts";
import { vaultAt } from "../client/index.ts";
import { walletOf } from "./wallet.ts";

/** What a grant takes. */
export interface GrantOptions extends GrantTerms {
  /** Which vault, when the profile has several on this chain. */
  readonly vaultId?: bigint;
  /** The profile's folder. Default: `MEMVAULT_HOME`, else `~/.memvault`. */
  readonly home?: string;
  /** What opens the profile's keys. Default: none, for keys that are not sealed. */
  readonly passphrase?: string;
  /** Default: stdout. */
  readonly say?: Say;
}

/**
 * Grants read access to scopes of the profile's vault from the network's first account, as {@link grantIn} does.
 *
 * @throws {UnknownNetwork} when the contracts are not known to stand on this chain. {NotEnoughFunds} when the account
 * cannot pay.
 */
export async function grant(
  connection: NetworkConnection<ChainType>,
  { home = homeOf(), passphrase, vaultId, say = console.log, ...terms }: GrantOptions,
): Promise<GrantOutcome> {
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const deployment = await findDeployment(home, chainId);
  if (deployment === null) throw new UnknownNetwork(chainId);
  const wallet = await walletOf(connection, "grant", GRANT_GAS);
  const profile = await openOrCreateProfile(home, passphrase);
  const known = await findVault(profile, { chainId, contract: deployment.memoryVault }, "owner", vaultId);
  const vault = vaultAt(known, { ...deviceOf(profile, known), provider, wallet });
  const { keyRegistry } = deployment;
  const welcomes = path.join(home, "welcomes");
  return grantIn({ vault, keyRegistry, label: known.label, welcomes, say }, terms);
}
