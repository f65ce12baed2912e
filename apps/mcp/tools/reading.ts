import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { knownScope, memoryOf } from "../sight.ts";
import { InvalidCursor } from "../faults.ts";
import {
  answerWith,
  cut,
  dataOf,
  idInput,
  limitInput,
  memoryData,
  scopeInput,
  typeInput,
} from "../schemas.ts";
import { addTool, type Context } from "../tool.ts";
import type { Previewed } from "../../../client/index.ts";

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true };

/** Tools that only read; a reader has these alone. */
export function addReadingTools(server: McpServer, context: Context): void {
  const { desk } = context;
  addTool(
    server,
    context,
    "search_memory",
    {
      title: "Search memories",
      description:
        "Finds memories by words, the best first. Ask in the user's words; not every word must match. Says how many fit in all, and whether the answer has fewer.",
      input: z.object({
        query: z.string().min(1).max(1_000).describe("A question, or some words"),
        limit: limitInput.default(10),
        scopes: z.array(scopeInput).max(62).optional().describe("Only in these scopes"),
        types: z.array(typeInput).optional().describe("Only of these types"),
        since: z
          .string()
          .max(40)
          .refine(isTime, "an ISO 8601 date or time")
          .optional()
          .describe("Only made then or later: an ISO 8601 date or time, such as 2026-01-31"),
      }),
      output: z.object({ memories: z.array(memoryData), ...cut }),
      hints: READ_ONLY,
    },
    async ({ query, limit, scopes, types, since }) => {
      const sight = await desk.look();
      const found = await desk.search(sight, query, {
        ...(scopes === undefined ? {} : { scopes: scopes.map((scope) => knownScope(sight, scope)) }),
        ...(types === undefined ? {} : { types }),
        ...(since === undefined ? {} : { since: Date.parse(since) }),
      });
      return answerWith(found, limit);
    },
  );
  addTool(
    server,
    context,
    "list_memories",
    {
      title: "List memories",
      description:
        "Lists memories, the newest first. When there are more than the answer has, it says so, gives the total, and a cursor for the next ones.",
      input: z.object({
        limit: limitInput.default(20),
        cursor: z.string().max(200).optional().describe("nextCursor of the answer before"),
        scope: scopeInput.optional().describe("Only in this scope"),
        type: typeInput.optional(),
      }),
      output: z.object({
        memories: z.array(memoryData),
        ...cut,
        nextCursor: z.string().optional().describe("Asks for those after these"),
      }),
      hints: READ_ONLY,
    },
    async ({ limit, cursor, scope, type }) => {
      const sight = await desk.look();
      const within = scope === undefined ? null : knownScope(sight, scope);
      const all = [...sight.memories.values()]
        .filter(
          (each) =>
            (within === null || each.scope === within) && (type ?? each.memory.type) === each.memory.type,
        )
        .sort(newestFirst);
      const rest = cursor === undefined ? all : after(all, cursor);
      const { memories, truncated } = answerWith(rest, limit);
      const last = rest[memories.length - 1];
      const next = truncated && last !== undefined ? { nextCursor: cursorOf(last) } : {};
      return { memories, total: all.length, truncated, ...next };
    },
  );
  addTool(
    server,
    context,
    "get_memory",
    {
      title: "Get a memory",
      description: "Gives one memory by its id.",
      input: z.object({ id: idInput }),
      output: memoryData,
      hints: READ_ONLY,
    },
    async ({ id }) => dataOf(memoryOf(await desk.look(), id)),
  );
}

function isTime(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text));
}

const newestFirst = (a: Previewed, b: Previewed): number =>
  b.memory.createdAt - a.memory.createdAt || (a.memory.id < b.memory.id ? -1 : 1);

// A cursor names the last memory by what the list is sorted by: it holds when that one is forgotten, or others come.
const cursorOf = ({ memory: { createdAt, id } }: Previewed): string => `${createdAt}.${id}`;

function after(all: readonly Previewed[], cursor: string): Previewed[] {
  const [, time, id] = /^(\d{1,16})\.([0-9a-f]{32})$/.exec(cursor) ?? [];
  if (time === undefined || id === undefined) throw new InvalidCursor();
  const createdAt = Number(time);
  return all.filter(
    ({ memory }) => memory.createdAt < createdAt || (memory.createdAt === createdAt && memory.id > id),
  );
}
