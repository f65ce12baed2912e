import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { generateIdentity, recipientBytes, recipientOf } from "../crypto/identity.ts";
import { mintSalt, seedSecrets } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { VaultEmpty } from "../errors.ts";
import { PERMISSION, readChainHead, send, spaceIdOf, vaultIdOf, type ChainHead } from "./contract.ts";
import { commitAddress, firstState } from "./mint.ts";
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
 * @throws {VaultNotFound} when words, address and contract name no vault. {VaultEmpty} when nothing was
 * ever committed and the wallet is not the owner's: with it the device begins anew, under a new commit key.
 */
export async function recoverVault(request: RecoverRequest): Promise<Vault> {
  const { provider, address, seed, owner, index = 0 } = request;
  const { chainId } = await provider.getNetwork();
  const vaultId = vaultIdOf(owner, hexlify(mintSalt(seed, index)));
  const ref: VaultRef = { chainId, contract: address.toLowerCase(), vaultId };
  const vault = vaultAt(ref, request);
  if ((await readState(vault.journal)) !== null) return vault;
  const chain = await readChainHead(vault.contract, ref);
  if (chain.sequence === 0n) return beginAnew(vault, seed, chain);
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

/** Before its first commit a vault's commit key is on the minting device alone: the owner's wallet sets a new one. */
async function beginAnew(vault: Vault, seed: Uint8Array, { owner }: ChainHead): Promise<Vault> {
  const { ref, wallet } = vault;
  if (wallet === null || (await wallet.getAddress()) !== owner) throw new VaultEmpty(ref.vaultId);
  const state = await firstState(vault, ref, seed);
  // The new key is safe here before it is in force there.
  await writeState(vault.journal, state);
  const contract = vault.contract.connect(wallet);
  const update = [spaceIdOf(ref.vaultId), owner, commitAddress(state), "0x"] as const;
  await send(contract, contract.interface.encodeFunctionData("updateSpaceAuthorization", [...update]));
  return vault;
}
