import { cleanText, field, linesOf, textField, timeOf } from "./clean.ts";
import type { Conversation, Turn } from "./conversation.ts";

/** A fact that ChatGPT kept about the user, or an instruction that the user gave it. */
export interface Saved {
  /** The message that it is from. */
  readonly node: string;
  readonly text: string;
  readonly at: number | null;
  readonly agent: string | null;
  readonly tag: "saved-memory" | "custom-instruction";
}

/** A piece of a conversation that is not what the format says. */
export interface Problem {
  readonly node: string | null;
  readonly why: string;
}

/** What a conversation of a ChatGPT export holds. */
export interface ChatGptConversation {
  readonly conversation: Conversation;
  readonly saved: readonly Saved[];
  readonly problems: readonly Problem[];
}

/**
 * Reads one conversation of a ChatGPT export: a tree of messages, of which only the path to `current_node` was last on the screen.
 *
 * @param value - The conversation's JSON.
 * @returns Its turns in order, what was saved anywhere in it, and what is malformed in it.
 */
export function readConversation(value: unknown): ChatGptConversation {
  const mapping = field(value, "mapping");
  const id = textField(value, "conversation_id") ?? textField(value, "id");
  const title = textField(value, "title")?.slice(0, MAX_TITLE) ?? null;
  if (typeof mapping !== "object" || mapping === null) {
    return empty(id, title, "a conversation without a mapping of messages");
  }
  const nodes = new Map<string, unknown>(Object.entries(mapping));
  const began = timeOf(field(value, "create_time"));
  const problems: Problem[] = [];
  const path = pathTo(nodes, field(value, "current_node"), problems);
  return {
    conversation: { id, title, turns: turnsOf(path, nodes, began, problems) },
    // All branches: what was saved stayed saved when the answer was regenerated.
    saved: [...nodes].flatMap(([node, entry]) => savedIn(node, field(entry, "message"), began)),
    problems,
  };
}

const MAX_TITLE = 200;

function empty(id: string | null, title: string | null, why: string): ChatGptConversation {
  return { conversation: { id, title, turns: [] }, saved: [], problems: [{ node: null, why }] };
}

/** The ids from the root to the current node. Goes from child to parent by ids, so depth costs no stack, and stops where it meets itself. */
function pathTo(nodes: ReadonlyMap<string, unknown>, current: unknown, problems: Problem[]): string[] {
  const path = new Set<string>();
  let node: unknown = typeof current === "string" && nodes.has(current) ? current : lastLeaf(nodes);
  while (typeof node === "string") {
    if (path.has(node)) {
      problems.push({ node, why: "its parents go round in a circle" });
      break;
    }
    if (!nodes.has(node)) {
      problems.push({ node, why: "it is named as a parent and is not there" });
      break;
    }
    path.add(node);
    node = field(nodes.get(node), "parent");
  }
  return [...path].reverse();
}

/** Without a current node: the newest message that nothing answers. */
function lastLeaf(nodes: ReadonlyMap<string, unknown>): string | undefined {
  const parents = new Set([...nodes.values()].map((node) => field(node, "parent")));
  let last: { id: string; at: number } | undefined;
  for (const [id, node] of nodes) {
    if (parents.has(id)) continue;
    const at = timeOf(field(field(node, "message"), "create_time")) ?? 0;
    if (last === undefined || at >= last.at) last = { id, at };
  }
  return last?.id;
}

function turnsOf(
  path: readonly string[],
  nodes: ReadonlyMap<string, unknown>,
  began: number | null,
  problems: Problem[],
): Turn[] {
  const turns: Turn[] = [];
  let at = began;
  for (const id of path) {
    const message = field(nodes.get(id), "message");
    // Roots have none.
    if (message === null) continue;
    const role = field(field(message, "author"), "role");
    if (typeof role !== "string") {
      problems.push({ node: id, why: "a message without an author" });
      continue;
    }
    at = timeOf(field(message, "create_time")) ?? at;
    if ((role !== "user" && role !== "assistant") || !isShown(message)) continue;
    const text = textOf(field(message, "content"));
    if (text !== "") turns.push({ id, role, text, at, agent: modelOf(message) });
  }
  return turns;
}

/** Leaves out calls of tools, the model's thoughts, and what the page itself hides. */
function isShown(message: unknown): boolean {
  const recipient = field(message, "recipient") ?? "all";
  const hidden = field(field(message, "metadata"), "is_visually_hidden_from_conversation") === true;
  const type = field(field(message, "content"), "content_type");
  return recipient === "all" && !hidden && (type === "text" || type === "multimodal_text");
}

/** The words of a message; pictures and files in between have none. */
function textOf(content: unknown): string {
  const parts = field(content, "parts");
  const pieces: unknown[] = Array.isArray(parts) ? parts : [field(content, "text")];
  const words = pieces.map((part) => (typeof part === "string" ? part : field(part, "text")));
  const text = words.filter((part) => typeof part === "string").join("\n");
  // Marks of citations, in characters for private use.
  return cleanText(text.replace(/\ue200[^\ue200\ue201]*\ue201/g, ""));
}

function savedIn(node: string, message: unknown, began: number | null): Saved[] {
  const content = field(message, "content");
  const at = timeOf(field(message, "create_time")) ?? began;
  const agent = modelOf(message);
  const all = (tag: Saved["tag"], texts: readonly string[]) =>
    texts.map((text) => ({ node, agent, tag, ...dated(text, at) }));

  const type = field(content, "content_type");
  if (type === "user_editable_context") return all("custom-instruction", instructionsIn(message));
  if (type === "model_editable_context") {
    return all("saved-memory", linesOf(textField(content, "model_set_context") ?? ""));
  }
  const isWrite =
    field(message, "recipient") === "bio" && field(field(message, "author"), "role") === "assistant";
  return isWrite ? all("saved-memory", linesOf(textOf(content))) : [];
}

/** Lists of saved memories begin each line with its date: `[2025-03-01]. Likes tea.` */
function dated(text: string, at: number | null): { text: string; at: number | null } {
  const match = /^\[(\d{4}-\d{2}-\d{2})\][.:]?\s+(?=\S)/.exec(text);
  return match === null ? { text, at } : { text: text.slice(match[0].length), at: timeOf(match[1]) ?? at };
}

/** The two fields of the settings page; some exports have them plain, others wrapped in the sentences that the model is shown. */
function instructionsIn(message: unknown): string[] {
  const content = field(message, "content");
  const plain = field(field(message, "metadata"), "user_context_message_data");
  const profile = textField(plain, "about_user_message") ?? unwrap(textField(content, "user_profile"));
  const wishes = textField(plain, "about_model_message") ?? unwrap(textField(content, "user_instructions"));
  return [profile, wishes].flatMap((text) => linesOf(text ?? ""));
}

function unwrap(text: string | null): string | null {
  return /```(?:\w*\n)?([^]*?)```/.exec(text ?? "")?.[1] ?? text;
}

function modelOf(message: unknown): string | null {
  return textField(field(message, "metadata"), "model_slug");
}
