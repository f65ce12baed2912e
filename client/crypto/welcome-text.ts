import { base32nopad } from "@scure/base";

import { MalformedData } from "../errors.ts";

const PREFIX = "MEMVAULT:";

/**
 * A welcome as text for a QR code: only letters, digits and a colon that its alphanumeric mode packs well. One code holds
 * 4,296 of them: the welcome of a device, or of a reader of some scopes who does not propose.
 */
export const welcomeText = (file: Uint8Array): string => PREFIX + base32nopad.encode(file);

/**
 * The welcome that a text is, however it was wrapped or typed.
 *
 * @throws {MalformedData} when it is none. Nothing of it is repeated: whoever has the key reads by it.
 */
export function welcomeFile(text: string): Uint8Array {
  const plain = text.replace(/\s/g, "").toUpperCase();
  if (!plain.startsWith(PREFIX)) throw new MalformedData("welcome text", `does not begin with ${PREFIX}`);
  try {
    return base32nopad.decode(plain.slice(PREFIX.length));
  } catch {
    throw new MalformedData("welcome text", "mistyped or cut");
  }
}
