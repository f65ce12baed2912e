import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { verifyChain } from "./chain.ts";
import { decodeSigned, signedBytes } from "./cose.ts";
import { decodePayload, type AttestationDocument, type Pcrs } from "./document.ts";
import { DocumentForged, DocumentNotOfThatTime, NonceMismatch, UserDataMismatch } from "./errors.ts";
import { isSignedBy } from "./p384.ts";
import { checkPcrs } from "./pcrs.ts";

/**
 * sha256 of the certificate that all chains of AWS Nitro Enclaves begin at (CN aws.nitro-enclaves, from 2019-10-28 to
 * 2049-10-28), as AWS states it in the Nitro Enclaves user guide, "Verifying the root of trust".
 */
export const AWS_NITRO_ROOT = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";

/** What a document is held against. */
export interface DocumentTerms {
  /** The time in question, unix milliseconds: its certificates must be in force then. */
  readonly at: number;
  /** What may run: its PCRs must be those of one of these sets ({@link parsePcrs}). */
  readonly pcrs: readonly Pcrs[];
  /** The nonce that it must have. */
  readonly nonce?: Uint8Array;
  /** The user data that it must have. */
  readonly userData?: Uint8Array;
  /** How far from `at` it may have been made, in milliseconds. Default: as far as its certificates reach, three hours. */
  readonly maxAge?: number;
  /** sha256 of the certificates that a chain may begin at, hex. Default: that of AWS. Tests have one of their own. */
  readonly roots?: readonly string[];
}

/** A document that was verified. What it says of the world is AWS's word and the image's, not this client's. */
export interface VerifiedDocument extends Pick<
  AttestationDocument,
  "moduleId" | "timestamp" | "pcrs" | "publicKey" | "userData" | "nonce"
> {
  /** When all of its certificates are in force; unix milliseconds. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** sha256 of its bytes, hex. */
  readonly digest: string;
}

/**
 * Verifies an attestation document of an AWS Nitro enclave (SPEC §15): its form, its certificates up to AWS's root at a
 * given time, its signature, that the enclave does not run in debug mode, and that it runs what is allowed.
 *
 * @param bytes - the document, a COSE_Sign1.
 * @throws {ContentTooLarge|MalformedData} when it is no document.
 * @throws {UnknownRoot|CertificateNotInForce|CertificateRefused} when its certificates do not hold.
 * @throws {DocumentForged} when it is not signed by them.
 * @throws {DebugEnclave|PcrsNotAllowed} when something else runs than is allowed.
 * @throws {NonceMismatch|UserDataMismatch|DocumentNotOfThatTime} when it says something else, or is of another time.
 */
export async function verifyDocument(bytes: Uint8Array, terms: DocumentTerms): Promise<VerifiedDocument> {
  const message = decodeSigned(bytes);
  const document = decodePayload(message.payload);
  const chain = await verifyChain(document, terms.at, terms.roots ?? [AWS_NITRO_ROOT]);
  if (!(await isSignedBy(chain.key, message.signature, signedBytes(message)))) throw new DocumentForged();
  checkPcrs(document.pcrs, terms.pcrs);
  checkSaid(document, terms);
  const { moduleId, timestamp, pcrs, publicKey, userData, nonce } = document;
  return {
    ...{ moduleId, timestamp, pcrs, publicKey, userData, nonce },
    ...{ validFrom: chain.from, validUntil: chain.until, digest: bytesToHex(sha256(bytes)) },
  };
}

function checkSaid(document: AttestationDocument, { at, nonce, userData, maxAge }: DocumentTerms): void {
  if (nonce !== undefined && !isSame(document.nonce, nonce))
    throw new NonceMismatch(bytesToHex(nonce), hexOf(document.nonce));
  if (userData !== undefined && !isSame(document.userData, userData))
    throw new UserDataMismatch(bytesToHex(userData), hexOf(document.userData));
  if (maxAge !== undefined && Math.abs(document.timestamp - at) > maxAge)
    throw new DocumentNotOfThatTime(document.timestamp, at, maxAge);
}

const isSame = (actual: Uint8Array | null, expected: Uint8Array): boolean =>
  actual !== null && equalBytes(actual, expected);

const hexOf = (bytes: Uint8Array | null): string | null => (bytes === null ? null : bytesToHex(bytes));
