import { Console } from "node:console";

import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

import type { Log } from "./log.ts";
import { serveVault, type ServeOptions } from "./server.ts";

/** Writes the log's lines to stderr, one JSON object each. */
export const stderrLog: Log = (entry) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
};

/**
 * Serves a vault over this process's stdin and stdout, until the client hangs up or a signal comes; what waits is
 * committed first, within ten seconds. End the process when it returns: a provider may have connections open.
 *
 * stdout is the protocol's from here on: what libraries print to the console goes to stderr.
 *
 * @throws {NotInitialised} when the device knows nothing of the vault.
 */
export async function serveOverStdio(options: ServeOptions): Promise<void> {
  globalThis.console = new Console(process.stderr, process.stderr);
  const served = await serveVault(options, new StdioServerTransport());
  const hangUp = () => void served.close();
  // A second signal finds no listener and ends the process at once; the journal keeps what was not sent.
  process.once("SIGINT", hangUp);
  process.once("SIGTERM", hangUp);
  await served.closed;
  process.removeListener("SIGINT", hangUp);
  process.removeListener("SIGTERM", hangUp);
}
