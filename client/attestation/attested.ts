import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { recipientDigest } from "../crypto/identity.ts";
import {
  decodeBundle,
  userDataOf,
  verifyBundle,
  type Bundle,
  type BundleTerms,
  type VerifiedAttestation,
} from "./bundle.ts";
import { decodeSigned } from "./cose.ts";
import { decodePayload } from "./document.ts";
import { DocumentMissing, KeyReplaced } from "./errors.ts";
import { readRegistration, type KeyPlace, type Registration } from "./registration.ts";

/** What is needed to verify the attestation of a published key. */
export interface AttestationTerms extends BundleTerms {
  /** The document, if it was handed over; else it is fetched by the digest that KeyRegistry has. */
  readonly document?: Uint8Array | undefined;
  /** Gets a blob by its digest (64 hexadecimal digits), or `null`: a store's `get`. */
  readonly fetch: (digest: string) => Promise<Uint8Array | null>;
}

/**
 * Verifies the attestation of the key that an account published (SPEC §15), and that the key is this one.
 *
 * @param place - the account, and the registry that it published in.
 * @param recipient - 1,216 bytes: what is about to be encrypted to.
 * @throws {KeyNotPublished|NotAttested} when there is nothing to verify.
 * @throws {KeyReplaced} when the account published another key since that one was looked up.
 * @throws {DocumentMissing} when the document was not handed over, and the store does not have it.
 * @throws {VaultError} when it does not verify: see `verifyBundle`.
 */
export async function verifyAttestation(
  place: KeyPlace,
  recipient: Uint8Array,
  { document, fetch, ...terms }: AttestationTerms,
): Promise<VerifiedAttestation> {
  const registration = await readRegistration(place, terms.chain);
  const digest = `0x${bytesToHex(recipientDigest(recipient))}`;
  if (digest !== registration.recipientDigest)
    throw new KeyReplaced(place.agent, digest, registration.recipientDigest);
  const bytes = document ?? (await fetch(registration.attestationDigest.slice(2)));
  if (bytes === null) throw new DocumentMissing(place.agent, registration.attestationDigest);
  const bundle = await bundleIn(bytes, registration, recipient, fetch);
  return verifyBundle(bytes, bundle, registration, terms);
}

/**
 * The bundle that a document speaks of. All of it but its end stands on chain; it ends with the published key, or is a blob
 * whose digest is the document's user data.
 */
async function bundleIn(
  document: Uint8Array,
  { chainId, registry, agent, expiresAt }: Registration,
  recipient: Uint8Array,
  fetch: AttestationTerms["fetch"],
): Promise<Bundle> {
  const usual = { chainId, registry, agent, recipient, notAfter: expiresAt };
  const { userData } = decodePayload(decodeSigned(document).payload);
  if (userData?.length !== 32 || equalBytes(userData, userDataOf(usual))) return usual;
  const blob = await fetch(bytesToHex(userData));
  // Without one the document does not vouch for the usual bundle, and that is what is said.
  return blob === null ? usual : decodeBundle(blob);
}
