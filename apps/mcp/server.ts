import { McpServer, type Transport } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

import { proposerOf } from "../../client/agents.ts";
import { pending, roleOf, sync, type SyncResult, type Vault } from "../../client/index.ts";
import { createCommitter, type Committer } from "./committer.ts";
import { openDesk } from "./desk.ts";
import { instructionsFor } from "./instructions.ts";
import { faultFields, type Log } from "./log.ts";
import { addPrompt } from "./prompt.ts";
import type { Recall } from "./recall.ts";
import { addResources } from "./resources.ts";
import { within, type Timers } from "./timers.ts";
import type { Context } from "./tool.ts";
import { addAddingTool } from "./tools/adding.ts";
import { addChangingTools } from "./tools/changing.ts";
import { addChatGptTools } from "./tools/chatgpt.ts";
import { addProposingTool } from "./tools/proposing.ts";
import { addReadingTools } from "./tools/reading.ts";
import { addStatusTool } from "./tools/status.ts";

/** What a server takes. */
export interface ServeOptions {
  /** An owner's device of a vault, or a reader's: the tools follow its role. */
  readonly vault: Vault;
  readonly recall: Recall;
  readonly timers: Timers;
  readonly log: Log;
  /** The version that clients are told. */
  readonly version: string;
  /** Where a memory goes that names no scope. */
  readonly defaultScope: string;
  /** Also offer `search` and `fetch` as ChatGPT calls them. */
  readonly chatgpt: boolean;
}

/** A server at work. */
export interface Served {
  readonly role: "owner" | "reader";
  /** Resolves when nobody is served any more and what could be committed in time is. */
  readonly closed: Promise<void>;
  /** Hangs up, commits what waits within ten seconds, and leaves the rest in the journal. */
  close(): Promise<void>;
}

/** A vault that waits for its clients, however they come. */
export interface Service {
  readonly role: "owner" | "reader";
  /** A server for one connection, or one request; all of them read and write as one. */
  readonly serve: () => McpServer;
  /** Commits what waits within ten seconds, and leaves the rest in the journal. Serve nobody after it. */
  readonly leave: () => Promise<void>;
}

/** Longest that an exit waits for the last commit. Nothing is lost after it: the journal keeps what was not sent. */
export const EXIT_MS = 10_000;

/**
 * Opens a vault for clients.
 *
 * @throws {NotInitialised} when the device knows nothing of the vault.
 */
export async function openService(options: ServeOptions): Promise<Service> {
  const { vault, recall, timers, log } = options;
  const role = await roleOf(vault);
  const commit = async (): Promise<SyncResult> => {
    const result = await sync(vault);
    if ([...result.outcomes.values()].some(({ kind }) => kind === "removed")) await tidy();
    return result;
  };
  const committer = createCommitter({ commit, timers, now: vault.now, log });
  const calls = new Set<Promise<unknown>>();
  const track = <T>(work: () => Promise<T>): Promise<T> => {
    const call = work();
    calls.add(call);
    const done = () => calls.delete(call);
    call.then(done, done);
    return call;
  };
  const desk = openDesk({ vault, recall, timers, committer, log });
  /** What was forgotten leaves the index. That it does not is no fault of the commit, and the next search sees to it. */
  const tidy = (): Promise<void> =>
    desk
      .tidy()
      .catch((fault: unknown) => log({ level: "warn", event: "index not tidied", ...faultFields(fault) }));
  const proposes = role === "reader" && (await proposerOf(vault)) !== null;
  const { defaultScope } = options;
  const context: Context = { vault, desk, committer, role, proposes, defaultScope, log, track };
  // What an earlier run left behind goes with the first batch.
  if (role === "owner" && (await pending(vault)).length > 0) committer.wrote();
  return {
    role,
    serve: () => serverFor(context, options),
    leave: () => leave(committer, calls, timers, log),
  };
}

/**
 * Serves a vault to one MCP client, of the 2026 protocol or of an earlier one.
 *
 * @param transport - to the client; the server owns it from here on.
 * @throws {NotInitialised} when the device knows nothing of the vault.
 */
export async function serveVault(options: ServeOptions, transport: Transport): Promise<Served> {
  const { log } = options;
  const { role, serve, leave } = await openService(options);
  const handle = serveStdio(serve, { transport, onerror: warnings(log) });
  const closed = new Promise<void>((resolve) => {
    const hangUp = transport.onclose;
    transport.onclose = () => {
      hangUp?.();
      void leave().then(resolve);
    };
  });
  log({ level: "info", event: "serving", role });
  return {
    role,
    closed,
    async close() {
      await handle.close();
      await closed;
    },
  };
}

/** Logs faults of the protocol, which belong to no call. */
export const warnings =
  (log: Log) =>
  (fault: Error): void =>
    log({ level: "warn", event: "protocol", ...faultFields(fault) });

function serverFor(context: Context, { version, chatgpt }: ServeOptions): McpServer {
  const { role, proposes } = context;
  const info = { name: "memory-vault", title: "Memory Vault", version };
  const server = new McpServer(info, { instructions: instructionsFor(role, proposes) });
  addReadingTools(server, context);
  addStatusTool(server, context);
  // Never as tools: grants, keys, transfers, imports, shredding. What a prompt can reach, it will reach.
  if (role === "owner") {
    addAddingTool(server, context);
    addChangingTools(server, context);
  }
  // What readers propose to an owner is in no tool: it is data that nobody accepted.
  if (proposes) addProposingTool(server, context);
  if (chatgpt) addChatGptTools(server, context);
  addResources(server, context);
  addPrompt(server, context);
  return server;
}

async function leave(
  committer: Committer,
  calls: ReadonlySet<Promise<unknown>>,
  timers: Timers,
  log: Log,
): Promise<void> {
  const work = Promise.allSettled([...calls]).then(() => committer.flush());
  const inTime = await within(
    timers,
    EXIT_MS,
    work.then(() => true),
    () => false,
  );
  committer.stop();
  const kept = !inTime || (committer.last !== null && committer.last.fault !== null);
  log({ level: kept ? "warn" : "info", event: "stopped", leftInJournal: kept });
}
