import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { decodeCbor, encodeCbor, fixed, nullOr, shown, tuple, uint } from "../cbor.ts";
import { MalformedData, RecordTooLarge } from "../errors.ts";
import { MAX_RECORD_BYTES, type Memory } from "./record.ts";
import { checkMemory } from "./rules.ts";

/** The kind of record that a memory is. Records of the owner's own scopes have other kinds. */
export const MEMORY_KIND = 1;

/**
 * The canonical record of a memory: a CBOR array (SPEC §5). Its sha256 is what the memory's leaf holds.
 *
 * @throws {MalformedData} when the memory is one that no reader would accept.
 * @throws {RecordTooLarge} when its text or the whole record is too large.
 */
export function encodeRecord(memory: Memory): Uint8Array {
  checkMemory(memory);
  const { tool, agent, thread, url } = memory.source;
  const record = encodeCbor([
    MEMORY_KIND,
    hexToBytes(memory.id),
    hexToBytes(memory.salt),
    memory.type === "semantic" ? 0 : 1,
    memory.text,
    memory.importance,
    memory.reinforcements,
    memory.createdAt,
    memory.updatedAt,
    memory.validUntil,
    [tool, agent, thread, url],
    memory.tags,
    memory.revision,
    memory.conflictsWith === null ? null : hexToBytes(memory.conflictsWith),
    memory.metadata,
  ]);
  if (record.length > MAX_RECORD_BYTES) throw new RecordTooLarge("record", record.length, MAX_RECORD_BYTES);
  return record;
}

/**
 * Reads a memory's canonical record.
 *
 * @returns the memory; encoding it gives the same bytes.
 * @throws {MalformedData} when the bytes are not the canonical record of a memory.
 */
export function decodeRecord(record: Uint8Array): Memory {
  if (record.length > MAX_RECORD_BYTES) throw new MalformedData("memory", `${record.length} bytes`);
  const fields = tuple(decodeCbor(record), 15, "memory");
  const [kind, id, salt, type, text, importance, reinforcements, createdAt, updatedAt, validUntil] = fields;
  const [source, tags, revision, conflictsWith, metadata] = fields.slice(10);
  if (kind !== MEMORY_KIND) throw new MalformedData("memory", `kind ${shown(kind)}`);
  const [tool, agent, thread, url] = tuple(source, 4, "memory source");
  // Not yet a memory: the check that follows makes it one.
  const memory = {
    id: hexId(id),
    salt: hexId(salt),
    type: uint(type, "memory type", 1) === 0 ? "semantic" : "episodic",
    ...{ text, importance, reinforcements, createdAt, updatedAt, validUntil },
    source: { tool, agent, thread, url },
    ...{ tags, revision },
    conflictsWith: nullOr(conflictsWith, hexId),
    metadata,
  } as Memory;
  try {
    checkMemory(memory);
  } catch (cause) {
    if (cause instanceof RecordTooLarge) throw new MalformedData("memory", cause.message, { cause });
    throw cause;
  }
  return memory;
}

/**
 * The id of a memory, from the first bytes of its record.
 *
 * @throws {MalformedData} when they do not begin as a memory's record does.
 */
export function recordId(record: Uint8Array): string {
  // An array of 15, kind 1, a byte string of 16.
  const begins = record[0] === 0x8f && record[1] === MEMORY_KIND && record[2] === 0x50 && record.length > 19;
  if (!begins) throw new MalformedData("memory", "does not begin with kind and id");
  return bytesToHex(record.subarray(3, 19));
}

const hexId = (value: unknown): string => bytesToHex(fixed(value, 16, "memory id"));
