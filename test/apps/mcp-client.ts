import { Client, InMemoryTransport } from "@modelcontextprotocol/client";

import {
  serveVault,
  wordRecall,
  type LogEntry,
  type ServeOptions,
  type Timers,
} from "../../apps/mcp/index.ts";
import type { Vault } from "../../client/index.ts";
import { indexFiles } from "../../client/recall.ts";

/** Timers that a test winds: nothing fires until it says so. */
export interface Clockwork extends Timers {
  /** Lets `ms` pass. */
  wind(ms: number): void;
  /** When the timers that are set would fire, in ms from now. */
  readonly due: readonly number[];
}

/** Makes timers that stand still. */
export function clockwork(): Clockwork {
  let now = 0;
  const set = new Map<symbol, { at: number; work: () => void }>();
  return {
    after(ms, work) {
      const key = Symbol();
      set.set(key, { at: now + ms, work });
      return () => set.delete(key);
    },
    wind(ms) {
      now += ms;
      for (const [key, { at, work }] of set) {
        if (at > now) continue;
        set.delete(key);
        work();
      }
    },
    get due() {
      return [...set.values()].map(({ at }) => at - now);
    },
  };
}

/** What a tool answered. */
export interface Answer {
  readonly ok: boolean;
  /** The structured content of a success. */
  readonly data: Record<string, unknown>;
  /** The text block. */
  readonly text: string;
}

/** Starts a server in this process with a client at its other end. */
export async function connected(vault: Vault, options: Partial<ServeOptions> & { modern?: boolean } = {}) {
  const { modern = true, ...rest } = options;
  const [near, far] = InMemoryTransport.createLinkedPair();
  const logged: LogEntry[] = [];
  const timers = clockwork();
  const served = await serveVault(
    {
      ...{
        vault,
        recall: wordRecall(indexFiles(vault)),
        timers,
        log: (entry: LogEntry) => void logged.push(entry),
      },
      ...{ version: "0.0.0-test", defaultScope: "private", chatgpt: false, ...rest },
    },
    far,
  );
  const client = new Client(
    { name: "test-client", version: "1" },
    { versionNegotiation: { mode: modern ? "auto" : "legacy" } },
  );
  await client.connect(near);
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Answer> => {
    const result = await client.callTool({ name, arguments: args });
    const [block] = result.content;
    return {
      ok: result.isError !== true,
      data: (result.structuredContent ?? {}) as Record<string, unknown>,
      text: block?.type === "text" ? block.text : "",
    };
  };
  return { client, served, call, logged, timers };
}

/** Waits until something is so; fails after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error("it did not come true within ten seconds");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
