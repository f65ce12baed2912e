import { equalBytes } from "@noble/ciphers/utils.js";
import { decode, encode, Tokenizer, Type, type Token } from "cborg";

import { MalformedData } from "./errors.ts";

const RULES = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowNaN: false,
  allowInfinity: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Keeps a leading U+FEFF, which the platform's decoder swallows: text must come back as it went in. */
class FaithfulTokenizer extends Tokenizer {
  override next(): Token {
    const token = super.next();
    if (token.type !== Type.string) return token;
    const end = this.pos();
    const at = end - (token.encodedLength ?? 0);
    const head = this.data[at] ?? 0;
    const start = at + (head < 0x78 ? 1 : 1 + 2 ** (head - 0x78));
    if (end - start >= 3 && BYTE_ORDER_MARK.every((byte, i) => this.data[start + i] === byte)) {
      token.value = `\u{feff}${token.value as string}`;
    }
    return token;
  }
}

/** Most lists and maps within each other. The library compares each with all that it is in, so depth costs its square. */
const MAX_DEPTH = 64;

/** Passes on what is nested no deeper than the format allows. */
function shallow(value: unknown, depth = 0): unknown {
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    if (depth === MAX_DEPTH) throw new MalformedData("data", `nested more than ${MAX_DEPTH} deep`);
    for (const inner of Object.values(value)) shallow(inner, depth + 1);
  }
  return value;
}

/** What the format has no word for: the library would write something else in its place. */
const REFUSALS = {
  string: (value: string): null => {
    // Two keys that differ in such halves only would become one, and no reader takes a key that is there twice.
    if (/\p{Surrogate}/u.test(value)) throw new MalformedData("text", "half of a surrogate pair");
    return null;
  },
  undefined: (): never => {
    throw new MalformedData("data", "undefined");
  },
};

/**
 * Encodes plain data as deterministic CBOR (RFC 8949, section 4.2.1): definite lengths, shortest forms, map keys in
 * the order of their bytes.
 *
 * @param value - `null`, booleans, finite numbers, text, bytes, arrays and objects of these. Integers are safe ones; a
 *   `bigint` within that range is an integer like any other. At most 64 arrays and objects within each other.
 * @throws {MalformedData} when it is nested deeper, text has half of a surrogate pair, which no UTF-8 holds, or something is `undefined`.
 */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(shallow(value), { typeEncoders: REFUSALS });
}

/**
 * Decodes deterministic CBOR and nothing else. Refused are indefinite lengths, lengths and numbers in more bytes than
 * needed, integers beyond 2^53, floats that are integers, NaN, infinities, `undefined`, tags, other simple values,
 * map keys that are not text, repeat, or are out of order, text that is not UTF-8, bytes left over, and more than 64
 * arrays and maps within each other.
 *
 * A map key `__proto__` comes back as an own property like any other.
 *
 * @param bytes - the whole encoding.
 * @returns plain data: the only bytes that encode it are these.
 * @throws {MalformedData} when the bytes are anything else.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = decode(bytes, { ...RULES, tokenizer: new FaithfulTokenizer(bytes, RULES) });
  } catch (cause) {
    throw new MalformedData("CBOR", cause instanceof Error ? cause.message : "unreadable", { cause });
  }
  // The decoder does not look at the order of keys, the width of floats or broken UTF-8; one comparison covers all.
  if (!equalBytes(bytes, encode(shallow(value))))
    throw new MalformedData("CBOR", "not in deterministic form");
  return value;
}

/** A decoded value for a message: a number in digits, of all else the kind only. It may be of any size, and a secret. */
export function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : value instanceof Uint8Array ? "bytes" : typeof value;
}

/** Checks that a decoded value is an array. */
export function list(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedData(where, "not an array");
  return value;
}

/** Checks that a decoded value is an array of `length` items. */
export function tuple(value: unknown, length: number, where: string): readonly unknown[] {
  const items = list(value, where);
  if (items.length !== length) throw new MalformedData(where, `${items.length} fields, expected ${length}`);
  return items;
}

/** Checks that a decoded value is a byte string. */
export function bytesOf(value: unknown, where: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new MalformedData(where, "not a byte string");
  return value;
}

/** Checks that a decoded value is a byte string of `length` bytes. */
export function fixed(value: unknown, length: number, where: string): Uint8Array {
  const bytes = bytesOf(value, where);
  if (bytes.length !== length) throw new MalformedData(where, `${bytes.length} bytes, expected ${length}`);
  return bytes;
}

/** Checks that a decoded value is an integer from 0 to `max`. */
export function uint(value: unknown, where: string, max = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max) {
    throw new MalformedData(where, `not an integer from 0 to ${max}`);
  }
  return value as number;
}

/** The last unix second that dates of ECMAScript reach: with a later one nobody could say when it is. */
export const MAX_SECONDS = 8_640_000_000_000;

/** Checks that a decoded value is a time in unix seconds. */
export const seconds = (value: unknown, where: string): number => uint(value, where, MAX_SECONDS);

/** Checks that a decoded value is text. */
export function text(value: unknown, where: string): string {
  if (typeof value !== "string") throw new MalformedData(where, "not text");
  return value;
}

/** Checks that a decoded value is a boolean. */
export function flag(value: unknown, where: string): boolean {
  if (typeof value !== "boolean") throw new MalformedData(where, "not a boolean");
  return value;
}

/** Checks a decoded value that may be `null`. */
export function nullOr<T>(value: unknown, check: (value: unknown) => T): T | null {
  return value === null ? null : check(value);
}
