import { grants, type GrantEntry, type Vault } from "../../../../../client/index.ts";
import { GrantMoved } from "./errors.ts";

/**
 * Expects that a grant still says what somebody has before their eyes: a change names only what is to be otherwise, and the rest would
 * be what nobody here saw.
 *
 * @throws {GrantMoved} when another tab or device changed what it opens, or until when.
 */
export async function expectAsShown(vault: Vault, shown: GrantEntry): Promise<void> {
  const now = (await grants(vault)).find(({ id }) => id === shown.id);
  // One that is gone the change itself refuses.
  if (now !== undefined && termsText(now) !== termsText(shown))
    throw new GrantMoved(now.scopeNames, now.expiresAt);
}

const termsText = ({ scopeNames, expiresAt, permissions }: GrantEntry): string =>
  JSON.stringify([scopeNames.toSorted(), expiresAt, permissions]);
