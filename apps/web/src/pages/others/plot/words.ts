import { countText, numberText, shortText, sizeText, timeText } from "../../../ui/texts.ts";
import type { SeenCommit, SeenGrant, SeenTransaction } from "../outsider/seen.ts";

/** Unix seconds as a person reads them. */
export const momentText = (seconds: number): string => timeText(seconds * 1_000);

/** The same, or the block where nobody knows the time. */
export const whenText = ({
  time,
  block,
}: {
  readonly time: number | null;
  readonly block: number;
}): string => (time === null ? `block ${numberText(block)}` : momentText(time));

/** What stands in the place of something that is not known. */
export const unknownText = ({ looked }: SeenTransaction): string => (looked ? "not told" : "not looked up");

/** All that anybody knows of a commit, in a sentence or two. */
export function commitText({ sequence, beside, foreign, transaction }: SeenCommit): string {
  const { bytes, gas, from } = transaction;
  const cost = [
    bytes === null ? "" : `${sizeText(bytes)} of calldata`,
    gas === null ? "" : `${numberText(gas)} gas`,
    from === null ? "" : `sent by ${shortText(from)}`,
  ].filter((text) => text !== "");
  const with_ = beside.length === 0 ? "" : ` Beside it: ${beside.map(besideText).join(", ")}.`;
  const other = foreign ? " It was written by another program, in a format of its own." : "";
  return `Commit ${sequence}, ${whenText(transaction)}: ${cost.length === 0 ? "nothing else is told" : cost.join(", ")}.${with_}${other}`;
}

const BESIDE: Readonly<Record<string, string>> = {
  Granted: "a listed grant",
  Revoked: "a revoke",
  Proposed: "a proposal",
  Transfer: "a change of owner",
  SpaceAuthorizationUpdated: "another account that may commit",
};

const besideText = (name: string): string => BESIDE[name] ?? name;

/** What a listed grant allows. */
export const permissionText = ({ mayRead, mayPropose }: SeenGrant): string =>
  [mayRead ? ["read"] : [], mayPropose ? ["propose"] : []].flat().join(" and ");

/** How a listed grant ended, or when it will. */
export function endText({ stands, ended, endedBy, endedIn, expiresAt }: SeenGrant): string {
  if (stands) return `stands until ${momentText(expiresAt)}`;
  if (endedBy === null) return `ran out on ${momentText(expiresAt)}`;
  const how = {
    revoked: "revoked",
    replaced: "replaced by another grant",
    "new owner": "void: the vault has a new owner",
  };
  return `${how[endedBy]} ${ended === null ? `in block ${numberText(endedIn ?? 0)}` : `on ${momentText(ended)}`}`;
}

/** What a plot shows, for whoever does not see it. */
export const plotText = (commits: number, grants: number): string =>
  `${countText(commits, "commit")} over time, and ${countText(grants, "listed grant")} below. The arrow keys go from commit to commit; the table beneath has them all.`;
