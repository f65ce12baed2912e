import { createIndex, search, updateIndex, type Searchable } from "../../client/recall/index.ts";
import { turnMemory } from "../locomo.ts";
import { timed, type Beside } from "./clock.ts";
import { required } from "./vault.ts";

/**
 * What a search takes among many turns of a dialogue: the median of all questions, beside that of reading every text for the question's
 * words without an index.
 */
export interface Searching extends Beside {
  readonly turns: number;
  readonly questions: number;
  readonly slowest: number;
  /** The share of questions whose turn is among the first ten. */
  readonly recall: number;
  /** Milliseconds to index them all, and one turn more. */
  readonly index: number;
  readonly append: number;
}

/** A question and the turn that it is about. */
interface Question {
  readonly text: string;
  readonly id: string;
}

/** A dialogue that was made up, in the shape of LoCoMo's: two speakers, sessions of some twenty turns, a question for some of them. */
export interface Dialogue {
  readonly memories: readonly Searchable[];
  readonly questions: readonly Question[];
}

/**
 * Makes a dialogue up. Words are as unevenly used as those of a language without its stop words (Zipf and Mandelbrot).
 *
 * @param seed - The same one gives the same dialogue.
 */
export function dialogue(turns: number, questions: number, seed: number): Dialogue {
  const random = generator(seed);
  const word = wordsBy(random);
  const memories = Array.from({ length: turns }, (_, i) => {
    const session = Math.floor(i / SESSION_TURNS);
    const said = Array.from({ length: 6 + Math.floor(random() * 24) }, word).join(" ");
    const speaker = SPEAKERS[i % SPEAKERS.length] ?? "";
    return turnMemory(
      `D${session + 1}:${(i % SESSION_TURNS) + 1}`,
      `${speaker}: ${said}`,
      START + session * DAY_MS,
      `session_${session + 1}`,
    );
  });
  const asked = Array.from({ length: questions }, (): Question => {
    const { id, text } = required(memories[Math.floor(random() * memories.length)]);
    const [speaker = "", ...rest] = text.split(/:? /);
    // Half of what a question says is in the answer; the other half is how people ask.
    const about = rest.filter(() => random() < 3 / rest.length);
    return { id, text: `What did ${speaker} say about ${about.join(" and ")} and ${word()}?` };
  });
  return { memories, questions: asked };
}

/** Searches a made-up dialogue, each question once. */
export async function measureSearch(turns: number, questions: number): Promise<Searching> {
  const { memories, questions: asked } = dialogue(turns, questions, turns);
  const all = createIndex(memories);
  const index = await timed(() => createIndex(memories));
  const one = turnMemory("one more", "A turn that was said last", START, "session_1");
  const append = await timed(() => updateIndex(all, [...memories, one]));
  updateIndex(all, memories);
  for (const { text } of asked) search(all, text);
  const ours: number[] = [];
  const floor: number[] = [];
  let found = 0;
  for (const { id, text } of asked) {
    const hits = search(all, text);
    if (hits.some(({ memory }) => memory.id === id)) found++;
    ours.push(await timed(() => search(all, text)));
    const words = text.toLowerCase().split(/\W+/);
    floor.push(
      await timed(() => memories.filter((memory) => words.some((each) => memory.text.includes(each)))),
    );
  }
  return {
    ...{ turns, questions, index, append, recall: found / questions },
    ...{ ours: middle(ours), slowest: Math.max(...ours), floor: middle(floor) },
  };
}

const VOCABULARY = 12_000;
/** How many of the most frequent words are left out: a language's stop words. */
const HEAD = 20;
const SESSION_TURNS = 22;
const SPEAKERS = ["Wilhelmina", "Bartholomew"];
const START = Date.UTC(2020, 0, 1);
const DAY_MS = 86_400_000;

export const middle = (values: readonly number[]): number =>
  required(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]);

/** Pronounceable, and each of its own. */
function wordOf(n: number): string {
  const [consonants, vowels] = ["bdfgklmnprtvz", "aeiou"];
  let [word, rest] = ["", n + 1];
  while (rest > 0) {
    word += (consonants[rest % 13] ?? "") + (vowels[Math.floor(rest / 13) % 5] ?? "");
    rest = Math.floor(rest / 65);
  }
  return `${word}m`;
}

/** Draws words, the frequent ones often. */
export function wordsBy(random: () => number): () => string {
  const words = Array.from({ length: VOCABULARY }, (_, i) => wordOf(i));
  const harmonic = cumulated(words.length);
  const most = required(harmonic.at(-1));
  return () => {
    const at = random() * most;
    let [low, high] = [0, words.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((harmonic[middle] ?? 0) >= at) high = middle;
      else low = middle + 1;
    }
    return words[low] ?? "";
  };
}

function cumulated(count: number): number[] {
  let sum = 0;
  return Array.from({ length: count }, (_, i) => (sum += 1 / (i + 1 + HEAD)));
}

/** Mulberry32: short, and the same everywhere. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
