import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { encodeCbor } from "../cbor.ts";
import type { OpenedHead } from "./head.ts";
import { readCandidates, readWitness, writeWitness } from "./journal.ts";
import type { Pin, Witness, Witnessed } from "./journal.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import type { Roster, RosterMember } from "./roster.ts";
import type { Vault } from "./session.ts";

// Dates in the roster are the word of whoever wrote the head, and a hostile device writes heads. What no device of the
// owner can make up is what this one saw in final heads, and when (SPEC §11).

/**
 * Names all that a member's record lets it do, by which key, and where it finds its welcome. What a scope is called says what
 * comes to be written there, so that its name counts, and whether others have it too. The label and the dates are words.
 */
export function fingerprintOf(member: RosterMember, { scopeNames }: Pick<Roster, "scopeNames">): string {
  const names = [...scopeNames.values()];
  const scopes = member.scopes.toSorted().map((id) => {
    const name = scopeNames.get(id) ?? null;
    return [id, name, names.filter((each) => each === name).length];
  });
  return bytesToHex(
    sha256(
      encodeCbor([
        ...[member.id, member.class, member.recipient, member.grantee, member.listed],
        ...[scopes, member.expiresAt, member.permissions, member.admission],
        sha256(member.locator),
      ]),
    ),
  );
}

/** Of those that left, the ones that had been members the longest are kept: they may have written all that the others could. */
const MAX_VANISHED = 256;

/**
 * Notes since when this device has seen each member, and the record that it has, in final heads; and who of the owner class
 * left. Only a rekey of this device's own clears who leaves by it: it put up whatever they may have written.
 *
 * @param pin - the final head before this one; `null` for none.
 */
export async function witness(vault: Vault, pin: Pin | null, opened: OpenedHead): Promise<void> {
  const before = await readWitness(vault.journal);
  const { sequence } = opened.chain;
  const members = new Map<string, Witnessed>();
  let news = false;
  const roster = rosterOf(opened);
  for (const member of roster.members.values()) {
    const known = before.members.get(member.id);
    const fingerprint = fingerprintOf(member, roster);
    const owner = member.class === "owner";
    const same = known?.fingerprint === fingerprint;
    const memberSeen = known?.memberSeen ?? before.vanished.get(member.id) ?? sequence;
    const once = owner || known?.owner === true || before.vanished.has(member.id);
    members.set(member.id, same ? known : { fingerprint, seen: sequence, memberSeen, owner: once });
    news ||= !same;
  }
  const stays = await ownRekey(vault, pin, opened);
  const vanished = [...seenOwners(before)]
    .filter(([id]) => !members.has(id) && (stays === null || stays.includes(id)))
    .sort(([, a], [, b]) => Number(a - b))
    .slice(0, MAX_VANISHED);
  const left = members.size !== before.members.size || vanished.length !== before.vanished.size;
  if (news || left) await writeWitness(vault.journal, { members, vanished: new Map(vanished) });
}

/** Who stayed by a rekey of this device that landed since; `null` where there was none. */
async function ownRekey(
  vault: Vault,
  pin: Pin | null,
  opened: OpenedHead,
): Promise<readonly string[] | null> {
  const { batches } = secretsOf(opened);
  const rekeys = (await readCandidates(vault.journal)).filter(
    ({ id, stays, sequence }) => stays !== null && batches.has(id) && sequence > (pin?.sequence ?? 0n),
  );
  const [last] = rekeys.sort((a, b) => Number(b.sequence - a.sequence));
  return last?.stays ?? null;
}

/** Since when each of the owner class was seen to be a member, whether it is one or not. */
function* seenOwners({ members, vanished }: Witness): Generator<[string, bigint]> {
  yield* vanished;
  for (const [id, { owner, memberSeen }] of members) if (owner) yield [id, memberSeen];
}

/**
 * Members whose record may be the work of somebody who does not stay: all but those that this device saw as they are when
 * none of these was a member yet. Who left before, or is not in the head to build on, does not stay either.
 *
 * @param removed - who is to be removed.
 * @param known - who else stays.
 * @param roster - of the head to build on.
 */
export function unwitnessed(
  staying: readonly RosterMember[],
  witnessed: Witness,
  removed: ReadonlySet<string>,
  known: readonly RosterMember[],
  roster: Pick<Roster, "scopeNames">,
): RosterMember[] {
  const stays = new Set([...staying, ...known].map(({ id }) => id));
  const admissions = [...removed].flatMap((id) => witnessed.members.get(id)?.memberSeen ?? []);
  for (const [id, since] of seenOwners(witnessed)) if (!stays.has(id)) admissions.push(since);
  return staying.filter((member) => {
    const seen = witnessed.members.get(member.id);
    return (
      seen?.fingerprint !== fingerprintOf(member, roster) ||
      admissions.some((admitted) => admitted <= seen.seen)
    );
  });
}
