import type { JsonObject, MemoryType } from "../memory/record.ts";

/** One message of a conversation, as plain text. */
export interface Turn {
  /** Its id in the export. */
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly text: string;
  /** Unix milliseconds, or null where neither the message nor one before it has a time. */
  readonly at: number | null;
  /** The model that wrote it, if it is known. */
  readonly agent: string | null;
}

/** A conversation in the order in which it was read on the screen; abandoned branches are not in it. */
export interface Conversation {
  readonly id: string | null;
  readonly title: string | null;
  readonly turns: readonly Turn[];
}

/** A memory found in a conversation, or a turn in which there is none. */
export type Extracted =
  | {
      /** The id of the turn that it is from. */
      readonly turn: string;
      readonly text: string;
      readonly type: MemoryType;
      readonly at: number | null;
      readonly agent?: string | null;
      readonly tags?: readonly string[];
      readonly metadata?: JsonObject;
    }
  | { readonly turn: string; readonly why: string };

/**
 * Finds the memories in a conversation. Plug in your own, with a model behind it if you like; none is bundled and none is called unless you do.
 *
 * @param conversation - A conversation.
 * @returns What it says that is worth keeping.
 */
export type Extractor = (conversation: Conversation) => Iterable<Extracted> | AsyncIterable<Extracted>;

/** The default: each statement of the user is a memory. Answers are the model's words, and left out. */
export const statements: Extractor = function* ({ turns }) {
  for (const { id, role, text, at } of turns) {
    if (role === "user") yield said(id, text, at, null);
  }
};

/** Each statement of the user together with the answer to it. */
export const exchanges: Extractor = function* ({ turns }) {
  let asked: Turn | undefined;
  let answers: Turn[] = [];
  const exchange = ({ id, text, at }: Turn) =>
    said(id, [text, ...answers.map((turn) => turn.text)].join("\n\n"), at, answers.at(-1)?.agent ?? null);

  for (const turn of turns) {
    if (turn.role === "assistant") {
      answers.push(turn);
      continue;
    }
    if (asked !== undefined) yield exchange(asked);
    asked = turn;
    answers = [];
  }
  if (asked !== undefined) yield exchange(asked);
};

/** "Thanks!" and "yes please" say nothing on their own. */
const FEWEST_WORDS = 3;

function said(turn: string, text: string, at: number | null, agent: string | null): Extracted {
  const words = text.split(/\s+/, FEWEST_WORDS).length;
  // Scripts that use no spaces say a lot in one "word".
  if (
    words < FEWEST_WORDS &&
    !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]{4}/u.test(text)
  ) {
    return { turn, why: "too short to mean anything on its own" };
  }
  return { turn, text, type: "episodic", at, agent };
}
