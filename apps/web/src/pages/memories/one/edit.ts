import {
  scopeName,
  update,
  type Memory,
  type Previewed,
  type Vault,
} from "../../../../../../client/index.ts";
import { moveMemory } from "../../../../../../client/manage.ts";
import type { ScopeChoice } from "../add/scope-choice.ts";
import { changesOf, draftOf, isChanged, type Draft } from "../logic/draft.ts";

/** A form, and the revision that it was begun from: whoever changes the memory meanwhile is seen to conflict. */
export interface Edit {
  readonly seen: Memory;
  /** Where it stands. */
  readonly scope: string;
  readonly draft: Draft;
  /** Where it is to stand. */
  readonly chosen: ScopeChoice;
}

/** A form of a memory, nothing of it changed yet. */
export const editOf = ({ memory, scope }: Previewed): Edit => ({
  ...{ seen: memory, scope, draft: draftOf(memory) },
  chosen: { name: scope, isTyped: false },
});

/** Whether the memory is to stand in another scope. */
export const isMoved = ({ scope, chosen: { name, isTyped } }: Edit): boolean =>
  name !== scope && !(isTyped && name.trim() === "");

/** Whether closing the form would lose something. */
export const isEdited = (edit: Edit): boolean => isChanged(edit.seen, edit.draft) || isMoved(edit);

/**
 * Journals what a form changes, in one press whatever it is.
 *
 * @param name - the scope that was settled on.
 * @returns the id that the memory has from now on: in another scope it is a new one.
 */
export async function saveEdit(vault: Vault, { seen, scope, draft }: Edit, name: string): Promise<string> {
  const changes = changesOf(seen, draft);
  if (scopeName(name) !== scope) return moveMemory(vault, seen, name, changes);
  if (Object.keys(changes).length > 0) await update(vault, seen, changes);
  return seen.id;
}
