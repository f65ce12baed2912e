import { admit } from "./admit.ts";
import { field, textField, timeOf } from "./clean.ts";
import { fileByFile } from "./file-by-file.ts";
import type { ImportedItem, ImportedMemory, SourceFile } from "./importer.ts";
import { itemsIn, leftovers, PAGES, scopeAndTags } from "./items.ts";
import type { Seen } from "./seen.ts";
import { elementsOf, headOf, TOO_LARGE, type Placed } from "./whole.ts";

/**
 * Reads memories of mem0: an array of them, or pages with `results` in them, from its platform and its library alike.
 *
 * The agent and the run become the source, the expiration date the end, categories the tags, but for the first that is the name of a scope. What has no
 * place of its own stays in `metadata.mem0`. Edges of mem0's graph are reported and left out: what they say stands in memories, too.
 */
export const mem0 = fileByFile("mem0", looksRight, readFile);

const EDGES = "relations";

/** Others have a `memory`, too: next to it stands for whom, or in which run, it was kept. */
async function looksRight(file: SourceFile): Promise<boolean> {
  if (!/\.json$/i.test(file.path)) return false;
  const head = await headOf(file);
  const marks = [/"memory"\s*:\s*"/, /"(?:user_id|agent_id|app_id|run_id|session_id|expiration_date)"\s*:/];
  return /^\ufeff?\s*[[{]/.test(head) && marks.every((mark) => mark.test(head));
}

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  for await (const element of elementsOf(file, ...PAGES, EDGES)) {
    for (const item of itemsIn(element)) yield readItem({ ...element, ...item }, seen);
  }
}

function readItem({ place, member, value }: Placed, seen: Seen): ImportedItem {
  if (value === undefined) return { kind: "skipped", place, why: TOO_LARGE };
  if (member === EDGES) return { kind: "skipped", place, why: "an edge of a graph is no memory" };
  const text = textField(value, "memory");
  if (text === null) return { kind: "skipped", place, why: "an item without a memory" };
  const createdAt = timeOf(field(value, "created_at"));
  const memory: ImportedMemory = {
    ...scopeAndTags(field(value, "categories"), text),
    ...{ type: "semantic", text },
    ...(createdAt !== null && { createdAt }),
    validUntil: timeOf(field(value, "expiration_date")),
    source: {
      tool: "mem0",
      agent: textField(value, "agent_id"),
      thread: textField(value, "run_id") ?? textField(value, "session_id"),
      url: null,
    },
    metadata: { mem0: leftovers(value, KNOWN) },
  };
  return admit(place, memory, seen);
}

const KNOWN = ["memory", "categories", "created_at", "expiration_date", "agent_id", "run_id", "session_id"];
