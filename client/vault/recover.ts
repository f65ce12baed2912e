import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { generateIdentity, recipientBytes, recipientOf } from "../crypto/identity.ts";
import { mintSalt, seedSecrets } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { VaultEmpty } from "../errors.ts";
import { PERMISSION, readChainHead, vaultIdOf } from "./contract.ts";
import { readState, writeOperations, writeState, type MemberState } from "./journal.ts";
import type { AdmitOperation } from "./operations.ts";
import { openWith, vaultAt, type Environment, type Vault } from "./session.ts";

/** What recovery takes: the words' seed and the first owner's address. */
export interface RecoverRequest extends Environment {
  /** The MemoryVault contract. */
  readonly address: string;
  readonly seed: Uint8Array;
  /** The account that minted the vault; with the seed it gives the vault's id. */
  readonly owner: string;
  /** Which of the seed's vaults, from 0. */
  readonly index?: number;
}

/**
 * Recovers a vault on a new device from the 24 words (SPEC §11). The head is opened and proven before anything is
 * kept. The device enrols itself as a member of its own with its first sync; the words' secret then leaves it.
 *
 * @throws {VaultNotFound} when words, address and contract name no vault. {VaultEmpty} when it has no memories yet.
 */
export async function recoverVault(request: RecoverRequest): Promise<Vault> {
  const { provider, address, seed, owner, index = 0 } = request;
  const { chainId } = await provider.getNetwork();
  const vaultId = vaultIdOf(owner, hexlify(mintSalt(seed, index)));
  const ref: VaultRef = { chainId, contract: address.toLowerCase(), vaultId };
  const vault = vaultAt(ref, request);
  if ((await readState(vault.journal)) !== null) return vault;
  const chain = await readChainHead(vault.contract, vaultId);
  if (chain.sequence === 0n) throw new VaultEmpty(vaultId);
  const { visibilityKey, recoverySecret, recoveryLocator } = seedSecrets(seed, ref);
  const identity = generateIdentity(vault.random);
  const enrolling = bytesToHex(vault.random(16));
  const state: MemberState = {
    ...{ ref, memberId: "00".repeat(16), class: "owner", visibilityKey, locator: recoveryLocator, identity },
    ...{
      secret: recoverySecret,
      epoch: 0,
      admitted: true,
      pin: null,
      scopes: [],
      expiresAt: null,
      grantee: null,
    },
    ...{ genesis: null, enrolling },
  };
  await openWith(vault, state, chain);
  const enrolment: AdmitOperation = {
    ...{
      kind: "admit",
      id: enrolling,
      class: "owner",
      grantee: null,
      listed: false,
      scopes: [],
      expiresAt: null,
    },
    recipient: recipientBytes(await recipientOf(identity)),
    permissions: PERMISSION.read,
    admission: "joined",
    label: "recovered device",
    storeWelcome: false,
  };
  // The state comes last: recovery that was interrupted before it starts over.
  await writeOperations(vault.journal, [enrolment]);
  await writeState(vault.journal, state);
  return vault;
}
