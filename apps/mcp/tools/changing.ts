import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { forget, reinforce, update } from "../../../client/index.ts";
import { find, memoryOf } from "../sight.ts";
import { NothingToChange } from "../faults.ts";
import { contentInput, idInput, importanceInput, tagsInput, typeInput } from "../schemas.ts";
import { addTool, type Context } from "../tool.ts";

const pending = z.boolean().describe("Safe on this device, and not in the vault yet");

/** Tools that change what stands. */
export function addChangingTools(server: McpServer, context: Context): void {
  const { vault, desk, committer } = context;
  addTool(
    server,
    context,
    "update_memory",
    {
      title: "Update a memory",
      description:
        "Replaces what a memory says, or how it is filed. Give only what changes. If another device changed it since the revision that you saw, both versions stay.",
      input: z.object({
        id: idInput,
        content: contentInput.refine((text) => text.trim() !== "", "something to keep").optional(),
        type: typeInput.optional(),
        tags: tagsInput.optional(),
        importance: importanceInput.optional(),
        revision: z
          .number()
          .int()
          .min(1)
          .optional()
          .describe("The revision that you saw; the present one unless given"),
      }),
      output: z.object({
        id: z.string(),
        changed: z.boolean().describe("false: it said so already"),
        conflict: z
          .boolean()
          .describe("Another change came first; this one stands beside it, as a memory of its own"),
        pending,
      }),
      hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    },
    ({ id, revision, content, ...fields }) =>
      desk.write(async (sight) => {
        const { memory, pending: waits } = memoryOf(sight, id);
        const asked = Object.entries({ text: content, ...fields }).filter(([, value]) => value !== undefined);
        if (asked.length === 0) throw new NothingToChange(memory.id);
        const now = memory as unknown as Readonly<Record<string, unknown>>;
        if (asked.every(([field, value]) => JSON.stringify(now[field]) === JSON.stringify(value))) {
          return { id: memory.id, changed: false, conflict: false, pending: waits };
        }
        const seen = revision ?? memory.revision;
        await update(vault, { id: memory.id, revision: seen }, Object.fromEntries(asked));
        committer.wrote();
        return { id: memory.id, changed: true, conflict: seen !== memory.revision, pending: true };
      }),
  );
  addTool(
    server,
    context,
    "reinforce_memory",
    {
      title: "Reinforce a memory",
      description: "Notes that a memory proved true or useful once more. Its text stays as it is.",
      input: z.object({ id: idInput }),
      output: z.object({ id: z.string(), reinforcements: z.number(), pending }),
      hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
    },
    ({ id }) =>
      desk.write(async (sight) => {
        const { memory } = memoryOf(sight, id);
        await reinforce(vault, memory);
        committer.wrote();
        return { id: memory.id, reinforcements: memory.reinforcements + 1, pending: true };
      }),
  );
  addTool(
    server,
    context,
    "forget_memory",
    {
      title: "Forget a memory",
      description:
        "Takes a memory out of the vault, when the user asks for it. Forgetting what is not there changes nothing. Whoever could read it until now may have kept it: earlier blobs are not destroyed by this.",
      input: z.object({ id: idInput }),
      output: z.object({
        id: z.string(),
        forgotten: z.boolean().describe("false: it was not there"),
        pending,
      }),
      hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    },
    ({ id }) =>
      desk.write(async (sight) => {
        const found = find(sight, id);
        if (found === undefined) return { id, forgotten: false, pending: false };
        await forget(vault, found.memory);
        committer.wrote();
        return { id, forgotten: true, pending: true };
      }),
  );
}
