import { randomBytes } from "@noble/hashes/utils.js";

/**
 * A random wait, for between a commit's upload and its transaction: so that a store cannot tell by the second which commit its blobs are of.
 *
 * @param most - Milliseconds.
 * @param random - Where randomness comes from.
 * @returns Waits for a part of that, evenly drawn, each time that it is called.
 */
export const randomDelay =
  (most: number, random: (length: number) => Uint8Array = randomBytes): (() => Promise<void>) =>
  async () => {
    const share = new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) / 2 ** 32;
    await new Promise((resolve) => setTimeout(resolve, share * most));
  };
