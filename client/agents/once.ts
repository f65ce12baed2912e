import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { isError, type Signer } from "ethers";

import { decodeCbor, encodeCbor } from "../cbor.ts";
import { WalletRequired } from "../errors.ts";
import { TransactionWaits } from "../storage/chain.ts";
import type { Digest } from "../storage/store.ts";
import { locked, stateOf, type Vault } from "../vault/session.ts";
import { MAX_TAKEN } from "./decisions.ts";
import { ProposalsSpent } from "./errors.ts";
import type { ProposedMemory } from "./handler.ts";
import { readNote, writeNote } from "./journal.ts";
import { leaveProposal, makeProposal, wasProposed, type MadeProposal } from "./propose.ts";

/** What a reader's device proposed of itself, so that it does so once. */
interface Sent {
  /** Names what was said, and for which scope. */
  readonly key: string;
  readonly digest: Digest;
  /** Unix milliseconds. */
  readonly at: number;
  /** The newest block before it was sent. */
  readonly block: number;
  /** The file, until it is known to be on chain. */
  readonly file: Uint8Array | null;
  /** The transaction's: whatever is sent of it lands once. */
  readonly nonce: number;
}

/** What became of it. */
export interface ProposedOnce {
  /** Digest of the proposal's file. */
  readonly digest: Digest;
  /** Whether the same was proposed before, and nothing was sent now. */
  readonly duplicate: boolean;
}

const SENT = "proposed";
const DAY = 86_400_000;
/** What is remembered: a memory that was proposed long ago may be proposed again. */
const KEPT = 256;

/**
 * The account by which this device may propose, or `null`: it takes terms that allow it, and the wallet that they name. Asks the
 * journal alone.
 */
export async function proposerOf(reader: Vault): Promise<string | null> {
  const { grantee, inboxRecipient } = await stateOf(reader);
  if (grantee === null || inboxRecipient == null || reader.wallet === null) return null;
  return (await reader.wallet.getAddress()).toLowerCase() === grantee ? grantee : null;
}

/** The account that this device's terms allow to propose, whoever has its wallet; `null` where there is none. */
export async function namedProposer(reader: Vault): Promise<string | null> {
  const { grantee, inboxRecipient } = await stateOf(reader);
  return inboxRecipient == null ? null : grantee;
}

/**
 * Proposes one memory, for programs that act by themselves: the same words for the same scope are sent once, whatever happens to
 * the process, and no more than 32 proposals within 24 hours. Another process of the device waits until this one is done.
 *
 * @throws {ProposalsSpent} when that many were sent. {TransactionWaits} when it was sent before, and no block has it yet. All that
 *   `propose` throws.
 */
export async function proposeOnce(reader: Vault, memory: ProposedMemory): Promise<ProposedOnce> {
  const { wallet } = reader;
  if (wallet === null) throw new WalletRequired("propose");
  const key = keyOf(memory);
  const known = await sentBefore(reader, key);
  // What is opened to make it takes the lock by itself.
  const made = known === undefined ? await make(reader, wallet, memory) : null;
  return locked(reader, async () => {
    const before = await sentBefore(reader, key);
    if (before?.file === null) return { digest: before.digest, duplicate: true };
    const begun = before ?? (made === null ? null : await begin(reader, wallet, key, made));
    // Another process forgot it meanwhile, for the number of those that came after it.
    if (begun === null) throw new ProposalsSpent(MAX_TAKEN);
    await land(reader, wallet, begun, before !== undefined);
    return { digest: begun.digest, duplicate: false };
  });
}

const sentBefore = async (reader: Vault, key: string): Promise<Sent | undefined> =>
  (await readSent(reader)).find((each) => each.key === key);

async function make(reader: Vault, signer: Signer, memory: ProposedMemory): Promise<MadeProposal> {
  await requireSome(reader);
  return makeProposal(reader, { memories: [memory], signer });
}

async function requireSome(reader: Vault): Promise<void> {
  const lately = (await readSent(reader)).filter(({ at }) => reader.now() - at < DAY);
  if (lately.length >= MAX_TAKEN) throw new ProposalsSpent(MAX_TAKEN);
}

/** What is to be sent is kept before anybody sees it, with the nonce that it is sent under. */
async function begin(
  reader: Vault,
  wallet: Signer,
  key: string,
  { digest, file }: MadeProposal,
): Promise<Sent> {
  await requireSome(reader);
  const block = await reader.provider.getBlockNumber();
  const nonce = await nonceOf(reader, wallet, "pending");
  const begun: Sent = { key, digest, at: reader.now(), block, file, nonce };
  await note(reader, begun);
  return begun;
}

const nonceOf = async ({ provider }: Vault, wallet: Signer, tag: "latest" | "pending"): Promise<number> =>
  provider.getTransactionCount(await wallet.getAddress(), tag);

/** Sends what was begun, unless it landed; what may be on its way under its nonce is not sent under another. */
async function land(reader: Vault, wallet: Signer, begun: Sent, again: boolean): Promise<void> {
  const { digest, file, block } = begun;
  const account = await wallet.getAddress();
  let { nonce } = begun;
  if (again) {
    const [latest, pending] = [
      await nonceOf(reader, wallet, "latest"),
      await nonceOf(reader, wallet, "pending"),
    ];
    const there = await wasProposed(reader, account.toLowerCase(), digest, block);
    if (there) return note(reader, { ...begun, file: null });
    if (nonce >= latest && nonce < pending) throw new TransactionWaits(account, null);
    // Another transaction took the nonce: what was sent under it never lands.
    if (nonce < latest) nonce = pending;
    await note(reader, { ...begun, nonce });
  }
  if (file !== null) await leave(reader, account, { digest, file }, nonce);
  await note(reader, { ...begun, nonce, file: null });
}

/** A node that knows a transaction of that nonce may have this one. */
const leave = (reader: Vault, account: string, made: MadeProposal, nonce: number): Promise<unknown> =>
  leaveProposal(reader, made, nonce).catch((fault: unknown) => {
    if (isError(fault, "NONCE_EXPIRED") || isError(fault, "REPLACEMENT_UNDERPRICED"))
      throw new TransactionWaits(account, null);
    throw fault;
  });

const keyOf = ({ scope, text }: ProposedMemory): string =>
  bytesToHex(sha256(encodeCbor([scope, text.normalize("NFC").trim().replace(/\s+/gu, " ")]))).slice(0, 32);

async function readSent({ journal }: Vault): Promise<Sent[]> {
  const bytes = await readNote(journal, SENT);
  // What is sealed under the device's own key was written below: its bytes are authentic.
  return bytes === null ? [] : (decodeCbor(bytes) as Sent[]);
}

/** The caller holds the journal's lock. */
async function note(reader: Vault, sent: Sent): Promise<void> {
  const others = (await readSent(reader)).filter(({ key }) => key !== sent.key);
  await writeNote(reader.journal, SENT, encodeCbor([...others, sent].slice(-KEPT)));
}
