import { p384 } from "@noble/curves/nist.js";
import { sha256, sha384 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_basicConstraints,
  id_ce_keyUsage,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";
import { encode } from "cborg";

import { seeded } from "./seeded.ts";

/** What an authority that exists in tests alone puts into one certificate. */
export interface CertificateTerms {
  readonly subject: string;
  readonly issuer: string;
  readonly secret: Uint8Array;
  /** The key that signs it. */
  readonly issuerSecret: Uint8Array;
  /** Unix milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly constraints: BasicConstraints | null;
  readonly usages: number | null;
  readonly more: readonly Extension[];
  readonly version: Version;
  /** OIDs: of the signature, and of the key's curve as DER. */
  readonly algorithm: string;
  readonly curve: string;
}

/** An enclave of that authority: what its documents are made with. */
export interface TestEnclave {
  /** What `roots` takes. */
  readonly roots: readonly string[];
  /** The root first. */
  readonly cabundle: readonly Uint8Array[];
  readonly certificate: Uint8Array;
  readonly secret: Uint8Array;
}

/** An hour, in milliseconds. */
export const HOUR = 3_600_000;

const CA = KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign;

const nameOf = (text: string): Name =>
  new Name([
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type: "2.5.4.3", value: new AttributeValue({ utf8String: text }) }),
    ]),
  ]);

/** An extension of a certificate. */
export const extension = (extnID: string, critical: boolean, value: ArrayBuffer | Uint8Array): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(value) });

function extensionsOf({ constraints, usages, more }: CertificateTerms): Extensions {
  const all = [...more];
  if (constraints !== null)
    all.push(extension(id_ce_basicConstraints, true, AsnConvert.serialize(constraints)));
  if (usages !== null) all.push(extension(id_ce_keyUsage, true, AsnConvert.serialize(new KeyUsage(usages))));
  return new Extensions(all);
}

const buffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** A certificate in DER, the same for the same terms: signatures are made without chance (RFC 6979). */
export function certificateOf(terms: CertificateTerms): Uint8Array {
  const algorithm = new AlgorithmIdentifier({ algorithm: terms.algorithm });
  const tbsCertificate = new TBSCertificate({
    ...{ version: terms.version, serialNumber: Uint8Array.of(1).buffer, signature: algorithm },
    ...{ issuer: nameOf(terms.issuer), subject: nameOf(terms.subject) },
    validity: new Validity({ notBefore: new Date(terms.from), notAfter: new Date(terms.until) }),
    subjectPublicKeyInfo: new SubjectPublicKeyInfo({
      algorithm: new AlgorithmIdentifier({
        algorithm: "1.2.840.10045.2.1",
        parameters: buffer(hexToBytes(terms.curve)),
      }),
      subjectPublicKey: buffer(p384.getPublicKey(terms.secret, false)),
    }),
    extensions: extensionsOf(terms),
  });
  const tbs = new Uint8Array(AsnConvert.serialize(tbsCertificate));
  const signature = p384.sign(tbs, terms.issuerSecret, { format: "der", lowS: false });
  return new Uint8Array(
    AsnConvert.serialize(
      new Certificate({
        ...{ tbsCertificate, signatureAlgorithm: algorithm, signatureValue: buffer(signature) },
      }),
    ),
  );
}

const secretOf = (name: string): Uint8Array => p384.utils.randomSecretKey(seeded(`nitro ${name}`)(72));

/** The terms of a chain as AWS makes them: root, region, zone, machine, enclave; all in force at a time. */
export function chainTerms(at: number): CertificateTerms[] {
  const names = ["root", "region", "zone", "machine", "enclave"];
  const hours = [24 * 365, 24 * 10, 24 * 3, 12, 1.5];
  return names.map((subject, i) => {
    const issuer = names[Math.max(i - 1, 0)] ?? subject;
    const isLeaf = i === names.length - 1;
    return {
      ...{ subject, issuer, secret: secretOf(subject), issuerSecret: secretOf(issuer), more: [] },
      ...{ from: at - (hours[i] ?? 0) * HOUR, until: at + (hours[i] ?? 0) * HOUR },
      constraints: isLeaf
        ? new BasicConstraints()
        : new BasicConstraints({ cA: true, ...(i === 0 ? {} : { pathLenConstraint: 3 - i }) }),
      usages: isLeaf ? KeyUsageFlags.digitalSignature : CA,
      ...{ version: Version.v3, algorithm: "1.2.840.10045.4.3.3", curve: "06052b81040022" },
    };
  });
}

/** An enclave whose certificates are in force at a time, and may be wrong. */
export function testEnclave(
  at: number,
  change: (terms: CertificateTerms[]) => CertificateTerms[] = (terms) => terms,
): TestEnclave {
  const terms = change(chainTerms(at));
  const certificates = terms.map(certificateOf);
  const [root, leaf, last] = [certificates[0]!, certificates.at(-1)!, terms.at(-1)!];
  return {
    roots: [bytesToHex(sha256(root))],
    cabundle: certificates.slice(0, -1),
    ...{ certificate: leaf, secret: last.secret },
  };
}

/** Some image's PCRs, as an owner's list has them. */
export const TEST_PCRS: ReadonlyMap<number, string> = new Map(
  [0, 1, 2].map((index) => [index, bytesToHex(sha384(Uint8Array.of(index)))]),
);

/** The fields of a document's payload, as an enclave writes them. */
export const payloadOf = (
  { cabundle, certificate }: Pick<TestEnclave, "cabundle" | "certificate">,
  timestamp: number,
  fields: Readonly<Record<string, unknown>> = {},
): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>(
    Object.entries({
      ...{ module_id: "i-0123456789abcdef0-enc0123456789abcdef", digest: "SHA384", timestamp },
      pcrs: new Map(
        Array.from({ length: 16 }, (_, i) => [i, hexToBytes(TEST_PCRS.get(i) ?? "00".repeat(48))] as const),
      ),
      ...{ certificate, cabundle, public_key: null, user_data: null, nonce: null },
      ...fields,
    }),
  );

/** The header of ES384. */
export const ES384 = hexToBytes("a1013822");

/** A signed document with any payload. */
export function signedDocument(
  payload: Uint8Array,
  secret: Uint8Array,
  header: Uint8Array = ES384,
): Uint8Array {
  const signed = encode(["Signature1", header, new Uint8Array(0), payload]);
  return encode([header, {}, payload, p384.sign(signed, secret, { lowS: false })]);
}

/** A document of an enclave. */
export const testDocument = (
  enclave: TestEnclave,
  timestamp: number,
  fields: Readonly<Record<string, unknown>> = {},
): Uint8Array => signedDocument(encode(payloadOf(enclave, timestamp, fields)), enclave.secret);
