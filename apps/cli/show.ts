import type { Memory, Previewed } from "../../client/index.ts";
import { day, dim, facts, oneLine, safe, written } from "./terminal.ts";

/** How much of an id is shown where one of many is to be told from the others. */
export const ID_SHOWN = 8;

/** A memory as `--json` prints it; times are ISO 8601. */
export function memoryJson({ memory, scope, pending }: Previewed): Readonly<Record<string, unknown>> {
  const { id, type, text, importance, reinforcements, tags, source, revision, conflictsWith, metadata } =
    memory;
  return {
    ...{ id, scope, type, text, importance, reinforcements, tags, source, revision, conflictsWith, metadata },
    createdAt: iso(memory.createdAt),
    updatedAt: iso(memory.updatedAt),
    validUntil: memory.validUntil === null ? null : iso(memory.validUntil),
    pending,
  };
}

/** Memories, a line each. */
export const memoryLines = (found: readonly Previewed[], width: number): string[] =>
  found.map(({ memory, scope, pending }) => {
    const head = `${memory.id.slice(0, ID_SHOWN)}  ${oneLine(scope, 14).padEnd(14)}  `;
    const marks = `${memory.conflictsWith === null ? "" : "  (conflict)"}${pending ? "  (not committed)" : ""}`;
    return `${dim(head)}${oneLine(memory.text, Math.max(30, width - head.length - marks.length))}${dim(marks)}`;
  });

/** One memory, whole. */
export const memoryPage = ({ memory, scope, pending }: Previewed): string[] => [
  safe(memory.text),
  "",
  ...facts([
    ["Id", memory.id],
    ["Scope", oneLine(scope)],
    ["Type", memory.type],
    ["Created", day(memory.createdAt)],
    memory.updatedAt === memory.createdAt
      ? null
      : ["Changed", `${day(memory.updatedAt)}, revision ${memory.revision}`],
    memory.validUntil === null ? null : ["Valid until", day(memory.validUntil)],
    ["Importance", `${memory.importance} of 100, confirmed ${memory.reinforcements} times`],
    memory.tags.length === 0 ? null : ["Tags", oneLine(memory.tags.join(", "))],
    sourceOf(memory) === "" ? null : ["Source", sourceOf(memory)],
    ...proposalRows(memory),
    memory.conflictsWith === null
      ? null
      : ["Conflict", `stands beside ${memory.conflictsWith}, changed on two devices`],
    pending ? ["", "not committed yet: memvault sync"] : null,
  ]),
];

/** By which grant and transaction a memory was proposed. Imported ones may say so too, of whatever they like. */
function proposalRows({ metadata: { proposal } }: Memory): [string, string][] {
  if (typeof proposal !== "object" || proposal === null || Array.isArray(proposal)) return [];
  const { member, transaction } = proposal as Readonly<Record<string, unknown>>;
  const rows: [string, unknown][] = [
    ["By grant", member],
    ["Proposed in", transaction],
  ];
  return rows.flatMap(([name, value]) => (typeof value === "string" ? [[name, written(value, 66)]] : []));
}

const sourceOf = ({ source }: Memory): string =>
  oneLine([source.tool, source.agent, source.thread, source.url].filter((part) => part !== null).join(", "));

/** A time as programs read it; years beyond what ISO 8601 has without a sign are no reason to fail. */
export function iso(time: number): string | number {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? time : date.toISOString();
}
