import { WelcomeRejected } from "../../../../../client/index.ts";
import { textOfFile } from "../access/dropped.ts";
import { decodeWelcome } from "./welcome-text.ts";

/** Most bytes of a welcome: no device opens a longer one. */
const MOST = 65_536;

/** What a file holds that is no welcome's bytes, but its text. */
const TEXT = /^\s*(memvault:|-----BEGIN AGE)/i;

/**
 * The bytes of a welcome that came as a file: the age file itself, its text, or a picture of its QR code.
 *
 * @throws WelcomeRejected when it is none. NoQrCode for a picture without a code, and FileTooLarge for one that is too large.
 */
export async function welcomeOfFile(file: File): Promise<Uint8Array> {
  if (file.type.startsWith("image/")) return decodeWelcome(await textOfFile(file));
  // Texts are longer than what they hold.
  if (file.size > 2 * MOST) throw new WelcomeRejected(`it has ${file.size} bytes, more than any`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return TEXT.test(text) ? decodeWelcome(text) : bytes;
}
