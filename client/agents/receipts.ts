/**
 * What an agent's answers rested on, held against the vault's own log: the agent's contract says what it likes, and is asked for
 * nothing but its questions and answers (SPEC §15).
 */
import { getAddress, isAddress } from "ethers";

import { HeadUnknown, InvalidAccount, VaultError } from "../errors.ts";
import type { ChainHead } from "../vault/contract.ts";
import { headsFrom } from "../vault/history.ts";
import { openPast } from "../vault/past.ts";
import { rosterOf } from "../vault/plan.ts";
import { finalNumber } from "../vault/rpcs.ts";
import { agreedBlock, newestBlock, pinnedHead, stateOf, type Vault } from "../vault/session.ts";
import type { MemberState } from "../vault/journal.ts";
import { ledgerOf, type Ledger, type LoggedAnswer, type LoggedQuestion, type Place } from "./ledger.ts";
import { FALSE_VERDICTS, judge, periodsOf, type Judgement, type TimeOf, type Verdict } from "./verdict.ts";

/** When an event happened. */
export interface Moment {
  readonly block: number;
  /** Unix seconds. */
  readonly time: number;
  /** The transaction's hash. */
  readonly transaction: string;
  /** Whether the chain will not take it back. */
  readonly final: boolean;
}

/** What the agent's contract was asked. */
export interface AuditedQuestion extends Moment {
  readonly requester: string;
  /** Unix seconds. */
  readonly deadline: bigint;
  /** As it stands on chain; data, whatever it says. */
  readonly data: Uint8Array;
}

/** What it answered, and what the receipt is worth. */
export interface AuditedAnswer extends Moment, Judgement {
  /** The head that the answer rests on, by its own word; 0 for none. */
  readonly sequence: bigint;
  /** 0x-prefixed. */
  readonly root: string;
  /** How many memories that head had in the scopes that the agent was granted then; `null` where this device cannot tell. */
  readonly memories: number | null;
  /** As it stands on chain: public text, or sealed. */
  readonly data: Uint8Array;
}

/** A question, its answer, or both: a contract that lies may have answered what nobody asked, or twice. */
export interface Exchange {
  readonly requestId: bigint;
  readonly question: AuditedQuestion | null;
  readonly answer: AuditedAnswer | null;
}

/** A time in which the agent was granted without a break. */
export interface GrantPeriod {
  /** The block of its grant, and the head that stood from then on. */
  readonly block: number;
  readonly sequence: bigint;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** The block in which a revoke, a new owner or a grant without READ ended it before that. */
  readonly ended: number | null;
}

/** All that an agent answered about a vault. */
export interface ReceiptAudit {
  readonly agent: string;
  /** The vault's head that its receipts were held against. */
  readonly sequence: bigint;
  readonly periods: readonly GrantPeriod[];
  /** Oldest first. */
  readonly exchanges: readonly Exchange[];
  /** How many answers there are of each verdict. */
  readonly totals: Readonly<Record<Verdict, number>>;
  /** Whether every answer is one that an honest agent gives, and there are no others: none left out, none that nobody can read. */
  readonly sound: boolean;
  /** How many of the contract's events are in no form that its interface has. */
  readonly malformed: number;
  /** Whether these are all its answers; else the newest. */
  readonly complete: boolean;
  /** Whether these are all its questions; else the newest. On a contract that anybody asks, anybody makes them many. */
  readonly questionsComplete: boolean;
}

/** How many heads are opened to count memories: each takes reads of the store. */
const MAX_OPENED = 64;

/** Blocks whose time is asked for at once. */
const ASKED_AT_ONCE = 16;

/**
 * Holds every receipt of an agent's against the vault's own history. Nothing that decides is the agent's word: which heads there
 * were, when, and by which grant it might read them, all stands in the vault's log.
 *
 * @param agent - the agent contract's address.
 * @throws {InvalidAccount} when that is no address. {HeadUnknown} when the node has pruned the vault's log. {RollbackDetected} and
 *   {RpcsDisagree} as every read does.
 */
export async function auditReceipts(vault: Vault, agent: string): Promise<ReceiptAudit> {
  if (!isAddress(agent)) throw new InvalidAccount(agent);
  const account = getAddress(agent);
  const state = await stateOf(vault);
  // The head as of the ledger's end: one that was committed in between would be an honest answer's, and unknown here.
  const { number } = await newestBlock(vault);
  const newest = await pinnedHead(vault, state, number);
  const ledger = await ledgerOf(vault, account, number);
  const timeOf = await clockOf(vault, [...ledger.steps, ...ledger.events]);
  const { commits, events, malformed, complete, questionsComplete } = ledger;
  const periods = periodsOf(ledger.steps, commits, timeOf);
  const heads = await headsNamed(vault, newest, ledger);
  const momentOf = moments(timeOf, await finalNumber(vault));
  const judged = events.map((event) =>
    event.kind === "question" ? event : { ...event, ...judge(event, { commits, heads, periods, timeOf }) },
  );
  const answers = judged.filter((event) => event.kind === "answer");
  const rested = answers.flatMap(({ verdict, sequence }) =>
    verdict === "rests" ? (heads.get(sequence) ?? []) : [],
  );
  const counts = await countsOf(vault, state, account, rested);
  const totals = { none: 0, rests: 0, noSuchHead: 0, beforeGrant: 0, afterGrant: 0 };
  for (const { verdict } of answers) totals[verdict]++;
  return {
    ...{ agent: account, sequence: newest.sequence, totals, malformed, complete, questionsComplete },
    sound: complete && malformed === 0 && FALSE_VERDICTS.every((verdict) => totals[verdict] === 0),
    periods: periods.map(({ from, sequence, expiresAt, until }) => ({
      ...{ block: from.block, sequence, expiresAt, ended: until?.block ?? null },
    })),
    exchanges: exchangesOf(judged, counts, momentOf),
  };
}

