import { countText, numberText } from "../../../ui/texts.ts";
import type { Walked } from "./seen.ts";

/** What a walk looks for, as a person calls it. */
const SUBJECTS: Readonly<Record<Walked["what"], string>> = {
  vault: "The vault's own events",
  proposals: "Proposals",
  approvals: "Approvals",
  locks: "Locks and unlocks",
  agents: "What listed agents logged",
  strangers: "What contracts logged that no grant lists",
  keys: "Published keys",
  operators: "Operators that owners approved",
  publications: "Blobs on the chain as a store",
};

const WHY = {
  refused: "The RPC refused the rest: look again, or use another one.",
  "too much": "So much was logged there that this page reads no further.",
} as const;

/** Why something of the log is not there, in sentences; none where all of it is. */
export const unreadIn = (walks: readonly Walked[]): string[] =>
  walks.flatMap(({ what, reached, stopped, leftOut }) => {
    const count = leftOut.reduce((sum, each) => sum + each.count, 0);
    const left = count === 0 ? [] : [`${SUBJECTS[what]}: ${countText(count, "event")} ${LEFT[what]}.`];
    if (stopped === null) return left;
    const far = reached === null ? "not looked for" : `looked for from block ${numberText(reached)} on only`;
    return [`${SUBJECTS[what]}: ${far}. ${WHY[stopped]}`, ...left];
  });

const OLDER = "that are older than those shown are left out";
const LEFT: Readonly<Record<Walked["what"], string>> = {
  ...{ vault: OLDER, proposals: OLDER, approvals: OLDER, locks: OLDER, agents: OLDER, keys: OLDER },
  ...{ operators: OLDER, publications: OLDER },
  strangers: "are left out. Anybody can log any number of them about any vault",
};

/** What was not asked about, of all that could have been. */
export const unaskedIn = (what: string, asked: number, all: number): string[] =>
  asked >= all
    ? []
    : [`${what}: looked for with the newest ${numberText(asked)} of ${numberText(all)} only.`];
