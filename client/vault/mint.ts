import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify, type TransactionReceipt } from "ethers";

import { generateIdentity, recipientBytes, recipientOf } from "../crypto/identity.ts";
import { mintSalt, seedSecrets, type SeedSecrets } from "../crypto/keys.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { ContractMissing, VaultExists, VaultNotFound, WalletRequired } from "../errors.ts";
import { keyWallet, PERMISSION, send, vaultIdOf } from "./contract.ts";
import { readState, writeState, type MemberState } from "./journal.ts";
import { WORDS_LABEL, type RosterMember } from "./roster.ts";
import { agreedHead, vaultAt, type Environment, type Vault } from "./session.ts";

/** What minting takes. */
export interface MintRequest extends Environment {
  /** The MemoryVault contract. */
  readonly address: string;
  /** 32 random bytes, shown once as 24 words; not kept. */
  readonly seed: Uint8Array;
  /** Which of the seed's vaults this is, from 0. */
  readonly index?: number;
}

/** A vault just minted. */
export interface Minted {
  readonly vault: Vault;
  /** `null` when an interrupted mint had landed already. */
  readonly receipt: TransactionReceipt | null;
}

/**
 * Mints a vault for the wallet, with a new commit key. All secrets are journalled before the transaction, so that an
 * interrupted mint is completed by calling again with the same seed and journal.
 *
 * @throws {WalletRequired} without a wallet. {ContractMissing} when nothing stands at the address.
 * @throws {VaultExists} when this seed's vault was minted from another device: recover it instead.
 */
export async function mintVault(request: MintRequest): Promise<Minted> {
  const { wallet, provider, address, seed, index = 0 } = request;
  if (wallet === undefined) throw new WalletRequired("mint");
  const { chainId } = await provider.getNetwork();
  const owner = await wallet.getAddress();
  const salt = hexlify(mintSalt(seed, index));
  const ref: VaultRef = { chainId, contract: address.toLowerCase(), vaultId: vaultIdOf(owner, salt) };
  const vault = vaultAt(ref, request);
  // What is sent to an address without code costs gas and makes no vault.
  if ((await provider.getCode(address)) === "0x") throw new ContractMissing(address, chainId);
  const known = await readState(vault.journal);
  const standing = await agreedHead(vault).catch((fault: unknown) => {
    if (fault instanceof VaultNotFound) return null;
    throw fault;
  });
  if (standing !== null) {
    const ours = known !== null && (known.genesis === null || standing.authorizer === commitAddress(known));
    if (!ours) throw new VaultExists(ref.vaultId);
    return { vault, receipt: null };
  }
  const state = known ?? (await firstState(vault, ref, seed));
  await writeState(vault.journal, state);
  const contract = vault.contract.connect(vault.wallet);
  const receipt = await send(
    contract,
    contract.interface.encodeFunctionData("mint", [salt, commitAddress(state)]),
  );
  return { vault, receipt };
}

/** The address of a genesis state's commit key. */
export const commitAddress = ({ genesis }: MemberState): string =>
  genesis?.commitKey == null ? "" : keyWallet(hexlify(genesis.commitKey)).address;

/** What the device is called that begins a vault, until its owner says. */
const FIRST_LABEL = "first device";

/** What a device keeps before the first commit of a vault: all secrets drawn, none in force yet. */
export async function firstState(vault: Vault, ref: VaultRef, seed: Uint8Array): Promise<MemberState> {
  const { random } = vault;
  const words = seedSecrets(seed, ref);
  const identity = generateIdentity(random);
  const device = await ownerMember(bytesToHex(random(16)), identity, random(32), FIRST_LABEL);
  const recovery = await wordsMember(bytesToHex(random(16)), words);
  const secret = random(32);
  return {
    ...{ ref, memberId: device.id, class: "owner", locator: device.locator, identity },
    ...{ secret, epoch: 0, admitted: false, pin: null, scopes: [], expiresAt: null, grantee: null },
    ...{ visibilityKey: words.visibilityKey, nextIdentity: null, welcomeDigest: null },
    genesis: {
      commitKey: random(32),
      inbox: generateIdentity(random),
      members: [
        { member: device, secret },
        { member: recovery, secret: words.recoverySecret },
      ],
    },
    ...{ enrolling: null, shredSeen: 0n, shredFollowed: 0n },
  };
}

/** The words as the roster knows them. */
export const wordsMember = (id: string, words: SeedSecrets): Promise<RosterMember> =>
  ownerMember(id, words.recoveryIdentity, words.recoveryLocator, WORDS_LABEL);

/** An owner-class member as the roster knows it. */
export const ownerMember = async (
  id: string,
  identity: string,
  locator: Uint8Array,
  label: string,
): Promise<RosterMember> => ({
  ...{ id, class: "owner", locator, label, grantee: null, listed: false, scopes: [], expiresAt: null },
  recipient: recipientBytes(await recipientOf(identity)),
  permissions: PERMISSION.read,
  admission: "joined",
  since: 0n,
  written: 0n,
  welcomeDigest: null,
  erased: 0n,
});
