import type { Memory } from "./record.ts";

/**
 * Finds all versions of memories: each with the records that conflict with it, either way and over any number of steps.
 * A version that lives no more still ties those together that name it.
 *
 * @param memories - the live ones.
 * @param ids - what is asked for.
 * @returns by id asked for, the ids of its versions, itself among them.
 */
export function versionsOf(
  memories: Iterable<Pick<Memory, "id" | "conflictsWith">>,
  ids: readonly string[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const ties = new Map<string, string[]>();
  const tie = (from: string, to: string): void => void ties.set(from, [...(ties.get(from) ?? []), to]);
  for (const { id, conflictsWith } of memories) {
    if (conflictsWith === null) continue;
    tie(id, conflictsWith);
    tie(conflictsWith, id);
  }
  return new Map(
    ids.map((id) => {
      const versions = new Set([id]);
      // A set is walked in the order in which it grows.
      for (const version of versions) for (const other of ties.get(version) ?? []) versions.add(other);
      return [id, versions];
    }),
  );
}
