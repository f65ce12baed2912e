import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

import { status } from "../../../client/index.ts";
import type { CommitReport } from "../committer.ts";
import { answerOf } from "../faults.ts";
import { addTool, type Context } from "../tool.ts";

const output = z.object({
  chainId: z.number(),
  contract: z.string(),
  vault: z.string().describe("The vault's id, a token of that contract"),
  role: z.enum(["owner", "reader"]),
  scopes: z.array(z.object({ name: z.string(), memories: z.number() })),
  memories: z.number().describe("How many in all"),
  expiresAt: z.string().optional().describe("When a reader's access ends, ISO 8601"),
  sequence: z.number().describe("Commits so far"),
  root: z.string().optional().describe("The root on chain that the memories were checked against"),
  rootChecked: z
    .boolean()
    .describe("Whether all memories are proven complete and unaltered; false before the first commit"),
  final: z.boolean().describe("Whether the chain will not take the head back"),
  rpcs: z.number().describe("How many nodes were asked; one alone could show an old state to a new device"),
  pendingWrites: z.number().describe("Safe on this device, and not in the vault yet"),
  lastCommit: z
    .object({
      ...{ at: z.string(), ok: z.boolean(), fault: z.string().optional() },
      lost: z
        .array(z.object({ id: z.string(), text: z.string() }))
        .describe("Changes to memories that another device forgot first: they are in no memory now"),
    })
    .optional()
    .describe("This server's last attempt to commit"),
});

/** The tool that says where the vault stands. */
export function addStatusTool(server: McpServer, context: Context): void {
  const { vault, desk, committer } = context;
  addTool(
    server,
    context,
    "vault_status",
    {
      title: "Vault status",
      description:
        "Says which vault this is, what may be read or written, until when, and whether all of it was proven.",
      input: z.object({}),
      output,
      hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
    },
    async () => {
      const { view, memories, scopes, waiting } = await desk.look();
      const { chainId, contract, vaultId, role, expiresAt, rpcs } = await status(vault);
      const { last } = committer;
      return {
        ...{ chainId: Number(chainId), contract, vault: vaultId, role, memories: memories.size },
        scopes: [...scopes].map(([name, count]) => ({ name, memories: count })),
        ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt * 1_000).toISOString() }),
        sequence: Number(view?.sequence ?? 0n),
        ...(view === null ? {} : { root: view.root }),
        ...{ rootChecked: view !== null, final: view?.final ?? false, rpcs, pendingWrites: waiting.length },
        ...(last === null ? {} : { lastCommit: lastCommit(last) }),
      };
    },
  );
}

const lastCommit = ({ at, fault, lost }: CommitReport) => ({
  at: new Date(at).toISOString(),
  ok: fault === null,
  ...(fault === null ? {} : { fault: answerOf(fault) }),
  lost: lost.map(({ id, text }) => ({ id, text })),
});
