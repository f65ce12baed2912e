/**
 * Documents of AWS Nitro enclaves, and whether they vouch for a key that an account published. An entry of its own: who asks for
 * no attestation loads none of it.
 *
 * @module
 */
export type { AttestationDocument, Pcrs } from "./attestation/document.ts";
export * from "./attestation/errors.ts";
export {
  AWS_NITRO_ROOT,
  verifyDocument,
  type DocumentTerms,
  type VerifiedDocument,
} from "./attestation/nitro.ts";
export { parsePcrs } from "./attestation/pcrs.ts";
