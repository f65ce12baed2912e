/**
 * Documents of AWS Nitro enclaves, and whether they vouch for a key that an account published. An entry of its own: who asks for
 * no attestation loads none of it.
 *
 * @module
 */
export { verifyAttestation, type AttestationTerms } from "./attestation/attested.ts";
export {
  decodeBundle,
  encodeBundle,
  userDataOf,
  verifyBundle,
  type Bundle,
  type BundleTerms,
  type VerifiedAttestation,
} from "./attestation/bundle.ts";
export type { AttestationDocument, Pcrs } from "./attestation/document.ts";
export * from "./attestation/errors.ts";
export {
  AWS_NITRO_ROOT,
  verifyDocument,
  type DocumentTerms,
  type VerifiedDocument,
} from "./attestation/nitro.ts";
export { parsePcrs } from "./attestation/pcrs.ts";
export {
  readRegistration,
  type BlockView,
  type ChainView,
  type KeyPlace,
  type KeyView,
  type Registration,
} from "./attestation/registration.ts";
