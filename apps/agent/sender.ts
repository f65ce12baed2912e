import { isError, keccak256, type Block, type Provider, type TransactionReceipt } from "ethers";

import type { Journal, MemoryAgent } from "../../client/agents.ts";
import { ContractRefusal, InsufficientFunds, NoBlocks } from "../../client/index.ts";
import { FeeTooHigh } from "./faults.ts";
import { feesNow, raisedFees, type FeeParts, type Fees } from "./fees.ts";
import { faultFields } from "./log.ts";
import {
  readTransactions,
  removeTransaction,
  writeTransaction,
  type Purpose,
  type SentTransaction,
  type Signed,
} from "./journal.ts";
import { serial } from "./serial.ts";
import type { AgentWorld } from "./world.ts";

// Nothing is sent twice (SPEC §15): what was signed is in the journal before the chain sees it, with its nonce, and after a
// restart the same bytes are sent again. One nonce lands once, whatever happens.

/** What became of a transaction, once no reorganisation can change it: another one of its nonce may have landed in its place. */
export type Outcome = "landed" | "reverted" | "displaced";

/** What a runner sends in its agent's name. */
export interface Sender {
  /**
   * Signs and sends a transaction, unless one for the same is on its way.
   *
   * @throws {ContractRefusal} when it would be refused. {InsufficientFunds} when the operator cannot pay. {FeeTooHigh} when it would not.
   */
  send(purpose: Purpose, data: string): Promise<void>;
  /** Whether a transaction for this is on its way. */
  isUnderWay(purpose: Purpose): boolean;
  /** Looks after what was sent: forgets what is final, sends again what was lost, pays more for what is stuck. */
  follow(finalNumber: number | null): Promise<void>;
  /** How many transactions no block has. */
  readonly unmined: number;
}

/** What a sender works with. */
export interface SenderParts extends FeeParts, Pick<AgentWorld, "operator" | "broadcast" | "log" | "now"> {
  readonly agent: MemoryAgent;
  readonly address: string;
  readonly chainId: bigint;
  readonly journal: Journal;
  readonly stuckAfter: number;
  /** Whether a transaction is still of use: one that is not gives its nonce up to an empty one. */
  readonly isNeeded: (purpose: Purpose) => Promise<boolean>;
  /** Whether what was signed must not land any more, in this block or a later one. */
  readonly isStale: (sent: SentTransaction, block: Pick<Block, "number" | "timestamp">) => Promise<boolean>;
  /** Hears what became of a transaction; it is forgotten after that. Called again after a crash. */
  readonly settled: (
    sent: SentTransaction,
    outcome: Outcome,
    hash: string | null,
    late: boolean,
  ) => Promise<void>;
}

