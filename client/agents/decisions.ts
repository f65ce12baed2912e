import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

import { bytesOf, decodeCbor, encodeCbor } from "../cbor.ts";
import type { CreateOperation } from "../memory/operations.ts";
import type { Digest } from "../storage/store.ts";
import { readOperations, readSent, writeOperations } from "../vault/journal.ts";
import { decodeVaultOperation, encodeVaultOperation } from "../vault/operations.ts";
import { stateOf, type Vault } from "../vault/session.ts";
import { notesNamed, readNote, removeNote, writeNote } from "./journal.ts";
import { changeLane, readWaiting, type ProposedEvent } from "./waiting.ts";

/** What became of a proposal on this device. */
export interface Decision {
  /** Whose event it was: another account may name the same file. */
  readonly proposer: string;
  readonly kind: "accepted" | "refused";
  /** Hex, or `null` for one that could not be opened. */
  readonly nonce: string | null;
  /** How many memories came of it. */
  readonly memories: number;
}

/** A decision that is being noted: it comes to its end whatever happens on the way. */
interface Taking {
  readonly event: ProposedEvent;
  readonly decision: Decision;
  readonly operations: readonly CreateOperation[];
  /** The newest shred that this device knew of: a newer one may have taken what came of it. */
  readonly shredSeen: bigint;
  /** Whether a rule of the owner took it, and nobody looked. */
  readonly byRule: boolean;
}

/** How one decides. */
export interface Deciding {
  readonly kind: Decision["kind"];
  readonly nonce: Decision["nonce"];
  /** How many memories came of it, where another device made them. */
  readonly memories?: number;
  readonly byRule?: boolean;
}

/** Most proposals of one proposer that rules take within a day of block time. */
export const MAX_TAKEN = 32;

const DAY = 86_400;

const DECIDED = "proposal-";
const NONCE = "proposal-nonce-";
const TAKING = "proposal-taking-";

const nonceName = (proposer: string, nonce: string): string =>
  NONCE + bytesToHex(sha256(concatBytes(hexToBytes(proposer.slice(2)), hexToBytes(nonce)))).slice(0, 32);

/** What this device decided on a file, whoever named it. */
export async function decisionsOn({ journal }: Pick<Vault, "journal">, digest: Digest): Promise<Decision[]> {
  const bytes = await readNote(journal, DECIDED + digest);
  return bytes === null ? [] : (decodeCbor(bytes) as Decision[]);
}

/** Whether a proposer's nonce was spent by a decision of this device. */
export const isSpent = async ({ journal }: Vault, proposer: string, nonce: string): Promise<boolean> =>
  (await readNote(journal, nonceName(proposer, nonce))) !== null;

/**
 * Decides on a proposal, once. The caller holds the journal's lock.
 *
 * @param operations - what makes its memories; none for one that is refused, or that another device took.
 */
export async function decide(
  vault: Vault,
  event: ProposedEvent,
  { kind, nonce, memories, byRule = false }: Deciding,
  operations: readonly CreateOperation[] = [],
): Promise<void> {
  const { shredSeen } = await stateOf(vault);
  const decision = { proposer: event.proposer, kind, nonce, memories: memories ?? operations.length };
  const taking: Taking = { event, decision, operations, shredSeen, byRule };
  // In this order: what is begun is known before anything is journalled, and known to be done before it is let go.
  await writeNote(vault.journal, takingName(event), encodeTaking(taking));
  if (operations.length > 0) await writeOperations(vault.journal, operations);
  await conclude(vault, taking);
}

/** Whether rules took as many of a proposer's as they may, around the time of this one. */
export async function rulesAreSpent(vault: Vault, { proposer, time }: ProposedEvent): Promise<boolean> {
  const taken = (await readWaiting(vault)).lanes.get(proposer)?.taken ?? [];
  return taken.filter((each) => Math.abs(each - time) < DAY).length >= MAX_TAKEN;
}

const takingName = ({ digest }: ProposedEvent): string => TAKING + digest;

async function conclude(vault: Vault, { event, decision, byRule }: Taking): Promise<void> {
  const { journal } = vault;
  const { digest, proposer, time } = event;
  const others = (await decisionsOn(vault, digest)).filter((each) => each.proposer !== proposer);
  await writeNote(journal, DECIDED + digest, encodeCbor([...others, decision]));
  if (decision.nonce !== null)
    await writeNote(journal, nonceName(proposer, decision.nonce), hexToBytes(digest));
  await changeLane(vault, proposer, (lane) => ({
    ...lane,
    waiting: lane.waiting.filter((each) => each.digest !== digest),
    missing: lane.missing.filter((each) => each !== digest),
    // Noted twice, after an interruption, it counts twice: rules then take one less.
    taken: byRule ? [...lane.taken.filter((each) => each > time - 2 * DAY), time] : lane.taken,
  }));
  await removeNote(journal, takingName(event));
}

/**
 * Brings decisions to their end that were interrupted. The caller holds the journal's lock.
 *
 * @param lives - whether the vault has a memory of that id, or a shred took it.
 */
export async function resumeDecisions(vault: Vault, lives: (id: string) => boolean): Promise<void> {
  for (const name of await notesNamed(vault.journal, TAKING)) {
    const bytes = await readNote(vault.journal, name);
    if (bytes === null) continue;
    const taking = decodeTaking(bytes);
    if (!(await wereJournalled(vault, taking, lives)))
      await writeOperations(vault.journal, taking.operations);
    await conclude(vault, taking);
  }
}

/** What was journalled waits, was sent, or lives; behind a shred nobody can tell, and nothing may come back. */
async function wereJournalled(
  vault: Vault,
  { operations, shredSeen, event, decision }: Taking,
  lives: (id: string) => boolean,
): Promise<boolean> {
  if (operations.length === 0) return true;
  const decided = await decisionsOn(vault, event.digest);
  if (decided.some(({ proposer }) => proposer === decision.proposer)) return true;
  const ids = new Set(operations.map(({ id }) => id));
  if ([...ids].some(lives) || (await stateOf(vault)).shredSeen > shredSeen) return true;
  const sent = (await readSent(vault.journal)).flatMap((batch) => batch.operations);
  return [...(await readOperations(vault.journal)), ...sent].some(({ id }) => ids.has(id));
}

const encodeTaking = ({ operations, ...taking }: Taking): Uint8Array =>
  encodeCbor({ ...taking, operations: operations.map(encodeVaultOperation) });

/** It was sealed under the device's own key by {@link decide}: its bytes are authentic. */
function decodeTaking(bytes: Uint8Array): Taking {
  const { operations, shredSeen, ...taking } = decodeCbor(bytes) as Omit<
    Taking,
    "operations" | "shredSeen"
  > & { readonly operations: readonly unknown[]; readonly shredSeen: number };
  return {
    ...taking,
    shredSeen: BigInt(shredSeen),
    operations: operations.map((each) => decodeVaultOperation(bytesOf(each, "operation")) as CreateOperation),
  };
}
