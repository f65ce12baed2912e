import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { abytes, concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { open, seal, type Random } from "./seal.ts";

/**
 * Seals what a device keeps for itself, which is of no vault (SPEC §2).
 *
 * @param key - 32 bytes.
 * @param name - What it is; must be known again to open it.
 * @param bytes - Any number of bytes.
 * @param random - Source of the salt.
 * @returns 80 bytes more.
 */
export const sealForDevice = (
  key: Uint8Array,
  name: string,
  bytes: Uint8Array,
  random: Random = randomBytes,
): Uint8Array => seal(key, deviceContext(name), bytes, random);

/**
 * Opens what {@link sealForDevice} sealed.
 *
 * @returns The bytes, or `null` when they were sealed under another key or another name.
 * @throws AlteredError when they were sealed under this key and are broken.
 * @throws MalformedData when they are too short to be sealed bytes.
 */
export const openForDevice = (key: Uint8Array, name: string, sealed: Uint8Array): Uint8Array | null =>
  open(key, deviceContext(name), sealed);

/**
 * The key by which 24 words unlock a device (SPEC §2): it opens nothing of a vault.
 *
 * @param seed - 32 bytes, of the words.
 * @param salt - 32 random bytes of the device.
 * @returns 32 bytes.
 */
export const unlockingKey = (seed: Uint8Array, salt: Uint8Array): Uint8Array =>
  hkdf(
    sha256,
    abytes(seed, 32, "seed"),
    abytes(salt, 32, "salt"),
    utf8ToBytes("memory-vault/v1/device-unlock"),
    32,
  );

/** No context of a vault begins like it: a purpose ends with a zero. */
const deviceContext = (name: string): Uint8Array =>
  concatBytes(utf8ToBytes("memory-vault/v1/seal/device"), Uint8Array.of(0), utf8ToBytes(name));
