import { equalBytes } from "@noble/ciphers/utils.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { DER } from "@noble/curves/abstract/weierstrass.js";
import { AsnConvert } from "@peculiar/asn1-schema";
import {
  BasicConstraints,
  Certificate,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  Version,
  type AlgorithmIdentifier,
  type Extension,
} from "@peculiar/asn1-x509";

import { CertificateRefused } from "./errors.ts";

/** A certificate in the parts that a chain is checked by. */
export interface ReadCertificate {
  /** What its signature is over. */
  readonly signed: Uint8Array;
  /** 96 bytes: r and s. */
  readonly signature: Uint8Array;
  /** 97 bytes: an uncompressed point of P-384. */
  readonly key: Uint8Array;
  /** DER of the two names. */
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  /** Unix milliseconds; both are in force still. */
  readonly from: number;
  readonly until: number;
  /** Whether it may issue certificates at all. */
  readonly isCa: boolean;
  /** How many issuing ones may follow it, or `null` for any number. */
  readonly pathLength: number | null;
  /** Bits of X.509's key usage, by {@link KeyUsageFlags}; 0 where it names none. */
  readonly usages: number;
}

const ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3";
const EC_PUBLIC_KEY = "1.2.840.10045.2.1";
/** DER of the object identifier of secp384r1. */
const SECP384R1 = hexToBytes("06052b81040022");
const POINT_BYTES = 97;
const UNCOMPRESSED = 4;

/** The extensions that are understood: any other must not be critical. */
const UNDERSTOOD = new Set([id_ce_basicConstraints, id_ce_keyUsage]);

/**
 * Reads a certificate of the only kind that chains of AWS Nitro Enclaves have: X.509 v3 in DER, a P-384 key,
 * ecdsa-with-SHA384.
 *
 * @param which - what an error calls it.
 * @throws {CertificateRefused} when it is of another kind, or has a critical extension that nobody here understands.
 */
export function readCertificate(der: Uint8Array, which: string): ReadCertificate {
  try {
    return parts(der, (why) => new CertificateRefused(which, why));
  } catch (cause) {
    if (cause instanceof CertificateRefused) throw cause;
    throw new CertificateRefused(which, "it is no X.509 certificate", { cause });
  }
}

type Refusal = (why: string) => CertificateRefused;

function parts(der: Uint8Array, refusal: Refusal): ReadCertificate {
  const certificate = AsnConvert.parse(der, Certificate);
  // The library takes BER, and what follows a value: one comparison leaves the one encoding.
  if (!equalBytes(new Uint8Array(AsnConvert.serialize(certificate)), der)) throw refusal("it is not DER");
  const { tbsCertificate, tbsCertificateRaw, signatureAlgorithm, signatureValue } = certificate;
  const { version, signature, validity, subject, issuer, extensions } = tbsCertificate;
  if (version !== Version.v3 || tbsCertificateRaw === undefined) throw refusal("it is not of version 3");
  for (const algorithm of [signatureAlgorithm, signature])
    if (!isPlain(algorithm, ECDSA_WITH_SHA384)) throw refusal("it is not signed by ecdsa-with-SHA384");
  return {
    signed: new Uint8Array(tbsCertificateRaw),
    signature: rawSignature(new Uint8Array(signatureValue)),
    key: pointOf(tbsCertificate.subjectPublicKeyInfo, refusal),
    subject: new Uint8Array(AsnConvert.serialize(subject)),
    issuer: new Uint8Array(AsnConvert.serialize(issuer)),
    from: validity.notBefore.getTime().getTime(),
    until: validity.notAfter.getTime().getTime(),
    ...extended(extensions ?? [], refusal),
  };
}

const isPlain = ({ algorithm, parameters }: AlgorithmIdentifier, oid: string): boolean =>
  algorithm === oid && (parameters === undefined || parameters === null);

function pointOf(
  { algorithm, subjectPublicKey }: Certificate["tbsCertificate"]["subjectPublicKeyInfo"],
  refusal: Refusal,
): Uint8Array {
  const { parameters } = algorithm;
  const curve = new Uint8Array(parameters ?? new ArrayBuffer(0));
  const point = new Uint8Array(subjectPublicKey);
  const isP384 = algorithm.algorithm === EC_PUBLIC_KEY && equalBytes(curve, SECP384R1);
  if (!isP384 || point.length !== POINT_BYTES || point[0] !== UNCOMPRESSED)
    throw refusal("its key is not of P-384");
  return point;
}

/** r and s of a signature in DER, each in 48 bytes. */
function rawSignature(der: Uint8Array): Uint8Array {
  const { r, s } = DER.toSig(der);
  return hexToBytes([r, s].map((part) => part.toString(16).padStart(96, "0")).join(""));
}

function extended(
  extensions: readonly Extension[],
  refusal: Refusal,
): Pick<ReadCertificate, "isCa" | "pathLength" | "usages"> {
  const values = new Map<string, Uint8Array>();
  for (const { extnID, critical, extnValue } of extensions) {
    if (values.has(extnID)) throw refusal(`it has the extension ${extnID} twice`);
    if (critical && !UNDERSTOOD.has(extnID)) throw refusal(`its extension ${extnID} is critical and unknown`);
    values.set(extnID, new Uint8Array(extnValue.buffer));
  }
  const [constraints, usage] = [values.get(id_ce_basicConstraints), values.get(id_ce_keyUsage)];
  const { cA = false, pathLenConstraint = null } =
    constraints === undefined ? {} : strictly(constraints, BasicConstraints, refusal);
  return {
    ...{ isCa: cA, pathLength: pathLenConstraint },
    usages: usage === undefined ? 0 : strictly(usage, KeyUsage, refusal).toNumber(),
  };
}

function strictly<T>(der: Uint8Array, type: new () => T, refusal: Refusal): T {
  const value = AsnConvert.parse(der, type);
  if (bytesToHex(new Uint8Array(AsnConvert.serialize(value))) !== bytesToHex(der))
    throw refusal("an extension of it is not DER");
  return value;
}
