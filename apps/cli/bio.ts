import type { Memory, MemoryType, Previewed } from "../../client/index.ts";
import { markdownText } from "../../client/exporters/index.ts";
import { byWeight } from "../mcp/sight.ts";
import { count, day, oneLine } from "./terminal.ts";

/** As much of one text as a bio shows: one long memory must not crowd out the others. */
const TEXT_SHOWN = 280;

const HEADINGS: Readonly<Record<MemoryType, string>> = { semantic: "Facts", episodic: "Events" };
const TYPES: readonly MemoryType[] = ["semantic", "episodic"];

/** What still holds of some memories, in the order in which one would tell it. */
export const ranked = (found: readonly Previewed[], now: number): Previewed[] =>
  found.filter(({ memory }) => holds(memory, now)).sort(byWeight);

const holds = ({ validUntil }: Memory, now: number): boolean => validUntil === null || validUntil > now;

/**
 * A bio as Markdown: scopes, and what is in them, in the order of {@link ranked}.
 *
 * @param told - What to tell.
 * @param total - How much there is.
 */
export function bioLines(told: readonly Previewed[], total: number): string[] {
  if (total === 0) return ["No memories."];
  const sections = [...new Set(told.map(({ scope }) => scope))].flatMap((scope) => [
    ...["", `## ${inert(scope)}`],
    ...TYPES.flatMap((type) => {
      const found = told.filter((each) => each.scope === scope && each.memory.type === type);
      return found.length === 0 ? [] : ["", `### ${HEADINGS[type]}`, "", ...found.map(bullet)];
    }),
  ]);
  const rest = `${count(told.length, "memory", "memories")} of ${total}; --limit tells more.`;
  return ["# Bio", ...sections, ...(told.length < total ? ["", rest] : [])];
}

function bullet({ memory, pending }: Previewed): string {
  const marks = [
    day(memory.updatedAt),
    memory.conflictsWith === null ? null : "conflict",
    pending ? "not committed" : null,
  ];
  return `- ${inert(memory.text)} (${marks.filter((mark) => mark !== null).join(", ")})`;
}

/** Neither a terminal nor a viewer of Markdown obeys a text: it stays on its line, cut where it is long. */
const inert = (text: string): string => markdownText(oneLine(text, TEXT_SHOWN));
