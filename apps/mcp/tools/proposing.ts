import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { proposeOnce } from "../../../client/agents.ts";
import { UnknownScope } from "../faults.ts";
import { contentInput, importanceInput, scopeInput, tagsInput, typeInput } from "../schemas.ts";
import { knownScope } from "../sight.ts";
import { addTool, type Context } from "../tool.ts";
import { sameContent } from "./adding.ts";

/** The only tool by which a reader's server sends anything. */
export function addProposingTool(server: McpServer, context: Context): void {
  const { vault, desk } = context;
  addTool(
    server,
    context,
    "propose_memory",
    {
      title: "Propose a memory",
      description:
        "Proposes something to the vault's owner, who alone decides whether it becomes a memory. One fact or event, in a sentence that can be understood alone, for a scope that was granted (see vault_status). The text is sealed to the owner; that something was proposed stands on chain, in a transaction that the user's account pays for. The same content for the same scope is sent once: the answer then says duplicate. At most 32 a day.",
      input: z.object({
        content: contentInput.refine((text) => text.trim() !== "", "something to propose"),
        type: typeInput,
        scope: scopeInput,
        tags: tagsInput.optional(),
        importance: importanceInput.optional(),
      }),
      output: z.object({
        proposal: z
          .string()
          .optional()
          .describe("Digest of the proposal's file; absent for what is a memory"),
        scope: z.string(),
        duplicate: z.boolean().describe("It is a memory, or was proposed before; nothing was sent"),
      }),
      hints: { readOnlyHint: false, destructiveHint: false, idempotentHint: true },
    },
    ({ content: text, type, tags, importance, ...args }) =>
      desk.write(async (sight) => {
        const scope = knownScope(sight, args.scope);
        if (sameContent(sight, scope, text) !== undefined) return { scope, duplicate: true };
        const id = sight.view?.scopes.find(({ name }) => name === scope)?.id;
        if (id === undefined) throw new UnknownScope(scope);
        const { digest, duplicate } = await proposeOnce(vault, {
          ...{ scope: id, text, type },
          ...(tags === undefined ? {} : { tags }),
          ...(importance === undefined ? {} : { importance }),
        });
        return { proposal: digest, scope, duplicate };
      }),
  );
}
