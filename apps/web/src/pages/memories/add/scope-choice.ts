import { InvalidScopeName, scopeName } from "../../../../../../client/index.ts";

/** Where a memory goes: a scope of the list, or one that was typed. */
export interface ScopeChoice {
  readonly name: string;
  readonly isTyped: boolean;
}

/**
 * What is wrong with the scope of a form, and what to do.
 *
 * @param chosen - `null` where none was.
 * @returns `null` when nothing is.
 */
export function scopeFault(chosen: ScopeChoice | null): string | null {
  if (chosen === null) return "Choose a scope: whoever is granted it reads the memory.";
  try {
    scopeName(chosen.name);
    return null;
  } catch (fault) {
    if (fault instanceof InvalidScopeName)
      return "Name the scope: 1 to 128 bytes, and nothing in it that cannot be seen.";
    throw fault;
  }
}

/** Whether a scope was typed that there is not yet: that is asked about. */
export const isNew = ({ name, isTyped }: ScopeChoice, scopes: readonly string[]): boolean =>
  isTyped && !scopes.includes(scopeName(name));
