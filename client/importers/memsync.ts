import { SUGGESTED_SCOPES, type Json, type JsonObject } from "../memory/record.ts";
import { admit } from "./admit.ts";
import { cleanText, field, textField, timeOf } from "./clean.ts";
import type { ImportedItem, ImportedMemory, Importer, SourceFile } from "./importer.ts";
import { suggestScope } from "./scopes.ts";
import { elementsOf, headOf, type Placed } from "./whole.ts";

/**
 * Reads memories of MemSync: an array of them, or pages with `memories` or `results` in them.
 *
 * Its ten categories are scopes here. A memory with several goes to the first of them and the others become tags; one with none is put where its text suggests.
 * What has no place of its own stays in `metadata.memsync`.
 */
export const memSync: Importer = {
  name: "memsync",
  async detect(files) {
    for (const file of files) if (await looksRight(file)) return true;
    return false;
  },
  async *read(files) {
    const seen = new Set<string>();
    for (const file of files) {
      if (!(await looksRight(file))) continue;
      for await (const element of elementsOf(file)) {
        for (const item of itemsIn(element)) yield readItem(item, seen);
      }
    }
  },
};

/** Others have a `memory` too; both of these types, next to categories, are MemSync's alone. */
async function looksRight(file: SourceFile): Promise<boolean> {
  if (!/\.json$/i.test(file.path)) return false;
  const head = await headOf(file);
  const marks = [/"memory"\s*:\s*"/, /"categories"\s*:/, /"type"\s*:\s*"(?:semantic|episodic)"/];
  return /^\ufeff?\s*[[{]/.test(head) && marks.every((mark) => mark.test(head));
}

/** The memories of a page; an element of an array is one itself. */
function* itemsIn({ place, value }: Placed): Generator<Placed> {
  for (const name of ["memories", "results"]) {
    const page = field(value, name);
    if (!Array.isArray(page)) continue;
    for (const [index, item] of page.entries())
      yield { place: `${place}.${name}[${index}]`, value: item as unknown };
    return;
  }
  yield { place, value };
}

function readItem({ place, value }: Placed, seen: Set<string>): ImportedItem {
  const text = textField(value, "memory");
  if (text === null) return { kind: "skipped", place, why: "an item without a memory" };
  const type = field(value, "type") ?? "semantic";
  if (type !== "semantic" && type !== "episodic") {
    return { kind: "skipped", place, why: "its type is neither semantic nor episodic" };
  }
  const createdAt = timeOf(field(value, "created_at"));
  const memory: ImportedMemory = {
    ...placed(field(value, "categories"), text),
    ...{ type, text },
    ...(createdAt !== null && { createdAt }),
    source: {
      tool: "memsync",
      agent: textField(value, "agent_id"),
      thread: textField(value, "thread_id"),
      url: null,
    },
    metadata: { memsync: leftovers(value) },
  };
  return admit(place, memory, seen);
}

function placed(categories: unknown, text: string): Pick<ImportedMemory, "scope" | "tags"> {
  const names = (Array.isArray(categories) ? (categories as unknown[]) : [])
    .filter((name) => typeof name === "string")
    .map((name) => cleanText(name).toLowerCase())
    .filter((name) => name !== "");
  const scope = SUGGESTED_SCOPES.find((suggested) => suggested === names.find(isScope)) ?? suggestScope(text);
  return { scope, tags: [...new Set(names)].filter((name) => name !== scope) };
}

const isScope = (name: string) => SUGGESTED_SCOPES.some((scope) => scope === name);

const KNOWN = ["memory", "categories", "type", "created_at", "agent_id", "thread_id"];

function leftovers(value: unknown): JsonObject {
  const rest = Object.entries(value as JsonObject).filter(
    ([name, item]) => !KNOWN.includes(name) && item !== null,
  );
  return Object.fromEntries<Json>(rest);
}
