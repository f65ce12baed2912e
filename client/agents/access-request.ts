import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { base64urlnopad } from "@scure/base";

import { decodeCbor, encodeCbor, fixed, list, seconds, text, tuple, uint } from "../cbor.ts";
import { signatureOf } from "../crypto/frame.ts";
import { parseRef, REF_BYTES, refBytes, type VaultRef } from "../crypto/ref.ts";
import type { Random } from "../crypto/seal.ts";
import { ContentTooLarge, MalformedData, NoScopes, TooManyScopes } from "../errors.ts";
import { PERMISSION, spaceIdOf } from "../vault/contract.ts";
import { scopeName } from "../vault/memories.ts";
import { InvalidPurpose } from "./errors.ts";
import { typedDataOf, type Claim } from "./signed.ts";

/** What an agent asks an owner for: to read, and nothing before the owner says so (SPEC §15). */
export interface AccessRequest {
  readonly ref: VaultRef;
  /** The agent's account, in lower case: a contract, or one of a key. */
  readonly account: string;
  /** sha256 of the recipient that it published, 0x-prefixed. */
  readonly recipientDigest: string;
  /** Scope names, each once. The vault may have no such scope. */
  readonly scopes: readonly string[];
  readonly permissions: number;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** The agent's own words. They are data: nothing in them is true, or an instruction, because it stands there. */
  readonly purpose: string;
  /** 32 bytes, 0x-prefixed: tells two requests apart that say the same. */
  readonly nonce: string;
}

/** A request, and what it was signed with. */
export interface SignedRequest {
  readonly request: AccessRequest;
  readonly signature: Uint8Array;
}

/** Longest line that is looked at, in characters. */
export const MAX_REQUEST_LINE = 16_384;
/** Most scopes of a request: as many as a welcome has. */
export const MAX_REQUEST_SCOPES = 62;
/** Most bytes of a purpose. */
export const MAX_PURPOSE_BYTES = 1_024;

const VERSION = 1;
const PREFIX = "memvault-request:";

/** EIP-712 types of a request, in the domain of the vault's contract. */
export const ACCESS_REQUEST_TYPES = {
  AccessRequest: [
    { name: "vaultId", type: "bytes32" },
    { name: "account", type: "address" },
    { name: "recipientDigest", type: "bytes32" },
    { name: "scopes", type: "string[]" },
    { name: "permissions", type: "uint8" },
    { name: "expiresAt", type: "uint64" },
    { name: "purpose", type: "string" },
    { name: "nonce", type: "bytes32" },
  ],
};

/** What a request's signature is over. */
export function claimOf({ ref, ...request }: AccessRequest): Claim {
  return { types: ACCESS_REQUEST_TYPES, message: { vaultId: spaceIdOf(ref.vaultId), ...request } };
}

/** Signs EIP-712 data, as ethers' signers do. */
export interface RequestSigner {
  signTypedData(
    domain: ReturnType<typeof typedDataOf>["domain"],
    types: Claim["types"],
    value: Claim["message"],
  ): Promise<string>;
}

/**
 * Makes an access request: one line of text, which the agent hands to the vault's owner by any way it likes.
 *
 * @param terms - what is asked for; the nonce is drawn.
 * @param signer - the account's, or that of the operator which the account's contract names.
 * @throws {NoScopes|TooManyScopes|InvalidScopeName|InvalidPurpose} when it is none that an owner would take.
 * @throws {ContentTooLarge} when names and signature take more than a line has.
 */
export async function makeRequest(
  terms: Omit<AccessRequest, "nonce">,
  signer: RequestSigner,
  random: Random,
): Promise<string> {
  const scopes = [...new Set(terms.scopes.map(scopeName))];
  if (scopes.length === 0) throw new NoScopes();
  if (scopes.length > MAX_REQUEST_SCOPES) throw new TooManyScopes(scopes.length, MAX_REQUEST_SCOPES);
  const request = {
    ...terms,
    scopes,
    purpose: checkedPurpose(terms.purpose),
    account: terms.account.toLowerCase(),
    nonce: `0x${bytesToHex(random(32))}`,
  };
  const { domain, types, message } = typedDataOf(request.ref, claimOf(request));
  const signature = hexToBytes((await signer.signTypedData(domain, types, message)).slice(2));
  const line = encodeRequest({ request, signature });
  // What nobody would take is not handed out.
  decodeRequest(line);
  return line;
}

/**
 * A request as one line of text.
 *
 * @throws {ContentTooLarge} when it takes more than 16 KiB.
 */
