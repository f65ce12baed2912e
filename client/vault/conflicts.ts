import type { Previewed } from "../memory/preview.ts";
import { versionsOf } from "../memory/versions.ts";
import { forget, remember, update } from "./memories.ts";
import type { Vault } from "./session.ts";

/** A memory in several versions, the first one before those that stand beside it. */
export interface Conflict {
  readonly versions: readonly Previewed[];
  /** Whether a version that others name lives no more: what was written beside it meanwhile is left. */
  readonly forgotten: boolean;
}

/**
 * All memories with several versions, or with one that stands beside a forgotten one.
 *
 * @param memories - by id, as `preview` gives them.
 * @returns the conflicts; within each the memory that others name first, then by their last change.
 */
export function conflictsIn(memories: ReadonlyMap<string, Previewed>): Conflict[] {
  const all = [...memories.values()].map(({ memory }) => memory);
  const beside = all.filter(({ conflictsWith }) => conflictsWith !== null).map(({ id }) => id);
  const seen = new Set<string>();
  const found: Conflict[] = [];
  for (const [id, ids] of versionsOf(all, beside)) {
    if (seen.has(id)) continue;
    for (const each of ids) seen.add(each);
    const versions = [...ids].flatMap((each) => memories.get(each) ?? []).sort(firstBefore);
    found.push({ versions, forgotten: versions.length < ids.size });
  }
  return found;
}

const firstBefore = ({ memory: a }: Previewed, { memory: b }: Previewed): number =>
  Number(a.conflictsWith !== null) - Number(b.conflictsWith !== null) || a.updatedAt - b.updatedAt;

/**
 * Journals that one version stays and the others are forgotten. The first version takes the text and the terms of the one
 * that is kept; where it lives no more, a new memory does.
 *
 * @param kept - one of the conflict's versions.
 * @param text - what it says from now on.
 * @returns the id of the memory that stays.
 * @throws {NoText} when the text is empty. {OwnerClassOnly} for a reader.
 */
export async function resolveConflict(
  vault: Vault,
  { versions }: Conflict,
  kept: Previewed,
  text = kept.memory.text,
): Promise<string> {
  const first = versions.find(({ memory }) => memory.conflictsWith === null);
  // What stays is safe before anything goes.
  const id = await keep(vault, first, kept, text);
  for (const { memory } of versions) if (memory.id !== id) await forget(vault, memory);
  return id;
}

async function keep(
  vault: Vault,
  first: Previewed | undefined,
  { memory, scope }: Previewed,
  text: string,
): Promise<string> {
  const { type, importance, tags, validUntil, metadata, source, createdAt } = memory;
  const terms = { text, type, importance, tags, validUntil, metadata, source };
  if (first === undefined) {
    const [id = ""] = await remember(vault, { ...terms, scope, createdAt });
    return id;
  }
  if (first.memory.id !== memory.id || text !== memory.text) await update(vault, first.memory, terms);
  return first.memory.id;
}
