import type { VaultOperation } from "../../../../../client/index.ts";
import type { Inbox, InboxEntry, InboxMemory } from "../../../../../client/agents.ts";
import { commitAct, waitingOf } from "../../session/waiting.ts";
import { countText } from "../../ui/texts.ts";
import { mayPropose } from "./grant-state.ts";
import type { LedgerLine } from "./ledger.ts";

/** Whether a proposal can be accepted now. */
export const isAcceptable = ({ fault, final, memories }: InboxEntry): boolean =>
  fault === null && final && memories !== null;

/** What a proposal is known by in lists: several accounts may have sent one file. */
export const entryKey = ({ id, proposer }: InboxEntry): string => `${id}-${proposer}`;

/** How a proposal stands. */
export function proposalText({ fault, final, memories }: InboxEntry): string {
  if (fault !== null) return `cannot be accepted: ${fault.message}`;
  const many = countText(memories?.length ?? 0, "memory", "memories");
  return final ? many : `${many}; not final on chain yet: decide in some minutes`;
}

/** Who sent a proposal, in the owner's own words where there are any. */
export function senderText({ grant, proposer }: InboxEntry): string {
  if (grant === null) return `${proposer} (no grant any more)`;
  const name = grant.label === "" ? proposer : grant.label;
  return grant.ended ? `${name} (its grant has ended)` : name;
}

/** The scopes that a proposal is for, by the names that the owner gave them. */
export const scopesOf = (memories: readonly InboxMemory[]): string[] => [
  ...new Set(memories.map(({ scopeName, scope }) => scopeName ?? scope)),
];

/** All else that somebody wrote of a memory, on lines of their own. */
export function detailsOf({ tags = [], metadata = {} }: InboxMemory): string[] {
  const isPlain = Object.keys(metadata).length === 0;
  return [
    ...(tags.length === 0 ? [] : [`tags: ${tags.join(", ")}`]),
    ...(isPlain ? [] : [JSON.stringify(metadata)]),
  ];
}

/** What of an inbox is not shown, in sentences. */
export function leftOut({ more, strange, withheld }: Omit<Inbox, "entries">): string[] {
  return [
    ...more.map(
      ({ proposer, count }) =>
        `${countText(count, "more proposal")} of ${proposer} ${count === 1 ? "waits" : "wait"} behind those.`,
    ),
    ...(strange === 0
      ? []
      : [
          `${countText(strange, "proposal")} came from accounts without a grant, and ${strange === 1 ? "is" : "are"} not shown.`,
        ]),
    ...withheld.map(
      (proposer) => `The RPC does not tell all that ${proposer} proposed: use another, or revoke its grant.`,
    ),
  ];
}

/** A pair that a rule can be made for. */
export interface RuleChoice {
  readonly memberId: string;
  readonly scope: string;
  readonly line: LedgerLine;
}

/** Every grant that may propose, with every scope that it reads. */
export const ruleChoices = (lines: readonly LedgerLine[]): RuleChoice[] =>
  lines
    .filter(({ entry }) => !entry.ended && mayPropose(entry))
    .flatMap((line) => line.entry.scopeNames.map((scope) => ({ memberId: line.entry.id, scope, line })));

/** How many accepted memories are in no commit yet. */
export const acceptedOf = (waiting: readonly VaultOperation[]): number =>
  waiting.filter((each) => each.kind === "create" && "proposal" in (each.metadata ?? {})).length;

/** A commit that puts accepted memories into the vault, in one sentence: what else waits goes along. */
export function acceptedAct(waiting: readonly VaultOperation[]): string {
  const many = acceptedOf(waiting);
  return many === 0
    ? commitAct(waiting)
    : `Commits ${countText(waitingOf(waiting).changes, "change")}, ${countText(many, "accepted memory", "accepted memories")} among them.`;
}
