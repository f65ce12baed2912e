import {
  GrantExpired,
  GrantRevoked,
  NotAMember,
  RpcUnavailable,
  StoreUnavailable,
} from "../../../../client/index.ts";
import { ChainUnreachable } from "../chain/errors.ts";

/** Whether a failure is the connection's, and over when the connection is back. */
export function isConnection(fault: unknown): boolean {
  if ([RpcUnavailable, StoreUnavailable, ChainUnreachable].some((kind) => fault instanceof kind)) return true;
  const code: unknown = fault instanceof Error && "code" in fault ? fault.code : undefined;
  return ["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT"].some((each) => each === code);
}

/** Whether a failure says that this device reads the vault no more. */
export const isEnd = (fault: unknown): boolean =>
  [NotAMember, GrantRevoked, GrantExpired].some((kind) => fault instanceof kind);

/** Seconds before the next try: twice as many each time, a minute at most. */
export const backoff = (tries: number): number => Math.min(60, 2 ** Math.min(tries + 1, 6));
