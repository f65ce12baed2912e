import { DEFAULT_IMPORTANCE, NO_SOURCE } from "../../../client/memory/record.ts";
import type { Searchable } from "../../../client/recall/index.ts";

let made = 0;

/** A memory of 4 March 2025 that nobody rated; its id and salt are like no other's. */
export function memory(text: string, more: Partial<Searchable> = {}): Searchable {
  const id = (made++).toString(16).padStart(32, "0");
  const createdAt = Date.UTC(2025, 2, 4);
  return {
    ...{ id, salt: id, type: "semantic", text, createdAt, updatedAt: createdAt, validUntil: null, tags: [] },
    ...{ importance: DEFAULT_IMPORTANCE, reinforcements: 0, source: NO_SOURCE, ...more },
  };
}
