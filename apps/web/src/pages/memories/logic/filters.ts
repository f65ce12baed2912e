import type { MemoryType, Previewed } from "../../../../../../client/index.ts";

/** Which memories are shown: those that meet all that is not `null`. */
export interface Filters {
  /** A scope's name. */
  readonly scope: string | null;
  readonly type: MemoryType | null;
  readonly tag: string | null;
  /** The tool that it comes from; {@link NO_TOOL} for none. */
  readonly tool: string | null;
  /** Those that stand in several versions, or that wait. */
  readonly state: "conflict" | "waiting" | null;
}

/** Everything. */
export const NO_FILTERS: Filters = { scope: null, type: null, tag: null, tool: null, state: null };

/** What stands for a memory of no tool: no tool has an empty name. */
export const NO_TOOL = "";

/** How many of the filters leave something out. */
export const countOf = (filters: Filters): number =>
  Object.values(filters).filter((each) => each !== null).length;

/** What filters ask of a memory. */
export interface Filterable extends Previewed {
  readonly inConflict: boolean;
}

/** Memories as the page has them: the newest change first. */
export function filterable(
  memories: ReadonlyMap<string, Previewed>,
  inConflict: ReadonlySet<string>,
): Filterable[] {
  const all = [...memories.values()].map((each) => ({ ...each, inConflict: inConflict.has(each.memory.id) }));
  return all.sort((a, b) => b.memory.updatedAt - a.memory.updatedAt || (a.memory.id < b.memory.id ? -1 : 1));
}

const toolOf = ({ memory }: Previewed): string => memory.source.tool ?? NO_TOOL;

type Test = (each: Filterable) => boolean;

function testsOf({ scope, type, tag, tool, state }: Filters): Partial<Record<keyof Filters, Test>> {
  return {
    ...(scope === null ? {} : { scope: (each) => each.scope === scope }),
    ...(type === null ? {} : { type: ({ memory }) => memory.type === type }),
    ...(tag === null ? {} : { tag: ({ memory }) => memory.tags.includes(tag) }),
    ...(tool === null ? {} : { tool: (each) => toolOf(each) === tool }),
    ...(state === null ? {} : { state: (each) => (state === "conflict" ? each.inConflict : each.pending) }),
  };
}

/** Those that meet all filters, in their order. */
export function filtered(memories: readonly Filterable[], filters: Filters): Filterable[] {
  const tests = Object.values(testsOf(filters));
  return memories.filter((each) => tests.every((test) => test(each)));
}

/** One that may be chosen, and how many memories that would leave. */
export interface Choice {
  readonly value: string;
  readonly count: number;
}

/** What each filter may be set to, counted over what the others leave. */
export interface Choices {
  readonly scopes: readonly Choice[];
  readonly types: Readonly<Record<MemoryType, number>>;
  /** The most frequent first. */
  readonly tags: readonly Choice[];
  readonly tools: readonly Choice[];
  readonly conflict: number;
  readonly waiting: number;
  /** All that the other filters leave, whatever the scope. */
  readonly anyScope: number;
  readonly anyType: number;
}

/**
 * Counts what may be chosen. What is chosen now is always among it.
 *
 * @param scopes - names of all scopes, those without memories as well.
 */
export function choicesOf(
  memories: readonly Filterable[],
  filters: Filters,
  scopes: readonly string[],
): Choices {
  const tests = testsOf(filters);
  const others = Object.fromEntries(
    (Object.keys(NO_FILTERS) as (keyof Filters)[]).map((own) => [
      own,
      Object.entries(tests).flatMap(([key, test]) => (key === own ? [] : [test])),
    ]),
  ) as Record<keyof Filters, Test[]>;
  const tally = {
    scopes: new Map(scopes.map((name) => [name, 0])),
    types: { semantic: 0, episodic: 0 },
    tags: new Map<string, number>(filters.tag === null ? [] : [[filters.tag, 0]]),
    tools: new Map<string, number>(filters.tool === null ? [] : [[filters.tool, 0]]),
    ...{ conflict: 0, waiting: 0, anyScope: 0, anyType: 0 },
  };
  const passes = (own: keyof Filters, each: Filterable): boolean => others[own].every((test) => test(each));
  for (const each of memories) {
    if (passes("scope", each)) {
      add(tally.scopes, each.scope);
      tally.anyScope++;
    }
    if (passes("type", each)) {
      tally.types[each.memory.type]++;
      tally.anyType++;
    }
    if (passes("tag", each)) for (const tag of new Set(each.memory.tags)) add(tally.tags, tag);
    if (passes("tool", each)) add(tally.tools, toolOf(each));
    if (passes("state", each)) {
      if (each.inConflict) tally.conflict++;
      if (each.pending) tally.waiting++;
    }
  }
  return {
    ...tally,
    scopes: byName(tally.scopes),
    tags: byCount(tally.tags),
    tools: byCount(tally.tools),
  };
}

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const listed = (counts: ReadonlyMap<string, number>): Choice[] =>
  [...counts].map(([value, count]) => ({ value, count }));

const byName = (counts: ReadonlyMap<string, number>): Choice[] =>
  listed(counts).sort((a, b) => a.value.localeCompare(b.value));

const byCount = (counts: ReadonlyMap<string, number>): Choice[] =>
  listed(counts).sort((a, b) => b.count - a.count || a.value.localeCompare(b.value));
