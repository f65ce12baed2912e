import { termsOf } from "../../../../../../client/recall/index.ts";
import type { Stretch } from "../../../ui/pieces.ts";

/** What a person typed: every word is asked for; the last one may be the beginning of a word. */
export interface Query {
  /** Stems of the words before the last. */
  readonly terms: readonly string[];
  /** The last word as typed, in the form of {@link folded}; empty where there is none. */
  readonly last: string;
  /** Stems of the last word: it may be whole. */
  readonly lastTerms: readonly string[];
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)?/gu;

/** Lower case, without accents. */
export const folded = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Splits what was typed. */
export function queryOf(text: string): Query {
  const words = text.match(WORD) ?? [];
  const last = words.at(-1) ?? "";
  return {
    terms: termsOf(words.slice(0, -1).join(" ")),
    last: folded(last).replace(/['’]/g, ""),
    lastTerms: termsOf(last),
  };
}

/** Whether anything was typed that can be looked for. */
export const isEmpty = ({ last }: Query): boolean => last === "";

/**
 * Where a text has what was typed: words of a stem that was asked for, and beginnings that the last word is.
 *
 * @returns Stretches of the text, in order.
 */
export function marksOf(text: string, query: Query): Stretch[] {
  if (isEmpty(query)) return [];
  const stems = new Set([...query.terms, ...query.lastTerms]);
  return [...text.matchAll(WORD)].flatMap(({ 0: word, index }): Stretch[] => {
    if (termsOf(word).some((term) => stems.has(term))) return [[index, index + word.length]];
    const length = beginningOf(word, query.last);
    return length === 0 ? [] : [[index, index + length]];
  });
}

/** How much of a word folds to a beginning; 0 when it does not begin so. */
function beginningOf(word: string, beginning: string): number {
  if (!folded(word).startsWith(beginning)) return 0;
  let length = 0;
  while (length < word.length && folded(word.slice(0, length)).length < beginning.length) length++;
  return length;
}
