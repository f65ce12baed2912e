import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { decodeCbor, encodeCbor } from "../cbor.ts";
import { WalletRequired } from "../errors.ts";
import type { Digest } from "../storage/store.ts";
import { locked, stateOf, type Vault } from "../vault/session.ts";
import { MAX_TAKEN } from "./decisions.ts";
import { ProposalsSpent } from "./errors.ts";
import type { ProposedMemory } from "./handler.ts";
import { readNote, writeNote } from "./journal.ts";
import { leaveProposal, makeProposal, wasProposed } from "./propose.ts";

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
 * the process, and no more than 32 proposals within 24 hours. One caller after the other.
 *
 * @throws {ProposalsSpent} when that many were sent. All that `propose` throws.
 */
export async function proposeOnce(reader: Vault, memory: ProposedMemory): Promise<ProposedOnce> {
  const { wallet } = reader;
  if (wallet === null) throw new WalletRequired("propose");
  const key = keyOf(memory);
  const known = (await readSent(reader)).find((each) => each.key === key);
  if (known?.file === null) return { digest: known.digest, duplicate: true };
  const begun = known ?? (await begin(reader, wallet, key, memory));
  const { digest, file, block } = begun;
  const proposer = (await wallet.getAddress()).toLowerCase();
  // What was begun before may have been sent: the journal did not get to know.
  const there = known !== undefined && (await wasProposed(reader, proposer, digest, block));
  if (file !== null && !there) await leaveProposal(reader, { digest, file });
  await note(reader, { ...begun, file: null });
  return { digest, duplicate: false };
}

/** What is to be sent is kept before anybody sees it. */
async function begin(
  reader: Vault,
  signer: NonNullable<Vault["wallet"]>,
  key: string,
  memory: ProposedMemory,
): Promise<Sent> {
  const at = reader.now();
  const lately = (await readSent(reader)).filter((each) => at - each.at < DAY);
  if (lately.length >= MAX_TAKEN) throw new ProposalsSpent(MAX_TAKEN);
  const { digest, file } = await makeProposal(reader, { memories: [memory], signer });
  const block = await reader.provider.getBlockNumber();
  const begun: Sent = { key, digest, at, block, file };
  await note(reader, begun);
  return begun;
}

const keyOf = ({ scope, text }: ProposedMemory): string =>
  bytesToHex(sha256(encodeCbor([scope, text.normalize("NFC").trim().replace(/\s+/gu, " ")]))).slice(0, 32);

async function readSent({ journal }: Vault): Promise<Sent[]> {
  const bytes = await readNote(journal, SENT);
  // What is sealed under the device's own key was written below: its bytes are authentic.
  return bytes === null ? [] : (decodeCbor(bytes) as Sent[]);
}

const note = (reader: Vault, sent: Sent): Promise<void> =>
  locked(reader, async () => {
    const others = (await readSent(reader)).filter(({ key }) => key !== sent.key);
    await writeNote(reader.journal, SENT, encodeCbor([...others, sent].slice(-KEPT)));
  });
