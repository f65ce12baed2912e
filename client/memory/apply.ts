import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";

import { RecordTooLarge } from "../errors.ts";
import { encodeRecord } from "./codec.ts";
import type { CreateOperation, Operation } from "./operations.ts";
import { DEFAULT_IMPORTANCE, NO_SOURCE, type Memory } from "./record.ts";

/** Draws `length` unpredictable bytes. */
export type Random = (length: number) => Uint8Array;

/** What became of an operation. */
export type Outcome =
  /** The memory is as the operation says; `record` are its canonical bytes. */
  | {
      readonly kind: "put";
      readonly operationId: string;
      readonly memory: Memory;
      readonly record: Uint8Array;
    }
  /** Another device changed the memory first: the update stands beside it, as a memory of its own. */
  | {
      readonly kind: "conflict";
      readonly operationId: string;
      readonly memory: Memory;
      readonly record: Uint8Array;
    }
  /** The memory is gone; `lostText` is that of a revision which the one who forgot it had not seen. */
  | {
      readonly kind: "removed";
      readonly operationId: string;
      readonly memoryId: string;
      readonly lostText: string | null;
    }
  /** There is no such memory, and none was made; `text` is what the update would have written. */
  | {
      readonly kind: "absent";
      readonly operationId: string;
      readonly memoryId: string;
      readonly text: string | null;
    }
  /** The operation's memory stands already. */
  | { readonly kind: "repeated"; readonly operationId: string; readonly memoryId: string }
  /** The changed memory would be too large; it stands as it was, and `text` is what the update would have written. */
  | {
      readonly kind: "refused";
      readonly operationId: string;
      readonly memoryId: string;
      readonly text: string | null;
      readonly fault: RecordTooLarge;
    };

/**
 * Applies one operation to the live memories of its scope (SPEC §7). Pure: the caller puts and removes.
 *
 * @param live - the memories of one scope, by id.
 * @param random - source of salts.
 */
export function applyOperation(
  live: ReadonlyMap<string, Memory>,
  operation: Operation,
  random: Random = randomBytes,
): Outcome {
  const salt = bytesToHex(random(16));
  const operationId = operation.id;
  switch (operation.kind) {
    case "create": {
      if (live.has(operationId)) return { kind: "repeated", operationId, memoryId: operationId };
      return written("put", operation, created(operation, salt));
    }
    case "update": {
      const { memoryId, changes, at } = operation;
      if (live.has(operationId)) return { kind: "repeated", operationId, memoryId: operationId };
      const memory = live.get(memoryId);
      if (memory === undefined) return { kind: "absent", operationId, memoryId, text: changes.text ?? null };
      const changed = { ...memory, ...changes, salt, updatedAt: at };
      if (memory.revision === operation.seenRevision) {
        return written("put", operation, { ...changed, revision: memory.revision + 1 });
      }
      const own = { id: operationId, revision: 1, reinforcements: 0, conflictsWith: memoryId };
      return written("conflict", operation, { ...changed, ...own });
    }
    case "reinforce": {
      const { memoryId } = operation;
      const memory = live.get(memoryId);
      if (memory === undefined) return { kind: "absent", operationId, memoryId, text: null };
      return written("put", operation, { ...memory, salt, reinforcements: memory.reinforcements + 1 });
    }
    case "forget": {
      const { memoryId } = operation;
      const memory = live.get(memoryId);
      if (memory === undefined) return { kind: "absent", operationId, memoryId, text: null };
      const lostText = memory.revision > operation.seenRevision ? memory.text : null;
      return { kind: "removed", operationId, memoryId, lostText };
    }
  }
}

/** The memory that a create makes. */
export function created(operation: CreateOperation, salt: string): Memory {
  const { id, at, text, type } = operation;
  const createdAt = operation.createdAt ?? at;
  return {
    ...{ id, salt, type, text },
    importance: operation.importance ?? DEFAULT_IMPORTANCE,
    reinforcements: 0,
    createdAt,
    updatedAt: createdAt,
    validUntil: operation.validUntil ?? null,
    source: operation.source ?? NO_SOURCE,
    tags: operation.tags ?? [],
    revision: 1,
    conflictsWith: null,
    metadata: operation.metadata ?? {},
  };
}

function written(kind: "put" | "conflict", operation: Operation, memory: Memory): Outcome {
  const operationId = operation.id;
  try {
    return { kind, operationId, memory, record: encodeRecord(memory) };
  } catch (fault) {
    // One operation that no record can hold must not keep all others of the journal from being sent.
    if (!(fault instanceof RecordTooLarge)) throw fault;
    const text = operation.kind === "update" ? (operation.changes.text ?? null) : null;
    return { kind: "refused", operationId, memoryId: memory.id, text, fault };
  }
}
