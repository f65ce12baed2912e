import type { Memory } from "../memory/record.ts";
import type { ScopeMemories } from "./scopes.ts";

/**
 * Writes memories as JSON lines: one memory a line, under the names that this library uses, for scripts and for reading back with the importer `jsonLines`.
 *
 * Salts and revisions stay behind: they belong to the vault and not to the memory. Times are Unix milliseconds.
 *
 * @param scopes - What to export.
 * @returns The file's text; empty when there is no memory.
 */
export function exportJsonLines(scopes: readonly ScopeMemories[]): string {
  const lines = scopes.flatMap(({ name, memories }) =>
    memories.map((memory) => JSON.stringify({ scope: name, ...portable(memory) })),
  );
  return lines.map((line) => `${line}\n`).join("");
}

/** Named one by one, so that a field that memories get one day does not leave the vault by itself. */
function portable(memory: Memory) {
  const { id, type, text, importance, reinforcements, createdAt, updatedAt, validUntil } = memory;
  const { source, tags, conflictsWith, metadata } = memory;
  const times = { createdAt, updatedAt, validUntil };
  return { id, type, text, importance, reinforcements, ...times, source, tags, conflictsWith, metadata };
}
