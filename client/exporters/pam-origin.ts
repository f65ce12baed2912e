import type { Json, JsonObject, Memory } from "../memory/record.ts";

/** Whether PAM's schema allows a value in a field. */
type Allowed = (value: Json | undefined) => boolean;
type Fields = Readonly<Record<string, Allowed>>;

const text: Allowed = (value) => typeof value === "string";
const filled: Allowed = (value) => typeof value === "string" && value !== "";
const ratio: Allowed = (value) => typeof value === "number" && value >= 0 && value <= 1;
const count: Allowed = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const matching =
  (pattern: RegExp): Allowed =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const oneOf =
  (...names: readonly string[]): Allowed =>
  (value) =>
    names.some((name) => name === value);
const tag = matching(/^[a-z0-9][a-z0-9_-]*$/);
const tags: Allowed = (value) => Array.isArray(value) && (value as readonly Json[]).every(tag);
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const dateTime: Allowed = (value) => matching(RFC_3339)(value) && !Number.isNaN(Date.parse(value as string));

/** What a memory of another program said in fields of PAM that no memory of a vault has. */
export interface PamOrigin {
  /** Its id there. */
  readonly id: string | null;
  readonly fields: JsonObject;
  readonly temporal: JsonObject;
  /** When it was changed there last, in Unix milliseconds; 0 if it never was. */
  readonly updatedAt: number;
  readonly supersededBy: string | null;
  readonly provenance: JsonObject;
  /** The rest of its metadata. */
  readonly metadata: JsonObject;
  /** Edges of the graph that go out from it. */
  readonly relations: readonly JsonObject[];
  /** What was said of its conversation. */
  readonly conversation: JsonObject;
}

const CONFIDENCE: Fields = {
  initial: ratio,
  current: ratio,
  decay_model: oneOf("time_linear", "time_exponential", "none"),
  last_reinforced: dateTime,
};
const PROVENANCE: Fields = {
  platform_user_id: text,
  message_ref: text,
  extraction_method: oneOf(
    ...["llm_inference", "explicit_user_input", "api_export", "browser_extraction", "manual"],
  ),
  extracted_at: dateTime,
  extractor: matching(/^[a-zA-Z0-9_-]+\/\d+\.\d+\.\d+$/),
};
const RELATION: Fields = {
  id: filled,
  from: filled,
  to: filled,
  type: oneOf("supports", "contradicts", "extends", "supersedes", "related_to", "derived_from"),
  created_at: dateTime,
};
const STORAGE: Fields = {
  type: oneOf("file", "database", "object_storage", "vector_db", "uri"),
  ref: filled,
};

/**
 * What the importer `pam` kept of a memory that another program wrote, as far as PAM's schema allows it where it came from. What it does not allow stays in our
 * extension alone.
 *
 * @param memory - A memory, from PAM or not.
 */
export function pamOrigin(memory: Memory): PamOrigin {
  const came = objectOf(memory.metadata["pam"]);
  const temporal = objectOf(came["temporal"]);
  const confidence = allowed(objectOf(came["confidence"]), CONFIDENCE);
  const relations = came["relations"];
  return {
    id: filled(came["id"]) ? (came["id"] as string) : null,
    fields: {
      // Those that were superseded or retracted are never read, and must not become so.
      ...allowed(came, { status: oneOf("archived", "deprecated"), summary: text }),
      ...(Object.keys(confidence).length > 0 && { confidence }),
    },
    temporal: allowed(temporal, { valid_from: dateTime }),
    updatedAt: dateTime(temporal["updated_at"]) ? Date.parse(temporal["updated_at"] as string) : 0,
    supersededBy: filled(temporal["superseded_by"]) ? (temporal["superseded_by"] as string) : null,
    provenance: allowed(objectOf(came["provenance"]), PROVENANCE),
    metadata: metadataIn(objectOf(came["metadata"])),
    relations: (Array.isArray(relations) ? (relations as readonly Json[]) : [])
      .map(objectOf)
      .filter((relation) => Object.entries(RELATION).every(([name, allows]) => allows(relation[name])))
      .map((relation) => allowed(relation, { ...RELATION, confidence: ratio })),
    conversation: conversationIn(objectOf(came["conversation"])),
  };
}

const LANGUAGE = matching(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$/);

/** PAM allows anything in its metadata but these two in another form. */
function metadataIn(metadata: JsonObject): JsonObject {
  const mayStand = ([name, value]: [string, Json]) =>
    name === "language" ? LANGUAGE(value) : name !== "domain" || text(value);
  return Object.fromEntries(Object.entries(metadata).filter(mayStand));
}

function conversationIn(conversation: JsonObject): JsonObject {
  const storage = objectOf(conversation["storage"]);
  const temporal = allowed(objectOf(conversation["temporal"]), {
    created_at: dateTime,
    updated_at: dateTime,
  });
  const isStored = Object.entries(STORAGE).every(([name, allows]) => allows(storage[name]));
  return {
    ...allowed(conversation, { message_count: count, tags, platform: matching(/^[a-z0-9_-]{2,32}$/) }),
    ...(temporal["created_at"] !== undefined && { temporal }),
    ...(isStored && { storage: allowed(storage, { ...STORAGE, format: text }) }),
  };
}

const allowed = (value: JsonObject, fields: Fields): JsonObject =>
  Object.fromEntries(
    Object.entries(value).filter(([name, item]) => Object.hasOwn(fields, name) && fields[name]?.(item)),
  );

/** An object of JSON, an empty one in place of anything else. */
export const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
