import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { TypedDataEncoder } from "ethers";

import { open, welcomeContext } from "../crypto/seal.ts";
import {
  readWelcome,
  recoverWelcomeSigner,
  welcomeTypedData,
  type OpenedWelcome,
} from "../crypto/welcome.ts";
import { WelcomeRejected, WrongKeyError } from "../errors.ts";
import { readBlob } from "../storage/store.ts";
import { unpad, type HeadData } from "./blob.ts";
import { accountAccepts, type ChainHead } from "./contract.ts";
import type { Reissued } from "./head.ts";
import type { KeyringReader } from "./pages.ts";
import type { MemberState } from "./journal.ts";
import { agreed, type Rpc } from "./rpcs.ts";
import type { Vault } from "./session.ts";

/**
 * Finds the newest welcome of a reissued member in a head, before any ratcheting (SPEC §4, §6).
 *
 * @param newest - the chain's newest head: who signed must be in force there, whatever head is being opened.
 * @returns `null` when the head names none, or the one that the member stands on.
 * @throws {BlobMissing|BlobAltered} when the store lacks it or has altered it: an older secret is no answer.
 * @throws {WelcomeRejected} when it is another member's, or whoever signed it may not.
 */
export async function newestWelcome(
  vault: Vault,
  state: MemberState,
  data: HeadData,
  keyring: KeyringReader,
  newest: () => Promise<ChainHead>,
): Promise<Reissued | null> {
  const digest = await keyring.welcomeOf(state.locator);
  if (digest === null || isKnown(digest, state)) return null;
  const blob = await readBlob(vault.store, bytesToHex(digest));
  const framed = open(state.visibilityKey, welcomeContext(vault.ref), blob);
  if (framed === null) throw new WelcomeRejected("it is sealed for another vault");
  const opened = await openWelcome(state, unpad(framed));
  checkMember(state, opened, data.epoch);
  await checkSigner(vault, opened, await newest());
  return { welcomeDigest: digest, ...termsOf(opened) };
}

const isKnown = (digest: Uint8Array, { welcomeDigest }: MemberState): boolean =>
  welcomeDigest !== null && equalBytes(digest, welcomeDigest);

/** A welcome, and the identity of the device's that it came to. */
export interface ReceivedWelcome extends OpenedWelcome {
  readonly openedBy: string;
}

/** The roster may name the recipient that is about to replace the device's own. */
export async function openWelcome(
  { identity, nextIdentity }: Pick<MemberState, "identity" | "nextIdentity">,
  file: Uint8Array,
): Promise<ReceivedWelcome> {
  let fault: unknown = new WelcomeRejected("the identity that opens it is not on this device");
  for (const candidate of [identity, nextIdentity]) {
    if (candidate === null) continue;
    try {
      return { ...(await readWelcome(file, candidate)), openedBy: candidate };
    } catch (thrown) {
      if (!(thrown instanceof WelcomeRejected && thrown.cause instanceof WrongKeyError)) throw thrown;
      fault = thrown;
    }
  }
  throw fault;
}

/** Whoever writes a head could name any welcome: it must be this very member's. */
function checkMember(state: MemberState, opened: OpenedWelcome, epoch: number): void {
  const { welcome } = opened;
  requireSameMember(state, opened);
  if (!equalBytes(welcome.visibilityKey, state.visibilityKey))
    throw new WelcomeRejected("it is another member's");
  if (welcome.epoch > epoch)
    throw new WelcomeRejected(`it is of epoch ${welcome.epoch}, the head of ${epoch}`);
}

/** @throws {WelcomeRejected} when a welcome is not for the member that a device is. */
export function requireSameMember(state: MemberState, { welcome }: OpenedWelcome): void {
  const { chainId, contract, vaultId } = state.ref;
  const { ref } = welcome;
  const here = ref.chainId === chainId && ref.vaultId === vaultId && ref.contract === contract.toLowerCase();
  // The words know no member id: their locator is theirs alone.
  const own = state.enrolling !== null || bytesToHex(welcome.memberId) === state.memberId;
  const same = welcome.class === state.class && equalBytes(welcome.locator, state.locator);
  if (!here || !own || !same) throw new WelcomeRejected("it is another member's");
}

/** What a welcome says of a membership, as a device keeps it. */
export const termsOf = ({ welcome }: OpenedWelcome): Omit<Reissued, "welcomeDigest"> => ({
  secret: welcome.secret,
  epoch: welcome.epoch,
  scopes: welcome.scopes.map(({ id, name }) => ({ id: bytesToHex(id), name })),
  expiresAt: welcome.expiresAt,
  grantee: welcome.listed ? welcome.grantee : null,
  inboxRecipient: welcome.inboxRecipient,
});

/**
 * Checks that a welcome was signed by who may, now.
 *
 * @throws {WelcomeRejected} when it was not.
 */
export async function checkSigner(vault: Vault, opened: OpenedWelcome, head: ChainHead): Promise<void> {
  const { signer } = opened;
  const inForce = [head.owner, head.authorizer].some((account) => account.toLowerCase() === signer);
  if (!inForce || !(await isSigned(vault, opened))) {
    throw new WelcomeRejected(`its signer ${signer} is neither owner nor authorizer of the vault`);
  }
}

/** The contract's own rule, off chain: ERC-1271 when the account has code, else or if that says no ECDSA. */
async function isSigned(vault: Vault, { welcome, signer, signature }: OpenedWelcome): Promise<boolean> {
  const { domain, types, message } = welcomeTypedData(welcome);
  const digest = TypedDataEncoder.hash(domain, types, message);
  const ask = ({ provider }: Rpc): Promise<boolean> => accountAccepts(provider, signer, digest, signature);
  if (await agreed(vault, "a signature", ask)) return true;
  return recoverWelcomeSigner(welcome, signature) === signer;
}
