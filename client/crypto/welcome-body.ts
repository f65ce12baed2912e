import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import {
  decodeCbor,
  encodeCbor,
  fixed,
  flag,
  list,
  nullOr,
  seconds,
  shown,
  text,
  tuple,
  uint,
} from "../cbor.ts";
import { MalformedData } from "../errors.ts";
import { RECIPIENT_BYTES } from "./identity.ts";
import { SCOPE_ONE, SCOPE_ZERO } from "./keys.ts";
import { parseRef, refBytes, type VaultRef } from "./ref.ts";

/** What a new member is told (SPEC §8). */
export interface Welcome {
  readonly ref: VaultRef;
  /** 32 bytes: finds and unwraps blobs. */
  readonly visibilityKey: Uint8Array;
  /** 16 bytes. */
  readonly memberId: Uint8Array;
  /** Owner class: the owner's devices and recovery, who hold the epoch key. Readers hold keys of scopes. */
  readonly class: "owner" | "reader";
  /** The epoch of `secret`. */
  readonly epoch: number;
  /** 32 bytes: the member's secret at `epoch`, ratcheted from then on. */
  readonly secret: Uint8Array;
  /** 32 bytes: finds the member's newest welcome. */
  readonly locator: Uint8Array;
  /** The scopes that a reader may read; ids of 16 bytes, names as the owner calls them. */
  readonly scopes: readonly { readonly id: Uint8Array; readonly name: string }[];
  /** The grantee's address, in lower case, or `null` for a recipient alone. */
  readonly grantee: string | null;
  /** Whether the grant also stands on chain. */
  readonly listed: boolean;
  /** Unix seconds, or `null` where the membership has no end. */
  readonly expiresAt: number | null;
  /** The contract's bits: READ 1, PROPOSE 2. */
  readonly permissions: number;
  /** `fresh`: under a new epoch, nothing earlier can be read. `joined`: into the epoch as it stood. */
  readonly admission: "fresh" | "joined";
  /** 1,216 bytes: where proposals are encrypted to, for who may propose. */
  readonly inboxRecipient: Uint8Array | null;
  /** sha256 of the recipient that this welcome is for: a welcome cannot be passed on as another's. */
  readonly recipientDigest: Uint8Array;
}

const VERSION = 1;
// With these two every welcome fits 16 KiB.
const MAX_SCOPES = 62;
const MAX_NAME = 128;
const U32 = 0xffff_ffff;

/** The canonical body of a welcome, over which it is signed: a CBOR array. */
export function encodeWelcome(welcome: Welcome): Uint8Array {
  return encodeCbor([
    VERSION,
    refBytes(welcome.ref),
    welcome.visibilityKey,
    welcome.memberId,
    welcome.class === "owner" ? 0 : 1,
    welcome.epoch,
    welcome.secret,
    welcome.locator,
    welcome.scopes.map(({ id, name }) => [id, name]),
    welcome.grantee === null ? null : hexToBytes(welcome.grantee.slice(2)),
    welcome.listed,
    welcome.expiresAt,
    welcome.permissions,
    welcome.admission === "fresh" ? 0 : 1,
    welcome.inboxRecipient,
    welcome.recipientDigest,
  ]);
}

/**
 * Reads a welcome's body.
 *
 * @throws {MalformedData} when a field is missing, of another type or out of its range.
 */
export function decodeWelcome(body: Uint8Array): Welcome {
  const fields = tuple(decodeCbor(body), 16, "welcome");
  const [version, ref, visibilityKey, memberId, kind, epoch, secret, locator] = fields;
  const [scopes, grantee, listed, expiresAt, permissions, admission, inbox, recipient] = fields.slice(8);
  if (version !== VERSION) throw new MalformedData("welcome", `version ${shown(version)}`);
  const welcome: Welcome = {
    ref: parseRef(fixed(ref, 84, "welcome vault")),
    visibilityKey: fixed(visibilityKey, 32, "welcome visibility key"),
    memberId: fixed(memberId, 16, "welcome member id"),
    class: uint(kind, "welcome class", 1) === 0 ? "owner" : "reader",
    epoch: uint(epoch, "welcome epoch", U32),
    secret: fixed(secret, 32, "welcome secret"),
    locator: fixed(locator, 32, "welcome locator"),
    scopes: list(scopes, "welcome scopes").map(scopeOf),
    grantee: nullOr(grantee, (value) => `0x${bytesToHex(fixed(value, 20, "welcome grantee"))}`),
    listed: flag(listed, "welcome listed"),
    expiresAt: nullOr(expiresAt, (value) => seconds(value, "welcome expiry")),
    permissions: uint(permissions, "welcome permissions", 255),
    admission: uint(admission, "welcome admission", 1) === 0 ? "fresh" : "joined",
    inboxRecipient: nullOr(inbox, (value) => fixed(value, RECIPIENT_BYTES, "welcome inbox")),
    recipientDigest: fixed(recipient, 32, "welcome recipient digest"),
  };
  const ids = new Set(welcome.scopes.map(({ id }) => bytesToHex(id)));
  if (ids.size > MAX_SCOPES)
    throw new MalformedData("welcome scopes", `${ids.size} of at most ${MAX_SCOPES}`);
  // Complete, a membership of nothing would look like a vault without memories.
  if (ids.size === 0 && welcome.class === "reader") throw new MalformedData("welcome scopes", "none");
  if (ids.size !== welcome.scopes.length) throw new MalformedData("welcome scopes", "one of them twice");
  if (welcome.listed && welcome.grantee === null)
    throw new MalformedData("welcome", "listed without a grantee");
  return welcome;
}

function scopeOf(value: unknown): Welcome["scopes"][number] {
  const [id, name] = tuple(value, 2, "welcome scope");
  const scope = { id: fixed(id, 16, "welcome scope id"), name: text(name, "welcome scope name") };
  // Scope zero and scope one are the owner's own: nobody is ever granted them by name.
  if ([SCOPE_ZERO, SCOPE_ONE].some((own) => equalBytes(own, scope.id))) {
    throw new MalformedData("welcome scope id", "one of the owner's own scopes");
  }
  const length = utf8ToBytes(scope.name).length;
  if (length === 0 || length > MAX_NAME) throw new MalformedData("welcome scope name", `${length} bytes`);
  return scope;
}
