import type { Json, JsonObject, Memory } from "../memory/record.ts";
import { PAM_EXTENSION, PAM_TYPES, pamContentHash } from "../memory/pam-format.ts";
import { objectOf, pamOrigin, type PamOrigin } from "./pam-origin.ts";

/** A memory to be exported. */
export interface PamEntry {
  /** The scope's name. */
  readonly scope: string;
  readonly memory: Memory;
  /** What another program called it, or else its id in the vault. */
  readonly id: string;
  readonly origin: PamOrigin;
}

/**
 * Names memories: one that came from PAM has the id again that it had there, unless another one has it already.
 *
 * @param memories - All that are exported, with their scopes' names.
 */
export function pamEntries(
  memories: readonly { readonly scope: string; readonly memory: Memory }[],
): PamEntry[] {
  const taken = new Set(memories.map(({ memory }) => memory.id));
  return memories.map(({ scope, memory }) => {
    const origin = pamOrigin(memory);
    const id = origin.id === null || taken.has(origin.id) ? memory.id : origin.id;
    taken.add(id);
    return { scope, memory, id, origin };
  });
}

/**
 * One memory as PAM has it. PAM's own fields say as much as they can; our extension holds, exactly, what they cannot.
 *
 * @param entry - The memory.
 * @param ids - What all memories of the file are called, by their ids in the vault.
 * @param called - The same, without the vault's.
 */
export function pamMemory(
  entry: PamEntry,
  ids: ReadonlyMap<string, string>,
  called: ReadonlySet<string>,
): JsonObject {
  const { scope, memory, id, origin } = entry;
  const { text, createdAt, updatedAt, validUntil, source, tags } = memory;
  const { supersededBy } = origin;
  return {
    id,
    ...pamType(memory),
    status: "active",
    content: text,
    content_hash: pamContentHash(text),
    ...origin.fields,
    tags: pamTags(tags),
    temporal: {
      created_at: pamTime(createdAt),
      updated_at: pamTime(Math.max(createdAt, updatedAt, origin.updatedAt)),
      valid_until: validUntil === null ? null : pamTime(validUntil),
      ...origin.temporal,
      ...(supersededBy !== null && called.has(supersededBy) && { superseded_by: supersededBy }),
    },
    provenance: {
      platform: platformOf(source.tool),
      conversation_ref: source.thread || null,
      ...origin.provenance,
    },
    embedding_ref: null,
    metadata: { domain: scope, ...origin.metadata, [PAM_EXTENSION]: extensionOf(entry, ids) },
  };
}

function extensionOf({ scope, memory, id, origin }: PamEntry, ids: ReadonlyMap<string, string>): JsonObject {
  const { type, importance, reinforcements, source, conflictsWith, metadata } = memory;
  const { createdAt, validUntil, tags } = memory;
  const exactTags = pamTags(tags);
  return {
    ...{ type, importance, reinforcements, source: { ...source }, metadata },
    ...(id !== memory.id && { id: memory.id }),
    ...(Object.hasOwn(origin.metadata, "domain") && { scope }),
    ...(conflictsWith !== null && { conflictsWith: ids.get(conflictsWith) ?? conflictsWith }),
    ...(!isPamTime(createdAt) && { createdAt }),
    ...(validUntil !== null && !isPamTime(validUntil) && { validUntil }),
    ...(tags.some((tag, i) => tag !== exactTags[i]) && { tags }),
  };
}

/** The type that a memory came with from PAM; otherwise the nearest one. */
function pamType({ type, tags, metadata }: Memory): JsonObject {
  const came = objectOf(metadata["pam"]);
  const kind = PAM_TYPES.find((name) => name === came["type"]);
  const custom = came["custom_type"];
  if (kind === "custom" && typeof custom === "string" && custom !== "") {
    return { type: kind, custom_type: custom };
  }
  const nearest =
    type === "episodic" ? "context" : tags.includes("custom-instruction") ? "instruction" : "fact";
  return { type: kind === undefined || kind === "custom" ? nearest : kind, custom_type: null };
}

/** 0 means "unknown" to those who read exports, and RFC 3339 ends with the year 9999. */
const isPamTime = (time: number) => time > 0 && time < 253_402_300_800_000;

/** A time as PAM writes it. One beyond the year 9999 becomes the last that can be written; the extension has the exact one. */
export function pamTime(time: number): string {
  return new Date(Math.min(time, 253_402_300_799_999)).toISOString();
}

/** PAM's tags are in lower case, without blanks, and none comes twice. */
function pamTags(tags: readonly string[]): string[] {
  const plain = tags.map((tag) => slug(tag).replace(/^[_-]+/, ""));
  return [...new Set(plain)].filter((tag) => tag !== "");
}

/** PAM wants 2 to 32 characters and knows no "unknown". */
function platformOf(tool: string | null): string {
  const platform = slug(tool ?? "").slice(0, 32);
  return platform.length < 2 ? "unknown" : platform;
}

const slug = (text: string) => text.toLowerCase().replace(/[^a-z0-9_-]+/g, "-");

/** An entry for each conversation that memories name, so that no reference leads nowhere. */
export function pamConversations(entries: readonly PamEntry[]): JsonObject[] {
  const threads = new Map<string, PamEntry[]>();
  for (const entry of entries) {
    const { thread } = entry.memory.source;
    if (!thread) continue;
    const derived = threads.get(thread);
    if (derived === undefined) threads.set(thread, [entry]);
    else derived.push(entry);
  }
  return [...threads].map(([id, derived]) => {
    const titles = derived.map(({ memory }) => memory.metadata["title"]);
    const first = derived.reduce((first, { memory }) => Math.min(first, memory.createdAt), Infinity);
    return {
      id,
      platform: platformOf(derived[0]?.memory.source.tool ?? null),
      title: titles.find((title) => typeof title === "string") ?? null,
      // No record of ours says when the conversation began: not later than this.
      temporal: { created_at: pamTime(first) },
      ...derived.map(({ origin }) => origin.conversation).find((said) => Object.keys(said).length > 0),
      derived_memories: derived.map((entry) => entry.id),
    };
  });
}

/** Edges of the graph that memories came with, and that lead somewhere. */
export function pamRelations(entries: readonly PamEntry[]): JsonObject[] {
  const ids = new Set<Json | undefined>(entries.map(({ id }) => id));
  return entries.flatMap(({ id, origin }) =>
    origin.relations.filter(({ from, to }) => from === id && ids.has(to)),
  );
}
