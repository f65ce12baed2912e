import { vaultAt, type Environment, type VaultRef } from "../../../../client/index.ts";
import { VaultElsewhere } from "../chain/errors.ts";
import type { Network } from "../chain/network.ts";
import type { KnownVault, Profile } from "../device/profile.ts";
import type { Session } from "./session.tsx";

/** What a device and a network give the client to work with: for `mintVault`, `recoverVault`, `acceptWelcome`. */
export const environmentOf = (profile: Profile, network: Network): Environment => ({
  provider: network.provider,
  secondProvider: network.secondProvider,
  wallet: network.signer,
  store: network.store,
  journalStore: (vault: VaultRef) => profile.journalStore(vault),
  journalKey: profile.keys.journalKey,
});

/** What opening a vault takes. */
export interface OpenRequest {
  readonly profile: Profile;
  readonly known: KnownVault;
  readonly network: Network;
  readonly lock: () => void;
}

/**
 * Opens a vault that this device knows.
 *
 * @throws {VaultElsewhere} when the network is another one than the vault's.
 */
export function openSession({ profile, known, network, lock }: OpenRequest): Session {
  const { deployment } = network.config;
  const isThere =
    known.chainId === deployment.chainId &&
    known.contract.toLowerCase() === deployment.memoryVault.toLowerCase();
  if (!isThere) throw new VaultElsewhere(known.label, known.chainId, known.contract);
  return { vault: vaultAt(known, environmentOf(profile, network)), known, network, profile, lock };
}
