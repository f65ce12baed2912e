import type { Stretch } from "../../../ui/pieces.ts";

/** What two texts do not share, as stretches of each. */
export interface WordDiff {
  readonly before: readonly Stretch[];
  readonly after: readonly Stretch[];
}

interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Words, and each sign between them; blanks are no difference. */
const WORD = /[\p{L}\p{M}\p{N}_]+|[^\s\p{L}\p{M}\p{N}_]/gu;

/** More pairs of words than this are not compared one by one: the middle of such texts counts as different. */
const MOST_PAIRS = 4_000_000;

/**
 * Finds which words of two texts the other one lacks: what is left beside a longest common run of words.
 *
 * @returns Stretches, each as long as the words that differ stand side by side.
 */
export function wordDiff(before: string, after: string): WordDiff {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  const same = (i: number, j: number): boolean => a[i]?.text === b[j]?.text;
  let start = 0;
  while (start < Math.min(a.length, b.length) && same(start, start)) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && same(a.length - 1 - end, b.length - 1 - end)) end++;
  const [ownA, ownB] = differing(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return { before: joined(a, ownA), after: joined(b, ownB) };
}

const wordsOf = (text: string): Word[] =>
  [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    text: word,
    from: index,
    to: index + word.length,
  }));

/** Those of each that are not in a longest common subsequence. */
function differing(a: readonly Word[], b: readonly Word[]): [Set<Word>, Set<Word>] {
  const [ownA, ownB] = [new Set(a), new Set(b)];
  if (a.length * b.length > MOST_PAIRS) return [ownA, ownB];
  const width = b.length + 1;
  const lengths = commonLengths(a, b);
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [left, right] = [a[i], b[j]];
    if (left === undefined || right === undefined) break;
    if (left.text === right.text) {
      ownA.delete(left);
      ownB.delete(right);
      i++;
      j++;
    } else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return [ownA, ownB];
}

/** For each pair of places, how many words are common to what follows. */
function commonLengths(a: readonly Word[], b: readonly Word[]): Uint16Array {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[i]?.text === b[j]?.text
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  return lengths;
}

/** Words side by side make one stretch. */
function joined(words: readonly Word[], own: ReadonlySet<Word>): Stretch[] {
  const found: Stretch[] = [];
  let beside = false;
  for (const word of words) {
    const last = found.at(-1);
    if (!own.has(word)) beside = false;
    else if (beside && last !== undefined) found[found.length - 1] = [last[0], word.to];
    else {
      found.push([word.from, word.to]);
      beside = true;
    }
  }
  return found;
}
