/** What a receipt is worth, from the vault's log alone: knows no node, no store and no key (SPEC §15). */
import type { ChainHead } from "../vault/contract.ts";
import { isBefore, type GrantStep, type LoggedAnswer, type LoggedCommit, type Place } from "./ledger.ts";

/**
 * What a receipt is worth:
 * - `none`: there is none;
 * - `rests`: it names a head that the vault had by then, under the grant by which it was answered;
 * - `noSuchHead`: the vault had no such head by then;
 * - `beforeGrant`: the answer, or the head that it names, is from before the grant began;
 * - `afterGrant`: the answer came after the grant had ended, and before another began.
 */
export type Verdict = "none" | "rests" | "noSuchHead" | "beforeGrant" | "afterGrant";

/** Verdicts that no honest agent gets. */
export const FALSE_VERDICTS: readonly Verdict[] = ["noSuchHead", "beforeGrant", "afterGrant"];

/** A time in which an account was granted without a break: a changed grant goes on. */
export interface Period {
  readonly from: Place;
  /** The head that stood from then on: what was written before that is not what the grant shows. */
  readonly sequence: bigint;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** What ended it before that: a revoke, a new owner, a grant without READ. */
  readonly until: Place | null;
}

/** Unix seconds of a block. */
export type TimeOf = (place: Pick<Place, "block">) => number;

/** The times in which an account might read, oldest first. */
export function periodsOf(
  steps: readonly GrantStep[],
  commits: readonly LoggedCommit[],
  timeOf: TimeOf,
): Period[] {
  const periods: Period[] = [];
  for (const step of steps) {
    const last = periods.at(-1);
    const open = last?.until === null ? last : undefined;
    const goesOn =
      step.kind === "granted" && step.mayRead && open !== undefined && timeOf(step) < open.expiresAt;
    if (open !== undefined) periods.pop();
    if (goesOn) periods.push({ ...open, expiresAt: step.expiresAt });
    else if (open !== undefined) periods.push({ ...open, until: step });
    if (step.kind === "granted" && step.mayRead && !goesOn)
      periods.push({ from: step, sequence: headBy(commits, step), expiresAt: step.expiresAt, until: null });
  }
  return periods;
}

/** The newest head once a transaction was through; 0 for none. Grant and commit are of one transaction, in whatever order. */
const headBy = (commits: readonly LoggedCommit[], { block, transaction }: Place): bigint =>
  commits.findLast(
    (commit) => commit.block < block || (commit.block === block && commit.transaction <= transaction),
  )?.sequence ?? 0n;

/** What an answer is held against. */
export interface Evidence {
  /** Every commit of the vault, oldest first. */
  readonly commits: readonly LoggedCommit[];
  /** Heads by their sequence, each bound to the present one. */
  readonly heads: ReadonlyMap<bigint, Pick<ChainHead, "root">>;
  readonly periods: readonly Period[];
  readonly timeOf: TimeOf;
}

/** A verdict, and how far behind the vault the answer was. */
export interface Judgement {
  readonly verdict: Verdict;
  /** How many commits the vault had on top of the head when the answer landed; `null` where there was no such head. */
  readonly behind: bigint | null;
}

/** Judges one answer. */
export function judge(answer: LoggedAnswer, { commits, heads, periods, timeOf }: Evidence): Judgement {
  const { sequence, root } = answer;
  const stood = commits.findLast((commit) => isBefore(commit, answer))?.sequence ?? 0n;
  const none = sequence === 0n && BigInt(root) === 0n;
  if (!none && (sequence > stood || heads.get(sequence)?.root !== root))
    return { verdict: "noSuchHead", behind: null };
  const behind = none ? null : stood - sequence;
  const begun = periods.findLast(({ from }) => isBefore(from, answer));
  if (begun === undefined) return { verdict: "beforeGrant", behind };
  const ended = (begun.until !== null && isBefore(begun.until, answer)) || timeOf(answer) >= begun.expiresAt;
  if (ended) return { verdict: "afterGrant", behind };
  if (none) return { verdict: "none", behind };
  return { verdict: sequence < begun.sequence ? "beforeGrant" : "rests", behind };
}
