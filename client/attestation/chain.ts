import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { KeyUsageFlags } from "@peculiar/asn1-x509";

import { readCertificate, type ReadCertificate } from "./certificate.ts";
import type { AttestationDocument } from "./document.ts";
import { CertificateNotInForce, CertificateRefused, UnknownRoot } from "./errors.ts";
import { isSignedBy } from "./p384.ts";

/** A chain that was verified. */
export interface Chain {
  /** The key that signs documents: 97 bytes, an uncompressed point of P-384. */
  readonly key: Uint8Array;
  /** When all of it is in force; unix milliseconds. */
  readonly from: number;
  readonly until: number;
}

interface Link extends ReadCertificate {
  readonly which: string;
}

/**
 * Verifies the chain of a document's certificates, root first, in the order that they stand in: every signature, name,
 * date, right to issue and length (RFC 5280, section 6, for the one profile that AWS uses). Revocation lists are not asked:
 * the certificates of an enclave live for three hours, those of its machine for a day.
 *
 * @param at - the time in question, unix milliseconds.
 * @param roots - sha256 of the certificates that a chain may begin at, hex.
 * @throws {UnknownRoot} when it begins elsewhere.
 * @throws {CertificateNotInForce} when one had expired by then, or was not yet in force.
 * @throws {CertificateRefused} when one may not stand where it does, or is not signed by the one before it.
 */
export async function verifyChain(
  { cabundle, certificate }: Pick<AttestationDocument, "cabundle" | "certificate">,
  at: number,
  roots: readonly string[],
): Promise<Chain> {
  const fingerprint = bytesToHex(sha256(cabundle[0] ?? new Uint8Array(0)));
  if (!roots.includes(fingerprint)) throw new UnknownRoot(fingerprint);
  const issuers = cabundle.map((der, i) => link(der, i === 0 ? "root" : `certificate ${i}`));
  const leaf = link(certificate, "leaf");
  for (const [i, issuer] of issuers.entries()) checkIssuer(issuer, issuers.length - 1 - i);
  checkLeaf(leaf);
  const chain = [...issuers, leaf];
  for (const each of chain) checkDates(each, at);
  // The root signs itself.
  for (const [i, each] of chain.entries()) await checkIssued(each, chain[Math.max(i - 1, 0)] ?? each);
  return {
    key: leaf.key,
    from: Math.max(...chain.map(({ from }) => from)),
    until: Math.min(...chain.map(({ until }) => until)),
  };
}

const link = (der: Uint8Array, which: string): Link => ({ ...readCertificate(der, which), which });

/** @param below - how many issuing certificates follow. */
function checkIssuer({ which, isCa, pathLength, usages }: Link, below: number): void {
  if (!isCa || (usages & KeyUsageFlags.keyCertSign) === 0)
    throw new CertificateRefused(which, "it may not sign certificates");
  if (pathLength !== null && pathLength < below)
    throw new CertificateRefused(which, `${pathLength} issuers may follow it, and ${below} do`);
}

function checkLeaf({ which, isCa, usages }: Link): void {
  if (isCa) throw new CertificateRefused(which, "it is an issuer's, not an enclave's");
  if ((usages & KeyUsageFlags.digitalSignature) === 0)
    throw new CertificateRefused(which, "it may not sign documents");
}

function checkDates({ which, from, until }: Link, at: number): void {
  // Negated, so that a date that is none is refused.
  if (!(from <= at && at <= until)) throw new CertificateNotInForce(which, from, until, at);
}

async function checkIssued(each: Link, issuer: Link): Promise<void> {
  if (!equalBytes(each.issuer, issuer.subject))
    throw new CertificateRefused(each.which, `it does not name the ${issuer.which} as its issuer`);
  if (!(await isSignedBy(issuer.key, each.signature, each.signed)))
    throw new CertificateRefused(each.which, `its signature is not that of the ${issuer.which}`);
}
