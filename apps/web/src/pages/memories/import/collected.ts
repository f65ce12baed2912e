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
/** Of all that is held: texts, and what is said of them. */
const MAX_CHARACTERS = 96 * 2 ** 20;
/** Reasons that are kept of one export. */
const MAX_REASONS = 300;
/** Files of which nothing is taken: more are not the export that somebody meant. */
const MAX_BROKEN = 10_000;

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
  readonly #most: number;
  readonly #groups = new Map<number, Group>();
  readonly #broken: BrokenFile[] = [];
  #bytes = { read: 0, total: 0 };
  #characters = 0;

  /**
   * @param limit - Memories.
   * @param most - Characters.
   */
  constructor(limit = MAX_MEMORIES, most = MAX_CHARACTERS) {
    this.#limit = limit;
    this.#most = most;
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
      this.#hold(sizeOf(word.broken));
      if (this.#broken.length > MAX_BROKEN) throw new ExportTooLarge(this.#limit);
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
    const reasons = skipped.slice(0, MAX_REASONS - group.skipped.length);
    for (const found of memories) group.memories.push(found);
    group.skipped.push(...reasons);
    group.skippedInAll += skipped.length;
    group.duplicates += duplicates;
    const held = this.#sum((each) => each.memories.length);
    if (held > this.#limit) throw new ExportTooLarge(this.#limit);
    this.#hold(sizeOf(memories) + sizeOf(reasons));
  }

  /** What a broken export let go is counted on: it was read all the same. */
  #hold(characters: number): void {
    this.#characters += characters;
    if (this.#characters > this.#most) throw new ExportTooLarge(this.#limit);
  }

  #sum(of: (group: Group) => number): number {
    return [...this.#groups.values()].reduce((sum, group) => sum + of(group), 0);
  }
}

/** Characters of everything in it, the names of its fields among them; other values count as some. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.entries(value).reduce((sum, [name, field]) => sum + name.length + sizeOf(field), 0);
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
