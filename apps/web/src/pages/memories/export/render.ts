import {
  exportJsonLines,
  exportMarkdown,
  exportPam,
  type ScopeMemories,
} from "../../../../../../client/exporters/index.ts";
import type { Previewed, VaultRef } from "../../../../../../client/index.ts";

/** What an export is written in. */
export type Format = "pam" | "jsonl" | "markdown";

/** What files of a format are called. */
export const ENDINGS: Readonly<Record<Format, string>> = { pam: "pam.json", jsonl: "jsonl", markdown: "md" };

/** How many memories each scope has, by name. */
export function scopeCounts(memories: Iterable<Pick<Previewed, "scope">>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { scope } of memories) counts.set(scope, (counts.get(scope) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => a.localeCompare(b)));
}

/** Memories of some scopes, the newest first. */
export const chosenFrom = (memories: Iterable<Previewed>, scopes: ReadonlySet<string>): Previewed[] =>
  [...memories]
    .filter(({ scope }) => scopes.has(scope))
    .sort((a, b) => b.memory.createdAt - a.memory.createdAt);

/** Writes memories as text. Keys and grants are in no export. */
export function render(format: Format, found: readonly Previewed[], ref: VaultRef, now: number): string {
  const byScope = new Map<string, Previewed["memory"][]>();
  for (const { scope, memory } of found) {
    const memories = byScope.get(scope);
    if (memories === undefined) byScope.set(scope, [memory]);
    else memories.push(memory);
  }
  const scopes: ScopeMemories[] = [...byScope].map(([name, memories]) => ({ name, memories }));
  if (format === "jsonl") return exportJsonLines(scopes);
  if (format === "markdown") return exportMarkdown(scopes);
  const id = `0x${ref.vaultId.toString(16).padStart(64, "0")}`;
  return exportPam(scopes, { owner: { id: `eip155:${ref.chainId}:${ref.contract}/${id}` }, now });
}
