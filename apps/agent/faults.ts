import { formatUnits, isError } from "ethers";

import { MayNotPropose, ScopeNotGranted } from "../../client/agents.ts";
import {
  ContentTooLarge,
  ContractRefusal,
  GrantExpired,
  GrantRevoked,
  NotAMember,
  VaultChangedHands,
  VaultError,
} from "../../client/index.ts";

/** No agent contract of this project's vaults stands at the address. */
export class NotAnAgent extends VaultError {
  constructor(
    readonly agent: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`${agent} is no agent that can be run here: ${why}. Check its address and the network.`, options);
  }
}

/** The account that would pay is not the one that the contract takes answers from. */
export class OperatorRequired extends VaultError {
  constructor(
    readonly agent: string,
    readonly operator: string,
    readonly account: string | null,
  ) {
    super(
      `Only ${operator} may act for the agent ${agent}, and this is ${account ?? "no account"}. Name its keystore.`,
    );
  }
}

/** The module that should answer cannot be used. */
export class HandlerMissing extends VaultError {
  constructor(
    readonly module: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `${module} ${why}. A handler's module exports a function named handle; see docs/agents.md.`,
      options,
    );
  }
}

/** The handler threw. Nothing of what it said is here: it may quote what it read. */
export class HandlerFailed extends VaultError {
  constructor() {
    super("The handler failed. It alone knows why; what it throws is told to nobody.");
  }
}

/** The handler took too long. */
export class HandlerLate extends VaultError {
  constructor(readonly seconds: number) {
    super(`The handler did not answer within ${seconds} s. Make it faster, or give it more time.`);
  }
}

/** What the handler returned is no reply. */
export class InvalidReply extends VaultError {
  constructor(readonly where: string) {
    super(`The handler's reply is none: ${where}. See AgentReply in docs/agents.md.`);
  }
}

/** The question is longer than any that is looked at. */
export class QuestionTooLarge extends VaultError {
  constructor(
    readonly size: number,
    readonly limit: number,
  ) {
    super(`The question has ${size} bytes, ${limit} are the limit. Ask less at once.`);
  }
}

/** One account asked more than its share. */
export class TooManyRequests extends VaultError {
  constructor(
    readonly requester: string,
    readonly limit: number,
  ) {
    super(`${requester} has ${limit} requests waiting here. Ask again when some are answered.`);
  }
}

/** A request that failed again and again, where others wait. */
export class BacklogFull extends VaultError {
  constructor() {
    super(
      "Too many requests are open, and this one failed most often. Ask again when what it needs is there.",
    );
  }
}

/** The request may not be answered any more, or never could. */
export class RequestEnded extends VaultError {
  constructor(
    readonly requestId: bigint,
    readonly why: "answered" | "late" | "not granted" | "another owner's" | "unknown" | "tried too often",
  ) {
    super(`Request ${requestId} takes no answer: ${why}. Nothing is to be done.`);
  }
}

/** No identity that is kept here opens the welcome. */
export class NoIdentity extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(`No key of this agent opens the welcome to vault 0x${vaultId.toString(16)}. Have it granted anew.`);
  }
}

/** The head that the reply rests on is no longer the vault's. */
export class HeadMoved extends VaultError {
  constructor(readonly sequence: bigint) {
    super(`The chain took head ${sequence} back. It is read again.`);
  }
}

/** What a reply was read by is not the grant in force. */
export class GrantChanged extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(`The grant of vault 0x${vaultId.toString(16)} is another one since. What it grants is read again.`);
  }
}

/** A proposal beside an answer that may not be left any more; the answer goes on without it. */
export class ProposalRefused extends VaultError {
  constructor(
    readonly digest: string,
    options: ErrorOptions,
  ) {
    super(`The proposal ${digest} beside an answer may not be left. The answer goes without it.`, options);
  }
}

/** Gas costs more than is paid at most. */
export class FeeTooHigh extends VaultError {
  constructor(
    /** Wei per gas. */
    readonly asked: bigint,
    readonly limit: bigint,
  ) {
    super(
      `The RPC asks for ${formatUnits(asked, "gwei")} gwei for gas, and ${formatUnits(limit, "gwei")} are paid at most. Nothing was sent; it is ` +
        "tried again. If gas does cost that, say how much is paid with --max-fee; if not, ask another RPC.",
    );
  }
}

/** A transaction for a request landed, and did not do what it should. */
export class TransactionLost extends VaultError {
  constructor(readonly nonce: number) {
    super(`The transaction with nonce ${nonce} was reverted. A new one is made, if it is still needed.`);
  }
}

/** A vault that is larger than an agent reads at once. */
export class VaultTooLarge extends VaultError {
  constructor(
    readonly vaultId: bigint,
    /** Bytes. */
    readonly most: number,
  ) {
    super(
      `Vault 0x${vaultId.toString(16).padStart(64, "0")} was not read: what was granted takes more than ${most} bytes. Have its owner grant fewer scopes.`,
    );
  }
}

const ENDED = [
  MayNotPropose,
  RequestEnded,
  GrantExpired,
  GrantRevoked,
  NotAMember,
  VaultChangedHands,
  NoIdentity,
  VaultTooLarge,
] as const;
const REFUSED = new Set(["AlreadyAnswered", "DeadlinePassed", "NotGranted", "UnknownRequest", "NotOperator"]);

/** Whether a fault is one that no time mends: the request is done with. All others are tried again. */
export const isPermanent = (fault: unknown): boolean =>
  ENDED.some((kind) => fault instanceof kind) ||
  (fault instanceof ContractRefusal && REFUSED.has(fault.error));

/** Whether the handler is to blame, or asking it again may be in vain: it is asked only so often. */
export const isHandlers = (fault: unknown): boolean =>
  [HandlerFailed, HandlerLate, InvalidReply, ScopeNotGranted, ContentTooLarge, TransactionLost].some(
    (kind) => fault instanceof kind,
  );

/**
 * What a log may say of a fault: a name, and of a contract's refusal its error's. Names of what others throw are theirs to choose,
 * and not repeated; messages quote what they were about.
 */
export function faultName(fault: unknown): string {
  if (fault instanceof RequestEnded) return `${fault.name}: ${fault.why}`;
  // Which field it is, and not what it holds.
  if (fault instanceof InvalidReply) return `${fault.name}: ${fault.where}`;
  if (fault instanceof ContractRefusal) return `${fault.name}: ${fault.error}`;
  if (fault instanceof VaultError) return fault.name;
  if (SILENT.has(String((fault as { readonly code?: unknown } | null)?.code))) return "ChainUnreachable";
  for (const code of CODES) if (isError(fault, code)) return code;
  return "unforeseen";
}

/** How a socket says that nobody is there. A store's own are a VaultError by then. */
const SILENT: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH", "EPIPE"],
  ...["NETWORK_ERROR", "SERVER_ERROR", "TIMEOUT"],
]);

const CODES = [
  ...(["CALL_EXCEPTION", "INSUFFICIENT_FUNDS"] as const),
  ...(["BAD_DATA", "NONCE_EXPIRED", "REPLACEMENT_UNDERPRICED", "UNKNOWN_ERROR", "CANCELLED"] as const),
];
