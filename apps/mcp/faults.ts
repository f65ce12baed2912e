import { GrantExpired, GrantRevoked, NotAMember, RpcUnavailable } from "../../client/index.ts";
import { VaultChangedHands, VaultError } from "../../client/index.ts";

/** Nobody answered for the chain, so nothing could be read that is known to be current. */
export class ChainUnreachable extends VaultError {
  constructor(options?: ErrorOptions) {
    super(
      "The chain does not answer. What the journal has stays there: try again later, or look at the network.",
      options,
    );
  }
}

/** Not a cursor that this server gave. */
export class InvalidCursor extends VaultError {
  constructor() {
    super("The cursor is not one of this list. Ask for the list without a cursor.");
  }
}

/** No scope of that name is among those that this member holds. */
export class UnknownScope extends VaultError {
  constructor(readonly scope: string) {
    super(`There is no scope ${JSON.stringify(scope)} here. Check its name, or ask for a grant of it.`);
  }
}

/** An update that changes nothing. */
export class NothingToChange extends VaultError {
  constructor(readonly id: string) {
    super(`Nothing was said that would change memory ${id}. Give content, type, importance or tags.`);
  }
}

const ENDED = [GrantExpired, GrantRevoked, NotAMember, VaultChangedHands];

/** What a client is told of a fault: its name and its message when it is one of ours, and never a stack. */
export function answerOf(fault: unknown): string {
  if (!(fault instanceof VaultError)) return "Something failed inside the server. Its log says where.";
  const ended = ENDED.some((kind) => fault instanceof kind) ? "Access to this vault has ended. " : "";
  return `${fault.name}: ${ended}${fault.message}`;
}

const UNREACHABLE = new Set([
  "NETWORK_ERROR",
  "SERVER_ERROR",
  "TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
]);

/** Turns what a provider says when nobody answers it into {@link ChainUnreachable}; other faults stay what they are. */
export function chainFault(fault: unknown): unknown {
  if (fault instanceof RpcUnavailable) return new ChainUnreachable({ cause: fault });
  const code: unknown = fault instanceof Error && "code" in fault ? fault.code : undefined;
  return typeof code === "string" && UNREACHABLE.has(code) ? new ChainUnreachable({ cause: fault }) : fault;
}
