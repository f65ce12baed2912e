import { readFile } from "node:fs/promises";

import { isAddress } from "ethers";

import { NotGranted, PERMISSION, recipientText, type RosterMember } from "../../client/index.ts";
import { FileFault, UsageFault } from "./faults.ts";
import { ID_SHOWN, iso } from "./show.ts";
import { day, oneLine, written } from "./terminal.ts";

/**
 * What stands for a grantee: anything that looks like a path is a file that holds a recipient, because a recipient has
 * two thousand characters.
 *
 * @throws {FileFault} when it holds none.
 */
export async function granteeOf(who: string): Promise<string> {
  if (!/[./\\]/.test(who)) return who;
  const text = await readFile(who, "utf8").catch((cause: unknown) => {
    throw new FileFault(who, "cannot be read: name a file with a recipient.", { cause });
  });
  const recipient = text.trim();
  if (/^age1[0-9a-z]+$/.test(recipient)) return recipient;
  throw new FileFault(who, "holds no recipient: one line that begins with age1pq1 does.");
}

/**
 * The grant of an address, a member id or its beginning, a label, or a recipient.
 *
 * @throws {NotGranted} when nobody of that name has one. {UsageFault} when several have.
 */
export function memberNamed(members: readonly RosterMember[], who: string): RosterMember {
  const wanted = who.toLowerCase();
  const found = members.filter(
    ({ id, grantee, label, recipient }) =>
      grantee === wanted ||
      label === who ||
      recipientText(recipient) === wanted ||
      (wanted.length >= 4 && id.startsWith(wanted)),
  );
  if (found.length > 1)
    throw new UsageFault(`${who} fits ${found.length} grants. Name one by its member id.`);
  if (found[0] === undefined) throw new NotGranted(oneLine(who, 42));
  return found[0];
}

/** A grantee as a person reads it. */
export const nameOf = ({ id, grantee, label }: RosterMember): string =>
  label === "" ? (grantee ?? `member ${id.slice(0, ID_SHOWN)}`) : written(label, 42);

/** Names of scopes by their ids; the roster has ids alone. */
export type ScopeNames = ReadonlyMap<string, string>;

const namesOf = (scopes: readonly string[], names: ScopeNames): string[] =>
  scopes.map((id) => names.get(id) ?? id);

/** A grant as `--json` prints it. */
export const memberJson = (member: RosterMember, names: ScopeNames) => ({
  memberId: member.id,
  grantee: member.grantee,
  listed: member.listed,
  label: member.label,
  scopes: namesOf(member.scopes, names),
  expiresAt: member.expiresAt === null ? null : iso(member.expiresAt * 1_000),
  propose: (member.permissions & PERMISSION.propose) !== 0,
});

/** A grant in the table of grants. */
export const memberRow = (member: RosterMember, names: ScopeNames, now: number): string[] => [
  member.id.slice(0, ID_SHOWN),
  nameOf(member),
  written(namesOf(member.scopes, names).join(", "), 40),
  member.expiresAt === null ? "" : day(member.expiresAt * 1_000),
  member.expiresAt !== null && member.expiresAt * 1_000 <= now ? "ended; the next sync drops it" : "",
];

/** Whether an address is meant, whose grant can be ended on chain even if nobody can read the roster. */
export const isAccount = (who: string): boolean => isAddress(who);
