import { getBytes } from "ethers";

import { isSealedAnswer } from "../../../../../../client/agents.ts";
import type { SeenEvent } from "./seen.ts";

/** A question or an answer, as it stands in the log. */
export interface Said {
  readonly key: string;
  readonly kind: "question" | "answer";
  readonly agent: string;
  /** Who asked. */
  readonly who: string | null;
  /** What it says, where it is text; `null` for what is sealed, or none. */
  readonly text: string | null;
  readonly bytes: number;
  /** The commit that an answer names, by its own word. */
  readonly head: string | null;
}

/** Longer texts are cut: a page of it says what it is. */
const MOST = 2_000;

/** What was asked of agents about a vault, and answered. */
export const saidIn = (events: readonly SeenEvent[]): Said[] =>
  events
    .filter(({ of }) => of === "agent")
    .map(({ name, args, address, block, index }) => ({
      ...{ key: `${block} ${index}`, agent: address },
      kind: name === "Requested" ? "question" : "answer",
      who: args["requester"] ?? null,
      text: textIn(args["data"] ?? "0x", Number(args["bytes"] ?? 0)),
      bytes: Number(args["bytes"] ?? 0),
      head: args["sequence"] ?? null,
    }));

function textIn(hex: string, whole: number): string | null {
  const bytes = getBytes(hex);
  if (isSealedAnswer(bytes)) return null;
  try {
    // What was cut may end within a letter.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: bytes.length < whole });
    return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
  } catch {
    // Bytes that are no text.
    return null;
  }
}
