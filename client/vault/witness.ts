import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { encodeCbor } from "../cbor.ts";
import type { OpenedHead } from "./head.ts";
import { readWitnessed, writeWitnessed, type Witnessed } from "./journal.ts";
import { rosterOf } from "./plan.ts";
import type { RosterMember } from "./roster.ts";
import type { Vault } from "./session.ts";

// Dates in the roster are the word of whoever wrote the head, and a hostile device writes heads. What no device of the
// owner can make up is what this one saw in final heads, and when (SPEC §11).

/** Names all that a member's record lets it do, by which key, and where it finds its welcome. Its label and its dates are words. */
export const fingerprintOf = (member: RosterMember): string =>
  bytesToHex(
    sha256(
      encodeCbor([
        ...[member.id, member.class, member.recipient, member.grantee, member.listed],
        ...[member.scopes.toSorted(), member.expiresAt, member.permissions, member.admission],
        sha256(member.locator),
      ]),
    ),
  );

/** Notes since when this device has seen each member, and the record that it has, in final heads. */
export async function witness(vault: Vault, opened: OpenedHead): Promise<void> {
  const before = await readWitnessed(vault.journal);
  const { sequence } = opened.chain;
  const after = new Map<string, Witnessed>();
  let news = false;
  for (const member of rosterOf(opened).members.values()) {
    const known = before.get(member.id);
    const fingerprint = fingerprintOf(member);
    const same = known?.fingerprint === fingerprint;
    after.set(
      member.id,
      same ? known : { fingerprint, seen: sequence, memberSeen: known?.memberSeen ?? sequence },
    );
    news ||= !same;
  }
  if (news || after.size < before.size) await writeWitnessed(vault.journal, after);
}

/**
 * Members whose record may be the work of somebody who is to be removed: all but those that this device saw as they are
 * when none of these was a member yet.
 */
export function unwitnessed(
  members: Iterable<RosterMember>,
  witnessed: ReadonlyMap<string, Witnessed>,
  removed: ReadonlySet<string>,
): RosterMember[] {
  const admissions = [...removed].flatMap((id) => witnessed.get(id)?.memberSeen ?? []);
  return [...members].filter((member) => {
    const known = witnessed.get(member.id);
    return (
      known?.fingerprint !== fingerprintOf(member) || admissions.some((admitted) => admitted <= known.seen)
    );
  });
}
