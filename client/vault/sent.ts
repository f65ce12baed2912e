import { HeadUnknown, VaultError } from "../errors.ts";
import type { ChainHead } from "./contract.ts";
import type { OpenedHead } from "./head.ts";
import { headsFrom } from "./history.ts";
import {
  readOperations,
  readSent,
  readWitness,
  removeSent,
  trimSent,
  writeOperations,
  writeSent,
  type Candidate,
  type MemberState,
} from "./journal.ts";
import type { VaultOperation } from "./operations.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import { KEPT_BATCHES, type RekeyRecord } from "./roster.ts";
import { openWith, type Vault } from "./session.ts";

/**
 * A rekey is done once, and holds keys; a hand-over is of what was there then; and whatever leaves a turn of the epoch out draws
 * every secret anew.
 */
const ONCE: ReadonlySet<VaultOperation["kind"]> = new Set(["rekey", "rotate", "handover"]);

/**
 * Keeps what a batch that is final carried, for the last 128 of them: a rekey that builds on a head before it leaves it
 * out, and only this device can send it again (SPEC §11).
 *
 * @param waiting - what the journal still has of its operations.
 */
export async function keepSent(
  vault: Vault,
  { id, sequence, operations }: Pick<Candidate, "id" | "sequence" | "operations">,
  waiting: readonly VaultOperation[],
): Promise<void> {
  const carried = waiting.filter(({ id: each, kind }) => operations.includes(each) && !ONCE.has(kind));
  if (carried.length === 0) return;
  await writeSent(vault.journal, { id, sequence, operations: carried });
  await trimSent(vault.journal, KEPT_BATCHES);
}

/**
 * Journals again what the newest rekey left out of what this device had sent, and lets go of what it need not keep: only a
 * rekey takes back what is final (SPEC §11). Nobody is admitted again whom a head showed to have left meanwhile.
 *
 * @param opened - a final head, with the rekey.
 */
export async function sendLeftOut(
  vault: Vault,
  { sequence: rekeyed, base }: RekeyRecord,
  opened: OpenedHead,
  state: MemberState,
): Promise<void> {
  const { batches } = secretsOf(opened);
  const leftOut = (await readSent(vault.journal)).filter(
    ({ id, sequence }) => sequence > base && sequence < rekeyed && !batches.has(id),
  );
  const waiting = new Set((await readOperations(vault.journal)).map(({ id }) => id));
  const operations = leftOut.flatMap((batch) => batch.operations).filter((each) => !waiting.has(each.id));
  const admits = operations.some(({ kind }) => kind === "admit");
  const members = admits ? await membersUntil(vault, state, rekeyed, opened) : new Set();
  const again = operations.filter((each) => each.kind !== "admit" || members.has(each.id));
  if (again.length > 0) await writeOperations(vault.journal, again);
  await removeSent(vault.journal, rekeyed);
}

/**
 * Members of the last final head that this device saw, and of every one between it and a rekey that opens: another device may
 * have ended a grant there. One that does not open says nothing.
 */
async function membersUntil(
  vault: Vault,
  state: MemberState,
  rekeyed: bigint,
  { chain }: OpenedHead,
): Promise<ReadonlySet<string>> {
  const members = new Set((await readWitness(vault.journal)).members.keys());
  for (const head of await headsBetween(vault, chain, state.pin?.sequence ?? 0n, rekeyed)) {
    const present = await openWith({ ...vault, cache: new Map() }, state, head).then(
      (opened) => rosterOf(opened).members,
      (fault: unknown) => {
        if (fault instanceof VaultError) return members;
        throw fault;
      },
    );
    for (const id of [...members]) if (!present.has(id)) members.delete(id);
  }
  return members;
}

/** At most as many as batches are kept, the newest; none where the node has pruned them. */
async function headsBetween(
  vault: Vault,
  newest: ChainHead,
  after: bigint,
  before: bigint,
): Promise<ChainHead[]> {
  const oldest = before - BigInt(KEPT_BATCHES);
  const from = oldest > after ? oldest : after + 1n;
  if (from >= before) return [];
  const heads = await headsFrom(vault, newest, from).catch((fault: unknown) => {
    if (fault instanceof HeadUnknown) return [];
    throw fault;
  });
  return heads.filter(({ sequence }) => sequence < before);
}
