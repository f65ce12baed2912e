import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { memoryOf } from "../sight.ts";
import { fit, idInput, isoOf } from "../schemas.ts";
import { addTool, type Context } from "../tool.ts";
import type { Previewed } from "../../../client/index.ts";

const RESULTS = 10;
const TITLE = 80;
const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true };

/** `search` and `fetch`, in the shapes that ChatGPT asks of a connector. They read what the other tools read. */
export function addChatGptTools(server: McpServer, context: Context): void {
  const { desk } = context;
  addTool(
    server,
    context,
    "search",
    {
      title: "Search",
      description: "Finds memories by words. Fetch a result by its id for the whole of it.",
      input: z.object({ query: z.string().min(1).max(1_000) }),
      output: z.object({
        results: z.array(z.object({ id: z.string(), title: z.string(), url: z.string() })),
      }),
      hints: READ_ONLY,
    },
    async ({ query }) => {
      const found = await desk.search(await desk.look(), query, {});
      return { results: fit(found, RESULTS).map((each) => ({ ...headOf(each) })) };
    },
  );
  addTool(
    server,
    context,
    "fetch",
    {
      title: "Fetch",
      description: "Gives one memory by its id.",
      input: z.object({ id: idInput }),
      output: z.object({
        ...{ id: z.string(), title: z.string(), text: z.string(), url: z.string() },
        metadata: z.object({
          scope: z.string(),
          type: z.string(),
          createdAt: z.string(),
          source: z.string().optional(),
        }),
      }),
      hints: READ_ONLY,
    },
    async ({ id }) => {
      const found = memoryOf(await desk.look(), id);
      const { type, text, createdAt, source } = found.memory;
      const from = source.tool === null ? {} : { source: source.tool };
      const metadata = { scope: found.scope, type, createdAt: isoOf(createdAt), ...from };
      return { ...headOf(found), text, metadata };
    },
  );
}

const headOf = ({ memory: { id, text } }: Previewed) => ({
  id,
  title: Array.from(text.replace(/\s+/gu, " ")).slice(0, TITLE).join(""),
  url: `vault://memories/${id}`,
});
