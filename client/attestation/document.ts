import { bytesToHex } from "@noble/hashes/utils.js";
import { decode } from "cborg";

import { bytesOf, fixed, list, text, uint } from "../cbor.ts";
import { MalformedData } from "../errors.ts";

/** Most certificates between the root and the enclave's own, the root included. */
export const MAX_CABUNDLE = 8;

/** Bytes of a PCR: a SHA-384. */
export const PCR_BYTES = 48;

const MAX_CERTIFICATE = 1_024;
const MAX_PUBLIC_KEY = 1_024;
const MAX_USER_DATA = 512;
const MAX_NONCE = 512;
const MAX_PCRS = 32;

/** PCRs of an enclave by their number, each as 96 hexadecimal digits. */
export type Pcrs = ReadonlyMap<number, string>;

/** What an enclave's document says, as long as nobody verified it: nothing. */
export interface AttestationDocument {
  /** The enclave, as AWS names it. */
  readonly moduleId: string;
  /** Unix milliseconds. */
  readonly timestamp: number;
  readonly pcrs: Pcrs;
  /** DER. Its key signs the document. */
  readonly certificate: Uint8Array;
  /** DER, the root first. */
  readonly cabundle: readonly Uint8Array[];
  readonly publicKey: Uint8Array | null;
  readonly userData: Uint8Array | null;
  readonly nonce: Uint8Array | null;
}

/** Strict but for maps of indefinite length: newer enclaves write the payload as one. Its bytes are signed as they are. */
const RULES = {
  strict: true,
  allowIndefinite: true,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
  useMaps: true,
};

const WHAT = "attestation document";

const KEYS = new Set([
  ...["module_id", "digest", "timestamp", "pcrs", "certificate", "cabundle"],
  ...["public_key", "user_data", "nonce"],
]);

/**
 * Reads a document's payload: the keys that AWS documents, of the sizes that it documents, and no others.
 *
 * @throws {MalformedData} when it is anything else.
 */
export function decodePayload(payload: Uint8Array): AttestationDocument {
  const fields = fieldsOf(payload);
  const field = (name: string): unknown => fields.get(name);
  if (field("digest") !== "SHA384") throw new MalformedData(WHAT, "digest is not SHA384");
  const moduleId = text(field("module_id"), "module_id");
  if (moduleId === "") throw new MalformedData(WHAT, "module_id is empty");
  return {
    moduleId,
    timestamp: uint(field("timestamp"), "timestamp", 8_640_000_000_000_000),
    pcrs: pcrsOf(field("pcrs")),
    certificate: bounded(field("certificate"), 1, MAX_CERTIFICATE, "certificate"),
    cabundle: cabundleOf(field("cabundle")),
    publicKey: optional(field("public_key"), 1, MAX_PUBLIC_KEY, "public_key"),
    userData: optional(field("user_data"), 0, MAX_USER_DATA, "user_data"),
    nonce: optional(field("nonce"), 0, MAX_NONCE, "nonce"),
  };
}

function fieldsOf(payload: Uint8Array): ReadonlyMap<unknown, unknown> {
  const fields = decoded(payload);
  if (!(fields instanceof Map)) throw new MalformedData(WHAT, "its payload is not a map");
  for (const name of fields.keys())
    if (typeof name !== "string" || !KEYS.has(name))
      throw new MalformedData(WHAT, "its payload has a key that AWS does not document");
  return fields;
}

function decoded(payload: Uint8Array): unknown {
  try {
    return decode(payload, RULES);
  } catch (cause) {
    throw new MalformedData("CBOR", cause instanceof Error ? cause.message : "unreadable", { cause });
  }
}

function cabundleOf(value: unknown): Uint8Array[] {
  const bundle = list(value, "cabundle");
  if (bundle.length === 0 || bundle.length > MAX_CABUNDLE)
    throw new MalformedData(
      WHAT,
      `cabundle has ${bundle.length} certificates, 1 to ${MAX_CABUNDLE} are allowed`,
    );
  return bundle.map((each) => bounded(each, 1, MAX_CERTIFICATE, "cabundle"));
}

function pcrsOf(value: unknown): Pcrs {
  if (!(value instanceof Map)) throw new MalformedData(WHAT, "pcrs is not a map");
  const pcrs = new Map<number, string>();
  for (const [index, digest] of value as ReadonlyMap<unknown, unknown>)
    pcrs.set(uint(index, "pcrs", MAX_PCRS - 1), bytesToHex(fixed(digest, PCR_BYTES, "pcrs")));
  for (const index of [0, 1, 2]) if (!pcrs.has(index)) throw new MalformedData(WHAT, `it has no PCR${index}`);
  return pcrs;
}

function bounded(value: unknown, least: number, most: number, where: string): Uint8Array {
  const bytes = bytesOf(value, where);
  if (bytes.length < least || bytes.length > most)
    throw new MalformedData(where, `${bytes.length} bytes, ${least} to ${most} are allowed`);
  return bytes;
}

const optional = (value: unknown, least: number, most: number, where: string): Uint8Array | null =>
  value === null || value === undefined ? null : bounded(value, least, most, where);
