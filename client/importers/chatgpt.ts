import { utf8ToBytes } from "@noble/hashes/utils.js";

import { MAX_TEXT_BYTES } from "../memory/record.ts";
import { admit } from "./admit.ts";
import { readConversation } from "./chatgpt-conversation.ts";
import { statements, type Extractor } from "./conversation.ts";
import { MalformedExport } from "./errors.ts";
import type { ImportedItem, ImportedMemory, Importer, SourceFile } from "./importer.ts";
import { jsonArray } from "./json-array.ts";
import { gapsIn } from "./parts.ts";
import { suggestScope } from "./scopes.ts";
import { Seen } from "./seen.ts";

/**
 * Reads ChatGPT's data export: `conversations.json`, or its shards `conversations-000.json` and so on. A shard that is missing is reported.
 *
 * Saved memories are no file of it. They are found where conversations show them (writes to `bio`, snapshots of the list) and become lasting
 * memories, as do custom instructions; everything else that the user said goes through the extractor.
 *
 * @param extract - How a conversation becomes memories; {@link statements} unless given.
 * @returns The importer.
 * @example
 * for await (const item of chatGpt().read(files)) if (item.kind === "memory") await remember(vault, item.memory);
 */
export function chatGpt(extract: Extractor = statements): Importer {
  return {
    name: TOOL,
    async detect(files) {
      for (const file of conversationFiles(files)) if (await looksRight(file)) return true;
      return false;
    },
    async *read(files) {
      const found = conversationFiles(files);
      if (found.length === 0) {
        throw new MalformedExport(
          files[0]?.path ?? "the export",
          "its list of files",
          "there is no conversations.json in it",
        );
      }
      yield* gapsIn(found);
      const seen = new Seen();
      for (const file of found) yield* readFile(file, extract, seen);
    },
  };
}

const TOOL = "chatgpt";

/** By name; a single JSON file may have any name. */
function conversationFiles(files: readonly SourceFile[]): SourceFile[] {
  const json = files.filter(({ path }) => /\.json$/i.test(path));
  const named = json.filter(({ path }) => /(^|\/)conversations(-\d+)?\.json$/i.test(path));
  const chosen = named.length === 0 && files.length === 1 ? json : named;
  return chosen.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function looksRight(file: SourceFile): Promise<boolean> {
  const decoder = new TextDecoder();
  let head = "";
  for await (const chunk of file.open()) {
    head += decoder.decode(chunk.subarray(0, SNIFFED), { stream: true });
    if (head.length >= SNIFFED) break;
  }
  return /^\ufeff?\s*\[/.test(head) && /"mapping"\s*:/.test(head) && !/"chat_messages"\s*:/.test(head);
}

const SNIFFED = 65_536;

async function* readFile(file: SourceFile, extract: Extractor, seen: Seen): AsyncGenerator<ImportedItem> {
  for await (const { index, value } of jsonArray(file)) {
    const place = `${file.path}[${index}]`;
    if (value === undefined) yield { kind: "skipped", place, why: "the conversation is larger than 64 MiB" };
    else yield* readOne(value, place, extract, seen);
  }
}

async function* readOne(
  value: unknown,
  place: string,
  extract: Extractor,
  seen: Seen,
): AsyncGenerator<ImportedItem> {
  const { conversation, saved, problems } = readConversation(value);
  const { id, title } = conversation;
  const at = (node: string | null) =>
    node === null ? place : `${place}.mapping[${JSON.stringify(node.slice(0, 80))}]`;
  for (const { node, why } of problems) yield { kind: "skipped", place: at(node), why };
  for (const { node, tag, agent, ...fact } of saved) {
    // Without a conversation as its source: a saved memory belongs to none, see contentKey.
    const source = { tool: TOOL, agent, thread: null, url: null };
    const metadata = { ...(title !== null && { title }), ...(id !== null && { savedIn: id }) };
    yield itemOf(at(node), seen, { ...fact, type: "semantic", source, tags: [tag], metadata });
  }
  for await (const found of extract(conversation)) {
    const place = at(found.turn);
    if ("why" in found) {
      yield { kind: "skipped", place, why: found.why };
      continue;
    }
    const { text, type, at: time, agent = null, tags = ["statement"] } = found;
    const source = { tool: TOOL, agent, thread: id, url: linkTo(id) };
    const metadata = { ...(title !== null && { title }), ...found.metadata };
    yield itemOf(place, seen, { text, type, at: time, source, tags, metadata });
  }
}

type Found = Omit<ImportedMemory, "scope" | "createdAt"> & { readonly at: number | null };

/** Tells memories from what comes again and from what is too long to be one. */
function itemOf(place: string, seen: Seen, { at, ...found }: Found): ImportedItem {
  const bytes = utf8ToBytes(found.text).length;
  if (bytes > MAX_TEXT_BYTES) {
    return { kind: "skipped", place, why: `its text is longer than ${MAX_TEXT_BYTES} bytes (${bytes})` };
  }
  const memory = { ...found, scope: suggestScope(found.text), ...(at !== null && { createdAt: at }) };
  return admit(place, memory, seen);
}

/** Ids that are no UUID are not ids of the site, and become no link. */
function linkTo(id: string | null): string | null {
  return id !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
    ? `https://chatgpt.com/c/${id}`
    : null;
}
