import { hexlify } from "ethers";

import {
  mintSalt,
  mintVault,
  VaultError,
  vaultIdOf,
  type Environment,
  type Minted,
  type VaultRef,
} from "../../client/index.ts";
import type { Deployment } from "../../client/deployments.ts";
import { deviceOf, forgetVault, idText, rememberVault, type Profile } from "./profile.ts";
import { bold, facts, number, type Say } from "./terminal.ts";
import type { Account } from "./wallet.ts";

/** About what minting takes, in gas. */
export const MINT_GAS = 120_000n;

/** What minting takes. */
export interface MintInto {
  readonly profile: Profile;
  readonly rpcs: Pick<Environment, "provider" | "secondProvider">;
  readonly wallet: Account;
  readonly deployment: Deployment;
  /** 32 bytes, whose words were shown. */
  readonly seed: Uint8Array;
  /** The owner's own words for the vault; they stay on this machine. */
  readonly label: string;
}

/**
 * Mints a vault for an account, with a new commit key, and remembers it in the profile.
 *
 * @throws {VaultExists} when this seed's vault was minted from another device.
 */
export async function mintInto(request: MintInto): Promise<Minted> {
  const { profile, rpcs, wallet, deployment, seed, label } = request;
  const vaultId = vaultIdOf(wallet.address, hexlify(mintSalt(seed, 0)));
  const ref: VaultRef = { chainId: deployment.chainId, contract: deployment.memoryVault, vaultId };
  // Remembered first: if this process ends before the receipt is there, the vault is not lost.
  await rememberVault(profile, { ...ref, label, role: "owner" });
  return mintVault({
    ...deviceOf(profile, ref),
    ...{ ...rpcs, wallet, address: deployment.memoryVault, seed },
  }).catch(async (fault: unknown) => {
    // A named error is a refusal. Any other may be a lost answer, and the vault be there.
    if (fault instanceof VaultError) await forgetVault(profile, ref);
    throw fault;
  });
}

/** Says what was minted. */
export function sayMinted({ vault, receipt }: Minted, owner: string, network: string, say: Say): void {
  const lines = facts([
    ["Vault", bold(idText(vault.ref.vaultId))],
    ["Owner", `${owner} on ${network} (chain ${vault.ref.chainId})`],
    receipt === null ? null : ["Transaction", receipt.hash],
    receipt === null ? null : ["Cost", `${number(receipt.gasUsed)} gas`],
  ]);
  for (const line of lines) say(line);
}
