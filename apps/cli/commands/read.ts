import type { Previewed } from "../../../client/index.ts";
import { knownScope } from "../../mcp/sight.ts";
import type { Cli, Report } from "../cli.ts";
import { chosen, look, memoryNamed } from "../look.ts";
import { list, memoryType, time, whole } from "../parse.ts";
import { searchKept } from "../recall.ts";
import type { Session } from "../session.ts";
import { memoryJson, memoryLines, memoryPage } from "../show.ts";
import { count } from "../terminal.ts";

interface Options {
  readonly scope?: string;
  readonly type?: string;
  readonly since?: string;
  readonly limit?: string;
}

const CHOICE = [
  ["-s, --scope <names>", "only these, with commas between"],
  ["--type <type>", "only semantic, or only episodic"],
] as const;

/** Listing, showing, searching: for the owner and for readers alike. Whatever is shown was verified first. */
export const addRead = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "list",
      summary: "List memories, the newest first",
      examples: [
        "memvault list",
        "memvault list --scope travel,health --limit 100",
        "memvault list --json | jq -r '.memories[].text'",
      ],
      options: [...CHOICE, ["-n, --limit <number>", "most to list; 50 unless given, 0 for all"]],
    },
    async (session, { scope, type, limit = "50" }) => {
      const most = whole("--limit", limit, 0, 1_000_000);
      const { vault } = await session.vault(null);
      const sight = await look(vault);
      const found = chosen(sight, {
        ...(scope === undefined ? {} : { scope: list(scope) }),
        ...(type === undefined ? {} : { type: memoryType(type) }),
      });
      return reportOf(session, most === 0 ? found : found.slice(0, most), found.length);
    },
  );
  cli.add(
    {
      usage: "show <id>",
      summary: "Show one memory, whole",
      examples: ["memvault show 1f3a9c02", "memvault show 1f3a9c02 --json"],
    },
    async (session, _options, [id = ""]) => {
      const { vault } = await session.vault(null);
      const found = memoryNamed(await look(vault), id);
      return { json: memoryJson(found), lines: memoryPage(found) };
    },
  );
  cli.add<Options>(
    {
      usage: "search <query...>",
      summary: "Search memories by words, on this device",
      examples: ["memvault search window seat", "memvault search allergies --scope health --limit 3"],
      options: [
        ...CHOICE,
        ["--since <date>", "only what was told then or later"],
        ["-n, --limit <number>", "most to find; 10 unless given"],
      ],
    },
    async (session, { scope, type, since, limit = "10" }, words) => {
      const most = whole("--limit", limit, 1, 1_000);
      const { vault } = await session.vault(null);
      const sight = await look(vault);
      const found = await searchKept(session, vault, sight, words.join(" "), {
        // Names of scopes are checked as in a list: a search in no scope would find nothing and say nothing.
        ...(scope === undefined ? {} : { scopes: list(scope).map((name) => knownScope(sight, name)) }),
        ...(type === undefined ? {} : { types: [memoryType(type)] }),
        ...(since === undefined ? {} : { since: time("--since", since) }),
      });
      return reportOf(session, found.slice(0, most), found.length);
    },
  );
};

function reportOf({ world }: Session, found: readonly Previewed[], total: number): Report {
  const width = world.stdout.isTTY === true ? (world.stdout.columns ?? 80) : Infinity;
  const cut = found.length < total;
  const rest = cut
    ? `${count(found.length, "memory", "memories")} of ${total}; --limit shows more.`
    : count(total, "memory", "memories");
  return {
    json: { memories: found.map(memoryJson), total, truncated: cut },
    lines: total === 0 ? ["No memories."] : [...memoryLines(found, width), "", rest],
  };
}
