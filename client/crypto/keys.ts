import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bytesToNumberBE, equalBytes, numberToBytesBE } from "@noble/ciphers/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { abytes, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { AlteredError, MalformedData } from "../errors.ts";
import { identityText } from "./identity.ts";
import { refBytes, type VaultRef } from "./ref.ts";

const EMPTY = new Uint8Array(0);
const NONCE = new Uint8Array(12);
const TAG_BYTES = 32;
const ENTRY_BYTES = 80;

/** The owner's own scope of secrets, which must not outlive an epoch. Never granted. */
export const SCOPE_ZERO: Uint8Array = new Uint8Array(16);

/** The owner's own scope of members and scope names. Never granted. */
export const SCOPE_ONE: Uint8Array = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

/** What the 24 words give for one vault. */
export interface SeedSecrets {
  /** Finds and unwraps blobs; protects no content. */
  readonly visibilityKey: Uint8Array;
  /** The recovery member's secret of epoch 0. */
  readonly recoverySecret: Uint8Array;
  /** Finds the recovery member's newest welcome. */
  readonly recoveryLocator: Uint8Array;
  /** The age identity that opens that welcome, `AGE-SECRET-KEY-PQ-1…`. */
  readonly recoveryIdentity: string;
}

/** The salt of a mint, so that words and address find the vault again (SPEC §2). */
export function mintSalt(seed: Uint8Array, index: number): Uint8Array {
  return derive(seed, EMPTY, info("mint-salt", numberToBytesBE(index, 4)));
}

/** Everything that the seed gives for one vault (SPEC §2). */
export function seedSecrets(seed: Uint8Array, ref: VaultRef): SeedSecrets {
  const secret = (purpose: string): Uint8Array => derive(seed, refBytes(ref), info(purpose));
  return {
    visibilityKey: secret("visibility-key"),
    recoverySecret: secret("recovery-secret"),
    recoveryLocator: secret("recovery-locator"),
    recoveryIdentity: identityText(secret("recovery-identity")),
  };
}

/** The key of one scope in one epoch: all that a reader of the scope gets (SPEC §2). */
export function scopeKey(epochKey: Uint8Array, scopeId: Uint8Array): Uint8Array {
  return derive(epochKey, EMPTY, info("scope-key", abytes(scopeId, 16, "scope id")));
}

/**
 * A member's secret some epochs later (SPEC §2). There is no way back: who erases the old one cannot open old keyrings.
 *
 * @param steps - how many epochs; 0 gives a copy.
 */
export function ratchet(secret: Uint8Array, steps = 1): Uint8Array {
  if (!Number.isSafeInteger(steps) || steps < 0) throw new RangeError(`cannot ratchet ${steps} steps`);
  let next: Uint8Array = abytes(secret, 32, "secret").slice();
  for (let step = 0; step < steps; step++) next = derive(next, EMPTY, info("member-ratchet"));
  return next;
}

/**
 * Masks a blob's digest into the pointer that stands on chain, or a pointer back into the digest (SPEC §4).
 *
 * @param sequence - of the commit; with `root` it makes the pad a single-use one.
 * @param value - 32 bytes, digest or pointer.
 */
export function maskPointer(
  visibilityKey: Uint8Array,
  ref: VaultRef,
  sequence: bigint,
  root: Uint8Array,
  value: Uint8Array,
): Uint8Array {
  const key = derive(visibilityKey, EMPTY, info("pointer"));
  const at = concatBytes(refBytes(ref), numberToBytesBE(sequence, 8), abytes(root, 32, "root"));
  const pad = bytesToNumberBE(hmac(sha256, key, at));
  return numberToBytesBE(bytesToNumberBE(abytes(value, 32, "value")) ^ pad, 32);
}

/**
 * Wraps one scope's key for one member (SPEC §4).
 *
 * @param secret - the member's secret at this epoch.
 * @param keyringSalt - 32 bytes, drawn with the keyring.
 * @returns 80 bytes: tag (32), which is also the key's commitment, and the wrapped key (48).
 */
