import type { Vault } from "../../client/index.ts";
import { RecipientsUnconfirmed, unconfirmed, type RekeyRequest } from "../../client/manage.ts";
import { list } from "./parse.ts";
import type { Session } from "./session.ts";
import { written } from "./terminal.ts";

/** The first digits of a key's digest, by which two screens are compared. */
export const DIGEST_SHOWN = 18;

/**
 * The digits of a fingerprint that are shown and taken: as many as two records cannot be made to share, by whoever writes
 * one of them after the other was shown.
 */
export const FINGERPRINT_SHOWN = 32;

/** The option of commands by which the owner vouches for others. */
export const VOUCH_OPTION = [
  "--vouch <fingerprints>",
  "records that you vouch for, or their beginnings, with commas between",
] as const;

/**
 * The fingerprints of all whom a rekey asks the owner to vouch for.
 *
 * @param vouch - the beginnings that were given, of 32 digits and more.
 * @throws {RecipientsUnconfirmed} while one is left out. It is shown before, with what to give.
 */
export async function vouchedFor(
  { say }: Session,
  vault: Vault,
  request: RekeyRequest,
  vouch = "",
): Promise<string[]> {
  const vouched = list(vouch);
  const doubtful = await unconfirmed(vault, request);
  const open = doubtful.filter(({ fingerprint }) => !vouched.some((each) => isFor(each, fingerprint)));
  for (const { label, recipientDigest: digest, fingerprint } of open)
    say(
      `  ${written(label, 30)}  key ${digest.slice(0, DIGEST_SHOWN)}  --vouch ${fingerprint.slice(0, FINGERPRINT_SHOWN)}`,
    );
  if (open.length > 0) throw new RecipientsUnconfirmed(open);
  return doubtful.map(({ fingerprint }) => fingerprint);
}

const isFor = (beginning: string, fingerprint: string): boolean =>
  beginning.length >= FINGERPRINT_SHOWN && fingerprint.startsWith(beginning.toLowerCase());
