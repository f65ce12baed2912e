import type { JsonObject } from "../memory/record.ts";
import { admit } from "./admit.ts";
import { cleanText, field, textField } from "./clean.ts";
import { fileByFile } from "./file-by-file.ts";
import type { ImportedItem, SourceFile } from "./importer.ts";
import { leftovers } from "./items.ts";
import { parsed, textLines } from "./lines.ts";
import { suggestScope } from "./scopes.ts";
import type { Seen } from "./seen.ts";
import { headOf } from "./whole.ts";

const TOOL = "mcp-memory";

/**
 * Reads the file of the reference MCP server `memory`: a graph, as a line for each entity and each relation.
 *
 * Each observation becomes a memory that begins with its entity's name, each relation a sentence of three parts, and an entity that nothing was observed of
 * says what it is. What they were is in the metadata: `entity` and `entityType`, or `relation`. The file knows no times.
 */
export const mcpMemory = fileByFile(TOOL, looksRight, readFile);

/** An entity stands on one line with everything that was observed of it. */
const MAX_LINE = 16 * 2 ** 20;

/** By its first line. Older servers named the file `memory.json`. */
async function looksRight(file: SourceFile): Promise<boolean> {
  if (!/\.(jsonl|ndjson|json)$/i.test(file.path)) return false;
  const [first = ""] = (await headOf(file))
    .replace(/^\ufeff/, "")
    .trimStart()
    .split("\n", 1);
  return (
    first.startsWith("{") &&
    ((/"type"\s*:\s*"entity"/.test(first) && /"entityType"\s*:/.test(first)) ||
      (/"type"\s*:\s*"relation"/.test(first) && /"relationType"\s*:/.test(first)))
  );
}

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  for await (const { number, text } of textLines(file, MAX_LINE)) {
    const place = `${file.path}:${number}`;
    if (text === undefined) yield { kind: "skipped", place, why: "the line is longer than 16 MiB" };
    else if (text.trim() !== "") yield* readLine(parsed(text), place, seen);
  }
}

function* readLine(value: unknown, place: string, seen: Seen): Generator<ImportedItem> {
  const type = field(value, "type");
  if (type === "entity") yield* readEntity(value, place, seen);
  else if (type === "relation") yield readRelation(value, place, seen);
  else yield { kind: "skipped", place, why: "the line is neither an entity nor a relation" };
}

function* readEntity(value: unknown, place: string, seen: Seen): Generator<ImportedItem> {
  const name = textField(value, "name");
  if (name === null) {
    yield { kind: "skipped", place, why: "an entity without a name" };
    return;
  }
  const entityType = textField(value, "entityType");
  const observations = field(value, "observations");
  const metadata = {
    ...{ entity: name, ...(entityType !== null && { entityType }) },
    ...others(value, ["type", "name", "entityType", "observations"]),
  };
  const tags = entityType === null ? [] : [entityType];
  if (!Array.isArray(observations)) {
    yield { kind: "skipped", place, why: "an entity without a list of observations" };
    return;
  }
  if (observations.length === 0) {
    const is = entityType === null ? name : `${name}: ${entityType}`;
    yield itemOf(place, is, tags, metadata, seen);
  }
  for (const [index, observation] of (observations as unknown[]).entries()) {
    const where = `${place}.observations[${index}]`;
    const text = typeof observation === "string" ? cleanText(observation) : "";
    if (text === "") yield { kind: "skipped", place: where, why: "an observation that is no text" };
    else yield itemOf(where, `${name}: ${text}`, tags, metadata, seen);
  }
}

function readRelation(value: unknown, place: string, seen: Seen): ImportedItem {
  const [from, to, relationType] = ["from", "to", "relationType"].map((name) => textField(value, name));
  if (from == null || to == null || relationType == null)
    return { kind: "skipped", place, why: "a relation without from, to and relationType" };
  const metadata = {
    relation: { from, to, relationType },
    ...others(value, ["type", "from", "to", "relationType"]),
  };
  return itemOf(place, `${from} ${relationType.replaceAll("_", " ")} ${to}`, ["relation"], metadata, seen);
}

/** Fields that the format does not know. */
function others(value: unknown, known: readonly string[]): JsonObject {
  const rest = leftovers(value, known);
  return Object.keys(rest).length === 0 ? {} : { [TOOL]: rest };
}

function itemOf(
  place: string,
  text: string,
  tags: readonly string[],
  metadata: JsonObject,
  seen: Seen,
): ImportedItem {
  const source = { tool: TOOL, agent: null, thread: null, url: null };
  return admit(place, { scope: suggestScope(text), type: "semantic", text, source, tags, metadata }, seen);
}
