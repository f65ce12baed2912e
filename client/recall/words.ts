import { stem } from "./stemmer.ts";

/**
 * Splits a text into what the index holds: lower case, without accents, stop words left out, stemmed. Scripts without spaces between words
 * are cut into single characters.
 *
 * @param text - Any text.
 * @returns Its terms, in order, with repetitions.
 */
export function termsOf(text: string): string[] {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[\u2019']s?\b/g, "");
  const words = plain.match(WORD) ?? [];
  return words.filter((word) => !STOP_WORDS.has(word)).map(stem);
}

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}]+/gu;

/** English words that stand in nearly every sentence, and those that questions are made of. */
const STOP_WORDS = new Set(
  (
    "a about above after again all am an and any are as at be because been before being below between both but by can could did do does doing " +
    "don down during each few for from further had has have having he her here hers herself him himself his how i if in into is it its itself " +
    "just ll me more most my myself no nor not now of off on once only or other our ours ourselves out over own re s same she should so some such t than " +
    "that the their theirs them themselves then there these they this those through to too under until up ve very was we were what when where " +
    "which while who whom why will with would you your yours yourself yourselves"
  ).split(" "),
);
