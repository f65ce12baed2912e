import { Console } from "node:console";

import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";

import { untilSignal } from "./signals.ts";
import { serveVault, type ServeOptions } from "./server.ts";

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
  await untilSignal(await serveVault(options, new StdioServerTransport()));
}
