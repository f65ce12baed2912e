import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress } from "ethers";

import { generateIdentity } from "../crypto/identity.ts";
import { readWelcome, type OpenedWelcome } from "../crypto/welcome.ts";
import { AlreadyInitialised, VaultError, WelcomeNotStored, WelcomeRejected } from "../errors.ts";
import { readBlob, type BlobStore, type Digest } from "../storage/store.ts";
import { blockRanges } from "./blocks.ts";
import type { MemoryVault } from "./contract.ts";
import type { OpenedHead } from "./head.ts";
import { readState, writeState, type MemberState } from "./journal.ts";
import { identitiesAfter } from "./renewal.ts";
import { checkSigner, openWelcome, requireSameMember, termsOf } from "./reissue.ts";
import { agreedHead, locked, openWith, pinnedHead, stateOf, vaultAt } from "./session.ts";
import type { Environment, Vault } from "./session.ts";

/** What accepting a welcome takes. */
export interface AcceptRequest extends Environment {
  /** The age file. */
  readonly welcome: Uint8Array;
  /** The age identity that it is encrypted to. */
  readonly identity: string;
  /** The contract that the reader expects; any other is refused. */
  readonly address: string;
}

/**
 * Opens a welcome, checks once that whoever signed it may, and becomes a reader or a device of the owner (SPEC §8, §11).
 * One whose signer is not in force any more serves to find the member's newest welcome and for nothing else.
 *
 * @throws {WelcomeRejected} when it is for another key, chain or contract, or its signer is not in force and no newer one
 *   is to be found. {AlreadyInitialised} when the journal is that of another of the owner's devices.
 */
export const acceptWelcome = (request: AcceptRequest): Promise<Vault> => acceptChecked(request, null);

/** What an opened head must be like before anything of it is kept; throws what is wrong. */
export type CheckHead = (opened: OpenedHead, state: MemberState) => void;

/** {@link acceptWelcome}, for who asks more of the head that it leads to. */
export async function acceptChecked(request: AcceptRequest, check: CheckHead | null): Promise<Vault> {
  const opened = await readWelcome(request.welcome, request.identity);
  const { ref } = opened.welcome;
  const { chainId } = await request.provider.getNetwork();
  if (ref.chainId !== chainId)
    throw new WelcomeRejected(`it is for chain ${ref.chainId}, this is ${chainId}`);
  if (getAddress(ref.contract) !== getAddress(request.address)) {
    throw new WelcomeRejected(`it is for the contract ${ref.contract}`);
  }
  const vault = vaultAt({ ...ref, contract: ref.contract.toLowerCase() }, request);
  const fault = await checkSigner(vault, opened, await agreedHead(vault)).then(
    () => null,
    (thrown: unknown) => {
      if (thrown instanceof WelcomeRejected) return thrown;
      throw thrown;
    },
  );
  return locked(vault, async () => {
    await become(vault, opened, request.identity, fault, check);
    return vault;
  });
}

/** Takes a welcome's membership on, unless a newer one is there. */
async function become(
  vault: Vault,
  opened: OpenedWelcome,
  identity: string,
  rejected: WelcomeRejected | null,
  check: CheckHead | null,
): Promise<void> {
  const { ref } = vault;
  const { welcome } = opened;
  const known = await readState(vault.journal);
  const memberId = bytesToHex(welcome.memberId);
  // Opened again, a welcome must not take the ratchet back.
  if (known?.memberId === memberId) return;
  if (known?.class === "owner") throw new AlreadyInitialised(ref.vaultId);
  const state: MemberState = {
    ref,
    memberId,
    class: welcome.class,
    visibilityKey: welcome.visibilityKey,
    locator: welcome.locator,
    identity,
    nextIdentity: welcome.class === "owner" ? generateIdentity(vault.random) : null,
    ...termsOf(opened),
    welcomeDigest: null,
    admitted: false,
    pin: known?.pin ?? null,
    genesis: null,
    ...{ enrolling: null, shredSeen: 0n, shredFollowed: 0n },
  };
  // An archived welcome must not replace a membership that is in force: the new one has to open the present head.
  // Whoever is to write must be able to open it as well: everything is proven before anything is kept.
  const head =
    known === null && rejected === null && welcome.class === "reader"
      ? null
      : await openWith(vault, state, await pinnedHead(vault, state)).catch((fault: unknown) => {
          throw rejected !== null && fault instanceof VaultError ? rejected : fault;
        });
  if (rejected !== null && head?.reissued == null) throw rejected;
  if (head !== null) check?.(head, state);
  await writeState(vault.journal, state);
}

