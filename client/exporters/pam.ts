import { PAM_SCHEMA, pamChecksum } from "../memory/pam-format.ts";
import {
  pamConversations,
  pamEntries,
  pamMemory,
  pamRelations,
  pamTime,
  type PamEntry,
} from "./pam-memory.ts";
import type { ScopeMemories } from "./scopes.ts";

/** Who an export belongs to, and when it is made. */
export interface PamOptions {
  readonly owner: {
    /** The same at each export: a UUID, or the vault's name on its chain. */
    readonly id: string;
    /** A decentralized identifier, `did:pkh:eip155:1:0x…`. */
    readonly did?: string;
  };
  /** Unix milliseconds. */
  readonly now: number;
}

/**
 * Writes memories as Portable AI Memory 1.0: one JSON file that other tools read, with a checksum.
 *
 * Reading it back with the importer `pam` gives every memory again with its text, type, scope, importance, confirmations, dates, tags, source and metadata. What
 * PAM has no field for stands under `metadata["memory-vault"]`. Ids, revisions and the time of the last change are told and not restored: a new vault has its own.
 * A memory that came from PAM goes back as it came: under its id, with its confidence, provenance, relations and conversation, wherever the schema allows them.
 * Who may read what is not in it.
 *
 * @param scopes - What to export.
 * @param options - The owner and the time.
 * @returns The file's text.
 * @example
 * const { scopes } = await read(vault);
 * const file = exportPam(scopes, { owner: { id: "eip155:1:0x…/7" }, now: Date.now() });
 */
export function exportPam(scopes: readonly ScopeMemories[], { owner, now }: PamOptions): string {
  const all = scopes.flatMap(({ name, memories }) => memories.map((memory) => ({ scope: name, memory })));
  const entries = pamEntries(all);
  const ids = new Map(entries.map(({ memory, id }) => [memory.id, id]));
  const called = new Set(ids.values());
  const memories = entries.map((entry) => pamMemory(entry, ids, called));
  const file = {
    schema: PAM_SCHEMA,
    schema_version: "1.0",
    spec_uri: "https://portable-ai-memory.org/spec/v1.0",
    exported_by: EXPORTED_BY,
    export_date: pamTime(now),
    // Field by field: whatever else the caller's object has stays out.
    owner: { id: owner.id, ...(owner.did !== undefined && { did: owner.did }) },
    memories,
    relations: [...pamRelations(entries), ...conflicts(entries, ids)],
    conversations_index: pamConversations(entries),
    integrity: {
      canonicalization: "RFC8785",
      checksum: pamChecksum(memories),
      total_memories: memories.length,
    },
    export_type: "full",
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Name and version of this package. */
const EXPORTED_BY = "memory-vault/0.1.0";

/** Two versions of a memory that stand beside each other, as edges of PAM's graph. */
function conflicts(entries: readonly PamEntry[], ids: ReadonlyMap<string, string>) {
  return entries.flatMap(({ id, memory: { conflictsWith, createdAt } }) => {
    const to = conflictsWith === null ? undefined : ids.get(conflictsWith);
    const created_at = pamTime(createdAt);
    return to === undefined ? [] : [{ id: `${id}-${to}`, from: id, to, type: "contradicts", created_at }];
  });
}
