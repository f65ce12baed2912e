import { bioLines, ranked } from "../bio.ts";
import type { Cli } from "../cli.ts";
import { chosen, look } from "../look.ts";
import { list, whole } from "../parse.ts";
import { memoryJson } from "../show.ts";

interface Options {
  readonly scopes?: string;
  readonly limit?: string;
}

/** Not called `profile`: that is the person's keys on this machine, as `--profile` names them. */
export const addBio = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "bio",
      summary: "Tell who you are, from your memories, as Markdown",
      about:
        "What matters most, was confirmed most often, and is newest comes first, by scope and type, each memory with the day of its\n" +
        "last change. No model writes it: the same memories give the same text. What has stopped being true is left out.",
      examples: [
        "memvault bio",
        "memvault bio --scopes travel,health --limit 10",
        "memvault bio > about-me.md",
      ],
      options: [
        ["-s, --scopes <names>", "only these, with commas between"],
        ["-n, --limit <number>", "most memories to tell; 50 unless given"],
      ],
    },
    async (session, { scopes, limit = "50" }) => {
      const most = whole("--limit", limit, 1, 1_000);
      const { vault } = await session.vault(null);
      const sight = await look(vault);
      const current = ranked(chosen(sight, scopes === undefined ? {} : { scope: list(scopes) }), vault.now());
      const told = current.slice(0, most);
      return {
        json: {
          memories: told.map(memoryJson),
          total: current.length,
          truncated: told.length < current.length,
        },
        lines: bioLines(told, current.length),
      };
    },
  );
};
