/**
 * The MCP server: a vault as the memory of any assistant.
 *
 * @module
 */
export type { Log, LogEntry } from "./log.ts";
export { wordRecall, type Recall, type RecallOptions, type RecallSearch } from "./recall.ts";
export { serveVault, type Served, type ServeOptions } from "./server.ts";
export { serveOverStdio, stderrLog } from "./stdio.ts";
export { systemTimers, type Timers } from "./timers.ts";