export function encodeRequest(signed: SignedRequest): string {
  const line = PREFIX + base64urlnopad.encode(encodeBody(signed));
  if (line.length > MAX_REQUEST_LINE) throw new ContentTooLarge("request", line.length, MAX_REQUEST_LINE);
  return line;
}

/**
 * Reads a line. Whether it was signed, and is for a vault that is here, takes the chain.
 *
 * @throws {MalformedData} when it is anything but the one text of a request. Nothing of it is repeated.
 */
export function decodeRequest(line: string): SignedRequest {
  if (line.length > MAX_REQUEST_LINE) throw new MalformedData("request", `${line.length} characters`);
  if (!line.startsWith(PREFIX)) throw new MalformedData("request", `does not begin with ${PREFIX}`);
  return decodeBody(bytesIn(line.slice(PREFIX.length)));
}

function bytesIn(text: string): Uint8Array {
  try {
    return base64urlnopad.decode(text);
  } catch (cause) {
    throw new MalformedData("request", "mistyped or cut", { cause });
  }
}

/** The canonical bytes that a line holds. */
export const encodeBody = ({ request, signature }: SignedRequest): Uint8Array =>
  encodeCbor([
    VERSION,
    refBytes(request.ref),
    hexToBytes(request.account.slice(2)),
    hexToBytes(request.recipientDigest.slice(2)),
    [...request.scopes],
    request.permissions,
    request.expiresAt,
    request.purpose,
    hexToBytes(request.nonce.slice(2)),
    signature,
  ]);

/**
 * Reads the bytes that a line holds.
 *
 * @throws {MalformedData} when they are anything else.
 */
export function decodeBody(bytes: Uint8Array): SignedRequest {
  const fields = tuple(decodeCbor(bytes), 10, "request");
  const [version, ref, account, digest, scopes, permissions, expiresAt, purpose, nonce, signature] = fields;
  if (version !== VERSION) throw new MalformedData("request", "another version");
  const hex = (value: unknown, length: number, where: string): string =>
    `0x${bytesToHex(fixed(value, length, where))}`;
  return {
    request: {
      ref: parseRef(fixed(ref, REF_BYTES, "request's vault")),
      account: hex(account, 20, "request's account"),
      recipientDigest: hex(digest, 32, "request's key"),
      scopes: scopesOf(scopes),
      permissions: permissionsOf(permissions),
      expiresAt: seconds(expiresAt, "request's end"),
      purpose: purposeOf(purpose),
      nonce: hex(nonce, 32, "request's nonce"),
    },
    signature: signatureOf(signature, "request's signature"),
  };
}

function scopesOf(value: unknown): string[] {
  const names = list(value, "request's scopes").map((name) => text(name, "request's scope"));
  const distinct = new Set(names).size;
  if (distinct === 0 || distinct > MAX_REQUEST_SCOPES || distinct < names.length)
    throw new MalformedData("request's scopes", `${names.length}, of them ${distinct} distinct`);
  // A name in another form would look like the one that the owner has, and be signed as another.
  if (!names.every(isNormal)) throw new MalformedData("request's scope", "not in its normal form");
  return names;
}

function isNormal(name: string): boolean {
  try {
    return scopeName(name) === name;
  } catch {
    return false; // No name for a scope at all.
  }
}

function permissionsOf(value: unknown): number {
  const permissions = uint(value, "request's permissions", PERMISSION.read | PERMISSION.propose);
  if ((permissions & PERMISSION.read) === 0) throw new MalformedData("request's permissions", "without READ");
  return permissions;
}

function purposeOf(value: unknown): string {
  try {
    return checkedPurpose(text(value, "request's purpose"));
  } catch (cause) {
    throw new MalformedData("request's purpose", "not of the form that it must have", { cause });
  }
}

/** Control characters, and those that break lines or turn the direction of what follows. */
const UNSHOWN = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

function checkedPurpose(purpose: string): string {
  const size = utf8ToBytes(purpose).length;
  if (size === 0 || size > MAX_PURPOSE_BYTES) throw new InvalidPurpose(`${size} bytes`);
  if (UNSHOWN.test(purpose) || purpose.trim() === "")
    throw new InvalidPurpose("what nobody could show or see");
  return purpose;
}

/** What a device knows a request by: whose it is, and its nonce. Signed anew it is the same one. 64 hex digits. */
export const requestIdOf = ({ account, nonce }: AccessRequest): string =>
  bytesToHex(sha256(concatBytes(hexToBytes(account.slice(2)), hexToBytes(nonce.slice(2)))));
