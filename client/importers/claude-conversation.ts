import { cleanText, field, textField, timeOf } from "./clean.ts";
import type { Conversation, Turn } from "./conversation.ts";

/** What a conversation of a Claude export holds, and the messages that are not what the format says. */
export interface ClaudeConversation {
  readonly conversation: Conversation;
  readonly problems: readonly { readonly message: number | null; readonly why: string }[];
  /** Positions of messages in the export, by the ids of turns. */
  readonly positions: ReadonlyMap<string, number>;
}

/**
 * Reads one conversation of a Claude export: a list of messages, oldest first.
 *
 * @param value - The conversation's JSON.
 * @returns Its turns in order, and what is malformed in it.
 */
export function readConversation(value: unknown): ClaudeConversation {
  const messages = field(value, "chat_messages");
  const id = textField(value, "uuid");
  const title = textField(value, "name")?.slice(0, MAX_TITLE) ?? null;
  if (!Array.isArray(messages)) {
    const problem = { message: null, why: "a conversation without a list of messages" };
    return { conversation: { id, title, turns: [] }, problems: [problem], positions: new Map() };
  }
  const turns: Turn[] = [];
  const problems: { message: number; why: string }[] = [];
  const positions = new Map<string, number>();
  let at = timeOf(field(value, "created_at"));
  for (const [index, message] of messages.entries()) {
    const role = ROLES.get(field(message, "sender"));
    if (role === undefined) {
      problems.push({ message: index, why: "a message without a sender" });
      continue;
    }
    at = timeOf(field(message, "created_at")) ?? at;
    const text = textOf(message);
    // A file alone, or a call of a tool.
    if (text === "") continue;
    const own = textField(message, "uuid");
    const turn = own === null || positions.has(own) ? `#${index}` : own;
    positions.set(turn, index);
    turns.push({ id: turn, role, text, at, agent: null });
  }
  return { conversation: { id, title, turns }, problems, positions };
}

const MAX_TITLE = 200;
const ROLES = new Map<unknown, Turn["role"]>([
  ["human", "user"],
  ["user", "user"],
  ["assistant", "assistant"],
]);

/** The words of a message: its pieces of text where it has any, else `text`, which in newer exports also describes calls of tools. */
function textOf(message: unknown): string {
  const content = field(message, "content");
  const pieces = (Array.isArray(content) ? (content as unknown[]) : [])
    .filter((piece) => field(piece, "type") === "text")
    .map((piece) => field(piece, "text"))
    .filter((text) => typeof text === "string");
  const words = cleanText(pieces.join("\n"));
  const hasTools = Array.isArray(content) && content.length > 0;
  return words !== "" || hasTools ? words : (textField(message, "text") ?? "");
}
