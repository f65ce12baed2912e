import { scopeName, VaultError } from "../../../../../../client/index.ts";
import { grouped } from "./grouped.ts";
import type { FoundMemory } from "./words.ts";

/** What the person decided of the memories that were suggested for one scope. */
export interface ScopeChoice {
  /** As the importer suggested it. */
  readonly suggested: string;
  /** Where they go. */
  readonly name: string;
  readonly included: boolean;
  readonly memories: readonly FoundMemory[];
}

/** What is suggested, the scope with the most memories first; what the person chose before stands. */
export function choicesOf(
  found: readonly FoundMemory[],
  before: readonly ScopeChoice[] = [],
): readonly ScopeChoice[] {
  return [...grouped(found, ({ memory }) => memory.scope)]
    .map(([suggested, memories]) => {
      const { name, included } = before.find((each) => each.suggested === suggested) ?? {
        name: suggested,
        included: true,
      };
      return { suggested, name, included, memories };
    })
    .sort((a, b) => b.memories.length - a.memories.length);
}

/** What is wrong with a scope's name; `null` when nothing is. */
export function nameFault(name: string): string | null {
  try {
    scopeName(name);
    return null;
  } catch (fault) {
    if (fault instanceof VaultError) return fault.message;
    throw fault;
  }
}

/** What is to be written: those that are included, where the person wants them. */
export const chosenOf = (choices: readonly ScopeChoice[]): readonly FoundMemory[] =>
  choices
    .filter(({ included }) => included)
    .flatMap(({ name, memories }) =>
      memories.map((found) => ({ ...found, memory: { ...found.memory, scope: name } })),
    );
