import {
  read,
  uncommitted,
  type Vault,
  type VaultOperation,
  type VaultView,
} from "../../../../client/index.ts";
import { countText } from "../ui/texts.ts";

/** What waits, as a person is told of it. */
export interface Waiting {
  /** What somebody wrote, granted or changed. */
  readonly changes: number;
  /** This browser was recovered, and is no device of the vault yet. */
  readonly joins: boolean;
  /** What the device does for itself by the way: nobody must hurry for that. */
  readonly own: boolean;
}

/** A device's word that it followed a shred: it goes along with a commit, and makes none. */
const isNote = ({ kind }: VaultOperation): boolean => kind === "note";

/**
 * What waits on this device and would make a commit, in order.
 *
 * @param view - the vault as it was last read; `null` before the first commit.
 */
export const waitingHere = async (vault: Vault, view: VaultView | null): Promise<VaultOperation[]> =>
  (await uncommitted(vault, view)).filter((each) => !isNote(each));

/**
 * What waits now: another tab may have committed some of it since it was shown.
 *
 * @param shown - The view on the page, for when the vault cannot be read.
 */
export async function waitingNow(vault: Vault, shown: VaultView | null): Promise<readonly VaultOperation[]> {
  const view = await read(vault).catch(() => shown);
  return waitingHere(vault, view);
}

/** Sorts what waits: what a person did, and what the device does for itself. */
export function waitingOf(operations: readonly VaultOperation[]): Waiting {
  const joining = (each: VaultOperation): boolean => each.kind === "admit" && each.class === "owner";
  const own = ({ kind }: VaultOperation): boolean => kind === "renew";
  return {
    changes: operations.filter((each) => !joining(each) && !own(each) && !isNote(each)).length,
    joins: operations.some(joining),
    own: operations.some(own),
  };
}

/** The same as a sentence, what is not counted; `null` where there is nothing more to say. */
export function ownSentence({ joins, own }: Waiting): string | null {
  if (joins) return "This browser joins your devices with the next commit.";
  return own ? "A new key of this device goes along with the next commit." : null;
}

/** The button that commits what waits, where it says how much. */
export function commitLabel(operations: readonly VaultOperation[]): string {
  const { changes } = waitingOf(operations);
  return changes === 0 ? "Commit" : `Commit ${countText(changes, "change")}`;
}

const JOINING = "Lets this browser in as a device of yours.";

/** A commit of all that waits in one sentence, for the question about its cost. */
export function commitAct(operations: readonly VaultOperation[]): string {
  const { changes, joins } = waitingOf(operations);
  const joining = joins ? JOINING : "";
  if (changes === 0) return joins ? joining : "Commits what this device has to say for itself: no memory.";
  return `Commits ${countText(changes, "change")}.${joins ? ` ${joining}` : ""}`;
}

/**
 * What the commit of an act carries besides it: all that waited before goes along.
 *
 * @param act - the act in a sentence; one that counts what it commits has said so.
 * @param before - what waited when it began.
 * @returns `null` where there is nothing more to say.
 */
export function carriedText(act: string, before: readonly VaultOperation[]): string | null {
  const { changes, joins } = waitingOf(before);
  const counted = changes === 0 || act.startsWith("Commits ");
  const sentences = [
    counted ? "" : `Carries what waits as well: ${countText(changes, "change")}.`,
    joins && !act.includes(JOINING) ? JOINING : "",
  ].filter((sentence) => sentence !== "");
  return sentences.length === 0 ? null : sentences.join(" ");
}
