/**
 * The off-chain half of an agent contract: keeps its key, takes its requests, reads what it was granted, and answers.
 *
 * @module
 */
export { NoDocument, type Attest } from "./attest.ts";
export * from "./faults.ts";
export { jsonLog, type Log, type LogEntry } from "./log.ts";
export { operatorAt, publishAgentKey, runAgent, type AgentPlace, type Ran } from "./runner.ts";
export { DEFAULTS, systemSleep, type AgentWorld, type RunnerOptions } from "./world.ts";
