import type { LeftOut, SeenEvent } from "./seen.ts";

/** How much is kept of events that come newest first. */
export interface Limits {
  /** Whose events are counted together: an account or a contract; the empty text for the vault itself. */
  readonly by: (event: SeenEvent) => string;
  /** Of each name and each of these. */
  readonly each: number;
  /** Of how many of these anything is kept. */
  readonly groups: number;
}

interface Group {
  readonly kept: Map<string, SeenEvent[]>;
  readonly more: Map<string, number>;
}

/** Keeps the newest events of each, and counts the rest: however many come, it grows no further. */
export class Keeper {
  readonly #limits: Limits;
  readonly #groups = new Map<string, Group>();
  /** Of those who came when all places were taken. */
  readonly #rest: Group = { kept: new Map(), more: new Map() };

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Takes an event that is older than all that it took before. */
  add(event: SeenEvent): void {
    const by = this.#limits.by(event);
    if (this.isFull(event, by)) {
      this.leaveOut(event, by);
      return;
    }
    const { kept } = this.#groupOf(by);
    const some = kept.get(event.name) ?? [];
    if (some.push(event) === 1) kept.set(event.name, some);
  }

  /** Whether there is no place for another one of a name and of somebody. */
  isFull({ name }: Pick<SeenEvent, "name">, by: string): boolean {
    const known = this.#groups.get(by);
    if (known === undefined) return this.#groups.size >= this.#limits.groups;
    return (known.kept.get(name)?.length ?? 0) >= this.#limits.each;
  }

  /** Counts one that is not kept. */
  leaveOut({ name }: Pick<SeenEvent, "name">, by: string): void {
    const { more } = this.#groups.get(by) ?? this.#rest;
    more.set(name, (more.get(name) ?? 0) + 1);
  }

  /** What is kept. */
  get events(): SeenEvent[] {
    return [...this.#groups.values()].flatMap(({ kept }) => [...kept.values()].flat());
  }

  /** What is not, by whom; `null` for all who have no place. */
  get leftOut(): LeftOut[] {
    const groups: [string | null, Group][] = [...this.#groups, [null, this.#rest]];
    return groups.flatMap(([by, { more }]) => [...more].map(([name, count]) => ({ by, name, count })));
  }

  #groupOf(by: string): Group {
    const group = this.#groups.get(by) ?? { kept: new Map(), more: new Map() };
    this.#groups.set(by, group);
    return group;
  }
}
