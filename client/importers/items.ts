import { SUGGESTED_SCOPES, type Json, type JsonObject } from "../memory/record.ts";
import { cleanText, field } from "./clean.ts";
import type { ImportedMemory } from "./importer.ts";
import { suggestScope } from "./scopes.ts";
import type { Placed } from "./whole.ts";

/** Under which names services put the memories of a page. */
export const PAGES = ["memories", "results"] as const;

/** The memories of a page in a list of pages; anything else is one itself. */
export function* itemsIn({ place, ...element }: Placed): Generator<Placed> {
  for (const name of PAGES) {
    const page = field(element.value, name);
    if (!Array.isArray(page)) continue;
    for (const [index, item] of page.entries())
      yield { place: `${place}.${name}[${index}]`, value: item as unknown };
    return;
  }
  yield { place, ...element };
}

/** The first category that is the name of a scope becomes the scope, the others become tags; without any the text decides. */
export function scopeAndTags(categories: unknown, text: string): Pick<ImportedMemory, "scope" | "tags"> {
  const names = (Array.isArray(categories) ? (categories as unknown[]) : [])
    .filter((name) => typeof name === "string")
    .map((name) => cleanText(name).toLowerCase())
    .filter((name) => name !== "");
  const scope = SUGGESTED_SCOPES.find((suggested) => suggested === names.find(isScope)) ?? suggestScope(text);
  return { scope, tags: [...new Set(names)].filter((name) => name !== scope) };
}

const isScope = (name: string) => SUGGESTED_SCOPES.some((scope) => scope === name);

/** What has no place of its own in a memory: every field but those, and but those that say nothing. */
export function leftovers(value: unknown, known: readonly string[]): JsonObject {
  const rest = Object.entries(value as JsonObject).filter(
    ([name, item]) => !known.includes(name) && item !== null,
  );
  return Object.fromEntries<Json>(rest);
}
