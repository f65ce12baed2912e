import type { Preview, SyncResult } from "../../../../client/index.ts";
import { countText } from "../ui/texts.ts";

type Outcomes = SyncResult["outcomes"];

const numberOf = (outcomes: Outcomes, kind: string): number =>
  [...outcomes.values()].filter((outcome) => outcome.kind === kind).length;

/** Why a commit changed all keys. What nobody asked for comes from grants that ended: the first commit after that shuts them out. */
function turnReason(outcomes: Outcomes): string {
  const has = (...kinds: readonly string[]): boolean => kinds.some((kind) => numberOf(outcomes, kind) > 0);
  if (has("rekeyed", "handedOver")) return "that was asked for";
  if (has("shredded")) return "memories were shredded";
  if (has("dismissed", "admitted", "changed")) return "who may read what has changed";
  if (has("rotated"))
    return "another device came before an earlier commit of this one, which lies in the store and would open with the old ones";
  return "a grant has ended, by its date or by a revoke: its reader opens nothing of this commit or of later ones";
}

/** What stood in conflict when it landed, and stands so still: what the person chose between by then is settled. */
const conflictsLeft = (outcomes: Outcomes, seen: Preview | null): number =>
  [...outcomes.values()].filter(
    (outcome) =>
      outcome.kind === "conflict" &&
      (seen === null || (seen.memories.get(outcome.memory.id)?.memory.conflictsWith ?? null) !== null),
  ).length;

/**
 * What a commit did, in sentences for a person.
 *
 * @param seen - the memories as they stand now; `null` where they were not read.
 */
export function syncSentences(
  { sequence, final, receipt, rotated, outcomes, unsettled }: SyncResult,
  seen: Preview | null,
): string[] {
  const conflicts = conflictsLeft(outcomes, seen);
  const refused = [...outcomes.values()].filter((outcome) => outcome.kind === "refused");
  const first =
    receipt === null
      ? `There was nothing to write: commit ${sequence} is the newest.`
      : `Commit ${sequence} has landed${final ? " and is final" : ", and is not final yet"}: ${countText(outcomes.size, "change")}.`;
  return [
    first,
    rotated ? `All keys were changed, because ${turnReason(outcomes)}.` : "",
    conflicts === 0
      ? ""
      : `${countText(conflicts, "change stands", "changes stand")} beside what was written elsewhere meanwhile: choose on the page Memories.`,
    ...refused.map(({ fault }) => `One change could not be made, and waits: ${fault.message}`),
    unsettled === null ? "" : `It landed; looking after it failed, and is tried again: ${unsettled.message}`,
  ].filter((sentence) => sentence !== "");
}
