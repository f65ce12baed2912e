import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import {
  userDataOf,
  type BlockView,
  type Bundle,
  type ChainView,
  type KeyPlace,
  type KeyView,
} from "../../client/attestation.ts";
import { recipientDigest } from "../../client/crypto/identity.ts";
import { testDocument, testEnclave, type TestEnclave } from "./nitro.ts";
import { seeded } from "./seeded.ts";

/** When the key of these tests was published, unix seconds, and in which block. */
export const REGISTERED_AT = Date.parse("2026-11-01T12:00:00Z") / 1_000;
export const BLOCK = 5_000;

/** The hash of one of their blocks. */
export const hashOf = (block: number): string =>
  `0x${bytesToHex(sha256(Uint8Array.of(block >> 8, block & 255)))}`;

/** A chain with one published key, of twelve seconds a block. */
export class StoryChain implements ChainView {
  key: KeyView;
  /** Blocks that a reorganisation left behind: still known by their hash. */
  readonly orphans = new Map<string, number>();
  readonly unknown = new Set<number>();

  constructor(key: KeyView) {
    this.key = key;
  }

  readonly registry = { keyOf: (): Promise<KeyView> => Promise.resolve(this.key) };

  readonly provider = {
    getBlock: (block: number | string): Promise<BlockView | null> => Promise.resolve(this.#block(block)),
  };

  #block(block: number | string): BlockView | null {
    const number = typeof block === "number" ? block : this.#numberOf(block);
    if (number === null || this.unknown.has(number)) return null;
    const hash = typeof block === "string" ? block : hashOf(number);
    return { number, hash, timestamp: REGISTERED_AT + (number - BLOCK) * 12 };
  }

  #numberOf(hash: string): number | null {
    const numbers = Array.from({ length: 1_000 }, (_, i) => BLOCK - 600 + i);
    return numbers.find((number) => hashOf(number) === hash) ?? this.orphans.get(hash) ?? null;
  }
}

/** A key that an enclave of the test authority vouches for, as everything should be. */
export interface Story {
  readonly enclave: TestEnclave;
  readonly place: KeyPlace;
  readonly recipient: Uint8Array;
  readonly bundle: Bundle;
  readonly document: Uint8Array;
  readonly chain: StoryChain;
}

/** What may be otherwise than it should. */
export interface Twist {
  readonly bundle?: Partial<Bundle>;
  /** The document's own time, unix seconds. */
  readonly made?: number;
  readonly nonce?: Uint8Array | null;
  readonly userData?: Uint8Array | null;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly key?: Partial<KeyView>;
}

/** An attested key, and what is wrong with it. */
export function story(twist: Twist = {}): Story {
  const enclave = testEnclave(REGISTERED_AT * 1_000);
  const recipient = seeded("attested recipient")(1_216);
  const place = { chainId: 31_337n, registry: `0x${"a1".repeat(20)}`, agent: `0x${"b2".repeat(20)}` };
  const bundle = { ...place, recipient, notAfter: REGISTERED_AT + 604_000, ...twist.bundle };
  const document = testDocument(enclave, (twist.made ?? REGISTERED_AT - 30) * 1_000, {
    nonce: twist.nonce === undefined ? hexToBytes(hashOf(BLOCK - 3).slice(2)) : twist.nonce,
    user_data: twist.userData === undefined ? userDataOf(bundle) : twist.userData,
    ...twist.fields,
  });
  const chain = new StoryChain({
    recipientDigest: `0x${bytesToHex(recipientDigest(recipient))}`,
    expiresAt: BigInt(bundle.notAfter),
    blockNumber: BigInt(BLOCK),
    attestationDigest: `0x${bytesToHex(sha256(document))}`,
    ...twist.key,
  });
  return { enclave, place, recipient, bundle, document, chain };
}
