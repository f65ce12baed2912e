import type { Json, JsonObject, Memory } from "../memory/record.ts";
import { PAM_EXTENSION, PAM_TYPES, pamContentHash } from "../memory/pam-format.ts";

/**
 * One memory as PAM has it. PAM's own fields say as much as they can; our extension holds, exactly, what they cannot.
 *
 * @param scope - The scope's name; PAM's `metadata.domain`.
 * @param memory - The memory.
 */
export function pamMemory(scope: string, memory: Memory): JsonObject {
  const { id, text, createdAt, updatedAt, validUntil, source, tags } = memory;
  return {
    id,
    ...pamType(memory),
    status: "active",
    content: text,
    content_hash: pamContentHash(text),
    tags: pamTags(tags),
    temporal: {
      created_at: pamTime(createdAt),
      updated_at: pamTime(Math.max(createdAt, updatedAt)),
      valid_until: validUntil === null ? null : pamTime(validUntil),
    },
    provenance: { platform: platformOf(source.tool), conversation_ref: source.thread || null },
    embedding_ref: null,
    metadata: { domain: scope, [PAM_EXTENSION]: extensionOf(memory) },
  };
}

function extensionOf(memory: Memory): JsonObject {
  const { type, importance, reinforcements, source, conflictsWith, metadata } = memory;
  const { createdAt, validUntil, tags } = memory;
  const exactTags = pamTags(tags);
  return {
    ...{ type, importance, reinforcements, source: { ...source }, metadata },
    ...(conflictsWith !== null && { conflictsWith }),
    ...(!isPamTime(createdAt) && { createdAt }),
    ...(validUntil !== null && !isPamTime(validUntil) && { validUntil }),
    ...(tags.some((tag, i) => tag !== exactTags[i]) && { tags }),
  };
}

/** The type that a memory came with from PAM; otherwise the nearest one. */
function pamType({ type, tags, metadata }: Memory): JsonObject {
  const came = own(metadata["pam"]);
  const kind = PAM_TYPES.find((name) => name === came["type"]);
  const custom = came["custom_type"];
  if (kind === "custom" && typeof custom === "string" && custom !== "") {
    return { type: kind, custom_type: custom };
  }
  const nearest =
    type === "episodic" ? "context" : tags.includes("custom-instruction") ? "instruction" : "fact";
  return { type: kind === undefined || kind === "custom" ? nearest : kind, custom_type: null };
}

const own = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

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
export function pamConversations(memories: readonly Memory[]): JsonObject[] {
  const threads = new Map<string, Memory[]>();
  for (const memory of memories) {
    const { thread } = memory.source;
    if (!thread) continue;
    const derived = threads.get(thread);
    if (derived === undefined) threads.set(thread, [memory]);
    else derived.push(memory);
  }
  return [...threads].map(([id, derived]) => ({
    id,
    platform: platformOf(derived[0]?.source.tool ?? null),
    title:
      derived.map(({ metadata }) => metadata["title"]).find((title) => typeof title === "string") ?? null,
    // No record says when the conversation began: not later than this.
    temporal: {
      created_at: pamTime(derived.reduce((first, { createdAt }) => Math.min(first, createdAt), Infinity)),
    },
    derived_memories: derived.map((memory) => memory.id),
  }));
}
