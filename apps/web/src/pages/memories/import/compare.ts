import type { Previewed } from "../../../../../../client/index.ts";
import { contentKey } from "../../../../../../client/importers/index.ts";
import type { FoundMemory } from "./words.ts";

/** What an export brings to a vault. */
export interface Compared {
  /** What the vault and its journal have not had yet. */
  readonly fresh: readonly FoundMemory[];
  /** How many are there already. */
  readonly known: number;
  /** Brought before by this device, and forgotten since. */
  readonly forgotten: readonly FoundMemory[];
  /** Brought before by this device, and changed since. */
  readonly changed: readonly FoundMemory[];
  /** Ids of what is there and not noted yet, by key: it came before imports were noted, or from another device. */
  readonly unnoted: ReadonlyMap<string, string>;
}

/** Memories that are looked at before the page gets its turn. */
const AT_ONCE = 500;

/**
 * Tells what a vault has not had yet, by the rules of the command line's import.
 *
 * @param memories - of the vault and its journal, by id.
 * @param before - what imports on this device brought (`importedBefore`).
 * @param breathe - awaited now and then, so that a page with many memories stays awake.
 */
export async function compare(
  found: readonly FoundMemory[],
  memories: ReadonlyMap<string, Pick<Previewed, "memory">>,
  before: ReadonlyMap<string, string>,
  breathe: () => Promise<void>,
): Promise<Compared> {
  const ids = await idsByKey(memories, breathe);
  const [fresh, forgotten, changed]: [FoundMemory[], FoundMemory[], FoundMemory[]] = [[], [], []];
  const unnoted = new Map<string, string>();
  let known = 0;
  for (const item of found) {
    const { key, timeless } = item;
    const id = ids.get(key) ?? (timeless === null ? undefined : ids.get(`timeless ${timeless}`));
    const noted = before.get(key);
    if (id !== undefined) {
      known++;
      if (noted === undefined) unnoted.set(key, id);
    } else if (noted === undefined) fresh.push(item);
    else if (memories.has(noted)) changed.push(item);
    else forgotten.push(item);
  }
  return { fresh, known, forgotten, changed, unnoted };
}

/** Where an export does not say when, the vault has the time of the import: then the rest decides. */
async function idsByKey(
  memories: ReadonlyMap<string, Pick<Previewed, "memory">>,
  breathe: () => Promise<void>,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  let looked = 0;
  for (const { memory } of memories.values()) {
    const { id, source, text } = memory;
    ids.set(contentKey(memory), id);
    ids.set(`timeless ${contentKey({ source, text })}`, id);
    if (++looked % AT_ONCE === 0) await breathe();
  }
  return ids;
}