/** The time of every block in which one of these stands. */
async function clockOf(vault: Vault, places: readonly Place[]): Promise<TimeOf> {
  const blocks = [...new Set(places.map(({ block }) => block))];
  const times = new Map<number, number>();
  for (let at = 0; at < blocks.length; at += ASKED_AT_ONCE) {
    const asked = blocks.slice(at, at + ASKED_AT_ONCE).map((block) => agreedBlock(vault, block));
    for (const { number, timestamp } of await Promise.all(asked)) times.set(number, timestamp);
  }
  return ({ block }) => times.get(block) ?? 0;
}

/** Every head from the earliest that a receipt may name, bound to the newest one by their state roots. */
async function headsNamed(
  vault: Vault,
  newest: ChainHead,
  { commits, events }: Ledger,
): Promise<Map<bigint, ChainHead>> {
  const named = events.flatMap((event) => (event.kind === "answer" ? [event.sequence] : []));
  const known = named.filter((sequence) => sequence >= 1n && sequence <= newest.sequence);
  const [first, ...others] = known;
  if (first === undefined) return new Map();
  const earliest = others.reduce((least, each) => (each < least ? each : least), first);
  const heads = await headsFrom(vault, newest, earliest);
  const logged = new Set(commits.map(({ stateRoot }) => stateRoot));
  // When a head came is judged by its place in the log: one that is not there would count as of no time.
  const missing = heads.find(({ stateRoot }) => !logged.has(stateRoot));
  if (missing !== undefined) throw new HeadUnknown(missing.sequence);
  return new Map(heads.map((head) => [head.sequence, head]));
}

type Moments = (place: Place) => Moment;

const moments =
  (timeOf: TimeOf, final: number | null): Moments =>
  ({ block, hash }) => ({
    ...{ block, time: timeOf({ block }), transaction: hash, final: final !== null && block <= final },
  });

/**
 * How many memories some heads had in the scopes that an account had been granted then, as far as this device still opens them: the
 * newest of them, each once.
 */
async function countsOf(
  vault: Vault,
  state: MemberState,
  account: string,
  rested: readonly ChainHead[],
): Promise<Map<bigint, number>> {
  const counts = new Map<bigint, number>();
  const newestFirst = [...new Set(rested)].sort((a, b) => Number(b.sequence - a.sequence));
  for (const head of newestFirst.slice(0, MAX_OPENED)) {
    const count = await countOf(vault, state, account, head).catch((fault: unknown) => {
      if (fault instanceof VaultError) return null;
      throw fault;
    });
    if (count !== null) counts.set(head.sequence, count);
  }
  return counts;
}

/** Of a reader's device nobody learns what another was granted: the roster is the owner's. */
async function countOf(
  vault: Vault,
  state: MemberState,
  account: string,
  head: ChainHead,
): Promise<number | null> {
  if (state.class !== "owner") return null;
  const opened = await openPast(vault, state, head, { words: null, replaced: null });
  const members = [...rosterOf(opened).members.values()];
  const granted = members.find(({ grantee, listed }) => listed && grantee === account.toLowerCase());
  if (granted === undefined) return null;
  return granted.scopes.reduce((sum, id) => sum + (opened.memories.get(id)?.size ?? 0), 0);
}

type Judged = LoggedQuestion | (LoggedAnswer & Judgement);

/** Puts answers to their questions: an answer to the one of its id that came before it, whatever is left on its own. */
function exchangesOf(
  events: readonly Judged[],
  counts: ReadonlyMap<bigint, number>,
  momentOf: Moments,
): Exchange[] {
  const exchanges: { requestId: bigint; question: AuditedQuestion | null; answer: AuditedAnswer | null }[] =
    [];
  const asked = new Map<bigint, (typeof exchanges)[number]>();
  for (const event of events) {
    const { requestId, data } = event;
    if (event.kind === "question") {
      const { requester, deadline } = event;
      const exchange = {
        requestId,
        question: { ...momentOf(event), requester, deadline, data },
        answer: null,
      };
      exchanges.push(exchange);
      asked.set(requestId, exchange);
      continue;
    }
    const { sequence, root, verdict, behind } = event;
    const memories = verdict === "rests" ? (counts.get(sequence) ?? null) : null;
    const answer = { ...momentOf(event), sequence, root, verdict, behind, memories, data };
    const exchange = asked.get(requestId);
    if (exchange?.answer === null) exchange.answer = answer;
    else exchanges.push({ requestId, question: exchange?.question ?? null, answer });
  }
  return exchanges;
}
