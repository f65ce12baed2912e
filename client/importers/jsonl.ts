import { NO_SOURCE } from "../memory/record.ts";
import { admit } from "./admit.ts";
import { field } from "./clean.ts";
import { MalformedExport } from "./errors.ts";
import { fileByFile } from "./file-by-file.ts";
import { confirmationsIn, type ImportedItem, type ImportedMemory, type SourceFile } from "./importer.ts";
import { parsed, textLines } from "./lines.ts";
import type { Seen } from "./seen.ts";
import { headOf } from "./whole.ts";

/**
 * Reads what `exportJsonLines` writes. Memories come back as they were, with their source; ids, the time of the last change and marks of conflicts are the old
 * vault's, and are not restored.
 */
export const jsonLines = fileByFile("jsonl", isOurs, readFile);

const MAX_LINE = 2 ** 20;

/** By its first line; faults are for `read` to tell. */
async function isOurs(file: SourceFile): Promise<boolean> {
  if (!/\.(jsonl|ndjson)$/i.test(file.path)) return false;
  const head = (await headOf(file, MAX_LINE)).replace(/^\ufeff/, "").trimStart();
  const value = parsed(head.split("\n", 1)[0] ?? "");
  return ["scope", "text", "createdAt"].every((name) => field(value, name) !== undefined);
}

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  for await (const { number, text: line } of textLines(file, MAX_LINE)) {
    const place = `${file.path}:${number}`;
    if (line === undefined)
      throw new MalformedExport(file.path, `line ${number}`, "the line is longer than 1 MiB");
    if (line.trim() === "") continue;
    const value = parsed(line);
    if (typeof value !== "object" || value === null) {
      yield { kind: "skipped", place, why: "the line is not a JSON object" };
      continue;
    }
    const { id, reinforcements, memory } = memoryIn(value as Record<string, unknown>);
    const item = admit(place, memory, seen, typeof id === "string" ? id : undefined);
    yield item.kind === "memory" ? { ...item, ...confirmationsIn(reinforcements) } : item;
  }
}

/** What the line says, not yet checked: that is for `admit`. A field that is none of a memory's is kept with its metadata. */
function memoryIn(line: Record<string, unknown>) {
  const { id, reinforcements, scope, type, text, source, tags, metadata } = line;
  const optional = ["importance", "createdAt", "validUntil"].filter((name) => line[name] != null);
  const others = Object.entries(line).filter(([name]) => !NAMES.has(name));
  const memory = {
    ...{ scope, type, text },
    ...Object.fromEntries(optional.map((name) => [name, line[name]])),
    source: source ?? NO_SOURCE,
    tags: tags ?? [],
    metadata:
      others.length === 0 ? (metadata ?? {}) : { ...(metadata as object), ...Object.fromEntries(others) },
  };
  return { id, reinforcements, memory: memory as unknown as ImportedMemory };
}

/** What `exportJsonLines` writes. */
const NAMES = new Set(
  "scope id type text importance reinforcements createdAt updatedAt validUntil source tags conflictsWith metadata".split(
    " ",
  ),
);
