import { bytesToHex } from "@noble/hashes/utils.js";

import { pending, RekeyPending, VaultError, type Vault } from "../../../../../client/index.ts";
import { RecipientsUnconfirmed, rekey, resumeRekey } from "../../../../../client/manage.ts";
import { checkWords, seedToWords } from "../../../../../client/words.ts";
import type { Device } from "../../device/device.ts";
import type { Renewal } from "../../device/sealed-files.ts";
import { newWords, type Drawing } from "../../device/ways.ts";

/** What renews the words of a vault. */
export interface RenewalWorld {
  readonly device: Pick<Device, "renewal" | "keepRenewal" | "keepWay">;
  readonly vault: Vault;
  readonly drawing: Drawing;
}

/** Other new words were written down already. */
export class RenewalWaits extends VaultError {
  constructor() {
    super(
      "New words of this vault were shown before, and wait to be put in force. Go on with those, or give them up, on the page Health.",
    );
  }
}

/** There are no new words any more. */
export class RenewalGone extends VaultError {
  constructor() {
    super(
      "No new words of this vault wait in this browser: another tab put them in force, or gave them up. Look at the page Health.",
    );
  }
}

/**
 * Keeps new words here, sealed, that a person wrote down: from then on {@link finishRenewal} puts them in force, after a reload too.
 *
 * @throws RenewalWaits when others were begun before.
 */
export async function keepNewWords(
  { device, vault }: Omit<RenewalWorld, "drawing">,
  renewal: Renewal,
): Promise<void> {
  const kept = await device.renewal(vault.ref);
  if (kept !== null && bytesToHex(kept.seed) !== bytesToHex(renewal.seed)) throw new RenewalWaits();
  await device.keepRenewal(vault.ref, renewal);
}

/**
 * Goes on with a renewal from whatever step: the change of all keys, then this browser's own way to unlock, then the seed is let go.
 *
 * @param confirmed - Fingerprints of members that came in since, and that the person vouches for.
 * @throws RenewalGone when there is none; and what `rekey` throws.
 */
export async function finishRenewal(
  { device, vault, drawing }: RenewalWorld,
  confirmed: readonly string[] = [],
): Promise<void> {
  const renewal = await device.renewal(vault.ref);
  if (renewal === null) throw new RenewalGone();
  await changeKeys(vault, renewal.seed, confirmed);
  if (renewal.unlocks) await device.keepWay(newWords(renewal.seed, drawing));
  await device.keepRenewal(vault.ref, null);
}

async function changeKeys(vault: Vault, seed: Uint8Array, confirmed: readonly string[]): Promise<void> {
  const begun = (await pending(vault)).findLast((operation) => operation.kind === "rekey");
  if (begun === undefined) {
    if (await areInForce(vault, seed)) return;
    await rekey(vault, { remove: [], newWords: seed, confirmed });
  } else if (begun.newWords === null) throw new RekeyPending(begun.id);
  else
    await resumeRekey(vault).catch((fault: unknown) => {
      if (!(fault instanceof RecipientsUnconfirmed) || confirmed.length === 0) throw fault;
      return rekey(vault, {
        ...{ remove: begun.remove, base: begun.base === null ? undefined : BigInt(begun.base) },
        ...{ newWords: seed, confirmed: [...begun.confirmed, ...confirmed] },
      });
    });
}

/** Whether the change was done, and only what comes after it was not. */
const areInForce = (vault: Vault, seed: Uint8Array): Promise<boolean> =>
  checkWords(vault, seedToWords(seed)).then(
    ({ inRoster }) => inRoster,
    // Words that open nothing are not in force; what else is wrong shows in the change itself.
    (fault: unknown) => {
      if (fault instanceof VaultError) return false;
      throw fault;
    },
  );

/**
 * Gives new words up that no change of keys was begun for. To be done in turn: another tab may be about to begin one.
 *
 * @throws RekeyPending when one was: it has to be gone on with. RenewalGone when there are none: they may be in force by now.
 */
export async function giveUpRenewal({ device, vault }: Omit<RenewalWorld, "drawing">): Promise<void> {
  if ((await device.renewal(vault.ref)) === null) throw new RenewalGone();
  const begun = (await pending(vault)).findLast((operation) => operation.kind === "rekey");
  if (begun !== undefined) throw new RekeyPending(begun.id);
  await device.keepRenewal(vault.ref, null);
}
