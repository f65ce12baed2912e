import { namedProposer } from "../../../client/agents.ts";
import { indexFiles } from "../../../client/recall.ts";
import type { Cli } from "../cli.ts";
import { DEV } from "../config.ts";
import { startNode } from "../devnode.ts";
import { DEFAULT_SCOPE, whole } from "../parse.ts";
import { PassphraseNeeded } from "../keys.ts";
import type { OpenVault, Session } from "../session.ts";
import { bearerToken } from "../token.ts";
import { VERSION } from "../version.ts";

/** With the account that pays: an owner's always, a reader's if its grant lets it propose and nobody has to be asked for it. */
async function paying(session: Session, known: OpenVault): Promise<Pick<OpenVault, "vault">> {
  if (known.known.role === "owner") return session.vault("owner", true);
  if ((await namedProposer(known.vault)) === null) return known;
  return session.vault("reader", true).catch((fault: unknown) => {
    if (fault instanceof PassphraseNeeded) return known;
    throw fault;
  });
}

interface Options {
  readonly scope?: string;
  readonly chatgpt?: boolean;
  readonly http?: string;
}

export const addMcp = (cli: Cli): void => {
  cli.add<Options>(
    {
      usage: "mcp",
      summary: "Serve the vault to AI tools, over MCP on stdin and stdout, or on a port of this machine",
      about:
        "Most tools start this by themselves; docs/tools.md has their configuration. Nobody can be asked here, so the passphrase is\n" +
        "MEMVAULT_PASSPHRASE. Writes are committed in batches: 20 of them, a minute, or at exit. The local chain is started if\n" +
        "it does not run. Grants, keys and exports are out of a tool's reach. With --http several tools share one server on\n" +
        "127.0.0.1, until Ctrl-C; each carries the bearer token that lies in the profile's folder.",
      examples: [
        "memvault mcp",
        "memvault --profile work mcp",
        "memvault mcp --http 8377",
        "claude mcp add memory-vault -- memvault mcp",
      ],
      options: [
        ["-s, --scope <name>", `where a memory goes that names no scope; ${DEFAULT_SCOPE} unless given`],
        ["--chatgpt", "also offer search and fetch as ChatGPT calls them"],
        ["--http <port>", "listen on 127.0.0.1 instead; 0 for any port that is free"],
      ],
    },
    async (session, { scope = DEFAULT_SCOPE, chatgpt = false, http }) => {
      const port = http === undefined ? null : whole("A port", http, 0, 65_535);
      // Whatever else is asked here would be read from the protocol.
      if ((session.globals.rpc ?? (await session.config()).rpc) === DEV) await startNode(session.root);
      const known = await session.vault(null);
      const { vault } = await paying(session, known);
      // Loaded here, so that no other command waits for it.
      const mcp = await import("../../mcp/index.ts");
      const options = {
        ...{ vault, recall: mcp.wordRecall(indexFiles(vault)), timers: mcp.systemTimers, log: mcp.stderrLog },
        ...{ version: VERSION, defaultScope: scope, chatgpt },
      };
      if (port !== null) {
        const { token, file } = await bearerToken(session.home);
        const served = await mcp.serveHttp(options, { port, token });
        session.warn(`Serving at ${served.url}; the bearer token is in ${file}. Ctrl-C stops it.`);
        await mcp.untilSignal(served);
        return null;
      }
      await mcp.serveOverStdio(options);
      // The client is gone, its end of the pipe may not be.
      process.stdin.destroy();
      return null;
    },
  );
};
