import { bytesToHex } from "@noble/hashes/utils.js";

import { recipientBytes } from "../crypto/identity.ts";
import { PERMISSION } from "./contract.ts";
import { admit, members, type Granted } from "./grant.ts";
import type { RosterMember } from "./roster.ts";
import { stateOf, type Vault } from "./session.ts";
import { unprinted } from "./unprinted.ts";

/** A device that is to read and write everything. */
export interface DeviceRequest {
  /** The key that its welcome is encrypted to, `age1pq1…`. */
  readonly recipient: string;
  /** The owner's own words. */
  readonly label: string;
}

/**
 * Adds a device of the owner: it reads and writes everything, and can add others. No key turns. Carry its welcome to it,
 * as a file or as text, and sync there once: the device then replaces the key that the welcome was encrypted to.
 *
 * @throws {AlreadyMember} when that key has a member.
 */
export const addDevice = (vault: Vault, { recipient, label }: DeviceRequest): Promise<Granted> =>
  admit(vault, {
    ...{
      kind: "admit",
      id: bytesToHex(vault.random(16)),
      class: "owner",
      recipient: recipientBytes(recipient),
    },
    ...{ grantee: null, listed: false, scopes: [], expiresAt: null, permissions: PERMISSION.read },
    ...{ admission: "joined", label, storeWelcome: false },
  });

/** One of the owner's own: a device, or the words. */
export interface DeviceEntry extends RosterMember {
  /** Whether it is the device that asks. */
  readonly own: boolean;
}

/** The owner's devices, and the words, from the newest head. */
export async function devices(vault: Vault): Promise<DeviceEntry[]> {
  const { memberId, enrolling } = await stateOf(vault);
  return (await members(vault))
    .filter((member) => member.class === "owner")
    .map((member) => unprinted({ ...member, own: member.id === (enrolling ?? memberId) }, "locator"));
}
