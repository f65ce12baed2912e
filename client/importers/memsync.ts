import { admit } from "./admit.ts";
import { field, textField, timeOf } from "./clean.ts";
import { fileByFile } from "./file-by-file.ts";
import type { ImportedItem, ImportedMemory, SourceFile } from "./importer.ts";
import { itemsIn, leftovers, PAGES, scopeAndTags } from "./items.ts";
import type { Seen } from "./seen.ts";
import { elementsOf, headOf, TOO_LARGE, type Placed } from "./whole.ts";

/**
 * Reads memories of MemSync: an array of them, or pages with `memories` or `results` in them.
 *
 * Its ten categories are scopes here. A memory with several goes to the first of them and the others become tags; one with none is put where its text suggests.
 * What has no place of its own stays in `metadata.memsync`.
 */
export const memSync = fileByFile("memsync", looksRight, readFile);

/** Others have a `memory` too; both of these types, next to categories, are MemSync's alone. */
async function looksRight(file: SourceFile): Promise<boolean> {
  if (!/\.json$/i.test(file.path)) return false;
  const head = await headOf(file);
  const marks = [/"memory"\s*:\s*"/, /"categories"\s*:/, /"type"\s*:\s*"(?:semantic|episodic)"/];
  return /^\ufeff?\s*[[{]/.test(head) && marks.every((mark) => mark.test(head));
}

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  for await (const element of elementsOf(file, ...PAGES)) {
    for (const item of itemsIn(element)) yield readItem(item, seen);
  }
}

function readItem({ place, value }: Placed, seen: Seen): ImportedItem {
  if (value === undefined) return { kind: "skipped", place, why: TOO_LARGE };
  const text = textField(value, "memory");
  if (text === null) return { kind: "skipped", place, why: "an item without a memory" };
  const type = field(value, "type") ?? "semantic";
  if (type !== "semantic" && type !== "episodic") {
    return { kind: "skipped", place, why: "its type is neither semantic nor episodic" };
  }
  const createdAt = timeOf(field(value, "created_at"));
  const memory: ImportedMemory = {
    ...scopeAndTags(field(value, "categories"), text),
    ...{ type, text },
    ...(createdAt !== null && { createdAt }),
    source: {
      tool: "memsync",
      agent: textField(value, "agent_id"),
      thread: textField(value, "thread_id"),
      url: null,
    },
    metadata: { memsync: leftovers(value, KNOWN) },
  };
  return admit(place, memory, seen);
}

const KNOWN = ["memory", "categories", "type", "created_at", "agent_id", "thread_id"];
