import { SUGGESTED_SCOPES } from "../../../../../../client/index.ts";

/** Usual names that a vault has no scope of yet. */
export const suggestedBeside = (scopes: readonly string[]): string[] =>
  SUGGESTED_SCOPES.filter((name) => !scopes.includes(name));

/**
 * Names that a new one may have been meant to be: the same but for case, accents or plural, within two letters of it, or one in
 * the other.
 *
 * @param scopes - those to choose from.
 */
export function similarScopes(name: string, scopes: readonly string[]): string[] {
  const wanted = folded(name);
  return scopes.filter((scope) => scope !== name && isSimilar(wanted, folded(scope)));
}

const folded = (name: string): string =>
  name
    .normalize("NFKD")
    .replace(/[\p{M}\s_-]/gu, "")
    .toLowerCase();

function isSimilar(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length >= 3 && long.includes(short)) return true;
  return distance(a, b) <= (short.length >= 5 ? 2 : short.length >= 3 ? 1 : 0);
}

/** How many letters are to be changed, put in or taken out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
