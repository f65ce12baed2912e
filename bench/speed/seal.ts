import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { randomBytes } from "@noble/hashes/utils.js";

import { headContext, open, seal } from "../../client/crypto/seal.ts";
import { REF } from "../../test/client/vault/workbench.ts";
import { beside, type Beside } from "./clock.ts";

/** What it takes to seal and open some bytes. */
export interface Sealing extends Beside {
  readonly bytes: number;
}

const REPEATS = 8;

/** Seals and opens, beside the bare cipher. */
export async function measureSeal(bytes: number, rounds: number): Promise<Sealing> {
  const [key, nonce, plain] = [randomBytes(32), new Uint8Array(12), new Uint8Array(bytes)];
  const context = headContext(REF, 1n);
  const ours = () => open(key, context, seal(key, context, plain));
  const floor = () =>
    chacha20poly1305(key, nonce, context).decrypt(chacha20poly1305(key, nonce, context).encrypt(plain));
  return { ...(await beside(rounds, ours, floor, REPEATS)), bytes };
}
