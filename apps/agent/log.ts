import { faultName } from "./faults.ts";
import type { OpenRequest } from "./journal.ts";

/**
 * One line of a runner's log: names, numbers and public chain data. Never a question, an answer, a memory, a proposal, a key, an RPC's
 * address, or a message of somebody else's fault.
 */
export interface LogEntry {
  readonly level: "info" | "warn" | "error";
  readonly event: string;
  readonly [field: string]: string | number | boolean;
}

/** Takes the log's lines. */
export type Log = (entry: LogEntry) => void;

/** A log of JSON objects, one a line. */
export const jsonLog =
  (write: (line: string) => unknown, now: () => number): Log =>
  (entry) =>
    void write(`${JSON.stringify({ time: new Date(now()).toISOString(), ...entry })}\n`);

/** What names a request in the log. */
export const requestFields = ({ requestId, vaultId, requester }: OpenRequest) => ({
  requestId: String(requestId),
  vaultId: `0x${vaultId.toString(16).padStart(64, "0")}`,
  requester,
});

/** What is said of a fault. */
export const faultFields = (fault: unknown) => ({ fault: faultName(fault) });
