import { DEFAULT_IMPORTANCE, NO_SOURCE } from "../client/memory/record.ts";
import { CONTEXT, createIndex, search, type Context, type Searchable } from "../client/recall/index.ts";

/** A conversation as a list of memories, and what is asked of it. */
export interface Conversation {
  readonly name: string;
  readonly memories: readonly Searchable[];
  readonly questions: readonly Question[];
}

/** A question, and the memories that answer it. */
export interface Question {
  readonly text: string;
  readonly evidence: readonly string[];
  readonly category: string;
}

/** The mean share of a question's evidence among the first k results. */
export interface Share {
  readonly questions: number;
  readonly at: ReadonlyMap<number, number>;
}

/** What {@link measureRecall} found. */
export interface Recall {
  readonly all: Share;
  readonly byCategory: ReadonlyMap<string, Share>;
  readonly turns: number;
  readonly milliseconds: { readonly index: number; readonly search: number };
}

/** The data set's five kinds of questions; the conversation does not answer those of the last, which have nothing to be found. */
const CATEGORIES = ["multi-hop", "temporal", "open", "single-hop", "adversarial"];
const ADVERSARIAL = "adversarial";

/** The file is no LoCoMo data set. */
export class NotLocomo extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`This is no LoCoMo data set: ${reason}.`, options);
  }
}

/**
 * Reads LoCoMo (Maharana et al., 2024): each turn of a dialogue is a memory, with its speaker and the caption of its picture in the text, a
 * session is a conversation. What is malformed inside is left out: a turn without text, a question without evidence.
 *
 * @param json - The data set's file.
 * @throws {NotLocomo} when it is something else as a whole.
 */
export function readLocomo(json: string): Conversation[] {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw new NotLocomo("it is no JSON", { cause });
  }
  const samples = Array.isArray(data) ? (data as unknown[]) : [data];
  const conversations = samples.flatMap((sample, i) => {
    const { conversation, qa, sample_id: id } = fieldsOf(sample);
    const memories = memoriesOf(fieldsOf(conversation));
    const known = new Set(memories.map((memory) => memory.id));
    const questions = listOf(qa).flatMap((each) => questionOf(fieldsOf(each), known) ?? []);
    return memories.length === 0 ? [] : [{ name: textOf(id) ?? String(i + 1), memories, questions }];
  });
  if (conversations.length === 0) throw new NotLocomo("it has no turns");
  return conversations;
}

/**
 * Measures recall: a question is asked as it stands, the day after the conversation's last session.
 *
 * @param ks - How many results to look at.
 * @param context - What stands around a memory; the client's own unless given.
 */
export function measureRecall(
  conversations: readonly Conversation[],
  ks: readonly number[],
  context: Context = CONTEXT,
): Recall {
  const sums = new Map<string, number[]>();
  const counts = new Map<string, number>();
  const milliseconds = { index: 0, search: 0 };
  for (const { memories, questions } of conversations) {
    const began = performance.now();
    const index = createIndex(memories, context);
    const indexed = performance.now();
    const now = memories.reduce((last, { createdAt }) => Math.max(last, createdAt), 0) + DAY_MS;
    for (const { text, evidence, category } of questions) {
      const found = search(index, text, { limit: Math.max(...ks), now }).map(({ memory }) => memory.id);
      counts.set(category, (counts.get(category) ?? 0) + 1);
      const shares = sums.get(category) ?? ks.map(() => 0);
      sums.set(
        category,
        shares.map((sum, i) => sum + shareOf(evidence, found.slice(0, ks[i]))),
      );
    }
    milliseconds.index += indexed - began;
    milliseconds.search += performance.now() - indexed;
  }
  const share = (categories: readonly string[]): Share => {
    const questions = categories.reduce((sum, category) => sum + (counts.get(category) ?? 0), 0);
    const sumOf = (i: number): number =>
      categories.reduce((sum, category) => sum + (sums.get(category)?.[i] ?? 0), 0);
    return { questions, at: new Map(ks.map((k, i) => [k, questions === 0 ? 0 : sumOf(i) / questions])) };
  };
  const categories = [...counts.keys()].sort();
  return {
    all: share(categories),
    byCategory: new Map(categories.map((category) => [category, share([category])])),
    turns: conversations.reduce((sum, { memories }) => sum + memories.length, 0),
    milliseconds,
  };
}

