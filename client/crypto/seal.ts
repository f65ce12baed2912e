import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes, numberToBytesBE } from "@noble/ciphers/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { abytes, concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { AlteredError, MalformedData } from "../errors.ts";
import { refBytes, type VaultRef } from "./ref.ts";

/** Draws `length` unpredictable bytes. */
export type Random = (length: number) => Uint8Array;

const SALT = 32;
const COMMITMENT = 32;
const TAG = 16;

/** How many bytes longer sealed bytes are: salt, commitment and tag. */
export const SEAL_OVERHEAD = SALT + COMMITMENT + TAG;

// A key is used for one message only, because the salt is drawn anew: the nonce can be constant.
const NONCE = new Uint8Array(12);
const PREFIX = "memory-vault/v1/seal/";

/**
 * Seals bytes under a key and a context (SPEC §3). The output is uniform, and names one key only: the AEAD alone would
 * let a forger make bytes that open under two.
 *
 * @param key - 32 bytes; may serve many contexts.
 * @param context - what the bytes are, from one of the functions below; must be known again to open them.
 * @param plaintext - any number of bytes; sealing does not hide how many.
 * @param random - source of the salt.
 * @returns salt (32), commitment (32), ciphertext, tag (16).
 */
export function seal(
  key: Uint8Array,
  context: Uint8Array,
  plaintext: Uint8Array,
  random: Random = randomBytes,
): Uint8Array {
  const salt = abytes(random(SALT), SALT, "salt");
  const { once, commitment } = derive(key, salt, context);
  return concatBytes(salt, commitment, chacha20poly1305(once, NONCE, context).encrypt(plaintext));
}

/**
 * Opens sealed bytes (SPEC §3).
 *
 * @returns the plaintext, or `null` when they were sealed under another key or in another context.
 * @throws {AlteredError} when they were sealed under this key and are broken.
 * @throws {MalformedData} when they are too short to be sealed bytes.
 */
export function open(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < SEAL_OVERHEAD) {
    throw new MalformedData("sealed bytes", `${sealed.length} of at least ${SEAL_OVERHEAD} bytes`);
  }
  const { once, commitment } = derive(key, sealed.subarray(0, SALT), context);
  if (!equalBytes(commitment, sealed.subarray(SALT, SALT + COMMITMENT))) return null;
  try {
    return chacha20poly1305(once, NONCE, context).decrypt(sealed.subarray(SALT + COMMITMENT));
  } catch (cause) {
    throw new AlteredError(`a sealed ${purposeOf(context)}`, { cause });
  }
}

function derive(key: Uint8Array, salt: Uint8Array, context: Uint8Array) {
  const okm = hkdf(sha256, abytes(key, 32, "key"), salt, context, 64);
  return { once: okm.subarray(0, 32), commitment: okm.subarray(32) };
}

/** Context of a head: under the visibility key. */
export function headContext(ref: VaultRef, sequence: bigint): Uint8Array {
  return context("head", ref, u64(sequence));
}

/** Context of a scope's section: under the scope's key. */
export function sectionContext(
  ref: VaultRef,
  sequence: bigint,
  epoch: number,
  scopeId: Uint8Array,
): Uint8Array {
  return context("section", ref, u64(sequence), u32(epoch), abytes(scopeId, 16, "scope id"));
}

/** Context of a page of the keyring: under the visibility key. */
export function pageContext(ref: VaultRef, epoch: number): Uint8Array {
  return context("page", ref, u32(epoch));
}

/** Context of a chunk of a section: under the scope's key. */
export function chunkContext(ref: VaultRef, epoch: number, scopeId: Uint8Array): Uint8Array {
  return context("chunk", ref, u32(epoch), abytes(scopeId, 16, "scope id"));
}

/** Context of an index that lists chunks: under the scope's key. */
export function indexContext(ref: VaultRef, epoch: number, scopeId: Uint8Array): Uint8Array {
  return context("index", ref, u32(epoch), abytes(scopeId, 16, "scope id"));
}

/** Context of a welcome that is found through a locator: under the visibility key. */
export function welcomeContext(ref: VaultRef): Uint8Array {
  return context("welcome", ref);
}

/** Context of a file of the journal: under a key that never leaves the device. */
export function journalContext(ref: VaultRef, name: string): Uint8Array {
  return context("journal", ref, utf8ToBytes(name));
}

// No context is the beginning of another of the same purpose: fields have fixed lengths, and the name is alone.
const context = (purpose: string, ref: VaultRef, ...fields: Uint8Array[]): Uint8Array =>
  concatBytes(utf8ToBytes(PREFIX + purpose), Uint8Array.of(0), refBytes(ref), ...fields);

const purposeOf = (context: Uint8Array): string =>
  new TextDecoder().decode(context.subarray(PREFIX.length, Math.max(PREFIX.length, context.indexOf(0))));

const u32 = (value: number): Uint8Array => numberToBytesBE(value, 4);
const u64 = (value: bigint): Uint8Array => numberToBytesBE(value, 8);
