import type { Memory } from "../memory/record.ts";

/** What of a memory weighs in beside its words. */
export type Weighed = Pick<Memory, "importance" | "reinforcements" | "updatedAt" | "validUntil">;

/** How much each property of a memory weighs in a search; 0 switches it off. */
export interface Weights {
  /** The share by which the highest importance raises a score, and the lowest lowers it. One that nobody rated does neither. */
  readonly importance: number;
  /** The share by which each doubling of a memory's confirmations raises its score, five times at most. */
  readonly reinforcement: number;
  /** The share by which a score is raised at the moment of its memory's last change; half of it after {@link HALF_LIFE_MS}. */
  readonly recency: number;
  /** The share that a memory loses which is not valid any more. It is still found: who asks for the past means it. */
  readonly validity: number;
}

/**
 * Small enough that words decide between memories that have them and those that lack them: all together make at most 1.65 of a
 * score, or take six tenths of it.
 */
export const WEIGHTS: Weights = { importance: 0.2, reinforcement: 0.05, recency: 0.1, validity: 0.5 };

/** Words alone. */
export const NO_WEIGHTS: Weights = { importance: 0, reinforcement: 0, recency: 0, validity: 0 };

/** After this time, half a year, a memory's recency weighs half as much. */
export const HALF_LIFE_MS = 182 * 86_400_000;

const DOUBLINGS = 5;
const MEAN_IMPORTANCE = 50;

/**
 * By what a memory's score is multiplied.
 *
 * @param now - The present, in Unix milliseconds; `undefined` leaves age and validity out.
 */
export function weightOf(memory: Weighed, weights: Weights, now: number | undefined): number {
  const { importance, reinforcements, updatedAt, validUntil } = memory;
  const rated = 1 + (weights.importance * (importance - MEAN_IMPORTANCE)) / MEAN_IMPORTANCE;
  const confirmed = 1 + weights.reinforcement * Math.min(Math.log2(1 + reinforcements), DOUBLINGS);
  if (now === undefined) return rated * confirmed;
  // A clock that runs behind makes nothing newer than new.
  const recent = 1 + weights.recency * 2 ** (-Math.max(0, now - updatedAt) / HALF_LIFE_MS);
  const valid = validUntil !== null && validUntil <= now ? 1 - weights.validity : 1;
  return rated * confirmed * recent * valid;
}

/** The most that {@link weightOf} gives any memory. */
export const mostOf = ({ importance, reinforcement, recency, validity }: Weights): number =>
  (1 + Math.abs(importance)) *
  (1 + Math.max(0, reinforcement) * DOUBLINGS) *
  (1 + Math.max(0, recency)) *
  (1 + Math.max(0, -validity));
