import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { verifyTypedData } from "ethers";

import { bytesOf, decodeCbor, encodeCbor, fixed, tuple } from "../cbor.ts";
import { WelcomeRejected, WrongKeyError } from "../errors.ts";
import { frame, signatureOf, unframe } from "./frame.ts";
import { decryptWith, encryptTo, recipientBytes, recipientDigest, recipientOf } from "./identity.ts";
import { decodeWelcome, encodeWelcome, type Welcome } from "./welcome-body.ts";

export type { Welcome } from "./welcome-body.ts";

/** A welcome that was opened. Whether `signer` is in force is the caller's check: it takes the chain. */
export interface OpenedWelcome {
  readonly welcome: Welcome;
  /** The account that is said to have signed, in lower case. */
  readonly signer: string;
  readonly signature: Uint8Array;
  /** sha256 of the file, by which stores and the keyring's locator entry name it. */
  readonly digest: Uint8Array;
}

/** What a welcome's signature is over, as EIP-712 libraries take it. */
export interface WelcomeTypedData {
  readonly domain: { name: string; version: string; chainId: bigint; verifyingContract: string };
  readonly types: Record<"Welcome", { name: string; type: string }[]>;
  readonly message: { vaultId: string; recipientDigest: string; bodyHash: string };
}

/** Signs EIP-712 data, as ethers' `Signer.signTypedData` does. */
export type SignTypedData = (
  domain: WelcomeTypedData["domain"],
  types: WelcomeTypedData["types"],
  value: WelcomeTypedData["message"],
) => Promise<string>;

const TYPES = {
  Welcome: [
    { name: "vaultId", type: "bytes32" },
    { name: "recipientDigest", type: "bytes32" },
    { name: "bodyHash", type: "bytes32" },
  ],
};

/** Longest file that is looked at: each recipient in an age file's header costs an attempt to open it. */
const MAX_FILE = 65_536;

/** The EIP-712 data of a welcome, in the vault's domain: for signing, and for asking an account that is a contract. */
export function welcomeTypedData(welcome: Welcome): WelcomeTypedData {
  const { chainId, contract, vaultId } = welcome.ref;
  const word = `0x${vaultId.toString(16).padStart(64, "0")}`;
  return {
    domain: { name: "AgentMemoryState", version: "1", chainId, verifyingContract: contract.toLowerCase() },
    types: TYPES,
    message: {
      vaultId: word,
      recipientDigest: `0x${bytesToHex(welcome.recipientDigest)}`,
      bodyHash: `0x${bytesToHex(keccak_256(encodeWelcome(welcome)))}`,
    },
  };
}

/**
 * Writes a welcome: signs it and encrypts it to its recipient (SPEC §8).
 *
 * @param recipient - `age1pq1…`, the one whose digest the welcome names.
 * @param sign - the signer's EIP-712 signing.
 * @param signer - the signer's address: the vault's controller or authorizer.
 * @param options - `padTo`: the exact size of the file in bytes, for one that goes through a store.
 * @returns a binary age file.
 * @throws {ContentTooLarge} when it does not fit `padTo`.
 * @throws {WelcomeRejected} when it is for another recipient, or is one that no reader would accept.
 */
export async function writeWelcome(
  welcome: Welcome,
  recipient: string,
  sign: SignTypedData,
  signer: string,
  options: { readonly padTo?: number } = {},
): Promise<Uint8Array> {
  const body = encodeWelcome(welcome);
  checkedBody(body);
  checkRecipient(welcome, recipient);
  const { domain, types, message } = welcomeTypedData(welcome);
  const signature = hexToBytes((await sign(domain, types, message)).slice(2));
  const signed = encodeCbor([body, hexToBytes(signer.slice(2)), signature]);
  return encryptTo([recipient], frame("welcome", signed, options.padTo));
}

/**
 * Opens a welcome and checks all that needs no chain. Who signed it, and whether that account is the controller or the
 * authorizer now, is left to the caller: see {@link recoverWelcomeSigner} and {@link welcomeTypedData}.
 *
 * @param file - a binary age file, as {@link writeWelcome} made it.
 * @param identity - this device's age identity.
 * @throws {WelcomeRejected} when it is for another device, broken, malformed or signed for another recipient.
 */
export async function readWelcome(file: Uint8Array, identity: string): Promise<OpenedWelcome> {
  if (file.length > MAX_FILE) throw new WelcomeRejected(`it has ${file.length} bytes, more than any`);
  const framed = await decryptWith(identity, file).catch((cause: unknown) => {
    throw new WelcomeRejected(cause instanceof WrongKeyError ? "it is for another device" : "it is broken", {
      cause,
    });
  });
  const { body, signer, signature } = unframed(framed);
  const welcome = checkedBody(body);
  checkRecipient(welcome, await recipientOf(identity));
  return { welcome, signer: `0x${bytesToHex(signer)}`, signature, digest: sha256(file) };
}

/**
 * The account whose ECDSA signature stands under a welcome.
 *
 * @returns what {@link recoverSigner} does.
 */
export const recoverWelcomeSigner = (welcome: Welcome, signature: Uint8Array): string | null =>
  recoverSigner(welcomeTypedData(welcome), signature);

/** EIP-712 data of any kind, in the vault's domain. */
export interface TypedData {
  readonly domain: WelcomeTypedData["domain"];
  readonly types: Record<string, { name: string; type: string }[]>;
  readonly message: Record<string, unknown>;
}

/**
 * The account whose ECDSA signature stands under EIP-712 data.
 *
 * @returns its address in lower case, or `null` when the signature is no canonical one of 65 bytes: then only an
 *   account that is a contract can have signed.
 */
export function recoverSigner({ domain, types, message }: TypedData, signature: Uint8Array): string | null {
  if (signature.length !== 65 || (signature[64] !== 27 && signature[64] !== 28)) return null;
  try {
    return verifyTypedData(domain, types, message, `0x${bytesToHex(signature)}`).toLowerCase();
  } catch {
    return null; // A high s, or no point of the curve.
  }
}

function checkRecipient(welcome: Welcome, recipient: string): void {
  const digest = recipientDigest(recipientBytes(recipient));
  if (!equalBytes(digest, welcome.recipientDigest)) throw new WelcomeRejected("it names another recipient");
}

function checkedBody(body: Uint8Array): Welcome {
  try {
    return decodeWelcome(body);
  } catch (cause) {
    throw new WelcomeRejected("its body is malformed", { cause });
  }
}

function unframed(file: Uint8Array): { body: Uint8Array; signer: Uint8Array; signature: Uint8Array } {
  try {
    const [body, signer, signature] = tuple(decodeCbor(unframe("welcome", file)), 3, "welcome");
    return {
      body: bytesOf(body, "welcome body"),
      signer: fixed(signer, 20, "welcome signer"),
      signature: signatureOf(signature, "welcome signature"),
    };
  } catch (cause) {
    throw new WelcomeRejected("it is malformed", { cause });
  }
}
