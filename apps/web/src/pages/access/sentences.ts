import type { ChangeRequest } from "../../../../../client/manage.ts";
import { countText, dateText } from "../../ui/texts.ts";

/** A scope and how much there is to read in it. */
export interface CountedScope {
  readonly name: string;
  readonly count: number;
}

/** Names in a row: "a", "a and b", "a, b and c". */
export function inRow(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** What a grant opens: "all 34 memories of health and the only one of travel". */
export const readingText = (scopes: readonly CountedScope[]): string =>
  inRow(
    scopes.map(({ name, count }) => {
      if (count === 0) return `what will be in ${name} (nothing is there now)`;
      return count === 1
        ? `the one memory of ${name}`
        : `all ${countText(count, "memory", "memories")} of ${name}`;
    }),
  );

/** What is about to be granted. */
export interface GrantPlan {
  readonly name: string;
  readonly scopes: readonly CountedScope[];
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly listed: boolean;
  readonly propose: boolean;
}

/** A grant in plain sentences, before it is made. */
export const grantSentences = ({
  name,
  scopes,
  expiresAt,
  listed: onChain,
  propose,
}: GrantPlan): string[] => [
  `${name} will read ${readingText(scopes)} until ${dateText(expiresAt * 1_000)}, and what you add there until then.`,
  "Other scopes stay closed, and so does what left the vault before.",
  ...(propose ? [`${name} may propose memories. They wait in your inbox until you decide.`] : []),
  onChain
    ? "Everybody can see on chain that this account has a grant, and until when; not what it reads."
    : "Nobody can see on chain that there is a grant.",
  "What was read stays read: a revoke closes what you write afterwards.",
];

/** What a revoke does, and what it cannot do. */
export const revokeSentences = (names: readonly string[]): string[] => [
  `From the next commit on ${inRow(names)} cannot read what you write.`,
  "What was read stays read, and copies of it may be kept.",
  "All keys change, in one transaction. Everybody else who may read goes on reading.",
];

/** What a grant says, as it was and as it would be. */
export interface ChangePlan {
  readonly name: string;
  readonly before: { readonly scopes: readonly string[]; readonly expiresAt: number };
  readonly after: { readonly scopes: readonly string[]; readonly expiresAt: number };
  readonly counts: ReadonlyMap<string, number>;
}

/** A change in plain sentences; none when nothing is to be otherwise. */
export function changeSentences({ name, before, after, counts }: ChangePlan): string[] {
  const opened = after.scopes.filter((each) => !before.scopes.includes(each));
  const closed = before.scopes.filter((each) => !after.scopes.includes(each));
  const scopesOf = (names: readonly string[]): CountedScope[] =>
    names.map((each) => ({ name: each, count: counts.get(each) ?? 0 }));
  const day = dateText(after.expiresAt * 1_000);
  return [
    ...(opened.length === 0 ? [] : [`${name} will also read ${readingText(scopesOf(opened))}.`]),
    ...(closed.length === 0
      ? []
      : [
          `${name} cannot read what you write to ${inRow(closed)} from then on. What was read there stays read.`,
        ]),
    ...(after.expiresAt === before.expiresAt
      ? []
      : [
          `${name} reads until ${day}, ${after.expiresAt > before.expiresAt ? "longer" : "shorter"} than now.`,
        ]),
  ];
}

/** A grant in one sentence, for the question about its cost. */
export const grantAct = ({
  name,
  scopes,
  expiresAt,
}: {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number;
}): string =>
  `Grants ${name.trim() === "" ? "a reader" : name.trim()} ${inRow(scopes)} until ${dateText(expiresAt * 1_000)}.`;

/** A revoke in one sentence. */
export const revokeAct = (names: readonly string[]): string =>
  `Revokes ${countText(names.length, "grant")}: ${inRow(names)}.`;

/** A changed grant in one sentence. */
export function changeAct({ name, after }: ChangePlan, request: ChangeRequest): string {
  const { label, ...terms } = request;
  if (Object.keys(terms).length > 0)
    return `Changes the grant of ${name}: ${inRow(after.scopes)} until ${dateText(after.expiresAt * 1_000)}${mayText(request)}.`;
  const words = label === undefined ? "Makes" : "Writes your own words for it anew, and makes";
  return `${words} a new welcome for ${name}. What it reads, and until when, stays.`;
}

const mayText = ({ propose }: ChangeRequest): string =>
  propose === undefined
    ? ""
    : propose
      ? ", and it may propose memories"
      : ", and it may not propose memories";

/** The end of grants that ran out, or were revoked on chain, in one sentence. */
export const endedAct = (many: number): string =>
  `Changes all keys, so that ${countText(many, "reader")} whose grant ended ${many === 1 ? "opens" : "open"} nothing that is written from now on.`;
