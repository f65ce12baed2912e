import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { decodeCbor, encodeCbor } from "../../../../client/cbor.ts";

/** Numbers that are the same in every run: from 0 up to, not including, `below`. */
export type Draw = (below: number) => number;

/** A small generator (Mulberry32): no secret is drawn from it. */
export function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, below);
  };
}

/** One of several. */
export function pick<T>(draw: Draw, items: readonly T[]): T {
  const item = items[draw(items.length)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

/** What an input is made of, beyond bytes: decides which structure a change keeps. */
export type Shape = "bytes" | "cbor" | "json" | "text";

/** Beginnings of CBOR items, of age and zip files, and pieces of text, that make decoders turn another way. */
const TOKENS: readonly Uint8Array[] = [
  ...["9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7b0000000100000000", "5affffffff"],
  ...["9f", "bf", "5f", "7f", "ff", "f6", "f7", "f97e00", "f97c00", "f98000", "fb7ff0000000000000", "c24101"],
  ...["1bffffffffffffffff", "3bffffffffffffffff", "1b0020000000000000", "1817", "d9d9f7", "a0", "80", "40"],
  ...["62c328", "63eda080", "60", "a1695f5f70726f746f5f5f00", "ffffffff", "7fffffff", "00000000", "0000"],
  ...["504b0304", "504b0102", "504b0506", "efbbbf", "ed9fbf", "ffffffffffffffff"],
]
  .map((hex) => Uint8Array.from(Buffer.from(hex, "hex")))
  .concat(
    [
      ...['{"', '":', "[[[[", "]]", "}", ",", "null", "true", "-1", "1e999", "9007199254740993", "0.1", '""'],
      ...[
        '"\\ud800"',
        '"__proto__":',
        '"toString":1',
        "\\u0000",
        "\n",
        "\r\n",
        "\t",
        "```",
        "\ue200",
        "\u202e",
      ],
      ...[
        "-> X25519 ",
        "-> scrypt ",
        "---",
        "age-encryption.org/v1\n",
        "MEMVAULT:",
        "0x",
        "../",
        "AGE-SECRET-KEY-",
      ],
    ].map(utf8ToBytes),
  );

/** Values of kinds, lengths and depths that no field expects. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    1,
    -1,
    23,
    24,
    255,
    256,
    65_536,
    2 ** 32,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    1.5,
    1e300,
  ],
  ...[
    "",
    "x",
    "\0",
    "\u{feff}x",
    "é",
    "x".repeat(300),
    "x".repeat(40_000),
    "Long ".repeat(20_000),
    "__proto__",
    "semantic",
    "create",
  ],
  ...[0, 1, 15, 16, 20, 31, 32, 33, 36, 80, 1_216, 4_097].map((length) => new Uint8Array(length).fill(7)),
  ...[[], [[]], [null], {}, { toString: 0, valueOf: 0 }, { length: 2 ** 31 }, { kind: "create" }],
  ...[Array<number>(70).fill(0), Array<string>(300).fill("x"), nested(40), nested(400)],
  JSON.parse('{"__proto__":{"x":1}}'),
];

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { x: value };
  return value;
}

/**
 * Changes an input a little, a few times over.
 *
 * @param others - inputs to take parts of.
 * @param max - the most bytes that come out.
 */
export function mutated(
  draw: Draw,
  input: Uint8Array,
  others: readonly Uint8Array[],
  shape: Shape,
  max: number,
): Uint8Array {
  let bytes = input;
  for (let times = 1 + draw(4); times > 0; times--) {
    // Two of three keep the structure where there is one: else hardly any input would come past the first check.
    const kept = shape === "bytes" || draw(3) === 0 ? null : restructured(draw, bytes, others, shape);
    bytes = kept ?? scrambled(draw, bytes, others);
  }
  return bytes.subarray(0, max);
}

/** Changes bytes without looking at what they are. */
function scrambled(draw: Draw, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  const at = draw(bytes.length + 1);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const length = draw(Math.min(64, after.length) + 1);
  const copy = bytes.slice();
  switch (draw(9)) {
    case 0: {
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << draw(8));
      return copy;
    }
    case 1: {
      if (at < copy.length) copy[at] = pick(draw, [0, 1, 0x7f, 0x80, 0xff, draw(256)]);
      return copy;
    }
    case 2:
      return concatBytes(before, after.subarray(length));
    case 3:
      return concatBytes(before, after.subarray(0, length), after);
    case 4:
      return concatBytes(before, pick(draw, TOKENS), after);
    case 5: {
      const token = pick(draw, TOKENS);
      return concatBytes(before, token, after.subarray(token.length));
    }
    case 6: {
      const other = pick(draw, others);
      return concatBytes(before, other.subarray(draw(other.length + 1)));
    }
    case 7:
      return before.slice();
    default: {
      const other = pick(draw, others);
      const from = draw(other.length + 1);
      return concatBytes(before, other.subarray(from, from + length), after);
    }
  }
}

const readJson = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes)) as unknown;
const writeJson = (value: unknown): Uint8Array =>
  utf8ToBytes(JSON.stringify(value, (_, part: unknown) => (part instanceof Uint8Array ? "bytes" : part)));

/** Changes one value inside; `null` when the bytes have no such structure. */
function restructured(
  draw: Draw,
  bytes: Uint8Array,
  others: readonly Uint8Array[],
  shape: Shape,
): Uint8Array | null {
  try {
    if (shape === "text") return reworded(draw, bytes);
    const [read, write] = shape === "cbor" ? [decodeCbor, encodeCbor] : [readJson, writeJson];
    const donor = draw(3) === 0 ? partOf(draw, read(pick(draw, others))) : pick(draw, VALUES);
    return write(changed(draw, read(bytes), donor));
  } catch {
    return null;
  }
}

/** Repeats a line, or leaves it out, or puts it elsewhere. */
function reworded(draw: Draw, bytes: Uint8Array): Uint8Array {
  const lines = new TextDecoder().decode(bytes).split("\n");
  const [line = ""] = lines.splice(draw(lines.length), 1);
  for (let times = draw(3); times > 0; times--) lines.splice(draw(lines.length + 1), 0, line);
  return utf8ToBytes(lines.join("\n"));
}

const isBranch = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof Uint8Array);

/** Some value inside of a value. */
function partOf(draw: Draw, value: unknown): unknown {
  if (!isBranch(value) || draw(3) === 0) return value;
  const parts: unknown[] = Object.values(value);
  return parts.length === 0 ? value : partOf(draw, pick(draw, parts));
}

/** The same value with one part of it replaced, left out, or there twice. */
function changed(draw: Draw, value: unknown, donor: unknown): unknown {
  if (value instanceof Uint8Array && draw(2) === 0) return value.subarray(draw(value.length + 1));
  if (typeof value === "string" && draw(2) === 0) return value.slice(draw(value.length + 1));
  if (typeof value === "number" && draw(2) === 0) return value + pick(draw, [1, -1, 0.5, 2 ** 32]);
  if (!isBranch(value)) return donor;
  const entries: [string, unknown][] = Object.entries(value);
  const at = draw(entries.length);
  const [key, part] = entries[at] ?? ["x", null];
  const way = draw(8);
  if (way === 0) entries.splice(at, 1);
  else if (way === 1) entries.splice(at, 0, [Array.isArray(value) ? key : `${key}x`, part]);
  else if (way === 2) entries.splice(at, 1, [key, donor]);
  else if (entries.length > 0) entries.splice(at, 1, [key, changed(draw, part, donor)]);
  else return donor;
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}
