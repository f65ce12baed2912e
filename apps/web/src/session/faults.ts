import { RpcUnavailable, StoreUnavailable } from "../../../../client/index.ts";
import { ChainUnreachable } from "../chain/errors.ts";

/** Whether a failure is the connection's, and over when the connection is back. */
export function isConnection(fault: unknown): boolean {
  if ([RpcUnavailable, StoreUnavailable, ChainUnreachable].some((kind) => fault instanceof kind)) return true;
  const code: unknown = fault instanceof Error && "code" in fault ? fault.code : undefined;
  return ["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT"].some((each) => each === code);
}

/** Seconds before the next try: twice as many each time, a minute at most. */
export const backoff = (tries: number): number => Math.min(60, 2 ** Math.min(tries + 1, 6));
