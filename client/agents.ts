/**
 * Agents: contracts and programs that owners grant to, and what they ask for and bring. An entry of its own, which nobody who
 * reads or writes a vault loads.
 *
 * @module
 */
export { claimOf, decodeRequest, makeRequest, requestIdOf } from "./agents/access-request.ts";
export type { AccessRequest, RequestSigner, SignedRequest } from "./agents/access-request.ts";
export { isSealedAnswer, openAnswer, publicAnswer, sealAnswer } from "./agents/answer.ts";
export type { Answer, AnswerPlace } from "./agents/answer.ts";
export { agentContract, type MemoryAgent } from "./agents/contract.ts";
export * from "./agents/errors.ts";
export { followHands } from "./agents/hands.ts";
export { logsOfRange, MAX_REFUSALS, stretches, type LogSource, type Stretch } from "./agents/logs.ts";
export { notesNamed, readNote, removeNote, writeNote } from "./agents/journal.ts";
export type { Journal } from "./vault/journal.ts";
export { blockRanges, type BlockRange } from "./vault/blocks.ts";
export { finalBlock, finalityOf, PROFILE_ID, spaceIdOf, type Finality } from "./vault/contract.ts";
export { refBytes } from "./crypto/ref.ts";
export type {
  AgentContext,
  AgentHandler,
  AgentQuestion,
  AgentReply,
  ProposedMemory,
} from "./agents/handler.ts";
export { requireSignedBy, type Claim, type SignedBy } from "./agents/signed.ts";
export { namedProposer, proposeOnce, proposerOf, type ProposedOnce } from "./agents/once.ts";
export { leaveProposal, makeProposal, propose, storeProposal, wasProposed } from "./agents/propose.ts";
export type { MadeProposal, Proposed, ProposeRequest } from "./agents/propose.ts";
export {
  decodeProposal,
  encodeProposal,
  MAX_PROPOSED,
  PROPOSAL_SIZES,
  proposalTypedData,
  proposedIds,
} from "./agents/proposal.ts";
export { readProposal, writeProposal } from "./agents/proposal.ts";
export type { OpenedProposal, Proposal, ProposalTypedData, SignProposal } from "./agents/proposal.ts";
export { acceptProposal, inbox, refuseProposal, type Inbox } from "./agents/inbox.ts";
export { MAX_SHOWN, type InboxEntry, type InboxMemory, type ProposersGrant } from "./agents/judged.ts";
export { allow, applyRules, disallow, rules } from "./agents/rules.ts";
export type { Applied, Rule, RuleEntry, RuleRequest } from "./agents/rules.ts";
export { MAX_STRANGERS, MAX_WAITING } from "./agents/waiting.ts";
export { MAX_TAKEN } from "./agents/decisions.ts";
export {
  auditReceipts,
  type AuditedAnswer,
  type AuditedQuestion,
  type Exchange,
  type GrantPeriod,
  type Moment,
  type ReceiptAudit,
} from "./agents/receipts.ts";
export type { Judgement, Verdict } from "./agents/verdict.ts";
export {
  acceptRequest,
  checkRequest,
  keepRequest,
  keptRequest,
  refuseRequest,
  requests,
  type AcceptedTerms,
  type CheckedRequest,
  type KeptRequest,
  type MakeGrant,
  type RequestState,
} from "./agents/requests.ts";
export type { ScopeView } from "./vault/read.ts";
