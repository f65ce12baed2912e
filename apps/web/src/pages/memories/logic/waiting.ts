import {
  isOfMemory,
  type Memory,
  type Preview,
  type VaultOperation,
  type VaultView,
} from "../../../../../../client/index.ts";
import { countText } from "../../../ui/texts.ts";

/** The operations that made or changed a memory and that no commit carries yet: taken back, they go together. */
export const operationsOf = (waiting: readonly VaultOperation[], id: string): VaultOperation[] =>
  waiting.filter((operation) => touches(operation, id));

function touches(operation: VaultOperation, id: string): boolean {
  if (!isOfMemory(operation)) return false;
  switch (operation.kind) {
    case "create":
      return operation.id === id;
    case "update":
      return operation.memoryId === id || operation.id === id;
    case "reinforce":
    case "forget":
      return operation.memoryId === id;
    case "shred":
      return operation.memoryIds.includes(id);
  }
}

const DONE = {
  create: "added",
  update: "changed",
  reinforce: "reinforced",
  forget: "forgotten",
  shred: "shredded",
} as const;

const isNamed = (kind: string): kind is keyof typeof DONE => kind in DONE;

/** What waits, in words: "added, changed twice". */
export function waitingText(operations: readonly VaultOperation[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of operations)
    if (isNamed(kind)) counts.set(DONE[kind], (counts.get(DONE[kind]) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${word}${timesText(count)}`).join(", ");
}

const timesText = (count: number): string =>
  count === 1 ? "" : count === 2 ? " twice" : ` ${count.toLocaleString()} times`;

/** A memory that the next commit takes out. */
export interface Leaving {
  readonly memory: Memory;
  readonly scope: string;
  readonly how: "forget" | "shred";
  /** Whether others stand beside it, of which one was kept. */
  readonly isVersion: boolean;
  /** Taken back, it stays. */
  readonly operations: readonly VaultOperation[];
}

/** What the vault has and its preview lacks. */
export function leavingOf(
  view: VaultView | null,
  preview: Preview | null,
  waiting: readonly VaultOperation[],
): Leaving[] {
  if (view === null || preview === null) return [];
  const versions = versionsIn(view);
  const shreds = waiting.filter(({ kind }) => kind === "shred");
  return view.scopes.flatMap(({ name, memories }) =>
    memories.flatMap((memory) => {
      if (preview.memories.has(memory.id)) return [];
      const own = waiting.filter(
        (each) => (each.kind === "forget" || each.kind === "shred") && touches(each, memory.id),
      );
      // A shred takes all versions of a memory, and names one.
      const operations = own.length === 0 ? shreds : own;
      const how = operations.some(({ kind }) => kind === "shred") ? "shred" : "forget";
      return [{ memory, scope: name, how, isVersion: versions.has(memory.id), operations }];
    }),
  );
}

/** Memories that are in conflict, by their ids. */
function versionsIn({ scopes }: VaultView): ReadonlySet<string> {
  const memories = scopes.flatMap((scope) => scope.memories);
  const ids = new Set(memories.map(({ id }) => id));
  return new Set(
    memories.flatMap(({ id, conflictsWith }) =>
      conflictsWith !== null && ids.has(conflictsWith) ? [id, conflictsWith] : [],
    ),
  );
}

/** How much leaves: "1 memory leaves …", "2 memories and 1 version leave …". */
export function leavingText(leaving: readonly Leaving[]): string {
  const versions = leaving.filter(({ isVersion }) => isVersion).length;
  const memories = leaving.length - versions;
  const parts = [
    ...(memories === 0 ? [] : [countText(memories, "memory", "memories")]),
    ...(versions === 0 ? [] : [countText(versions, "version of a memory", "versions of memories")]),
  ];
  return leaving.length === 1
    ? `${parts.join("")} leaves with the next commit. It can still be kept.`
    : `${parts.join(" and ")} leave with the next commit. They can still be kept.`;
}
