import { VaultError } from "../errors.ts";
import { encodeOperation } from "../memory/operations.ts";
import { contentKey, type ImportedItem, type ImportedMemory } from "./importer.ts";
import type { Seen } from "./seen.ts";

/**
 * Reports a memory that was found: `remember` will take it as it is, or it is skipped with the reason, or it came before.
 *
 * @param place - Where it was found.
 * @param memory - What was found.
 * @param seen - The keys of those before it; its own is added.
 * @param key - What makes it the same as another; its {@link contentKey} unless the export says more.
 * @returns The item to report.
 */
export function admit(place: string, memory: ImportedMemory, seen: Seen, key?: string): ImportedItem {
  const why = faultOf(memory);
  if (why !== null) return { kind: "skipped", place, why };
  const own = key ?? contentKey(memory);
  return { kind: seen.add(own) ? "memory" : "duplicate", place, memory };
}

const NOBODY = "0".repeat(32);

/** Whether a vault would refuse to write it; the trial is the write itself, to nowhere. */
function faultOf(memory: ImportedMemory): string | null {
  if (/\p{Cc}/u.test(memory.scope)) return "its scope's name has control characters";
  try {
    encodeOperation({ ...memory, kind: "create", id: NOBODY, at: 0 });
    return null;
  } catch (fault) {
    if (!(fault instanceof VaultError)) throw fault;
    return "where" in fault ? String(fault.where) : fault.message;
  }
}
