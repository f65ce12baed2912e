/**
 * The MCP server: a vault as the memory of any assistant.
 *
 * @module
 */
export { PortUnavailable, serveHttp, type HttpOptions, type ServedOverHttp } from "./http.ts";
export { stderrLog, type Log, type LogEntry } from "./log.ts";
export { wordRecall, type Recall, type RecallOptions, type RecallSearch } from "./recall.ts";
export { serveVault, type Served, type ServeOptions } from "./server.ts";
export { untilSignal } from "./signals.ts";
export { serveOverStdio } from "./stdio.ts";
export { systemTimers, type Timers } from "./timers.ts";
