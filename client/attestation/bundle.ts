import { bytesToNumberBE, numberToBytesBE } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { decodeCbor, encodeCbor, fixed, seconds, tuple } from "../cbor.ts";
import { RECIPIENT_BYTES, recipientDigest } from "../crypto/identity.ts";
import { MalformedData } from "../errors.ts";
import type { Pcrs } from "./document.ts";
import {
  AttestationExpired,
  AttestationTooLong,
  BundleMismatch,
  KeyOutlivesAttestation,
  OtherDocument,
} from "./errors.ts";
import { verifyDocument, type VerifiedDocument } from "./nitro.ts";
import { checkRecent, type ChainView, type Registration } from "./registration.ts";

/** What an enclave vouches for: a recipient, of which account in which registry, and until when. */
export interface Bundle {
  readonly chainId: bigint;
  /** The KeyRegistry; an address in lower case, as the agent's. */
  readonly registry: string;
  readonly agent: string;
  /** 1,216 bytes: too many for a document, which has the bundle's digest. */
  readonly recipient: Uint8Array;
  /** Unix seconds: the first at which this no longer counts. */
  readonly notAfter: number;
}

/** The longest that an attestation holds after its document was made, in seconds: 7 days. */
export const MAX_ATTESTED = 604_800;

/** How far apart document and registration may be, in seconds: 10 minutes. */
export const REGISTRATION_WINDOW = 600;

const VERSION = 1;
const WHAT = "attested bundle";

/** The canonical bytes of a bundle: a CBOR array (SPEC §15). */
export const encodeBundle = ({ chainId, registry, agent, recipient, notAfter }: Bundle): Uint8Array =>
  encodeCbor([
    VERSION,
    wordOf(chainId),
    addressBytes(registry),
    addressBytes(agent),
    fixed(recipient, RECIPIENT_BYTES, WHAT),
    seconds(notAfter, WHAT),
  ]);

/**
 * The bundle that bytes stand for.
 *
 * @throws {MalformedData} when they are not the one encoding of a bundle, or are of another version.
 */
export function decodeBundle(bytes: Uint8Array): Bundle {
  const [version, chainId, registry, agent, recipient, notAfter] = tuple(decodeCbor(bytes), 6, WHAT);
  if (version !== VERSION) throw new MalformedData(WHAT, "another version than 1");
  return {
    chainId: bytesToNumberBE(fixed(chainId, 32, WHAT)),
    registry: addressOf(registry),
    agent: addressOf(agent),
    recipient: fixed(recipient, RECIPIENT_BYTES, WHAT),
    notAfter: seconds(notAfter, WHAT),
  };
}

/** What a document that vouches for a bundle has for user data: sha256 of the bundle's bytes. */
export const userDataOf = (bundle: Bundle): Uint8Array => sha256(encodeBundle(bundle));

function wordOf(chainId: bigint): Uint8Array {
  if (chainId < 0n || chainId >> 256n !== 0n) throw new MalformedData(WHAT, `chain id ${chainId}`);
  return numberToBytesBE(chainId, 32);
}

function addressBytes(address: string): Uint8Array {
  if (!/^0x[0-9a-f]{40}$/i.test(address)) throw new MalformedData(WHAT, `address ${address.slice(0, 42)}`);
  return hexToBytes(address.slice(2));
}

const addressOf = (value: unknown): string => `0x${bytesToHex(fixed(value, 20, WHAT))}`;

/** What a bundle is held against, besides its registration. */
export interface BundleTerms {
  /** The chain as each of the caller's RPCs shows it; they must agree. */
  readonly chain: readonly ChainView[];
  /** Unix seconds. */
  readonly now: number;
  /** What may run: see `DocumentTerms`. */
  readonly pcrs: readonly Pcrs[];
  /** See `DocumentTerms`. */
  readonly roots?: readonly string[];
}

/** A key of which an enclave said, when it was published, that it is its own. */
export interface VerifiedAttestation extends VerifiedDocument {
  readonly agent: string;
  /** sha256 of the recipient, 0x-prefixed: what is encrypted to must have it. */
  readonly recipientDigest: string;
  /** Unix seconds: from then on it no longer counts. */
  readonly notAfter: number;
  /** The block in which the key was published, and its time in unix seconds. */
  readonly block: number;
  readonly registeredAt: number;
}

/**
 * Verifies that an enclave vouched for a published key (SPEC §15): that the document is the registered one and verifies at the
 * time of the registration, that its user data is the bundle's digest, the bundle about this key, the nonce a block's hash
 * from shortly before, and that it still counts.
 *
 * @param document - the enclave's document.
 * @param bundle - what it is said to vouch for.
 * @param registration - what KeyRegistry has of the key.
 * @throws {OtherDocument|BundleMismatch} when they are about another key.
 * @throws {KeyOutlivesAttestation|AttestationTooLong|AttestationExpired} when the times do not fit, or it is over.
 * @throws {NonceNotRecent} when the document was not made for this registration.
 * @throws {VaultError} when the document does not verify: see `verifyDocument`.
 */
export async function verifyBundle(
  document: Uint8Array,
  bundle: Bundle,
  registration: Registration,
  { chain, now, pcrs, roots }: BundleTerms,
): Promise<VerifiedAttestation> {
  checkDocument(document, registration);
  checkBundle(bundle, registration);
  const { agent, notAfter } = bundle;
  const { recipientDigest: digest, block, registeredAt } = registration;
  const verified = await verifyDocument(document, {
    ...{ at: registeredAt * 1_000, maxAge: REGISTRATION_WINDOW * 1_000, userData: userDataOf(bundle), pcrs },
    ...(roots === undefined ? {} : { roots }),
  });
  const latest = Math.floor(verified.timestamp / 1_000) + MAX_ATTESTED;
  if (notAfter > latest) throw new AttestationTooLong(notAfter, latest);
  if (now >= notAfter) throw new AttestationExpired(notAfter, now);
  await checkRecent(verified.nonce, registration, chain);
  return { ...verified, agent, recipientDigest: digest, notAfter, block, registeredAt };
}

function checkDocument(document: Uint8Array, { agent, attestationDigest }: Registration): void {
  const digest = `0x${bytesToHex(sha256(document))}`;
  if (digest !== attestationDigest) throw new OtherDocument(agent, attestationDigest, digest);
}

function checkBundle(bundle: Bundle, registration: Registration): void {
  const { chainId, registry, agent, recipient, notAfter } = bundle;
  const compare = (field: BundleMismatch["field"], expected: string, actual: string): void => {
    if (expected.toLowerCase() !== actual.toLowerCase()) throw new BundleMismatch(field, expected, actual);
  };
  compare("chain id", String(registration.chainId), String(chainId));
  compare("registry", registration.registry, registry);
  compare("agent", registration.agent, agent);
  compare("recipient", registration.recipientDigest, `0x${bytesToHex(recipientDigest(recipient))}`);
  if (registration.expiresAt > notAfter) throw new KeyOutlivesAttestation(registration.expiresAt, notAfter);
}
