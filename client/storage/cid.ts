import { bytesToHex } from "@noble/hashes/utils.js";
import { base32nopad, base58, hex } from "@scure/base";

import type { Digest } from "./store.ts";

// Version 1, codec raw, hash sha2-256 of 32 bytes.
const RAW_SHA256 = "01551220";

/**
 * The digest that a CID names, whatever base it is written in: servers differ in that, also from one answer to the next.
 *
 * @param text - What a server calls a CID.
 * @returns `null` for any CID but that of a raw block by its sha256, and for what is none.
 */
export function digestOfCid(text: string): Digest | null {
  try {
    const bytes = bytesToHex(decode(text));
    return bytes.length === RAW_SHA256.length + 64 && bytes.startsWith(RAW_SHA256)
      ? bytes.slice(RAW_SHA256.length)
      : null;
  } catch {
    // Not text in the base that it claims.
    return null;
  }
}

function decode(text: string): Uint8Array {
  const [base, rest] = [text.slice(0, 1), text.slice(1)];
  if (base === "b" || base === "B") return base32nopad.decode(rest.toUpperCase());
  if (base === "z") return base58.decode(rest);
  if (base === "f" || base === "F") return hex.decode(rest.toLowerCase());
  throw new TypeError("another base");
}
