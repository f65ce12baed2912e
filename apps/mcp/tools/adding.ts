import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { MAX_SCOPES, remember, scopeName, SUGGESTED_SCOPES, TooManyScopes } from "../../../client/index.ts";
import type { Sight } from "../sight.ts";
import { contentInput, importanceInput, scopeInput, tagsInput, typeInput } from "../schemas.ts";
import { addTool, type Context } from "../tool.ts";

const part = z.string().min(1).max(1_000).optional();

/** The tool that adds. */
export function addAddingTool(server: McpServer, context: Context): void {
  const { vault, desk, committer, defaultScope } = context;
  addTool(
    server,
    context,
    "add_memory",
    {
      title: "Add a memory",
      description: `Keeps something for later conversations, in any tool that the user chooses. One fact or event each, in a sentence that can be understood alone. The same content in the same scope is kept once: the answer then says duplicate, and whose id it has. It is safe on this device at once and in the vault within a minute. Scopes are what the user grants to others one by one: use one that exists (see vault_status), or one of ${SUGGESTED_SCOPES.join(", ")}.`,
      input: z.object({
        content: contentInput.refine((text) => text.trim() !== "", "something to keep"),
        type: typeInput,
        scope: scopeInput.default(defaultScope),
        tags: tagsInput.optional(),
        importance: importanceInput.optional(),
        source: z
          .object({ agent: part, thread: part, url: part })
          .optional()
          .describe("Where it comes from; the tool is known"),
      }),
      output: z.object({
        id: z.string(),
        scope: z.string(),
        duplicate: z.boolean().describe("It was there already; nothing was added"),
        pending: z.boolean().describe("Safe on this device, and not in the vault yet"),
      }),
      hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    },
    ({ content, type, tags, importance, source, ...args }, client) =>
      desk.write(async (sight) => {
        const scope = scopeName(args.scope);
        const known = sameContent(sight, scope, content);
        if (known !== undefined) {
          return { id: known.memory.id, scope, duplicate: true, pending: known.pending };
        }
        // Two of a vault's scopes are its own.
        const most = MAX_SCOPES - 2;
        if (!sight.scopes.has(scope) && sight.scopes.size >= most) throw new TooManyScopes(most + 1, most);
        const { agent = null, thread = null, url = null } = source ?? {};
        const [id = ""] = await remember(vault, {
          ...{ scope, text: content, type, source: { tool: client, agent, thread, url } },
          ...(tags === undefined ? {} : { tags }),
          ...(importance === undefined ? {} : { importance }),
        });
        committer.wrote();
        return { id, scope, duplicate: false, pending: true };
      }),
  );
}

/** The memory of a scope that says the same, but for white space and the form of its letters. */
export function sameContent({ memories }: Sight, scope: string, content: string) {
  const wanted = formOf(content);
  return [...memories.values()].find((each) => each.scope === scope && formOf(each.memory.text) === wanted);
}

const formOf = (text: string): string => text.normalize("NFC").trim().replace(/\s+/gu, " ");
