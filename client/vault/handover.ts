import { bytesToHex } from "@noble/hashes/utils.js";
import { isAddress, type TransactionReceipt } from "ethers";

import { recipientBytes } from "../crypto/identity.ts";
import { HandedOver, InvalidAccount, WalletRequired } from "../errors.ts";
import { acceptChecked, type AcceptRequest } from "./accept.ts";
import { setController } from "./contract.ts";
import { devices } from "./devices.ts";
import { NotFinal, NotHandedOver } from "./errors.ts";
import { collectWelcome, newestHead, requireOwner, type Granted } from "./grant.ts";
import type { OpenedHead } from "./head.ts";
import { readNeeded, readOperations, writeChecked, writeNeeded, type MemberState } from "./journal.ts";
import type { HandoverOperation } from "./operations.ts";
import { namesOwner, rosterOf } from "./plan.ts";
import { isInternal } from "./roster.ts";
import { finalNumber } from "./rpcs.ts";
import { agreedHead, locked, openWith, pinnedHead, stateOf, type Vault } from "./session.ts";
import { settle } from "./settle.ts";
import { commitOrWithdraw, sync } from "./sync.ts";

// A vault changes hands in three steps, each of which may be the last: the seller leaves what lives to the buyer's key, the
// buyer opens and checks it, the token moves. After that the buyer begins anew (takeover.ts, SPEC §10).

/** To whom the memories go. */
export interface HandoverRequest {
  /** The buyer's key, `age1pq1…`: KeyRegistry has that of an account. */
  readonly recipient: string;
  /** The owner's own words; the buyer reads them. */
  readonly label?: string | undefined;
}

/**
 * Leaves everything that lives in the vault to a buyer, and nothing that was removed: all scopes are written anew under new
 * keys, everybody leaves the roster, and all grants end. The welcome opens for the buyer alone, and only until the transfer.
 * This device writes nothing more (`HandedOver`); should the deal fail, a rekey with the 24 words takes everything back.
 *
 * @returns the buyer's welcome, or `null` for it until the head is final: `collectWelcome` has it then.
 * @throws {HandedOver} when it is done already. {NotFinal} while commits of this device are not final.
 * @throws {CommitKeyMissing|WalletRequired} when nobody here may commit.
 */
export async function handOver(vault: Vault, { recipient, label = "" }: HandoverRequest): Promise<Granted> {
  const operation: HandoverOperation = {
    ...{ kind: "handover", id: bytesToHex(vault.random(16)) },
    ...{ recipient: recipientBytes(recipient), label },
  };
  await sync(vault);
  const waiting = (await readOperations(vault.journal)).filter(({ kind }) => kind !== "note");
  if (waiting.length > 0) throw new NotFinal("what this device wrote last");
  await keepWelcomes(vault);
  const { result, outcome } = await commitOrWithdraw(vault, operation);
  if (outcome?.kind !== "handedOver") throw new HandedOver(vault.ref.vaultId);
  return { ...result, memberId: operation.id, welcome: await collectWelcome(vault, operation.id) };
}

/** No record leads to the welcomes of the owner class once it lands, and a deal that failed is taken back by them. */
async function keepWelcomes(vault: Vault): Promise<void> {
  const led = (await devices(vault)).flatMap(({ welcomeDigest }) => welcomeDigest ?? []).map(bytesToHex);
  await writeNeeded(vault.journal, [...new Set([...((await readNeeded(vault.journal)) ?? []), ...led])]);
}

/** What a buyer gets, checked against the chain. */
export interface CheckedHandover {
  readonly vault: Vault;
  readonly sequence: bigint;
  readonly stateRoot: string;
  /** What stands on chain, and what all that follows was proven against. */
  readonly root: string;
  /** Whether the chain will not take it back: pay for nothing that it may. */
  readonly final: boolean;
  /** Everything that lives. `read` has the text. */
  readonly scopes: readonly { readonly id: string; readonly name: string; readonly count: number }[];
}

/**
 * Opens what a seller left, before anything is paid: every memory is read and proven against the root on chain, and nobody
 * else is in the roster. It is kept on this device, whole: this is what the buyer begins with, whatever the seller, or a store,
 * does after it. Called again, it looks again, at the newest head.
 *
 * @throws {WelcomeRejected} when it is for another key, chain or contract, or the vault was transferred already.
 * @throws {NotHandedOver} when others are members as well. {BlobMissing|RootMismatch|…} when the whole cannot be proven.
 */
export async function acceptHandover(request: AcceptRequest): Promise<CheckedHandover> {
  const vault = await acceptChecked(request, (opened, state) => requireAlone(opened, state));
  return locked(vault, async () => {
    const state = await stateOf(vault);
    const chain = await pinnedHead(vault, state);
    const opened = await openWith(vault, state, chain);
    requireAlone(opened, state);
    const { scopeNames } = rosterOf(opened);
    const scopes = [...opened.scopes.values()]
      .filter(({ id }) => !isInternal(id))
      .map(({ id, live }) => ({ id, name: scopeNames.get(id) ?? id, live }));
    const { epoch } = opened.data;
    await writeChecked(vault.journal, {
      memberId: state.memberId,
      stateRoot: chain.stateRoot,
      epoch,
      scopes,
    });
    const { sequence, stateRoot, root } = chain;
    const block = await finalNumber(vault);
    const final = block !== null && (await agreedHead(vault, block)).stateRoot === stateRoot;
    const counted = scopes.map(({ id, name, live }) => ({ id, name, count: live.size }));
    return { vault, sequence, stateRoot, root, final, scopes: counted };
  });
}

function requireAlone(opened: OpenedHead, { ref, memberId, class: kind }: MemberState): void {
  const members = kind === "owner" ? [...rosterOf(opened).members.keys()] : [];
  if (members.length !== 1 || members[0] !== memberId)
    throw new NotHandedOver(ref.vaultId, "others than this device are members");
}

/** Where a vault goes. */
export interface TransferRequest {
  /** The next owner's account. */
  readonly to: string;
  /** Whether the memories are meant to stay closed to it. */
  readonly withoutMemories?: boolean | undefined;
}

/**
 * Gives the vault to another account, locked or not: all grants end, and whoever was a member goes on no more
 * (`VaultChangedHands`).
 *
 * @throws {InvalidAccount} when that is none. {OwnerRequired} when the wallet is not the owner's. {NotHandedOver} when the next owner could read nothing, and
 *   nobody said that this is meant. {NotFinal} while the hand-over may still be taken back.
 */
export async function transfer(vault: Vault, request: TransferRequest): Promise<TransactionReceipt> {
  if (!isAddress(request.to)) throw new InvalidAccount(request.to);
  await requireOwner(vault);
  if (request.withoutMemories !== true) await requireHandedOver(vault);
  if (vault.wallet === null) throw new WalletRequired("transfer the vault");
  return setController(vault.contract.connect(vault.wallet), vault.ref.vaultId, request.to);
}

async function requireHandedOver(vault: Vault): Promise<void> {
  const { vaultId } = vault.ref;
  const { pin, ...state } = await settle(vault);
  const opened = await newestHead(vault);
  if (opened === null || namesOwner(opened, state))
    throw new NotHandedOver(vaultId, "its members are the owner's");
  if (pin?.stateRoot !== opened.chain.stateRoot) throw new NotFinal("the hand-over");
}