export function keyringEntry(
  secret: Uint8Array,
  keyringSalt: Uint8Array,
  scopeId: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  return wrap(secret, keyringSalt, keyringInfo(scopeId), key);
}

/** The tag under which a member finds its entry of one scope: the first 32 bytes of it. */
export function keyringTag(secret: Uint8Array, keyringSalt: Uint8Array, scopeId: Uint8Array): Uint8Array {
  return tagAndKey(secret, keyringSalt, keyringInfo(scopeId)).tag;
}

/**
 * Opens a member's entry of one scope.
 *
 * @returns the key, or `null` when the entry is another's.
 * @throws {AlteredError} when it is this member's and broken.
 */
export function openKeyringEntry(
  secret: Uint8Array,
  keyringSalt: Uint8Array,
  scopeId: Uint8Array,
  entry: Uint8Array,
): Uint8Array | null {
  return unwrap(secret, keyringSalt, keyringInfo(scopeId), entry);
}

/**
 * The entry by which a reissued member finds its newest welcome (SPEC §4).
 *
 * @param locator - the member's locator.
 * @param digest - 32 bytes, the sha256 of the stored welcome.
 */
export function locatorEntry(locator: Uint8Array, keyringSalt: Uint8Array, digest: Uint8Array): Uint8Array {
  return wrap(locator, keyringSalt, info("keyring-locator"), digest);
}

/** The tag under which a member finds its locator entry. */
export function locatorTag(locator: Uint8Array, keyringSalt: Uint8Array): Uint8Array {
  return tagAndKey(locator, keyringSalt, info("keyring-locator")).tag;
}

/** Opens a locator entry, as {@link openKeyringEntry} does; gives a digest. */
export function openLocatorEntry(
  locator: Uint8Array,
  keyringSalt: Uint8Array,
  entry: Uint8Array,
): Uint8Array | null {
  return unwrap(locator, keyringSalt, info("keyring-locator"), entry);
}

function wrap(secret: Uint8Array, salt: Uint8Array, purpose: Uint8Array, value: Uint8Array): Uint8Array {
  const { tag, key } = tagAndKey(secret, salt, purpose);
  return concatBytes(tag, chacha20poly1305(key, NONCE, purpose).encrypt(abytes(value, 32, "value")));
}

function unwrap(
  secret: Uint8Array,
  salt: Uint8Array,
  purpose: Uint8Array,
  entry: Uint8Array,
): Uint8Array | null {
  if (entry.length !== ENTRY_BYTES)
    throw new MalformedData("keyring entry", `${entry.length} of ${ENTRY_BYTES} bytes`);
  const { tag, key } = tagAndKey(secret, salt, purpose);
  if (!equalBytes(tag, entry.subarray(0, TAG_BYTES))) return null;
  try {
    return chacha20poly1305(key, NONCE, purpose).decrypt(entry.subarray(TAG_BYTES));
  } catch (cause) {
    throw new AlteredError("an entry of the keyring", { cause });
  }
}

function tagAndKey(secret: Uint8Array, salt: Uint8Array, purpose: Uint8Array) {
  const okm = derive(secret, abytes(salt, 32, "keyring salt"), purpose, 64);
  return { tag: okm.subarray(0, TAG_BYTES), key: okm.subarray(TAG_BYTES) };
}

const keyringInfo = (scopeId: Uint8Array): Uint8Array =>
  info("keyring-entry", abytes(scopeId, 16, "scope id"));

const info = (purpose: string, ...fields: Uint8Array[]): Uint8Array =>
  concatBytes(utf8ToBytes(`memory-vault/v1/${purpose}`), ...fields);

const derive = (secret: Uint8Array, salt: Uint8Array, purpose: Uint8Array, length = 32): Uint8Array =>
  hkdf(sha256, abytes(secret, 32, "secret"), salt, purpose, length);
