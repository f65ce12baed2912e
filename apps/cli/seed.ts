import type { Session } from "./session.ts";
import { isSealed, rewriteKeys } from "./profile.ts";

/**
 * Keeps the seed of words that were shown with the profile's keys, until the chain has what they open: if that breaks off, it is gone
 * on with by the same words. `null` lets it go: devices never keep a seed, from then on it is on paper alone.
 */
export async function keepSeed(session: Session, seed: Uint8Array | null): Promise<void> {
  const profile = await session.profile();
  const passphrase = (await isSealed(session.home)) === true ? await session.passphrase() : "";
  await rewriteKeys(profile, { ...profile.keys, seed }, passphrase);
}
