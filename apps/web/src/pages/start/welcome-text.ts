import { armor } from "age-encryption";

import { WelcomeRejected } from "../../../../../client/index.ts";
import { welcomeFile } from "../../../../../client/manage.ts";

/**
 * The bytes of a welcome that somebody sent as text: that of a QR code, or an armoured age file.
 *
 * @throws WelcomeRejected when it is none.
 */
export function decodeWelcome(text: string): Uint8Array {
  try {
    return /^\s*memvault:/i.test(text) ? welcomeFile(text) : armor.decode(text.trim());
  } catch (cause) {
    throw new WelcomeRejected("the text is no whole welcome", { cause });
  }
}
