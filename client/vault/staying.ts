import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { hexlify } from "ethers";

import { recipientBytes, recipientDigest, recipientOf } from "../crypto/identity.ts";
import type { SeedSecrets } from "../crypto/keys.ts";
import { NotAMember } from "../errors.ts";
import { LocatorShared, WordsNeeded, type UnconfirmedMember } from "./errors.ts";
import type { OpenedHead } from "./head.ts";
import { readWitness, type MemberState } from "./journal.ts";
import { ownerMember, wordsMember } from "./mint.ts";
import type { RekeyOperation } from "./operations.ts";
import { goneMembers } from "./owed.ts";
import { rosterOf, type RekeyPlan } from "./plan.ts";
import { WORDS_LABEL, type RosterMember } from "./roster.ts";
import type { Block, Vault } from "./session.ts";
import { fingerprintOf, unwitnessed } from "./witness.ts";

/** Who leaves by a rekey, and what this device knows of those who stay. */
export type Parties = Pick<RekeyPlan, "remove" | "own" | "known" | "renewed">;

/** Sorts out a roster that others may have written. */
export async function partiesOf(
  state: MemberState,
  operation: RekeyOperation,
  opened: OpenedHead,
): Promise<Parties> {
  const members = [...rosterOf(opened).members.values()];
  const { id, newWords } = operation;
  const typed = operation.words ?? standingOn(state);
  // Somebody took the words out, or a hand-over did: nobody but they can say what they are.
  const named = members.some(({ class: kind, label }) => kind === "owner" && label === WORDS_LABEL);
  if (!named && typed === null && newWords === null) throw new WordsNeeded();
  const leavingWords = members.filter(
    ({ class: kind, label, locator }) =>
      newWords !== null &&
      kind === "owner" &&
      (label === WORDS_LABEL || (typed !== null && equalBytes(locator, typed.recoveryLocator))),
  );
  const remove = [...new Set([...operation.remove, ...leavingWords.map((member) => member.id)])];
  const own = state.enrolling === null ? [await ownRecord(state, members, opened.data.epoch)] : [];
  const words = typed === null || newWords !== null ? [] : [await wordsRecord(id, typed, members)];
  return {
    ...{ remove, own: state.enrolling ?? state.memberId },
    known: [...own, ...words.filter((member) => !remove.includes(member.id))],
    renewed:
      newWords === null
        ? null
        : { member: await wordsMember(id, newWords), firstSecret: newWords.recoverySecret },
  };
}

/** A device that enrols itself is not a member yet, and stands on the words. */
function standingOn(state: MemberState): SeedSecrets | null {
  const { enrolling, visibilityKey, secret, locator, identity } = state;
  if (enrolling === null || identity === null) return null;
  return { visibilityKey, recoverySecret: secret, recoveryLocator: locator, recoveryIdentity: identity };
}

/** The words' record, from what they give and nothing else. */
async function wordsRecord(
  operationId: string,
  words: SeedSecrets,
  members: readonly RosterMember[],
): Promise<RosterMember> {
  const standing = members.find(({ locator }) => equalBytes(locator, words.recoveryLocator));
  const derived = await wordsMember(standing?.id ?? operationId, words);
  return standing === undefined ? derived : { ...derived, welcomeDigest: standing.welcomeDigest };
}

/** This device's own record, whatever others made of it: one that was taken out comes back. */
async function ownRecord(
  { memberId, identity, nextIdentity, locator }: MemberState,
  members: readonly RosterMember[],
  epoch: number,
): Promise<RosterMember> {
  const held = [identity, nextIdentity].filter((each) => each !== null);
  const [first] = held;
  if (first === undefined) throw new NotAMember(epoch);
  const standing = members.find(({ id }) => id === memberId);
  const derived = await ownerMember(memberId, first, locator, standing?.label ?? "returned device");
  if (standing === undefined) return derived;
  const { welcomeDigest, erased } = standing;
  const recipients = await Promise.all(held.map(async (each) => recipientBytes(await recipientOf(each))));
  const named = recipients.find((recipient) => equalBytes(recipient, standing.recipient));
  return { ...derived, welcomeDigest, erased, recipient: named ?? derived.recipient };
}

/**
 * A locator leads to one welcome: who has another's hides that one's.
 *
 * @throws {LocatorShared} when two that stay have the same.
 */
export function checkLocators({ remove, known, renewed }: Parties, opened: OpenedHead): void {
  const apart = new Set([...remove, ...known.map(({ id }) => id)]);
  const others = [...rosterOf(opened).members.values()].filter(({ id }) => !apart.has(id));
  const holders = new Map<string, string>();
  for (const { id, locator } of [...known, ...others, ...(renewed === null ? [] : [renewed.member])]) {
    const name = bytesToHex(locator);
    const holder = holders.get(name);
    if (holder !== undefined) throw new LocatorShared([holder, id]);
    holders.set(name, id);
  }
}

/** Who would stay by a record that nobody vouches for. Readers whose grant is over do not stay. */
export async function doubtful(
  vault: Vault,
  { confirmed }: RekeyOperation,
  { remove, known }: Parties,
  opened: OpenedHead,
  { number, timestamp }: Block,
): Promise<UnconfirmedMember[]> {
  const removed = new Set(remove);
  const gone = await goneMembers(vault, opened, number, timestamp);
  const settled = new Set([...removed, ...gone.keys(), ...known.map(({ id }) => id)]);
  const roster = rosterOf(opened);
  const staying = [...roster.members.values()].filter(({ id }) => !settled.has(id));
  return unwitnessed(staying, await readWitness(vault.journal), removed, known, roster)
    .map((member) => ({
      ...{ fingerprint: fingerprintOf(member, roster), id: member.id },
      ...{ class: member.class, label: member.label },
      scopes: member.scopes.map((id) => roster.scopeNames.get(id) ?? id),
      recipientDigest: hexlify(recipientDigest(member.recipient)),
    }))
    .filter(({ fingerprint }) => !confirmed.includes(fingerprint));
}