/** Takes up what an earlier run left, and hands nonces out in one place. */
export async function senderOf(parts: SenderParts): Promise<Sender> {
  const { journal, provider } = parts;
  const queued = serial();
  const sent = new Map((await readTransactions(journal)).map((each) => [each.nonce, each]));
  const mined = new Set<number>();
  let missing: number | null = null;
  const keep = async (transaction: SentTransaction): Promise<void> => {
    await writeTransaction(journal, transaction);
    sent.set(transaction.nonce, transaction);
  };
  const forget = async (
    transaction: SentTransaction,
    outcome: Outcome,
    hash: string | null,
    late = false,
  ): Promise<void> => {
    await parts.settled(transaction, outcome, hash, late);
    await removeTransaction(journal, transaction);
    sent.delete(transaction.nonce);
    mined.delete(transaction.nonce);
  };
  const isUnderWay = (purpose: Purpose): boolean =>
    [...sent.values()].some((each) => isSame(each.purpose, purpose));

  const send = async (purpose: Purpose, data: string): Promise<void> => {
    if (isUnderWay(purpose)) return;
    const gasLimit = await gasOf(parts, data);
    const { fee, priorityFee, least, most } = await feesNow(parts);
    if (least > most.fee) throw new FeeTooHigh(least, most.fee);
    await requireFunds(parts, gasLimit * fee);
    const { address } = parts.operator;
    const next = await provider.getTransactionCount(address, "pending");
    const nonce = Math.max(next, ...[...sent.keys()].map((used) => used + 1));
    const form = await signed(parts, { nonce, data, gasLimit, fee, priorityFee, empty: false });
    const block = await provider.getBlockNumber();
    const sentAt = parts.now();
    await keep({ nonce, purpose, data, gasLimit, forms: [form], fee, priorityFee, sentAt, block });
    await handOver(parts, form);
  };

  const raise = async (transaction: SentTransaction, stale: boolean): Promise<void> => {
    const { nonce, purpose, data, gasLimit, forms } = transaction;
    const [newest] = forms.slice(-1);
    if (forms.length >= MOST_FORMS && newest !== undefined) return handOver(parts, newest);
    const empty = stale || forms.some((form) => form.empty) || !(await parts.isNeeded(purpose));
    const fees = raisedFees(transaction, await feesNow(parts));
    if (fees === null) {
      parts.log({ level: "warn", event: "fee at its limit", nonce });
      await keep({ ...transaction, sentAt: parts.now() });
      return newest && handOver(parts, newest);
    }
    const { fee, priorityFee } = fees;
    const form = await signed(parts, { nonce, data, gasLimit, fee, priorityFee, empty });
    await keep({ ...transaction, forms: [...forms, form], fee, priorityFee, sentAt: parts.now() });
    parts.log({ level: "warn", event: "stuck", nonce, transaction: form.hash, empty });
    await handOver(parts, form);
  };

  const followOne = async (transaction: SentTransaction, counted: Counts): Promise<void> => {
    const { nonce } = transaction;
    const receipt = await receiptOf(provider, transaction);
    if (receipt !== null) {
      mined.add(nonce);
      if (counted.finalNumber === null || receipt.blockNumber > counted.finalNumber) return;
      const block = await provider.getBlock(receipt.blockNumber);
      const late = block !== null && (await parts.isStale(transaction, block));
      return forget(transaction, outcomeOf(transaction, receipt), receipt.hash, late);
    }
    mined.delete(nonce);
    if (counted.final > nonce) return forget(transaction, "displaced", null);
    if (counted.latest > nonce) return;
    const newest = transaction.forms.at(-1);
    const stale = await parts.isStale(transaction, counted.newest);
    // What must not land is not sent again: its nonce is given up at once.
    const due = parts.now() - transaction.sentAt >= parts.stuckAfter || (stale && newest?.empty === false);
    if (due) return raise(transaction, stale);
    if (newest !== undefined) await handOver(parts, newest);
  };

  const follow = async (finalNumber: number | null): Promise<void> => {
    if (sent.size === 0) return;
    const counted = await counts(parts, finalNumber);
    const inOrder = [...sent.values()].sort((a, b) => a.nonce - b.nonce);
    // A chain that was taken back further than any chain is: the nonces before these will never be ours.
    const lowest = inOrder[0]?.nonce ?? 0;
    if (lowest <= counted.pending) missing = null;
    else missing ??= parts.now();
    // A node may be behind for a while.
    const gap = missing !== null && parts.now() - missing >= parts.stuckAfter;
    for (const transaction of inOrder)
      if (gap) await forget(transaction, "displaced", null);
      else await followOne(transaction, counted);
  };

  return {
    send: (purpose, data) => queued(() => send(purpose, data)),
    follow: (finalNumber) => queued(() => follow(finalNumber)),
    isUnderWay,
    get unmined() {
      return [...sent.keys()].filter((nonce) => !mined.has(nonce)).length;
    },
  };
}

/** Forms of one transaction that are signed at most: each costs a fourth more. */
const MOST_FORMS = 16;

