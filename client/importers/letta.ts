import type { JsonObject } from "../memory/record.ts";
import { admit } from "./admit.ts";
import { cleanText, field, linesOf, textField } from "./clean.ts";
import { MalformedExport } from "./errors.ts";
import { fileByFile } from "./file-by-file.ts";
import type { ImportedItem, SourceFile } from "./importer.ts";
import { leftovers } from "./items.ts";
import { suggestScope } from "./scopes.ts";
import type { Seen } from "./seen.ts";
import { headOf, placedMembers, TOO_LARGE, type Placed } from "./whole.ts";

const TOOL = "letta";
const MAX_NAME = 200;

/**
 * Reads Letta's agent file, `.af`: the blocks that its agents keep in mind.
 *
 * An agent adds to a block line by line, so each line is a memory; its label is the tag, and the agent whose block it is the source, if there is only one. What
 * else the block says of itself stays in `metadata`. Messages, tools and files of agents are left out; messages are reported.
 */
export const letta = fileByFile(TOOL, looksRight, readFile);

async function looksRight(file: SourceFile): Promise<boolean> {
  const named = /\.af$/i.test(file.path);
  if (!named && !/\.json$/i.test(file.path)) return false;
  const head = await headOf(file);
  if (!/^\ufeff?\s*\{/.test(head)) return false;
  return named || (/"agents"\s*:\s*\[/.test(head) && /"(?:block_ids|blocks)"\s*:\s*\[/.test(head));
}

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  // Twice, because blocks may stand before the agents that they are named by.
  const owners = new Map<unknown, string[]>();
  for await (const agent of placedMembers(file, ["agents"])) yield* readAgent(agent, owners);
  const blocks = placedMembers(file, ["blocks"]);
  for (;;) {
    const { value: block, done } = await blocks.next();
    if (done !== true) yield* readBlock(block, owners, seen);
    else if (block.size > 0) return;
    else throw new MalformedExport(file.path, "its members", "there is no list of blocks in it");
  }
}

function* readAgent({ place, value }: Placed, owners: Map<unknown, string[]>): Generator<ImportedItem> {
  if (value === undefined) {
    yield { kind: "skipped", place, why: TOO_LARGE };
    return;
  }
  const name = textField(value, "name")?.slice(0, MAX_NAME) ?? textField(value, "id")?.slice(0, MAX_NAME);
  const ids = field(value, "block_ids");
  if (name === undefined || !Array.isArray(ids)) {
    yield { kind: "skipped", place, why: "an agent without a name or a list of block_ids" };
  } else {
    for (const id of new Set(ids as unknown[])) {
      const names = owners.get(id);
      if (names === undefined) owners.set(id, [name]);
      else names.push(name);
    }
  }
  const messages = field(value, "messages");
  if (Array.isArray(messages) && messages.length > 0)
    yield {
      kind: "skipped",
      place: `${place}.messages`,
      why: `messages are no memories (${messages.length})`,
    };
}

function* readBlock(
  { place, value }: Placed,
  owners: ReadonlyMap<unknown, readonly string[]>,
  seen: Seen,
): Generator<ImportedItem> {
  if (value === undefined) {
    yield { kind: "skipped", place, why: TOO_LARGE };
    return;
  }
  const text = field(value, "value");
  if (typeof text !== "string") {
    yield { kind: "skipped", place, why: "a block without a value" };
    return;
  }
  const label = textField(value, "label")?.slice(0, MAX_NAME) ?? null;
  const agents = owners.get(field(value, "id")) ?? [];
  const metadata = metadataOf(value, label, agents);
  const source = {
    tool: TOOL,
    agent: agents.length === 1 ? (agents[0] ?? null) : null,
    thread: null,
    url: null,
  };
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    for (const text of linesOf(line)) {
      const tags = label === null ? [] : [label];
      const memory = { scope: suggestScope(text), type: "semantic", text, source, tags, metadata } as const;
      yield admit(`${place}.value:${index + 1}`, memory, seen);
    }
  }
  if (cleanText(text) === "") yield { kind: "skipped", place, why: "an empty block" };
}

function metadataOf(value: unknown, label: string | null, agents: readonly string[]): JsonObject {
  const rest = leftovers(value, ["value", "label"]);
  return {
    ...(label !== null && { label }),
    ...(agents.length > 1 && { agents }),
    ...(Object.keys(rest).length > 0 && { [TOOL]: rest }),
  };
}