/** What was chosen without a conversation, and what it gives there. */
export interface Fold {
  readonly heldOut: string;
  readonly chosen: Context;
  readonly questions: number;
  /** Recall@10 of the one that was held out. */
  readonly recall: number;
}

/** Every context that is considered. */
export const CHOICES: readonly Context[] = [0, 1, 2, 3, 4].flatMap((reach) =>
  [0.2, 0.4, 0.6, 0.8, 1].map((weight) => ({ reach, weight })),
);

/**
 * Chooses the context by leaving out one conversation after the other: what is best for the rest is measured on the one that had no say.
 *
 * @returns The folds, and what all conversations together would choose.
 */
export function crossValidate(conversations: readonly Conversation[]): {
  readonly folds: readonly Fold[];
  readonly chosen: Context;
} {
  const K = 10;
  const measured = CHOICES.map((context) => ({
    context,
    each: conversations.map((conversation) => measureRecall([conversation], [K], context).all),
  }));
  // Each conversation counts alike, however many questions it has.
  const bestOf = (counts: (i: number) => boolean): Context => {
    const score = ({ each }: (typeof measured)[number]): number =>
      each.reduce((sum, { at }, i) => sum + (counts(i) ? (at.get(K) ?? 0) : 0), 0);
    return measured.reduce((best, one) => (score(one) > score(best) ? one : best)).context;
  };
  const folds = conversations.map(({ name }, heldOut): Fold => {
    const chosen = bestOf((i) => i !== heldOut);
    const share = measured.find(({ context }) => context === chosen)?.each[heldOut];
    return { heldOut: name, chosen, questions: share?.questions ?? 0, recall: share?.at.get(K) ?? 0 };
  });
  return { folds, chosen: bestOf(() => true) };
}

const DAY_MS = 86_400_000;

const shareOf = (evidence: readonly string[], found: readonly string[]): number =>
  evidence.filter((id) => found.includes(id)).length / evidence.length;

function questionOf(
  { question, evidence, category }: Fields,
  known: ReadonlySet<string>,
): Question | undefined {
  const text = textOf(question);
  const kind = CATEGORIES[Number(category) - 1] ?? "other";
  const found = [...new Set(listOf(evidence))]
    .flatMap((id) => textOf(id) ?? [])
    .filter((id) => known.has(id));
  return text === undefined || kind === ADVERSARIAL || found.length === 0
    ? undefined
    : { text, evidence: found, category: kind };
}

function memoriesOf(conversation: Fields): Searchable[] {
  const seen = new Set<string>();
  return Object.entries(conversation).flatMap(([session, turns]) => {
    const createdAt = timeOf(conversation[`${session}_date_time`]);
    return listOf(turns).flatMap((turn) => {
      const { speaker, dia_id: id, text, blip_caption: caption } = fieldsOf(turn);
      const said = [textOf(speaker), textOf(text)].filter((part) => part !== undefined).join(": ");
      const shown = textOf(caption) === undefined ? said : `${said} [${textOf(caption) ?? ""}]`;
      const name = textOf(id);
      if (name === undefined || shown === "" || seen.has(name)) return [];
      seen.add(name);
      return [turnMemory(name, shown, createdAt, session)];
    });
  });
}

/** A turn of a dialogue as a memory. */
export const turnMemory = (id: string, text: string, createdAt: number, thread: string): Searchable => ({
  ...{ id, salt: id, type: "episodic", text, createdAt, updatedAt: createdAt, validUntil: null, tags: [] },
  ...{ importance: DEFAULT_IMPORTANCE, reinforcements: 0 },
  source: { ...NO_SOURCE, tool: "locomo", thread },
});

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  (typeof value === "object" && value !== null ? value : {}) as Fields;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;

/** "1:56 pm on 8 May, 2023"; 0 for what is no time. */
function timeOf(value: unknown): number {
  const match = /(\d+):(\d+) (am|pm) on (\d+ \w+), (\d+)/.exec(textOf(value) ?? "");
  if (match === null) return 0;
  const [, hour, minute, half, day, year] = match;
  const time = Date.parse(`${day ?? ""} ${year ?? ""} 00:00 UTC`);
  const since = (((Number(hour) % 12) + (half === "pm" ? 12 : 0)) * 60 + Number(minute)) * 60_000;
  return Number.isNaN(time + since) ? 0 : time + since;
}
