import type { Cli } from "../cli.ts";
import { DEV } from "../config.ts";
import { startNode } from "../devnode.ts";
import { DEFAULT_SCOPE } from "../parse.ts";
import { VERSION } from "../version.ts";

interface Options {
  readonly scope?: string;
  readonly chatgpt?: boolean;
}

export const addMcp = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "mcp",
      summary: "Serve the vault to an AI tool, over MCP on stdin and stdout",
      about:
        "Tools start this by themselves; docs/tools.md has their configuration. Nobody can be asked here, so the passphrase is\n" +
        "MEMVAULT_PASSPHRASE. Writes are committed in batches: 20 of them, a minute, or at exit. The local chain is started if\n" +
        "it does not run. Grants, keys and exports are out of a tool's reach.",
      examples: [
        "memvault mcp",
        "memvault --profile work mcp",
        "claude mcp add memory-vault -- npx -y memory-vault mcp",
      ],
      options: [
        ["-s, --scope <name>", `where a memory goes that names no scope; ${DEFAULT_SCOPE} unless given`],
        ["--chatgpt", "also offer search and fetch as ChatGPT calls them"],
      ],
    },
    async (session, { scope = DEFAULT_SCOPE, chatgpt = false }) => {
      // Whatever else is asked here would be read from the protocol.
      if ((session.globals.rpc ?? (await session.config()).rpc) === DEV) await startNode(session.root);
      const known = await session.vault(null);
      const { vault } = known.known.role === "owner" ? await session.vault("owner", true) : known;
      // Loaded here, so that no other command waits for it.
      const { serveOverStdio, stderrLog, systemTimers, wordRecall } = await import("../../mcp/index.ts");
      await serveOverStdio({
        ...{ vault, recall: wordRecall, timers: systemTimers, log: stderrLog },
        ...{ version: VERSION, defaultScope: scope, chatgpt },
      });
      // The client is gone, its end of the pipe may not be.
      process.stdin.destroy();
      return null;
    },
  );
};
