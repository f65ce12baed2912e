import type { SyncResult } from "../../../../client/index.ts";
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

/** What a commit did, in sentences for a person. */
export function syncSentences({
  sequence,
  final,
  receipt,
  rotated,
  outcomes,
  unsettled,
}: SyncResult): string[] {
  const conflicts = numberOf(outcomes, "conflict");
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
      : `${countText(conflicts, "change")} met another device's, and stand beside them: choose on the page Memories.`,
    ...refused.map(({ fault }) => `One change could not be made, and waits: ${fault.message}`),
    unsettled === null ? "" : `It landed; looking after it failed, and is tried again: ${unsettled.message}`,
  ].filter((sentence) => sentence !== "");
}