/**
 * Takes in a welcome by which the very member that this device is goes on under another visibility key: somebody renewed the
 * words (SPEC §11). It opens with the identity that the device keeps. One under the present key changes nothing.
 *
 * @param welcome - the age file.
 * @throws {WelcomeRejected} when it is for another device or member, or its signer is not in force. Where the present head does
 *   not open by it the fault is that of reading. Nothing changes then.
 */
export const renewMembership = (vault: Vault, welcome: Uint8Array): Promise<void> =>
  locked(vault, async () => {
    const state = await stateOf(vault);
    const opened = await openWelcome(state, welcome);
    requireSameMember(state, opened);
    // Opened again, a welcome must not take the ratchet back.
    if (equalBytes(opened.welcome.visibilityKey, state.visibilityKey)) return;
    const head = await pinnedHead(vault, state);
    await checkSigner(vault, opened, head);
    const next: MemberState = {
      ...{ ...state, ...termsOf(opened), visibilityKey: opened.welcome.visibilityKey },
      ...{ welcomeDigest: null, admitted: false },
      ...identitiesAfter(vault, state, opened.openedBy),
    };
    await openWith(vault, next, head);
    await writeState(vault.journal, next);
  });

/**
 * Finds the welcome that an owner left in the store for a listed grantee: that of the grant in force, which is looked for
 * backwards from the newest block. A grant that was changed was given anew without one: the first leads to the newest.
 *
 * @param grantee - the grantee's account.
 * @param fromBlock - where to stop looking: the block of the contract's deployment.
 * @throws {WelcomeNotStored} when no grant in those blocks is in force, or none of it names a welcome.
 * @throws {BlobMissing} when the store lacks it. {BlocksOutOfReach} when the RPC makes its newest block up.
 */
export async function findWelcome(
  contract: MemoryVault,
  vaultId: bigint,
  grantee: string,
  store: BlobStore,
  fromBlock = 0,
): Promise<Uint8Array> {
  return readBlob(store, await newestWelcomeEvent(contract, vaultId, grantee, fromBlock));
}

/**
 * The digest of the welcome that {@link findWelcome} reads.
 *
 * @throws {WelcomeNotStored|BlocksOutOfReach} as it does.
 */
export async function newestWelcomeEvent(
  contract: MemoryVault,
  vaultId: bigint,
  grantee: string,
  fromBlock: number,
): Promise<Digest> {
  const provider = contract.runner?.provider;
  if (provider == null) throw new TypeError("looking for a welcome needs a provider");
  const [given, ended] = await Promise.all([
    contract.filters.Granted(vaultId, grantee).getTopicFilter(),
    contract.filters.Revoked(vaultId, grantee).getTopicFilter(),
  ]);
  const topics = given.map((topic, i) => (i === 0 ? [topic, ended[0]].flat().map(String) : topic));
  const { generation } = await contract.memoryHead(vaultId);
  for (const range of blockRanges(await provider.getBlockNumber(), fromBlock)) {
    for (const log of (
      await provider.getLogs({ address: await contract.getAddress(), topics, ...range })
    ).reverse()) {
      const event = contract.interface.parseLog(log);
      // What a revoke, which has no generation, or another owner ended is of no use.
      if (event?.args["generation"] !== generation) throw new WelcomeNotStored(vaultId, grantee);
      const welcome = String(event.args["welcome"]);
      if (BigInt(welcome) !== 0n) return welcome.slice(2);
    }
  }
  throw new WelcomeNotStored(vaultId, grantee);
}
