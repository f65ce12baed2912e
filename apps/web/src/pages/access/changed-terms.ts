import type { GrantEntry } from "../../../../../client/index.ts";
import type { ChangeRequest } from "../../../../../client/manage.ts";
import { mayPropose } from "./grant-state.ts";
import { dayText, endOfDay } from "./terms.ts";

/** What the person wants a grant to be. */
export interface ChangeForm {
  readonly scopes: readonly string[];
  /** As a date field has it. */
  readonly lastDay: string;
  readonly label: string;
  readonly propose: boolean;
}

/** What is to be otherwise about a grant: what the person left alone is not named, to the second. */
export function changedTerms(
  entry: GrantEntry,
  { scopes, lastDay, label, propose }: ChangeForm,
): { readonly request: ChangeRequest; readonly expiresAt: number } {
  const before = entry.expiresAt ?? 0;
  const sameDay = lastDay === dayText(before * 1_000);
  const expiresAt = sameDay ? before : (endOfDay(lastDay) ?? 0);
  const sameScopes = inOrder(scopes) === inOrder(entry.scopeNames);
  const request: ChangeRequest = {
    ...(sameScopes ? {} : { scopes }),
    ...(sameDay ? {} : { expiresAt }),
    ...(label === entry.label ? {} : { label }),
    ...(propose === mayPropose(entry) ? {} : { propose }),
  };
  return { request, expiresAt };
}

const inOrder = (scopes: readonly string[]): string => scopes.toSorted().join("\n");
