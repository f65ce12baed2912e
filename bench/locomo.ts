import { NO_SOURCE } from "../client/memory/record.ts";
import { createIndex, search, type Searchable } from "../client/recall/search.ts";

interface Turn {
  readonly speaker: string;
  readonly dia_id: string;
  readonly text: string;
  readonly blip_caption?: string;
}

interface Sample {
  readonly conversation: Readonly<Record<string, string | readonly Turn[]>>;
  readonly qa: readonly { question: string; evidence?: readonly string[]; category: number }[];
}

/** What {@link measureRecall} found. */
export interface Recall {
  readonly questions: number;
  readonly turns: number;
  /** k, and the mean share of a question's evidence among the first k results. */
  readonly recall: readonly (readonly [k: number, share: number])[];
  readonly milliseconds: { readonly index: number; readonly search: number };
}

/** Questions that the conversation does not answer; they have no evidence to find. */
const ADVERSARIAL = 5;

/**
 * Measures recall on LoCoMo (Maharana et al., 2024): each turn of a dialogue is a memory, with its speaker and the caption of its picture in the text, a session is a
 * conversation; a question is asked as it stands.
 *
 * @param json - The data set's file.
 * @param ks - How many results to look at.
 * @returns The figures.
 */
export function measureRecall(json: string, ks: readonly number[]): Recall {
  const sums = new Map(ks.map((k) => [k, 0]));
  const milliseconds = { index: 0, search: 0 };
  let questions = 0;
  let turns = 0;
  for (const { conversation, qa } of JSON.parse(json) as Sample[]) {
    const memories = memoriesOf(conversation);
    turns += memories.length;
    const began = performance.now();
    const index = createIndex(memories);
    const indexed = performance.now();
    for (const { question, evidence = [], category } of qa) {
      const known = evidence.filter((id) => index.memories.has(id));
      if (category === ADVERSARIAL || known.length === 0) continue;
      questions++;
      const found = search(index, question, { limit: Math.max(...ks) }).map(({ memory }) => memory.id);
      for (const k of ks) {
        const share = known.filter((id) => found.slice(0, k).includes(id)).length / known.length;
        sums.set(k, (sums.get(k) ?? 0) + share);
      }
    }
    milliseconds.index += indexed - began;
    milliseconds.search += performance.now() - indexed;
  }
  return {
    questions,
    turns,
    recall: [...sums].map(([k, sum]) => [k, sum / questions] as const),
    milliseconds,
  };
}

function memoriesOf(conversation: Sample["conversation"]): Searchable[] {
  return Object.entries(conversation).flatMap(([session, turns]) => {
    if (typeof turns === "string") return [];
    const createdAt = timeOf(conversation[`${session}_date_time`]);
    return turns.map(({ speaker, dia_id, text, blip_caption }) => ({
      id: dia_id,
      type: "episodic" as const,
      text: `${speaker}: ${text}${blip_caption === undefined ? "" : ` [${blip_caption}]`}`,
      createdAt,
      tags: [],
      source: { ...NO_SOURCE, tool: "locomo", thread: session },
    }));
  });
}

/** "1:56 pm on 8 May, 2023" */
function timeOf(text: unknown): number {
  const match = /(\d+):(\d+) (am|pm) on (\d+ \w+), (\d+)/.exec(String(text));
  if (match === null) return 0;
  const [, hour, minute, half, day, year] = match;
  const time = Date.parse(`${day ?? ""} ${year ?? ""} 00:00 UTC`);
  return time + (((Number(hour) % 12) + (half === "pm" ? 12 : 0)) * 60 + Number(minute)) * 60_000;
}
