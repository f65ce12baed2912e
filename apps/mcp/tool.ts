import type {
  CallToolResult,
  McpServer,
  ServerContext,
  ToolAnnotations,
  ToolCallback,
} from "@modelcontextprotocol/server";
import { CLIENT_INFO_META_KEY } from "@modelcontextprotocol/server";
import { z } from "zod";

import type { Vault } from "../../client/index.ts";
import type { Committer } from "./committer.ts";
import type { Desk } from "./desk.ts";
import { answerOf } from "./faults.ts";
import { faultFields, type Log } from "./log.ts";

/** What every tool, resource and prompt works with. */
export interface Context {
  readonly vault: Vault;
  readonly desk: Desk;
  readonly committer: Committer;
  readonly role: "owner" | "reader";
  /** Whether a reader's terms let it propose, and the wallet that they name is here. */
  readonly proposes: boolean;
  /** Where a memory goes that names no scope. */
  readonly defaultScope: string;
  readonly log: Log;
  /** Runs a call so that an exit waits for it. */
  readonly track: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What a client is shown of a tool. Constant: nothing that a memory says gets here. */
export interface ToolSpec<In extends z.ZodObject, Out extends z.ZodObject> {
  readonly title: string;
  readonly description: string;
  readonly input: In;
  readonly output: Out;
  /** All tools keep to the vault: `openWorldHint` is false unasked. */
  readonly hints: Omit<ToolAnnotations, "openWorldHint" | "title">;
}

/** Makes a tool: arguments checked, the answer as structured data and as text, a fault as a tool error. */
export function addTool<In extends z.ZodObject, Out extends z.ZodObject>(
  server: McpServer,
  context: Context,
  name: string,
  { title, description, input, output, hints }: ToolSpec<In, Out>,
  work: (args: z.output<In>, client: string | null) => Promise<z.input<Out>>,
): void {
  const call = async (args: z.output<In>, request: ServerContext): Promise<CallToolResult> => {
    const started = performance.now();
    const ended = (outcome: string) => ({
      ...{ event: "call", tool: name, outcome, ms: Math.round(performance.now() - started) },
    });
    try {
      const structuredContent = await context.track(() => work(args, clientOf(server, request)));
      context.log({ level: "info", ...ended("ok") });
      return {
        content: [{ type: "text" as const, text: JSON.stringify(structuredContent) }],
        structuredContent,
      };
    } catch (fault) {
      context.log({ level: "warn", ...ended("fault"), ...faultFields(fault) });
      return { content: [{ type: "text" as const, text: answerOf(fault) }], isError: true };
    }
  };
  const annotations = { title, ...hints, openWorldHint: false };
  server.registerTool(
    name,
    { title, description, inputSchema: input, outputSchema: output, annotations },
    call as ToolCallback<In>,
  );
}

const MAX_NAME = 100;

const named = z.object({ name: z.string().min(1) });

/** The name that the client gives itself: with each request since 2026, once when it connects before that. */
function clientOf(server: McpServer, { mcpReq }: ServerContext): string | null {
  const envelope: Readonly<Record<string, unknown>> = mcpReq.envelope ?? {};
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only place where an earlier client's name stands.
  const { data } = named.safeParse(envelope[CLIENT_INFO_META_KEY] ?? server.server.getClientVersion());
  return data?.name.slice(0, MAX_NAME) ?? null;
}
