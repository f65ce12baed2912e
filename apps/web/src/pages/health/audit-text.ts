import type { Audit, Repair, StoreCopies } from "../../../../../client/stores.ts";
import { isConnection } from "../../session/faults.ts";
import { countText } from "../../ui/texts.ts";

/** How a vault's stores stand: all is there; something can be mended, or will be there again; something is lost or altered everywhere. */
export type Verdict = "well" | "mendable" | "waiting" | "lost";

/** What a store has, in words. */
export interface StoreLine {
  readonly name: string;
  readonly present: number;
  /** What is not as it should be; empty where all is. */
  readonly faults: readonly string[];
}

type Copies = Pick<Audit, "below" | "stores" | "lost" | "doubtful">;

const isComplete = ({ missing, altered, unreachable, leftOver }: StoreCopies): boolean =>
  [missing, altered, unreachable, leftOver].every(({ length }) => length === 0);

/** What an audit comes to. */
export function verdictOf(found: Copies): Verdict {
  if (found.lost.length > 0) return "lost";
  if (isMendable(found)) return "mendable";
  return found.below.length === 0 && found.stores.every(isComplete) ? "well" : "waiting";
}

/** Copies that are missing or altered where another store has the blob, and what is to be given up again. */
function isMendable({ stores, lost, doubtful }: Copies): boolean {
  const nowhere = new Set([...lost, ...doubtful]);
  return stores.some(
    ({ missing, altered, leftOver }) =>
      leftOver.length > 0 || [...missing, ...altered].some((digest) => !nowhere.has(digest)),
  );
}

/** An audit in a sentence, and what to do. */
export function verdictText(found: Audit): string {
  const { blobs, quorum } = found;
  const all = `${countText(blobs, "blob is", "blobs are")} needed, with ${countText(quorum, "copy", "copies")} of each at the least.`;
  switch (verdictOf(found)) {
    case "well":
      return `All is well: ${all} Every copy was read, and none is missing or altered.`;
    case "mendable":
      return `Something is to be mended. ${all} “Repair” copies what is missing from where it is.`;
    case "waiting":
      return `Not all could be read. ${all} Where a store is out of reach, look again when it answers.`;
    case "lost":
      return (
        `${countText(found.lost.length, "blob is", "blobs are")} lost: every store answered, and none has it intact. ${all} ` +
        "Add a store that has a backup on the page Settings, and repair."
      );
  }
}

/** What a store has, a line each. */
export const storeLine = ({
  name,
  present,
  missing,
  altered,
  unreachable,
  leftOver,
  fault,
}: StoreCopies): StoreLine => ({
  ...{ name, present: present.length },
  faults: [
    missing.length > 0 ? `${missing.length} missing` : "",
    altered.length > 0 ? `${altered.length} altered` : "",
    unreachable.length > 0 ? `${unreachable.length} out of reach` : "",
    leftOver.length > 0 ? `${leftOver.length} given up, and still there` : "",
    fault ?? "",
  ].filter((part) => part !== ""),
});

/**
 * What else an audit or a repair has to say.
 *
 * @param givenUp - how many blobs are gone on purpose.
 */
export function remarksOf(
  { fault, unknownWelcomes }: Pick<Audit, "fault" | "unknownWelcomes">,
  givenUp = 0,
): string[] {
  return [
    fault === null
      ? ""
      : `The newest commit ${isConnection(fault) ? "was not reached" : "does not open"}; what the last final one needs was looked for. ${fault.message}`,
    givenUp > 0 ? `${countText(givenUp, "blob", "blobs")} given up on purpose are no loss.` : "",
    ...unknownWelcomes.map((grantee) => `Whether the welcome of ${grantee} is there is not known.`),
  ].filter((remark) => remark !== "");
}

/** What a repair did, in sentences. */
export function repairSentences(done: Repair): string[] {
  const { copied, givenUp, failed, before } = done;
  const silent = before.stores.filter(({ unreachable }) => unreachable.length > 0);
  const sentences = [
    ...[...copied].map(
      ([store, { length }]) => `${store}: ${countText(length, "blob")} copied and read back.`,
    ),
    ...[...givenUp].map(([store, { length }]) => `${store}: ${countText(length, "blob")} given up again.`),
    ...silent.map(({ name }) => `${name} is out of reach: repair again when it answers.`),
    ...failed
      .slice(0, SHOWN)
      .map(({ store, digest, why }) => `${store} still lacks ${digest.slice(0, 12)}…: ${why}.`),
    ...(failed.length > SHOWN ? [`And ${failed.length - SHOWN} more could not be copied.`] : []),
  ];
  if (failed.length + silent.length > 0) return sentences;
  return [
    ...sentences,
    copied.size + givenUp.size === 0 ? "There was nothing to repair: all is there." : "All is there now.",
  ];
}

const SHOWN = 5;
