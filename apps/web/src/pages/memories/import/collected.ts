import { ExportTooLarge } from "./errors.ts";
import type { BrokenFile, FoundMemory, ReaderWord, SkippedItem } from "./words.ts";

/** How far the reading is. */
export interface ReadingProgress {
  /** Bytes; 0 of 0 before the first were counted. */
  readonly read: number;
  readonly total: number;
  readonly memories: number;
  readonly skipped: number;
}

/** Everything that was found. */
export interface Gathered {
  /** The tools whose exports they were. */
  readonly importers: readonly string[];
  readonly memories: readonly FoundMemory[];
  /** How often the same memory came again. */
  readonly duplicates: number;
  /** The first of what was left out, and how much it is in all. */
  readonly skipped: readonly SkippedItem[];
  readonly skippedInAll: number;
  /** Files of which nothing is taken. */
  readonly broken: readonly BrokenFile[];
}

/** More than a vault is made for: the review holds them all. */
export const MAX_MEMORIES = 100_000;
const MAX_CHARACTERS = 96 * 2 ** 20;
/** Reasons that are kept of one export. */
const MAX_REASONS = 300;

interface Group {
  readonly memories: FoundMemory[];
  readonly skipped: SkippedItem[];
  skippedInAll: number;
  duplicates: number;
}

type Batch = Extract<ReaderWord, { kind: "batch" }>;

/** What a reader said so far, by the export that it is of: one that breaks is let go as a whole. */
export class Collected {
  readonly #limit: number;
  readonly #groups = new Map<number, Group>();
  readonly #broken: BrokenFile[] = [];
  #bytes = { read: 0, total: 0 };
  #characters = 0;

  constructor(limit = MAX_MEMORIES) {
    this.#limit = limit;
  }

  get progress(): ReadingProgress {
    return {
      ...this.#bytes,
      memories: this.#sum(({ memories }) => memories.length),
      skipped: this.#sum(({ skippedInAll }) => skippedInAll),
    };
  }

  /** @throws {ExportTooLarge} when it is more than a page should hold. */
  take(word: ReaderWord): void {
    if (word.kind === "progress") this.#bytes = { read: word.read, total: word.total };
    else if (word.kind === "batch") this.#add(word);
    else if (word.kind === "broken") {
      this.#broken.push(word.broken);
      if (word.group !== null) this.#groups.delete(word.group);
    }
  }

  whole(importers: readonly string[]): Gathered {
    const groups = [...this.#groups.values()];
    const memories = withoutRepeats(groups);
    const found = this.#sum((group) => group.memories.length);
    return {
      importers: importers.filter((_, number) => this.#groups.has(number)),
      memories,
      duplicates: this.#sum(({ duplicates }) => duplicates) + found - memories.length,
      skipped: groups.flatMap(({ skipped }) => skipped),
      skippedInAll: this.#sum(({ skippedInAll }) => skippedInAll),
      broken: this.#broken,
    };
  }

  #add({ group: number, memories, skipped, duplicates }: Batch): void {
    const group = this.#groups.get(number) ?? { memories: [], skipped: [], skippedInAll: 0, duplicates: 0 };
    this.#groups.set(number, group);
    for (const found of memories) {
      group.memories.push(found);
      this.#characters += found.memory.text.length;
    }
    group.skipped.push(...skipped.slice(0, MAX_REASONS - group.skipped.length));
    group.skippedInAll += skipped.length;
    group.duplicates += duplicates;
    const held = this.#sum((each) => each.memories.length);
    if (held > this.#limit || this.#characters > MAX_CHARACTERS) throw new ExportTooLarge(this.#limit);
  }

  #sum(of: (group: Group) => number): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + of(group), 0);
  }
}

/** Within one export its importer tells what is the same; between two of them the key does. */
function withoutRepeats(groups: readonly Group[]): FoundMemory[] {
  const owner = new Map<string, Group>();
  return groups.flatMap((group) =>
    group.memories.filter(({ key }) => {
      const first = owner.get(key);
      if (first === undefined) owner.set(key, group);
      return first === undefined || first === group;
    }),
  );
}
