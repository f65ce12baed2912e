import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { generateIdentity, recipientBytes, recipientOf } from "../crypto/identity.ts";
import { mintSalt, seedSecrets, type SeedSecrets } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { VaultEmpty, VaultError, VaultInUse } from "../errors.ts";
import { PERMISSION, readChainHead, setAuthorizer, vaultIdOf, type ChainHead } from "./contract.ts";
import { headsFrom } from "./history.ts";
import { commitAddress, firstState } from "./mint.ts";
import {
  readOperations,
  readState,
  removeOperations,
  writeOperations,
  writeState,
  type MemberState,
} from "./journal.ts";
import type { AdmitOperation, VaultOperation } from "./operations.ts";
import { agreedHead, locked, openWith, vaultAt, type Environment, type Vault } from "./session.ts";

/** What recovery takes: the words' seed and the first owner's address. */
export interface RecoverRequest extends Environment {
  /** The MemoryVault contract. */
  readonly address: string;
  readonly seed: Uint8Array;
  /** The account that minted the vault; with the seed it gives the vault's id. */
  readonly owner: string;
  /** The vault's id, where the words did not mint it: the sheet of renewed words, or of a bought vault, has it. */
  readonly vaultId?: bigint | undefined;
  /** Which of the seed's vaults, from 0. */
  readonly index?: number;
  /** Sequence of the head to recover from, where others wrote junk after it; the newest unless said. */
  readonly base?: bigint | undefined;
}

/**
 * Recovers a vault on a new device from the 24 words (SPEC §11). The head is opened and proven before anything is
 * kept. The device enrols itself as a member of its own with its first sync; the words' secret then leaves it. Recovered from
 * a head of the past, it reads that one, and writes on from it by a rekey.
 *
 * @throws {VaultNotFound} when words, address and contract name no vault. {VaultEmpty} when nothing was
 * ever committed and the wallet is not the owner's: with it the device begins anew, under a new commit key.
 */
export async function recoverVault(request: RecoverRequest): Promise<Vault> {
  const { provider, address, seed, owner, index = 0, base } = request;
  const { chainId } = await provider.getNetwork();
  const vaultId = request.vaultId ?? vaultIdOf(owner, hexlify(mintSalt(seed, index)));
  const ref: VaultRef = { chainId, contract: address.toLowerCase(), vaultId };
  const vault = vaultAt(ref, request);
  return locked(vault, async () => {
    const known = await readState(vault.journal);
    // A state that was in a head, or waits to be, stands. One of before the first commit may never have come into force.
    if (known !== null && known.genesis === null) return vault;
    const chain = await agreedHead(vault);
    if (chain.sequence === 0n) await beginAnew(vault, known ?? (await firstState(vault, ref, seed)), chain);
    else if (known === null || !(await opens(vault, known, chain))) {
      const from = base === undefined ? chain : (await headsFrom(vault, chain, base)).at(-1);
      await enrol(vault, seed, from ?? chain);
    }
    return vault;
  });
}

const opens = (vault: Vault, state: MemberState, chain: ChainHead): Promise<boolean> =>
  openWith(vault, state, chain).then(
    () => true,
    (fault: unknown) => {
      if (fault instanceof VaultError) return false;
      throw fault;
    },
  );

/** Opens the head by the words' secret, and journals the admission of this device as a member of its own. */
async function enrol(vault: Vault, seed: Uint8Array, chain: ChainHead): Promise<void> {
  const { ref } = vault;
  const nextIdentity = generateIdentity(vault.random);
  const enrolling = bytesToHex(vault.random(16));
  // The identity is the words' own until this device is a member itself: their newest welcome may be needed.
  const state: MemberState = { ...wordsState(ref, seedSecrets(seed, ref), enrolling), nextIdentity };
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
    recipient: recipientBytes(await recipientOf(nextIdentity)),
    permissions: PERMISSION.read,
    admission: "joined",
    label: "recovered device",
    storeWelcome: false,
  };
  // The state comes last: recovery that was interrupted before it starts over, without the device it began to enrol.
  await removeOperations(
    vault.journal,
    new Set((await readOperations(vault.journal)).filter(isEnrolment).map(({ id }) => id)),
  );
  await writeOperations(vault.journal, [enrolment]);
  await writeState(vault.journal, state);
}

/** The words as a member: from epoch 0, or from their newest welcome. */
export const wordsState = (ref: VaultRef, words: SeedSecrets, enrolling: string): MemberState => ({
  ...{ ref, memberId: "00".repeat(16), class: "owner", visibilityKey: words.visibilityKey, enrolling },
  ...{ locator: words.recoveryLocator, identity: words.recoveryIdentity, nextIdentity: null },
  ...{ secret: words.recoverySecret, epoch: 0, welcomeDigest: null, admitted: true, pin: null },
  ...{ scopes: [], expiresAt: null, grantee: null, genesis: null },
  ...{ shredSeen: 0n, shredFollowed: 0n },
});

const isEnrolment = (operation: VaultOperation): boolean =>
  operation.kind === "admit" && operation.class === "owner";

/** Before its first commit a vault's commit key is on the minting device alone: the owner's wallet sets a new one. */
async function beginAnew(vault: Vault, state: MemberState, chain: ChainHead): Promise<void> {
  const { ref, wallet } = vault;
  const authorizer = commitAddress(state);
  // The new key is safe here before it is in force there.
  await writeState(vault.journal, state);
  if (chain.authorizer === authorizer) return;
  if (wallet === null || (await wallet.getAddress()) !== chain.owner) throw new VaultEmpty(ref.vaultId);
  const contract = vault.contract.connect(wallet);
  // Asked again where the wallet looks: to replace the key of a vault in use would lock its devices out.
  const { sequence } = await readChainHead(contract, ref);
  if (sequence > 0n) throw new VaultInUse(ref.vaultId);
  await setAuthorizer(contract, ref.vaultId, chain.owner, authorizer);
}
