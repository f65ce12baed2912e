import type { Filterable } from "./filters.ts";

/** A month that has memories. */
export interface Month {
  /** `2026-11`; `?` for times that no calendar has. */
  readonly key: string;
  /** As the person's language writes it. */
  readonly label: string;
  /** A word or two, for below a bar. */
  readonly short: string;
  readonly memories: readonly Filterable[];
}

/** One line of a list: a month's name, or a memory. */
export type Row =
  { readonly kind: "month"; readonly month: Month } | { readonly kind: "memory"; readonly each: Filterable };

const BEYOND = "?";

/** The month of a time where the person is. */
export function monthKey(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return BEYOND;
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

/** Memories by the month in which they were told, the newest first. */
export function monthsOf(memories: readonly Filterable[]): Month[] {
  const found = new Map<string, Filterable[]>();
  for (const each of [...memories].sort((a, b) => b.memory.createdAt - a.memory.createdAt)) {
    const key = monthKey(each.memory.createdAt);
    const month = found.get(key);
    if (month === undefined) found.set(key, [each]);
    else month.push(each);
  }
  return [...found].map(([key, of]) => ({
    key,
    ...namesOf(key, of[0]?.memory.createdAt ?? 0),
    memories: of,
  }));
}

function namesOf(key: string, time: number): Pick<Month, "label" | "short"> {
  if (key === BEYOND) return { label: "Beyond any calendar", short: BEYOND };
  const date = new Date(time);
  return {
    label: date.toLocaleDateString(undefined, { month: "long", year: "numeric" }),
    short: date.toLocaleDateString(undefined, { month: "short", year: "numeric" }),
  };
}

/** Months and what they hold, line by line. */
export const timelineRows = (months: readonly Month[]): Row[] =>
  months.flatMap((month) => [
    { kind: "month", month } as const,
    ...month.memories.map((each) => ({ kind: "memory", each }) as const),
  ]);

/** Memories, line by line. */
export const listRows = (memories: readonly Filterable[]): Row[] =>
  memories.map((each) => ({ kind: "memory", each }));
