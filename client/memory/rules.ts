import { utf8ToBytes } from "@noble/hashes/utils.js";

import { MalformedData, RecordTooLarge } from "../errors.ts";
import { MAX_SCOPE_NAME_BYTES, MAX_TEXT_BYTES, type Memory } from "./record.ts";

/** Checks a value at a place. */
export type Rule = (value: unknown, where: string) => void;

const MAX_DEPTH = 32;
const MAX_TAGS = 64;

function must(holds: boolean, where: string, rule: string): void {
  if (!holds) throw new MalformedData("memory", `${where} must be ${rule}`);
}

/** 16 bytes, as 32 digits of lower-case hex. */
export const id: Rule = (value, where) => {
  must(typeof value === "string" && /^[0-9a-f]{32}$/.test(value), where, "16 bytes in lower-case hex");
};

/** A safe integer within bounds. */
export const integer =
  (min: number, max = Number.MAX_SAFE_INTEGER): Rule =>
  (value, where) => {
    const holds = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    must(holds, where, `an integer from ${min} to ${max}`);
  };

const string: Rule = (value, where) => {
  must(typeof value === "string", where, "text");
};

const optional =
  (rule: Rule): Rule =>
  (value, where) => {
    if (value !== null) rule(value, where);
  };

const text: Rule = (value, where) => {
  must(typeof value === "string" && value !== "", where, "text, and not empty");
  const size = utf8ToBytes(value as string).length;
  if (size > MAX_TEXT_BYTES) throw new RecordTooLarge("text", size, MAX_TEXT_BYTES);
};

const oneOf =
  (...names: string[]): Rule =>
  (value, where) => {
    must(names.includes(value as string), where, names.join(" or "));
  };

const source: Rule = (value, where) => {
  must(isPlainObject(value), where, "an object");
  const { tool, agent, thread, url, ...others } = value as Record<string, unknown>;
  for (const part of [tool, agent, thread, url]) optional(string)(part, where);
  must(Object.keys(others).length === 0, where, "tool, agent, thread and url");
};

const tags: Rule = (value, where) => {
  must(Array.isArray(value) && value.length <= MAX_TAGS, where, `a list of at most ${MAX_TAGS}`);
  for (const tag of value as unknown[])
    must(typeof tag === "string" && tag !== "", where, "text, and not empty");
};

const metadata: Rule = (value, where) => {
  must(isPlainObject(value), where, "an object");
  json(value, where, 0);
};

// The bound on depth also ends the walk of an object that contains itself.
function json(value: unknown, where: string, depth: number): void {
  must(depth <= MAX_DEPTH, where, `nested ${MAX_DEPTH} deep at most`);
  if (typeof value === "object" && value !== null) {
    must(Array.isArray(value) || isPlainObject(value), where, "JSON");
    for (const item of Object.values(value)) json(item, where, depth + 1);
  } else {
    const scalar = value === null || typeof value === "boolean" || typeof value === "string";
    must(scalar || Number.isFinite(value), where, "JSON");
  }
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The name of a scope: 1 to 128 bytes of UTF-8. */
export const scopeName: Rule = (value, where) => {
  const size = typeof value === "string" ? utf8ToBytes(value).length : 0;
  must(size > 0 && size <= MAX_SCOPE_NAME_BYTES, where, `text of 1 to ${MAX_SCOPE_NAME_BYTES} bytes`);
};

const time = integer(0);

/** What each field of a memory must be. */
export const RULES: { readonly [Field in keyof Memory]: Rule } = {
  id,
  salt: id,
  type: oneOf("semantic", "episodic"),
  text,
  importance: integer(0, 100),
  reinforcements: integer(0),
  createdAt: time,
  updatedAt: time,
  validUntil: optional(time),
  source,
  tags,
  revision: integer(1),
  conflictsWith: optional(id),
  metadata,
};

/**
 * Checks that plain data is a memory.
 *
 * @throws {MalformedData} when a field is missing, of another type or out of bounds.
 * @throws {RecordTooLarge} when the text is too long.
 */
export function checkMemory(memory: Memory): void {
  for (const [field, rule] of Object.entries(RULES)) rule(memory[field as keyof Memory], field);
}
