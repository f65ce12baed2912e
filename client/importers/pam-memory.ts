import { SUGGESTED_SCOPES, type JsonObject } from "../memory/record.ts";
import { PAM_EXTENSION } from "../memory/pam-format.ts";
import { cleanText, field, textField, timeOf } from "./clean.ts";
import { confirmationsIn, type ImportedMemory } from "./importer.ts";
import { suggestScope } from "./scopes.ts";

/** What else a PAM file says of its memories. */
export interface PamContext {
  /** Entries of conversations, by their ids. */
  readonly conversations: ReadonlyMap<unknown, unknown>;
  /** Edges of the graph, by the id that they go out from. */
  readonly relations: ReadonlyMap<unknown, readonly unknown[]>;
}

/** A memory, not yet checked, or why there is none. */
export type PamMemory =
  | { readonly memory: ImportedMemory; readonly key?: string; readonly reinforcements?: number }
  | { readonly why: string };

/**
 * Reads one memory of a PAM file.
 *
 * @param value - The memory's JSON.
 * @param context - What the rest of the file says of it.
 */
export function pamMemoryOf(value: unknown, context: PamContext): PamMemory {
  const content = field(value, "content");
  if (typeof content !== "string" || content.trim() === "") return { why: "a memory without content" };
  const status = textField(value, "status") ?? "active";
  if (status === "superseded" || status === "retracted") return { why: `it was ${status}` };
  const extension = field(field(value, "metadata"), PAM_EXTENSION);
  return typeof extension === "object" && extension !== null
    ? restored(value, content, extension)
    : { memory: foreign(value, cleanText(content), context) };
}

/** One of ours: exactly as it was. What is of a wrong kind is found when it is admitted. */
function restored(value: unknown, content: string, extension: object): PamMemory {
  const temporal = field(value, "temporal");
  const ours = (name: string, otherwise: unknown) => field(extension, name) ?? otherwise;
  const confirmed = field(extension, "reinforcements");
  const id = field(value, "id");
  const memory = {
    scope: ours("scope", field(field(value, "metadata"), "domain")),
    type: field(extension, "type"),
    text: content,
    importance: field(extension, "importance"),
    createdAt: ours("createdAt", timeOf(field(temporal, "created_at"))),
    validUntil: ours("validUntil", timeOf(field(temporal, "valid_until"))),
    source: field(extension, "source"),
    tags: ours("tags", field(value, "tags") ?? []),
    metadata: field(extension, "metadata"),
  };
  return {
    memory: memory as unknown as ImportedMemory,
    // Two memories may say the same, in two scopes for instance, and both are restored.
    ...(typeof id === "string" && { key: id }),
    ...confirmationsIn(confirmed),
  };
}

function foreign(value: unknown, text: string, { conversations, relations }: PamContext): ImportedMemory {
  const temporal = field(value, "temporal");
  const provenance = field(value, "provenance");
  const thread = textField(provenance, "conversation_ref");
  const createdAt = timeOf(field(temporal, "created_at"));
  const conversation = conversations.get(thread);
  const title = textField(conversation, "title")?.slice(0, MAX_TITLE);
  const tags = field(value, "tags");
  const edges = relations.get(field(value, "id")) ?? [];
  return {
    scope: scopeOf(textField(field(value, "metadata"), "domain"), text),
    type: field(value, "type") === "context" ? "episodic" : "semantic",
    text,
    ...(createdAt !== null && { createdAt }),
    validUntil: timeOf(field(temporal, "valid_until")),
    source: { tool: textField(provenance, "platform"), agent: null, thread, url: null },
    tags: (Array.isArray(tags) ? tags : [])
      .filter((tag) => typeof tag === "string")
      .map(cleanText)
      .filter((tag) => tag !== ""),
    metadata: { ...(title !== undefined && { title }), pam: leftovers(value, edges, conversation) },
  };
}

const MAX_TITLE = 200;

/** PAM's examples of domains that are scopes under another name. */
const DOMAINS: Readonly<Record<string, string>> = { professional: "career", financial: "finance" };

function scopeOf(domain: string | null, text: string): string {
  const name = (domain ?? "").toLowerCase();
  const scope = DOMAINS[name] ?? name;
  return SUGGESTED_SCOPES.find((suggested) => suggested === scope) ?? suggestScope(text);
}

/** What is read above, what only makes sense in its file, and consents. */
const LEFT_OUT = {
  memory: ["content", "content_hash", "tags", "access", "embedding_ref"],
  temporal: ["created_at", "valid_until"],
  provenance: ["platform", "conversation_ref"],
  conversation: ["id", "title", "derived_memories"],
};

/** Whatever has no place of its own in a memory. */
function leftovers(value: unknown, edges: readonly unknown[], conversation: unknown): JsonObject {
  const rest = without(value, LEFT_OUT.memory);
  for (const name of ["temporal", "provenance"] as const) {
    const inner = field(value, name);
    if (typeof inner !== "object" || inner === null) continue;
    const kept = without(inner, LEFT_OUT[name]);
    if (Object.keys(kept).length === 0) Reflect.deleteProperty(rest, name);
    else rest[name] = kept;
  }
  if (rest["status"] === "active") Reflect.deleteProperty(rest, "status");
  if (edges.length > 0) rest["relations"] = edges;
  const said = typeof conversation === "object" ? without(conversation, LEFT_OUT.conversation) : {};
  if (Object.keys(said).length > 0) rest["conversation"] = said;
  return rest as JsonObject;
}

/** An object without some keys and without what says nothing. */
function without(value: unknown, names: readonly string[]): Record<string, unknown> {
  const says = (item: unknown) =>
    item !== null && !(typeof item === "object" && Object.keys(item).length === 0);
  return Object.fromEntries(
    Object.entries(value ?? {}).filter(([name, item]) => !names.includes(name) && says(item)),
  );
}
