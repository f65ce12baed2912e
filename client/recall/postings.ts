import type { Memory } from "../memory/record.ts";
import { termsOf } from "./words.ts";

/** What words are looked up in. */
export type Indexable = Pick<Memory, "id" | "text" | "createdAt" | "tags" | "source">;

/** How much of what stands around a memory counts for it. */
export interface Context {
  /** How many memories before and after it in its conversation. */
  readonly reach: number;
  /** What a word counts there, beside one that stands in the memory itself. */
  readonly weight: number;
}

/** A term and the memories that have it, each once. */
interface Term {
  readonly word: string;
  readonly slots: number[];
  readonly counts: number[];
}

/** A memory's own terms, each once, with how often it has them. */
export interface OwnTerms {
  readonly words: readonly string[];
  readonly counts: readonly number[];
}

interface Entry<M extends Indexable> {
  readonly slot: number;
  /** As it was given last. */
  memory: M;
  readonly terms: readonly Term[];
  readonly counts: readonly number[];
  readonly day: Day;
  readonly thread: Thread | null;
}

/** What a search looks at for nearly every memory, by slot: arrays of plain numbers, which are read in order. */
interface Columns {
  /** Terms of its own. */
  own: Int32Array;
  /** Terms of its neighbours and of its date. */
  around: Int32Array;
  /** Slots of its neighbours, in a row as wide as there can be of them, -1 behind the last. */
  near: Int32Array;
}

/** Memories of one date are found by the same words. */
interface Day {
  readonly key: number;
  readonly terms: readonly string[];
  readonly slots: Set<number>;
}

interface Thread {
  readonly key: string;
  readonly slots: Set<number>;
}

/** Which memories have which words; grows and shrinks with them. In memory only: what is kept of it is sealed. */
export interface Postings<M extends Indexable = Indexable> {
  readonly context: Context;
  readonly slots: (Entry<M> | undefined)[];
  readonly columns: Columns;
  readonly free: number[];
  readonly byId: Map<string, Entry<M>>;
  readonly terms: Map<string, Term>;
  readonly days: Map<number, Day>;
  readonly dates: Map<string, Set<Day>>;
  readonly threads: Map<string, Thread>;
  /** Of all memories together: terms of their own, and around them. */
  ownLength: number;
  contextLength: number;
}

