import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { generateIdentity, recipientBytes, recipientOf } from "../crypto/identity.ts";
import type { OpenedHead } from "./head.ts";
import { readOperations, writeOperations, type MemberState } from "./journal.ts";
import { rosterOf } from "./plan.ts";
import type { Vault } from "./session.ts";

// Whoever kept a welcome, and gets at the identity that opens it, reads by it: an identity that a welcome of the owner
// class came to is therefore replaced, and destroyed once nothing new is encrypted to it (SPEC §11).

/**
 * Journals the recipient of the next identity, until a final head has it: whatever race, rekey or power cut left it out.
 */
export async function journalRenewal(vault: Vault, state: MemberState): Promise<void> {
  const { memberId, enrolling, nextIdentity } = state;
  // A device that enrols itself has its next identity's recipient in the admission.
  if (nextIdentity === null || enrolling !== null) return;
  const recipient = recipientBytes(await recipientOf(nextIdentity));
  const waiting = await readOperations(vault.journal);
  if (waiting.some((each) => each.kind === "renew" && equalBytes(each.recipient, recipient))) return;
  await writeOperations(vault.journal, [
    { kind: "renew", id: bytesToHex(vault.random(16)), memberId, recipient },
  ]);
}

/** Whether a head's roster names the identity that is to replace the device's own. */
async function isNamed(
  { memberId }: MemberState,
  nextIdentity: string,
  opened: OpenedHead,
): Promise<boolean> {
  const member = rosterOf(opened).members.get(memberId);
  return (
    member !== undefined && equalBytes(member.recipient, recipientBytes(await recipientOf(nextIdentity)))
  );
}

/**
 * What becomes of a device's identities behind a final head: the old one goes when the roster names the next, and one that
 * a newer welcome came to gets a next.
 */
export async function identitiesBehind(
  vault: Vault,
  state: MemberState,
  opened: OpenedHead,
): Promise<Pick<MemberState, "identity" | "nextIdentity">> {
  const { identity, nextIdentity, enrolling } = state;
  if (state.class === "reader" || enrolling !== null) return { identity, nextIdentity };
  const replaced = nextIdentity !== null && (await isNamed(state, nextIdentity, opened));
  const present = replaced ? { identity: nextIdentity, nextIdentity: null } : { identity, nextIdentity };
  const due = present.nextIdentity === null && opened.reissued !== null;
  return due ? { ...present, nextIdentity: generateIdentity(vault.random) } : present;
}

/**
 * What becomes of a device's identities when a welcome is carried to it: the one that it came to is the device's own, and what
 * takes its place is one that none came to.
 */
export function identitiesAfter(
  vault: Vault,
  state: MemberState,
  openedBy: string,
): Pick<MemberState, "identity" | "nextIdentity"> {
  const { identity, nextIdentity } = state;
  if (state.class === "reader") return { identity, nextIdentity };
  const untouched = openedBy === nextIdentity ? null : nextIdentity;
  return { identity: openedBy, nextIdentity: untouched ?? generateIdentity(vault.random) };
}
