import type { ContractRunner, Signer, TransactionReceipt } from "ethers";

import { WalletRequired } from "../errors.ts";
import { putVerified, digestOf, type Digest } from "../storage/store.ts";
import { blockRanges, firstBlock, type BlockRange } from "../vault/blocks.ts";
import { send } from "../vault/contract.ts";
import type { MemberState } from "../vault/journal.ts";
import { openLatest } from "../vault/read.ts";
import { agreed } from "../vault/rpcs.ts";
import { stateOf, type Vault } from "../vault/session.ts";
import { MayNotPropose, ScopeNotGranted } from "./errors.ts";
import type { ProposedMemory } from "./handler.ts";
import { stretches } from "./logs.ts";
import { writeProposal, type SignProposal } from "./proposal.ts";

/** What a reader proposes. */
export interface ProposeRequest {
  /** 1 to 16, each for a scope that was granted. */
  readonly memories: readonly ProposedMemory[];
  /** Signs for the grantee: its own wallet, or that of the operator whom its contract names. */
  readonly signer: { readonly signTypedData: SignProposal };
  /** 32 bytes, drawn unless given: an owner takes what has one nonce once. */
  readonly nonce?: Uint8Array | undefined;
}

/** A proposal that is ready to be left. */
export interface MadeProposal {
  /** The age file. Made again it has other bytes: who may be interrupted keeps it, and leaves this one. */
  readonly file: Uint8Array;
  /** Its sha256, which the event names. */
  readonly digest: Digest;
}

/** A proposal that was left for the owner. */
export interface Proposed extends MadeProposal {
  readonly receipt: TransactionReceipt;
}

/**
 * Makes a proposal of a reader's: signed for its grantee, and sealed to the vault's inbox. Nothing is stored or sent.
 *
 * @throws {MayNotPropose} when its grant has no PROPOSE, or is not listed. {ScopeNotGranted} for a scope that it does not read.
 * @throws {GrantExpired|GrantRevoked|NotAMember} when the grant is over.
 * @throws {ContentTooLarge|MalformedData} when it takes more than 16 KiB, or a memory is none.
 */
export async function makeProposal(reader: Vault, request: ProposeRequest): Promise<MadeProposal> {
  const { state } = await openLatest(reader);
  const { proposer, inbox } = await mayPropose(reader, state);
  const granted = new Set(state.scopes.map(({ id }) => id));
  const strange = request.memories.find(({ scope }) => !granted.has(scope));
  if (strange !== undefined) throw new ScopeNotGranted(strange.scope);
  const { memories, signer, nonce = reader.random(32) } = request;
  const file = await writeProposal(
    { ref: reader.ref, proposer, nonce, memories },
    inbox,
    (domain, types, value) => signer.signTypedData(domain, types, value),
  );
  return { file, digest: digestOf(file) };
}

async function mayPropose(
  reader: Vault,
  { grantee, inboxRecipient }: MemberState,
): Promise<{ proposer: string; inbox: Uint8Array }> {
  if (grantee === null || inboxRecipient == null) throw new MayNotPropose(grantee ?? "This reader");
  const { vaultId } = reader.ref;
  const may = await agreed(reader, "a grant", ({ contract }) => contract.canPropose(vaultId, grantee));
  if (!may) throw new MayNotPropose(grantee);
  return { proposer: grantee, inbox: inboxRecipient };
}

/**
 * Puts a proposal into the store, read back, and returns what an agent's operator then sends: `agent.propose(vaultId, digest)`.
 * An owner that finds the event looks for the blob, so the store comes first.
 *
 * @returns the digest, 0x-prefixed.
 */
export const storeProposal = async (reader: Vault, { file }: Pick<MadeProposal, "file">): Promise<string> =>
  `0x${await putVerified(reader.store, file)}`;

/**
 * Leaves a proposal that was made for the reader's own account: stores it, then sends it from the account.
 *
 * @param nonce - the transaction's, for whoever may send it twice and has it land once; else the wallet's next.
 * @throws {WalletRequired} without an account. {ContractRefusal} when it has no grant with PROPOSE.
 */
export async function leaveProposal(reader: Vault, made: MadeProposal, nonce?: number): Promise<Proposed> {
  if (reader.wallet === null) throw new WalletRequired("propose");
  const digest = await storeProposal(reader, made);
  const contract = reader.contract.connect(
    nonce === undefined ? reader.wallet : withNonce(reader.wallet, nonce),
  );
  const data = contract.interface.encodeFunctionData("propose", [reader.ref.vaultId, digest]);
  return { ...made, receipt: await send(contract, data) };
}

const withNonce = (wallet: Signer, nonce: number): ContractRunner & Pick<Signer, "getAddress"> => ({
  provider: wallet.provider,
  getAddress: () => wallet.getAddress(),
  sendTransaction: (transaction) => wallet.sendTransaction({ ...transaction, nonce }),
});

/**
 * Proposes memories to a vault's owner, from the account that the grant names.
 *
 * @throws {WalletRequired} without an account. {MayNotPropose} when it is not the grantee. All that {@link makeProposal} throws.
 */
export async function propose(
  reader: Vault,
  request: Pick<ProposeRequest, "memories" | "nonce">,
): Promise<Proposed> {
  const { wallet } = reader;
  if (wallet === null) throw new WalletRequired("propose");
  const { grantee } = await stateOf(reader);
  const account = await wallet.getAddress();
  if (account.toLowerCase() !== grantee) throw new MayNotPropose(account);
  return leaveProposal(reader, await makeProposal(reader, { ...request, signer: wallet }));
}

/**
 * Whether a proposal stands in the chain's log: for whoever does not know whether its transaction landed.
 *
 * @param proposer - the grantee.
 * @param fromBlock - where to stop looking, backwards from the newest block.
 * @throws {BlocksOutOfReach} when the RPC makes its newest block up.
 */
export async function wasProposed(
  { contract, provider, ref }: Vault,
  proposer: string,
  digest: Digest,
  fromBlock = firstBlock(ref),
): Promise<boolean> {
  const filter = contract.filters.Proposed(ref.vaultId, proposer);
  const ranges = blockRanges(await provider.getBlockNumber(), fromBlock);
  const logs = ({ fromBlock: first, toBlock }: BlockRange) => contract.queryFilter(filter, first, toBlock);
  for await (const stretch of stretches(ranges, { logs, reach: () => provider.getBlockNumber() }))
    if (stretch.logs.some(({ args }) => args.digest === `0x${digest}`)) return true;
  return false;
}
