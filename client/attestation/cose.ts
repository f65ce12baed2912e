import { equalBytes } from "@noble/ciphers/utils.js";

import { bytesOf, decodeCbor, encodeCbor, fixed, tuple } from "../cbor.ts";
import { ContentTooLarge, MalformedData } from "../errors.ts";

/** Most bytes of a document: AWS's are of 4 to 6 KiB. */
export const MAX_DOCUMENT = 16_384;

/** Bytes of an ES384 signature: r and s. */
export const SIGNATURE_BYTES = 96;

/** The only protected header that a document has: `{1: -35}`, ES384. */
const HEADER = Uint8Array.of(0xa1, 0x01, 0x38, 0x22);

const TAG_18 = 0xd2;

/** A signed message (RFC 9052, COSE_Sign1). */
export interface SignedMessage {
  readonly payload: Uint8Array;
  /** 96 bytes. */
  readonly signature: Uint8Array;
}

/**
 * Takes a COSE_Sign1 apart: an array of the ES384 header, no other header, payload and signature; with its tag 18 or
 * without, as enclaves write it.
 *
 * @throws {ContentTooLarge} beyond 16 KiB.
 * @throws {MalformedData} when the bytes are anything else.
 */
export function decodeSigned(bytes: Uint8Array): SignedMessage {
  if (bytes.length > MAX_DOCUMENT)
    throw new ContentTooLarge("attestation document", bytes.length, MAX_DOCUMENT);
  const message = decodeCbor(bytes[0] === TAG_18 ? bytes.subarray(1) : bytes);
  const [header, open, payload, signature] = tuple(message, 4, "attestation document");
  if (!equalBytes(bytesOf(header, "protected header"), HEADER))
    throw new MalformedData("attestation document", "its protected header is not that of ES384");
  if (!isEmptyMap(open))
    throw new MalformedData("attestation document", "its unprotected header is not empty");
  return {
    payload: bytesOf(payload, "payload"),
    signature: fixed(signature, SIGNATURE_BYTES, "signature"),
  };
}

/** What the signature of a message is over: its Sig_structure, without external data. */
export const signedBytes = ({ payload }: Pick<SignedMessage, "payload">): Uint8Array =>
  encodeCbor(["Signature1", HEADER, new Uint8Array(0), payload]);

const isEmptyMap = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array) &&
  Object.keys(value).length === 0;
