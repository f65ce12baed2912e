import { sync, type SyncResult } from "../../client/index.ts";
import type { Report } from "./cli.ts";
import { tidyKept } from "./recall.ts";
import type { OpenVault, Session } from "./session.ts";
import { count, facts, number, size } from "./terminal.ts";

/** The option of commands that write to the journal. */
export const SYNC_OPTION = ["--sync", "commit at once, in one transaction"] as const;

/** Commits what waits, and says so. */
export async function commit(session: Session, { vault }: Pick<OpenVault, "vault">): Promise<SyncResult> {
  const line = session.progress();
  line.show("Committing…");
  try {
    const result = await sync(vault);
    if ([...result.outcomes.values()].some(({ kind }) => kind === "removed")) await tidyKept(session, vault);
    return result;
  } finally {
    line.end();
  }
}

/** What a commit did, for a program. */
export function syncJson(result: SyncResult): Readonly<Record<string, unknown>> {
  const { sequence, final, receipt, blobs, rotated, races, outcomes, unsettled } = result;
  const operations: Record<string, number> = {};
  for (const { kind } of outcomes.values()) operations[kind] = (operations[kind] ?? 0) + 1;
  return {
    sequence,
    final,
    transaction: receipt?.hash ?? null,
    gas: receipt?.gasUsed ?? null,
    stored: blobs.reduce((sum, bytes) => sum + bytes, 0),
    rotated,
    races,
    operations,
    unsettled: unsettled === null ? null : { name: unsettled.name, message: unsettled.message },
  };
}

/** What a commit did, for a person. */
export function syncLines(result: SyncResult): string[] {
  const { sequence, final, receipt, blobs, rotated, outcomes, unsettled } = result;
  if (receipt === null) return [`Nothing to commit; the head is ${sequence}.`];
  const kinds = [...outcomes.values()].map(({ kind }) => kind);
  const of = (kind: string): number => kinds.filter((found) => found === kind).length;
  return [
    ...facts([
      ["Commit", `${sequence}${final ? "" : ", not final yet"}: ${count(kinds.length, "operation")}`],
      ["Transaction", receipt.hash],
      [
        "Cost",
        `${number(receipt.gasUsed)} gas; ${size(blobs.reduce((sum, bytes) => sum + bytes, 0))} stored`,
      ],
      rotated ? ["Keys", "all changed"] : null,
    ]),
    ...(of("conflict") > 0
      ? [
          `${count(of("conflict"), "change")} met another device's, and stand beside them: memvault conflicts.`,
        ]
      : []),
    ...(of("refused") > 0 ? [`${count(of("refused"), "operation")} could not be applied, and wait.`] : []),
    ...(unsettled === null ? [] : [`Landed, but not settled: ${unsettled.message}`]),
  ];
}

/** What blobs on chain cost besides the commit. */
export function blobLines(session: Pick<Session, "gasOfBlobs">): string[] {
  const gas = session.gasOfBlobs();
  return gas === 0n
    ? []
    : facts([["Blobs", `up to ${number(gas)} gas besides, in transactions of their own`]]);
}

/** Ends a command that wrote to the journal: commits if that was asked for, else says how. */
export async function journalled(
  session: Session,
  open: Pick<OpenVault, "vault">,
  written: Report,
  now: boolean | undefined,
): Promise<Report> {
  const lines = written.lines ?? [];
  if (now !== true) {
    return {
      json: { ...written.json, committed: null },
      lines: [...lines, "Safe in the journal here; memvault sync commits it."],
    };
  }
  const result = await commit(session, open);
  return {
    json: { ...written.json, committed: syncJson(result) },
    lines: [...lines, ...syncLines(result), ...blobLines(session)],
  };
}
