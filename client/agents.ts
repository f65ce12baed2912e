/**
 * Agents: contracts and programs that owners grant to, and what they ask for and bring. An entry of its own, which nobody who
 * reads or writes a vault loads.
 *
 * @module
 */
export { isSealedAnswer, openAnswer, publicAnswer, sealAnswer } from "./agents/answer.ts";
export type { Answer, AnswerPlace } from "./agents/answer.ts";
export { agentContract, type MemoryAgent } from "./agents/contract.ts";
export * from "./agents/errors.ts";
export type {
  AgentContext,
  AgentHandler,
  AgentQuestion,
  AgentReply,
  ProposedMemory,
} from "./agents/handler.ts";
export { requireSignedBy, type Claim, type SignedBy } from "./agents/signed.ts";
