import type { ScopeMemories } from "../../../client/exporters/index.ts";
import type { ImportedItem, ImportedMemory } from "../../../client/importers/index.ts";
import {
  applyOperation,
  decodeOperation,
  encodeOperation,
  type Operation,
} from "../../../client/memory/operations.ts";
import type { Memory } from "../../../client/memory/record.ts";
import { BARE, FULL } from "../memory/samples.ts";

let count = 0;
/** A memory with an id of its own. */
const memory = (changes: Partial<Memory>): Memory => ({
  ...FULL,
  id: (++count).toString(16).padStart(32, "0"),
  conflictsWith: null,
  ...changes,
});

const ODD: readonly Partial<Memory>[] = [
  { text: " \ttrailing and leading \n\r\n" },
  { text: '\ufeff"quotes", \\backslashes\\, \u0000\u001b[31m control, \u2028 \u202e and \ud83c\udf09' },
  {
    text: "---\n# Not a heading\n- not a bullet\n```\n<script>alert(1)</script>\n![](https://tracker.example/x.png)",
  },
  { text: "x".repeat(32_768), metadata: {} },
  { tags: ["Upper", "two words", "two-words", "ünï", "-", "a", "a"] },
  { tags: ["Upper"] },
  { tags: ["plain", "tags_2"] },
  { source: { tool: "a-tool-with-a-name-of-more-than-32-characters", agent: null, thread: null, url: null } },
  { source: { tool: null, agent: null, thread: "", url: "" } },
  { source: { tool: "A Tool (beta)!", agent: "x", thread: "0f3c", url: null } },
  { source: { tool: "x", agent: null, thread: "__proto__", url: null } },
  { createdAt: 0, validUntil: 0 },
  { createdAt: Number.MAX_SAFE_INTEGER, updatedAt: 5, validUntil: Number.MAX_SAFE_INTEGER },
  { createdAt: 1, updatedAt: 1, validUntil: 253_402_300_799_999 },
  { createdAt: 253_402_300_800_000, importance: 100, reinforcements: 0 },
  { metadata: { language: "no language at all", domain: 5, "memory-vault": { type: "episodic" }, pam: "x" } },
  { metadata: { pam: { type: "goal", custom_type: null }, title: "A talk" } },
  { metadata: { pam: { type: "custom", custom_type: "dream" } } },
  { metadata: { pam: { type: "custom" } } },
  {
    metadata: JSON.parse(
      '{"__proto__":{"a":1},"10":1e300,"9":-5e-7,"é":[[[null]]],"":""}',
    ) as Memory["metadata"],
  },
  { type: "semantic", tags: ["custom-instruction"] },
];

const twin = memory({ text: "The same in two scopes", conflictsWith: null });

/** Scopes with memories of every odd kind, as a vault may hold them. */
export const SCOPES: readonly ScopeMemories[] = [
  { name: "travel", memories: [FULL, twin, ...ODD.map(memory)] },
  {
    name: "Ōsaka 🚂 [notes](x) <b>",
    memories: [BARE, { ...twin, id: "f".repeat(32) }, memory({ conflictsWith: FULL.id })],
  },
  { name: "nothing", memories: [] },
];

/** What makes a memory the same in another vault. */
export type Content = Omit<Memory, "id" | "salt" | "updatedAt" | "revision" | "conflictsWith"> & {
  readonly scope: string;
};

const contentOf = (scope: string, memory: Memory): Content => {
  const { type, text, importance, reinforcements, createdAt, validUntil, source, tags, metadata } = memory;
  return { scope, type, text, importance, reinforcements, createdAt, validUntil, source, tags, metadata };
};

export const contents = (scopes: readonly ScopeMemories[]): Content[] =>
  scopes.flatMap(({ name, memories }) => memories.map((memory) => contentOf(name, memory)));

/** Writes what was imported into a new vault's journal and applies it. */
export function restored(items: readonly ImportedItem[]): Content[] {
  return items.flatMap((item, index) => {
    if (item.kind !== "memory") return [];
    const id = (index + 1).toString(16).padStart(32, "a");
    const live = new Map<string, Memory>();
    const apply = (operation: Operation) => {
      const outcome = applyOperation(live, decodeOperation(encodeOperation(operation)));
      if (outcome.kind === "put") live.set(outcome.memory.id, outcome.memory);
    };
    apply({ ...item.memory, kind: "create", id, at: 1_770_000_000_000 });
    for (let n = 0; n < (item.reinforcements ?? 0); n++) {
      apply({ kind: "reinforce", id: "b".repeat(32), at: 1, memoryId: id });
    }
    return [...live.values()].map((memory) => contentOf(item.memory.scope, memory));
  });
}

/** Scopes with what was imported, to export again. */
export const scopesOf = (memories: readonly ImportedMemory[]): ScopeMemories[] =>
  memories.map(({ scope, ...found }, index) => ({
    name: scope,
    memories: [
      { ...BARE, importance: 50, createdAt: 1, ...found, id: (index + 1).toString(16).padStart(32, "c") },
    ],
  }));