/** What an update changed, by id. */
export interface Changed {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Makes postings of nothing. */
export const emptyPostings = <M extends Indexable>(context: Context): Postings<M> => ({
  columns: { own: new Int32Array(), around: new Int32Array(), near: new Int32Array() },
  ...{ context, slots: [], free: [], byId: new Map(), terms: new Map(), days: new Map(), dates: new Map() },
  ...{ threads: new Map(), ownLength: 0, contextLength: 0 },
});

/**
 * Has postings hold some memories and no other. What stands unchanged is not read again.
 *
 * @param memories - All that there are now; those of one time in one conversation in the order in which they were said.
 * @param known - Terms that were worked out before, if they were.
 * @returns What came, changed or went: a memory that changed is among both.
 */
export function updatePostings<M extends Indexable>(
  postings: Postings<M>,
  memories: Iterable<M>,
  known: (memory: M) => OwnTerms | undefined = () => undefined,
): Changed {
  const { byId } = postings;
  const given = new Map<string, M>();
  for (const memory of memories) given.set(memory.id, memory);
  const touched = new Set<Thread>();
  const [added, removed]: [string[], string[]] = [[], []];
  for (const [id, entry] of byId) {
    const now = given.get(id);
    if (now !== undefined && isSame(entry.memory, now)) entry.memory = now;
    else {
      removed.push(id);
      drop(postings, entry, touched);
    }
  }
  // Where each stands among what was given; only conversations that change ask for it.
  const places = new Map<string, number>();
  for (const [id, memory] of given) {
    places.set(id, places.size);
    if (byId.has(id)) continue;
    added.push(id);
    insert(postings, memory, known(memory) ?? ownTermsOf(memory), touched);
  }
  for (const thread of touched) setNeighbours(postings, thread, places);
  return { added, removed };
}

/** The terms of a memory's own text and tags. */
export function ownTermsOf({ text, tags }: Pick<Indexable, "text" | "tags">): OwnTerms {
  const counts = new Map<string, number>();
  for (const term of termsOf([text, ...tags].join("\n"))) counts.set(term, (counts.get(term) ?? 0) + 1);
  return { words: [...counts.keys()], counts: [...counts.values()] };
}

/** The terms of a memory that postings hold. */
export function termsIn(postings: Postings, id: string): OwnTerms | undefined {
  const entry = postings.byId.get(id);
  return entry && { words: entry.terms.map(({ word }) => word), counts: entry.counts };
}

const isSame = (a: Indexable, b: Indexable): boolean =>
  a === b ||
  (a.text === b.text &&
    a.createdAt === b.createdAt &&
    threadOf(a) === threadOf(b) &&
    a.tags.length === b.tags.length &&
    a.tags.every((tag, i) => tag === b.tags[i]));

const threadOf = ({ source: { tool, thread } }: Indexable): string | null =>
  thread === null ? null : JSON.stringify([tool, thread]);

function insert<M extends Indexable>(
  postings: Postings<M>,
  memory: M,
  own: OwnTerms,
  touched: Set<Thread>,
): void {
  const slot = postings.free.pop() ?? postings.slots.length;
  const terms = own.words.map((word, i) => {
    const term = postings.terms.get(word) ?? { word, slots: [], counts: [] };
    postings.terms.set(word, term);
    term.slots.push(slot);
    term.counts.push(own.counts[i] ?? 1);
    return term;
  });
  const day = dayOf(postings, memory.createdAt);
  day.slots.add(slot);
  const key = threadOf(memory);
  const thread = key === null ? null : (postings.threads.get(key) ?? { key, slots: new Set() });
  if (thread !== null) {
    postings.threads.set(thread.key, thread);
    thread.slots.add(slot);
    touched.add(thread);
  }
  const entry = { slot, memory, terms, counts: own.counts, day, thread };
  postings.slots[slot] = entry;
  postings.byId.set(memory.id, entry);
  setColumns(postings, slot, { own: terms.length, around: day.terms.length, near: [] });
}

/** Writes what a slot has in the columns, which grow by doubling, and keeps the sums. */
function setColumns(
  postings: Postings,
  slot: number,
  { own, around, near }: { readonly own: number; readonly around: number; readonly near: readonly number[] },
): void {
  const { columns, context } = postings;
  const width = 2 * context.reach;
  if (slot >= columns.own.length) {
    const capacity = Math.max(64, 2 * slot);
    columns.own = grown(columns.own, capacity);
    columns.around = grown(columns.around, capacity);
    columns.near = grown(columns.near, capacity * width);
  }
  postings.ownLength += own - (columns.own[slot] ?? 0);
  postings.contextLength += around - (columns.around[slot] ?? 0);
  columns.own[slot] = own;
  columns.around[slot] = around;
  columns.near.fill(-1, slot * width, (slot + 1) * width);
  columns.near.set(near, slot * width);
}

function grown(column: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(column);
  return longer;
}

function drop<M extends Indexable>(postings: Postings<M>, entry: Entry<M>, touched: Set<Thread>): void {
  const { slot, terms, day, thread } = entry;
  for (const term of terms) {
    const at = term.slots.indexOf(slot);
    // The order within a term means nothing: the last takes the place.
    const [lastSlot, lastCount] = [term.slots.pop(), term.counts.pop()];
    if (at < term.slots.length && lastSlot !== undefined && lastCount !== undefined) {
      term.slots[at] = lastSlot;
      term.counts[at] = lastCount;
    }
    if (term.slots.length === 0) postings.terms.delete(term.word);
  }
  day.slots.delete(slot);
  if (day.slots.size === 0) forgetDay(postings, day);
  if (thread !== null) {
    thread.slots.delete(slot);
    touched.add(thread);
    if (thread.slots.size === 0) postings.threads.delete(thread.key);
  }
  postings.slots[slot] = undefined;
  postings.free.push(slot);
  postings.byId.delete(entry.memory.id);
  setColumns(postings, slot, { own: 0, around: 0, near: [] });
}

/** Notes for each memory of a conversation which ones are said right before and after it. */
function setNeighbours<M extends Indexable>(
  postings: Postings<M>,
  thread: Thread,
  places: ReadonlyMap<string, number>,
): void {
  const { reach } = postings.context;
  const entries = [...thread.slots].flatMap((slot) => postings.slots[slot] ?? []);
  const placeOf = ({ memory }: Entry<M>): number => places.get(memory.id) ?? 0;
  entries.sort((a, b) => a.memory.createdAt - b.memory.createdAt || placeOf(a) - placeOf(b));
  for (const [at, entry] of entries.entries()) {
    const near = entries.slice(Math.max(0, at - reach), at + reach + 1).filter((other) => other !== entry);
    const around = near.reduce((sum, { terms }) => sum + terms.length, entry.day.terms.length);
    const row = { own: entry.terms.length, around, near: near.map(({ slot }) => slot) };
    setColumns(postings, entry.slot, row);
  }
}

const DAY_MS = 86_400_000;

function dayOf({ days, dates }: Postings, time: number): Day {
  const key = Math.floor(time / DAY_MS);
  const known = days.get(key);
  if (known !== undefined) return known;
  const day: Day = { key, terms: termsOf(dateWords(time)), slots: new Set() };
  days.set(key, day);
  for (const term of day.terms) {
    const of = dates.get(term) ?? new Set();
    dates.set(term, of.add(day));
  }
  return day;
}

function forgetDay({ days, dates }: Postings, day: Day): void {
  days.delete(day.key);
  for (const term of day.terms) {
    const of = dates.get(term);
    of?.delete(day);
    if (of?.size === 0) dates.delete(term);
  }
}

const DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "long",
  year: "numeric",
  weekday: "long",
  timeZone: "UTC",
});

