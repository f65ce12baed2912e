import type { ExportReader } from "../../../../../../client/exporters/index.ts";
import { recipientsIn } from "./make.ts";

/** Who shall be able to open the file, as far as the person typed it. */
export interface Protection {
  readonly kind: "plain" | "passphrase" | "recipients";
  readonly passphrase: string;
  readonly repeated: string;
  readonly recipients: string;
}

/** What is chosen first: the person has to choose to leave it open. */
export const FIRST_PROTECTION: Protection = {
  ...{ kind: "passphrase", passphrase: "", repeated: "", recipients: "" },
};

/** Shorter ones are guessed by machines. */
const SHORTEST = 10;

/** What is missing, or wrong; `null` when nothing is. */
export function protectionFault({ kind, passphrase, repeated, recipients }: Protection): string | null {
  if (kind === "plain") return null;
  if (kind === "recipients")
    return recipientsIn(recipients).length === 0 ? "Name at least one recipient." : null;
  if (passphrase.length < SHORTEST) return `Choose a passphrase of ${SHORTEST} characters or more.`;
  return passphrase === repeated ? null : "The two passphrases differ.";
}

/** Whether a recipient that was named is not post-quantum. */
export const namesClassic = ({ kind, recipients }: Protection): boolean =>
  kind === "recipients" &&
  recipientsIn(recipients).some((recipient) => /^age1/.test(recipient) && !recipient.startsWith("age1pq1"));

/** Who opens the file. */
export function readerOf({ kind, passphrase, recipients }: Protection): ExportReader | null {
  if (kind === "plain") return null;
  return kind === "passphrase" ? { passphrase } : { recipients: recipientsIn(recipients) };
}