const isSame = (a: Purpose, b: Purpose): boolean => purposeText(a) === purposeText(b);

const purposeText = (purpose: Purpose): string =>
  purpose.kind === "key"
    ? "key"
    : `${purpose.kind} ${purpose.requestId} ${purpose.kind === "proposal" ? purpose.digest : ""}`;

interface Counts {
  readonly latest: number;
  readonly pending: number;
  readonly final: number;
  readonly finalNumber: number | null;
  readonly newest: Pick<Block, "number" | "timestamp">;
}

async function counts({ provider, operator }: SenderParts, finalNumber: number | null): Promise<Counts> {
  const [newest, latest, pending, final] = await Promise.all([
    provider.getBlock("latest"),
    provider.getTransactionCount(operator.address, "latest"),
    provider.getTransactionCount(operator.address, "pending"),
    finalNumber === null ? 0 : provider.getTransactionCount(operator.address, finalNumber),
  ]);
  if (newest === null) throw new NoBlocks();
  return { newest, latest, pending, final, finalNumber };
}

async function receiptOf(provider: Provider, { forms }: SentTransaction): Promise<TransactionReceipt | null> {
  for (const { hash } of forms.toReversed()) {
    const receipt = await provider.getTransactionReceipt(hash);
    if (receipt !== null) return receipt;
  }
  return null;
}

function outcomeOf({ forms }: SentTransaction, { hash, status }: TransactionReceipt): Outcome {
  if (forms.some((form) => form.empty && form.hash === hash)) return "displaced";
  return status === 1 ? "landed" : "reverted";
}

/** A little more than it takes now: state may change until it lands. */
async function gasOf({ provider, operator, agent, address }: SenderParts, data: string): Promise<bigint> {
  try {
    return ((await provider.estimateGas({ from: operator.address, to: address, data })) * 5n) / 4n;
  } catch (fault) {
    const revert = isError(fault, "CALL_EXCEPTION") ? fault.data : null;
    if (revert === null) throw fault;
    const parsed = agent.interface.parseError(revert);
    throw new ContractRefusal(parsed?.name ?? "reverted", parsed?.args.toArray() ?? [], { cause: fault });
  }
}

async function requireFunds({ provider, operator }: SenderParts, needed: bigint): Promise<void> {
  if ((await provider.getBalance(operator.address)) < needed) throw new InsufficientFunds(operator.address);
}

interface Unsigned extends Fees {
  readonly nonce: number;
  readonly data: string;
  readonly gasLimit: bigint;
  readonly empty: boolean;
}

async function signed({ operator, address, chainId }: SenderParts, form: Unsigned): Promise<Signed> {
  const { nonce, data, gasLimit, fee, priorityFee, empty } = form;
  const raw = await operator.signTransaction({
    ...{ chainId, nonce, value: 0n, gasLimit },
    ...(empty ? { to: operator.address, data: "0x" } : { to: address, data }),
    ...(priorityFee === null
      ? { type: 0, gasPrice: fee }
      : { type: 2, maxFeePerGas: fee, maxPriorityFeePerGas: priorityFee }),
  });
  return { raw, hash: keccak256(raw), empty };
}

/** That a node does not take it is no fault of the transaction: it is in the journal, and sent again. */
async function handOver({ broadcast, log }: SenderParts, { raw, hash }: Signed): Promise<void> {
  await broadcast(raw).catch((fault: unknown) => {
    if (isKnown(fault)) return;
    log({ level: "warn", event: "not sent yet", transaction: hash, ...faultFields(fault) });
  });
}

/** Whether the node has it, or another of its nonce. */
const isKnown = (fault: unknown): boolean =>
  isError(fault, "NONCE_EXPIRED") ||
  isError(fault, "REPLACEMENT_UNDERPRICED") ||
  (fault instanceof Error && /already (known|imported)|nonce (is )?too low/i.test(fault.message));