/** As people write it in questions: "Monday 8 May 2023". Nothing for a time that no date has. */
function dateWords(time: number): string {
  return Number.isNaN(new Date(time).getTime()) ? "" : DATE.format(time);
}

/** Saturation, weight of length and floor of BM25+ (Lv and Zhai, 2011). */
const BM25 = { k: 1.2, b: 0.7, d: 0.5 };

/** Takes a memory, and how well it fits. */
export type Take<M> = (memory: M, score: number) => void;

/**
 * Scores memories by words: BM25+ over the memory itself and, with less weight, over its date and its neighbours; the sum times the
 * number of words that it has, so that many words count more than one rare one.
 *
 * @param words - Terms, as {@link termsOf} gives them.
 * @param take - Gets all that have one of them, in no order.
 */
export function scorePostings<M extends Indexable>(
  postings: Postings<M>,
  words: readonly string[],
  take: Take<M>,
): void {
  const { slots, terms } = postings;
  const tally: Tally = {
    sums: new Float64Array(slots.length),
    matched: new Uint16Array(slots.length),
    around: new Int32Array(slots.length),
    last: new Int32Array(slots.length),
    found: [],
  };
  let word = 0;
  for (const each of new Set(words)) {
    word++;
    const term = terms.get(each);
    if (term !== undefined) scoreOwn(postings, tally, word, term);
    scoreContext(postings, tally, word, each, term);
  }
  const { found, sums, matched } = tally;
  for (let i = 0; i < found.length; i++) {
    const slot = found[i] ?? 0;
    const memory = slots[slot]?.memory;
    if (memory !== undefined) take(memory, (sums[slot] ?? 0) * (matched[slot] ?? 0));
  }
}

// Read and written once for every posting of every word: loops over indexes, and arrays of numbers.

interface Tally {
  readonly sums: Float64Array;
  /** How many of the words a memory has, in itself or around it. */
  readonly matched: Uint16Array;
  /** How often the present word stands around it; all zeros between words. */
  readonly around: Int32Array;
  /** The last word that was found there, counted from 1. */
  readonly last: Int32Array;
  readonly found: number[];
}

function meet({ last, found, matched }: Tally, slot: number, word: number): void {
  const before = last[slot] ?? 0;
  if (before === word) return;
  if (before === 0) found.push(slot);
  last[slot] = word;
  matched[slot] = (matched[slot] ?? 0) + 1;
}

function scoreOwn({ byId, columns, ownLength }: Postings, tally: Tally, word: number, term: Term): void {
  const { sums } = tally;
  const weight = rarity(byId.size, term.slots.length);
  const mean = ownLength / byId.size;
  for (let i = 0; i < term.slots.length; i++) {
    const slot = term.slots[i] ?? 0;
    meet(tally, slot, word);
    const fits = saturated(term.counts[i] ?? 1, (columns.own[slot] ?? 0) / mean);
    sums[slot] = (sums[slot] ?? 0) + weight * fits;
  }
}

function scoreContext(
  { byId, columns, context, contextLength, dates }: Postings,
  tally: Tally,
  word: number,
  each: string,
  term: Term | undefined,
): void {
  const { sums, around } = tally;
  const having: number[] = [];
  const width = 2 * context.reach;
  for (let i = 0; i < (term?.slots.length ?? 0); i++) {
    const from = (term?.slots[i] ?? 0) * width;
    const times = term?.counts[i] ?? 1;
    for (let at = from; at < from + width; at++) {
      const slot = columns.near[at] ?? -1;
      if (slot < 0) break;
      if (around[slot] === 0) having.push(slot);
      around[slot] = (around[slot] ?? 0) + times;
    }
  }
  for (const day of dates.get(each) ?? []) {
    for (const slot of day.slots) {
      if (around[slot] === 0) having.push(slot);
      around[slot] = (around[slot] ?? 0) + 1;
    }
  }
  const weight = context.weight * rarity(byId.size, having.length);
  const mean = contextLength / byId.size;
  for (let i = 0; i < having.length; i++) {
    const slot = having[i] ?? 0;
    meet(tally, slot, word);
    const fits = saturated(around[slot] ?? 0, (columns.around[slot] ?? 0) / mean);
    sums[slot] = (sums[slot] ?? 0) + weight * fits;
    around[slot] = 0;
  }
}

const rarity = (count: number, having: number): number =>
  Math.log(1 + (count - having + 0.5) / (having + 0.5));

const saturated = (times: number, length: number): number =>
  BM25.d + (times * (BM25.k + 1)) / (times + BM25.k * (1 - BM25.b + BM25.b * length));
