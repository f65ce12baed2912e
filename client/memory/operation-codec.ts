import { decodeCbor, encodeCbor } from "../cbor.ts";
import { MalformedData } from "../errors.ts";
import { created } from "./apply.ts";
import { encodeRecord } from "./codec.ts";
import type { Changes, Operation } from "./operations.ts";
import { id, integer, RULES, scopeName, type Rule } from "./rules.ts";

type Fields = Readonly<Record<string, Rule>>;

const { text, type, importance, tags, source, createdAt, validUntil, metadata } = RULES;
const CHANGES: { readonly [Field in keyof Changes]-?: Rule } = {
  ...{ text, type, importance, tags, validUntil, metadata, source },
};

const COMMON = { kind: () => undefined, id, at: integer(0) };
const seenRevision = integer(1);

const SHAPES: Record<Operation["kind"], { readonly needed: Fields; readonly optional: Fields }> = {
  create: {
    needed: { ...COMMON, scope: scopeName, text, type },
    optional: { importance, tags, source, createdAt, validUntil, metadata },
  },
  update: {
    needed: {
      ...COMMON,
      memoryId: id,
      seenRevision,
      changes: (value, where) => shape(value, where, {}, CHANGES),
    },
    optional: {},
  },
  reinforce: { needed: { ...COMMON, memoryId: id }, optional: {} },
  forget: { needed: { ...COMMON, memoryId: id, seenRevision }, optional: {} },
};

/** Most characters of a field's name in a message. */
const MAX_SHOWN = 40;

const NO_SALT = "0".repeat(32);

/**
 * An operation as bytes, for the journal: a CBOR map.
 *
 * @throws {MalformedData} when it is not one that can be applied.
 * @throws {RecordTooLarge} when the memory that it makes would be too large.
 */
export function encodeOperation(operation: Operation): Uint8Array {
  check(operation);
  if (operation.kind === "create") encodeRecord(created(operation, NO_SALT));
  return encodeCbor(operation);
}

/**
 * Reads an operation back.
 *
 * @throws {MalformedData} when the bytes are no operation.
 */
export function decodeOperation(bytes: Uint8Array): Operation {
  const value = decodeCbor(bytes);
  check(value);
  return value;
}

function check(value: unknown): asserts value is Operation {
  const kind: unknown = (value as Operation | null)?.kind;
  if (typeof kind !== "string" || !isKind(kind)) throw new MalformedData("operation", "of an unknown kind");
  const { needed, optional } = SHAPES[kind];
  shape(value, kind, needed, optional);
}

const isKind = (kind: string): kind is Operation["kind"] => Object.hasOwn(SHAPES, kind);

function shape(value: unknown, where: string, needed: Fields, optional: Fields): void {
  if (typeof value !== "object" || value === null)
    throw new MalformedData("operation", `${where} is no object`);
  for (const field of Object.keys(needed)) {
    if (!Object.hasOwn(value, field)) throw new MalformedData("operation", `${where} without ${field}`);
  }
  for (const [field, content] of Object.entries(value)) {
    const rule = Object.hasOwn(needed, field)
      ? needed[field]
      : Object.hasOwn(optional, field) && optional[field];
    if (!rule) throw new MalformedData("operation", `${where} with ${field.slice(0, MAX_SHOWN)}`);
    rule(content, `${where} ${field}`);
  }
}
