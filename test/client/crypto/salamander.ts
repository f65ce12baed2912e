import { chacha20 } from "@noble/ciphers/chacha.js";
import { poly1305 } from "@noble/ciphers/_poly1305.js";
import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

const P = 2n ** 130n - 5n;
const TOP = 2n ** 128n;
const mod = (value: bigint): bigint => ((value % P) + P) % P;

/**
 * A ciphertext of two blocks, and its tag, that ChaCha20-Poly1305 accepts under two keys: Poly1305 is a polynomial, so
 * the second block can be solved for. This is what the key commitment is there for.
 */
export function collide(keyA: Uint8Array, keyB: Uint8Array, aad: Uint8Array): Uint8Array {
  const [a, b] = [macKey(keyA), macKey(keyB)];
  const padded = concatBytes(aad, new Uint8Array(-aad.length & 15));
  const lengths = concatBytes(le(BigInt(aad.length), 8), le(32n, 8));
  const [r, q] = [clamped(a), clamped(b)];
  const [s, t] = [int(a.subarray(16)), int(b.subarray(16))];
  const inverse = power(mod(r ** 2n - q ** 2n), P - 2n);
  for (let counter = 0n; counter < 10_000n; counter++) {
    const first = le(counter, 16);
    const before = concatBytes(padded, first);
    // acc(x) = known + x·r², and the two tags must be equal: known_a + x·r² + s = known_b + x·q² + t + k·2^128.
    const [knownA, knownB] = [known(before, lengths, r), known(before, lengths, q)];
    for (let k = -4n; k <= 4n; k++) {
      const x = mod((knownB + t + k * TOP - knownA - s) * inverse);
      if (x >= TOP) continue;
      const text = concatBytes(first, le(x, 16));
      const message = concatBytes(padded, text, lengths);
      const [one, two] = [poly1305(message, a), poly1305(message, b)];
      if (bytesToHex(one) === bytesToHex(two)) return concatBytes(text, one);
    }
  }
  throw new Error("no collision found");
}

const macKey = (key: Uint8Array): Uint8Array => chacha20(key, new Uint8Array(12), new Uint8Array(32));
const clamped = (key: Uint8Array): bigint => int(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const int = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
const le = (value: bigint, length: number): Uint8Array =>
  hexToBytes(value.toString(16).padStart(length * 2, "0")).reverse();

/** The accumulator over all blocks but for the unknown one, which stands second to last. */
function known(before: Uint8Array, lengths: Uint8Array, r: bigint): bigint {
  let acc = 0n;
  for (let i = 0; i < before.length; i += 16) acc = mod((acc + int(before.subarray(i, i + 16)) + TOP) * r);
  acc = mod((acc + TOP) * r);
  return mod((acc + int(lengths) + TOP) * r);
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}
