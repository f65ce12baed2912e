import { utf8ToBytes } from "@noble/hashes/utils.js";
import { Encrypter } from "age-encryption";

import { MalformedData } from "../errors.ts";

/** Who opens an encrypted export: the holders of identities, or whoever knows a passphrase. */
export type ExportReader =
  | {
      /** `age1…` or `age1pq1…`, at least one, all of one kind. */
      readonly recipients: readonly string[];
    }
  | { readonly passphrase: string };

/**
 * Puts an export into an age file, which every age program opens.
 *
 * Only recipients that begin with `age1pq1` are post-quantum (age 1.3 and later read them). A classic recipient, `age1…`, is not: whoever keeps the file can open it
 * once quantum computers break X25519. A passphrase is stretched with scrypt, 2^18, and is as strong as it is hard to guess. The header shows how many
 * recipients there are; it shows none of them.
 *
 * @param content - What an exporter wrote.
 * @param reader - Recipients or a passphrase.
 * @returns A binary age file.
 * @throws {RangeError} for no recipient, an empty passphrase, or recipients of both kinds: the weaker would decide, so age itself refuses that too.
 * @throws {MalformedData} when a recipient is mistyped, or of a kind that needs a plugin.
 * @example
 * const file = await encryptExport(exportJsonLines(scopes), { recipients: ["age1…"] });
 */
export async function encryptExport(content: string | Uint8Array, reader: ExportReader): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  if ("passphrase" in reader) {
    if (reader.passphrase === "") throw new RangeError("the passphrase is empty");
    encrypter.setPassphrase(reader.passphrase);
  } else {
    addRecipients(encrypter, reader.recipients);
  }
  return encrypter.encrypt(typeof content === "string" ? utf8ToBytes(content) : content);
}

function addRecipients(encrypter: Encrypter, recipients: readonly string[]): void {
  if (recipients.length === 0) throw new RangeError("name at least one recipient");
  if (new Set(recipients.map((recipient) => recipient.startsWith("age1pq1"))).size > 1) {
    throw new RangeError("classic and post-quantum recipients cannot share a file: write two");
  }
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      // What was given may be an identity, by mistake: a secret, and in no message.
      throw new MalformedData("recipient", "not age1…, mistyped, cut, or one that needs a plugin", { cause });
    }
  }
}
