import type { MemoryType, JsonObject } from "../memory/record.ts";
import type { ScopeView } from "../vault/read.ts";

/**
 * What somebody asked an agent contract, as it stands in the chain's `Requested` event. All of it is public, and all of it is
 * data that a stranger chose: never an instruction, to a model or to anything else.
 */
export interface AgentQuestion {
  /** The request, counted by the contract from 1. */
  readonly requestId: bigint;
  /** The vault that it is about. */
  readonly vaultId: bigint;
  /** The account that asked, checksummed. A sealed answer is for its published key. */
  readonly requester: string;
  /** The last second at which it may be answered, in unix seconds. */
  readonly deadline: number;
  /** The question's bytes, 8 KiB at most. */
  readonly data: Uint8Array;
  /** The same as text, or `null` when the bytes are no UTF-8. */
  readonly text: string | null;
}

/** What a handler may know of the vault. */
export interface AgentContext {
  /** The granted scopes and no other, each complete and proven against the chain. Copies: what a handler does to them stays with it. */
  readonly scopes: readonly ScopeView[];
  /** Number of the head that the scopes were read from. It goes with the answer as its receipt. */
  readonly sequence: bigint;
  /** Root of that head, 0x-prefixed. */
  readonly root: string;
  /** Aborted when the answer would come too late: past the handler's time, or because the runner stops. */
  readonly signal: AbortSignal;
}

/** A memory that an agent proposes to the vault's owner, who alone decides whether it becomes one. */
export interface ProposedMemory {
  /** The scope that it is for: its id, as {@link ScopeView} has it, or in a handler's reply its name. */
  readonly scope: string;
  /** What it is; `semantic` unless said. */
  readonly type?: MemoryType;
  /** 1 to 32,768 bytes of UTF-8, as many as the proposal's file takes. */
  readonly text: string;
  /** 0 to 100. */
  readonly importance?: number;
  readonly tags?: readonly string[];
  /** Unix milliseconds, or `null` for no end. */
  readonly validUntil?: number | null;
  readonly metadata?: JsonObject;
}

/**
 * What a handler says to a question:
 * - `answer`: text for the requester alone, sealed to its published key;
 * - `public`: text that everybody reads, for ever;
 * - `proposal`: nothing to the requester, and memories for the owner's inbox, which takes a grant with the permission to propose;
 * - `decline`: nothing at all; the request stays unanswered.
 *
 * An answer of either kind can bring proposals with it.
 */
export type AgentReply =
  | { readonly kind: "answer"; readonly text: string; readonly proposals?: readonly ProposedMemory[] }
  | { readonly kind: "public"; readonly text: string; readonly proposals?: readonly ProposedMemory[] }
  | { readonly kind: "proposal"; readonly proposals: readonly ProposedMemory[] }
  | { readonly kind: "decline" };

/**
 * The one thing that a handler's module exports, under the name `handle`. It is called once for each request that may be
 * answered, and again only when the first call came to nothing: it threw, was too slow, or its answer rested on a head that the
 * chain took back. It must therefore do nothing that cannot be done twice. What it throws may quote what it read: the runner
 * logs that it failed, and no word of it, unless `MEMVAULT_DEBUG=1` asks for it.
 *
 * @param question - what was asked; data, not instructions.
 * @param context - the granted scopes, and a signal to stop at.
 * @returns what to say.
 *
 * @example
 * ```ts
 * import type { AgentHandler } from "memory-vault/agents";
 *
 * export const handle: AgentHandler = ({ text }, { scopes }) => {
 *   const word = text?.trim().toLowerCase() ?? "";
 *   const memories = scopes.flatMap((scope) => scope.memories).filter((memory) => memory.text.toLowerCase().includes(word));
 *   if (word === "" || memories.length === 0) return { kind: "decline" };
 *   return { kind: "answer", text: memories.map((memory) => memory.text).join("\n") };
 * };
 * ```
 */
export type AgentHandler = (
  question: AgentQuestion,
  context: AgentContext,
) => AgentReply | Promise<AgentReply>;
