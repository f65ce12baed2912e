import { bech32 } from "@scure/base";
import { sha256 } from "@noble/hashes/sha2.js";
import { abytes, randomBytes } from "@noble/hashes/utils.js";
import { Decrypter, Encrypter, identityToRecipient, type Stanza } from "age-encryption";

import { AlteredError, ClassicRecipient, MalformedData, WrongKeyError } from "../errors.ts";
import type { Random } from "./seal.ts";

/** How many bytes a recipient has: an X-Wing public key. */
export const RECIPIENT_BYTES = 1_216;

const IDENTITY = "age-secret-key-pq-";
const RECIPIENT = "age1pq";
const STANZA = "mlkem768x25519";

/** A new age identity of the post-quantum hybrid kind, `AGE-SECRET-KEY-PQ-1…`. */
export function generateIdentity(random: Random = randomBytes): string {
  return identityText(random(32));
}

/** The identity that 32 secret bytes are. */
export function identityText(secret: Uint8Array): string {
  return bech32.encodeFromBytes(IDENTITY, abytes(secret, 32, "identity")).toUpperCase();
}

/**
 * The recipient that an identity opens files of, `age1pq1…`.
 *
 * @throws {MalformedData} when the identity is not of the post-quantum hybrid kind.
 */
export async function recipientOf(identity: string): Promise<string> {
  return identityToRecipient(checkIdentity(identity));
}

/**
 * The raw bytes of a recipient.
 *
 * @throws {ClassicRecipient} when it is of another kind.
 * @throws {MalformedData} when it is mistyped.
 */
export function recipientBytes(recipient: string): Uint8Array {
  if (!recipient.startsWith(`${RECIPIENT}1`)) throw new ClassicRecipient(recipient);
  try {
    const { words } = bech32.decode(recipient as `${string}1${string}`, false);
    return abytes(bech32.fromWords(words), RECIPIENT_BYTES, "recipient");
  } catch (cause) {
    throw new MalformedData("recipient", "mistyped or cut", { cause });
  }
}

/** The text of a recipient's 1,216 bytes. */
export function recipientText(bytes: Uint8Array): string {
  return bech32.encode(RECIPIENT, bech32.toWords(abytes(bytes, RECIPIENT_BYTES, "recipient")), false);
}

/** The digest that stands for a recipient in welcomes and in the registry: sha256 of its bytes. */
export function recipientDigest(bytes: Uint8Array): Uint8Array {
  return sha256(abytes(bytes, RECIPIENT_BYTES, "recipient"));
}

/**
 * Encrypts to post-quantum recipients, as a binary age file. The file's header shows how many they are.
 *
 * @throws {ClassicRecipient} when one is of another kind; the library would mix it in.
 */
export async function encryptTo(recipients: readonly string[], plaintext: Uint8Array): Promise<Uint8Array> {
  if (recipients.length === 0) throw new RangeError("name at least one recipient");
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    recipientBytes(recipient);
    encrypter.addRecipient(recipient);
  }
  return encrypter.encrypt(plaintext);
}

/**
 * Decrypts a binary age file that was encrypted to post-quantum recipients only.
 *
 * @throws {ClassicRecipient} when it was encrypted to a classic recipient or a passphrase as well.
 * @throws {WrongKeyError} when it was encrypted to others.
 * @throws {AlteredError} when it was encrypted to this identity and is broken.
 * @throws {MalformedData} when it is not an age file.
 */
export async function decryptWith(identity: string, file: Uint8Array): Promise<Uint8Array> {
  let reached: "nothing" | "header" | "others" = "nothing";
  const decrypter = new Decrypter();
  // Identities are asked in order: the first looks at the header and opens nothing, the last is asked when ours failed.
  decrypter.addIdentity({ unwrapFileKey: (stanzas) => ((reached = "header"), refuseClassic(stanzas)) });
  decrypter.addIdentity(checkIdentity(identity));
  decrypter.addIdentity({ unwrapFileKey: () => ((reached = "others"), null) });
  try {
    return await decrypter.decrypt(file);
  } catch (cause) {
    if (cause instanceof ClassicRecipient) throw cause;
    switch (reached as "nothing" | "header" | "others") {
      case "nothing":
        throw new MalformedData("age file", "no age header", { cause });
      case "others":
        throw new WrongKeyError("this age file", { cause });
      case "header":
        throw new AlteredError("an age file", { cause });
    }
  }
}

function refuseClassic(stanzas: readonly Stanza[]): null {
  for (const { args } of stanzas)
    if (args[0] !== STANZA) throw new ClassicRecipient(args[0] ?? "a nameless recipient");
  return null;
}

function checkIdentity(identity: string): string {
  // The identity is a secret: it is in no message and in no cause.
  const malformed = new MalformedData("identity", "AGE-SECRET-KEY-PQ-1… is needed");
  if (!identity.startsWith("AGE-SECRET-KEY-PQ-1")) throw malformed;
  try {
    if (bech32.decodeToBytes(identity).bytes.length === 32) return identity;
  } catch {
    throw malformed;
  }
  throw malformed;
}
