import { bytesToNumberBE, numberToBytesBE } from "@noble/ciphers/utils.js";
import { concatBytes } from "@noble/hashes/utils.js";

import { bytesOf } from "../cbor.ts";
import { ContentTooLarge, MalformedData } from "../errors.ts";

/** Bytes of an age file with one recipient beyond its plaintext, up to 64 KiB of it: header, nonce, tag. */
const AGE_OVERHEAD = 1_627 + 16 + 16;
const LENGTH = 4;

/** Longest signature: smart accounts make long ones. */
const MAX_SIGNATURE = 4_096;

/** Bytes of the age file, for one recipient, that data takes at least. */
export const fileSize = (data: Uint8Array): number => LENGTH + data.length + AGE_OVERHEAD;

/**
 * Length, data, zeros: as in a blob, so that a file's size says nothing.
 *
 * @param what - the thing, as the fault names it.
 * @param padTo - the exact size of the age file, or `undefined` for one without padding.
 * @throws {ContentTooLarge} when it does not fit.
 */
export function frame(what: string, data: Uint8Array, padTo?: number): Uint8Array {
  const size = fileSize(data);
  const zeros = (padTo ?? size) - size;
  if (zeros < 0) throw new ContentTooLarge(what, size, size + zeros);
  return concatBytes(numberToBytesBE(data.length, LENGTH), data, new Uint8Array(zeros));
}

/**
 * Takes the data out of its frame.
 *
 * @throws {MalformedData} when it is cut, or something stands behind it.
 */
export function unframe(what: string, framed: Uint8Array): Uint8Array {
  const end = LENGTH + Number(bytesToNumberBE(framed.subarray(0, LENGTH)));
  if (end > framed.length) throw new MalformedData(what, "shorter than it says");
  if (framed.subarray(end).some((byte) => byte !== 0)) throw new MalformedData(what, "bytes after its end");
  return framed.subarray(LENGTH, end);
}

/**
 * Checks that a decoded value can be a signature.
 *
 * @throws {MalformedData} when it is none, or longer than any.
 */
export function signatureOf(value: unknown, where: string): Uint8Array {
  const signature = bytesOf(value, where);
  if (signature.length === 0 || signature.length > MAX_SIGNATURE)
    throw new MalformedData(where, `${signature.length} bytes`);
  return signature;
}
