import type { SeenCommit, SeenGrant } from "../outsider/seen.ts";

/** What the height of a mark says. */
export type Measure = "bytes" | "gas";

/** A commit in the plot. Places are parts of the plot's width, heights parts of the highest mark. */
export interface Mark {
  readonly commit: SeenCommit;
  readonly x: number;
  /** `null` where the node does not tell. */
  readonly height: number | null;
}

/** A listed grant in the plot. */
export interface Span {
  readonly grant: SeenGrant;
  readonly from: number;
  readonly to: number;
  /** Spans of one account are in one lane. */
  readonly lane: number;
  /** What its end is: something ended it, it ran out, or it goes on beyond the plot or the present. */
  readonly end: "cut" | "over" | "open";
}

/** A date below the axis. */
export interface Tick {
  readonly x: number;
  /** Unix seconds. */
  readonly time: number;
}

/** A plot of what was committed and listed when. */
export interface Plot {
  readonly marks: readonly Mark[];
  readonly spans: readonly Span[];
  readonly ticks: readonly Tick[];
  /** Who each lane is of. */
  readonly lanes: readonly string[];
  /** Where the present is. */
  readonly now: number;
  /** What the highest mark stands for. */
  readonly most: number;
  /** What is not in it: because its time was not looked up, or because there is no room. */
  readonly hidden: { readonly commits: number; readonly grants: number };
}

/** Marks that are drawn, the newest: more lie over each other, and a browser takes long for them. */
const MOST_MARKS = 1_000;

/** Accounts that have a lane, the newest. */
const MOST_LANES = 12;

/** So that the first and the last mark are not cut. */
const MARGIN = 0.02;

/** How much of the future is shown where a grant goes on, as a part of the past. */
const AHEAD = 0.15;

/**
 * Lays a vault's commits and listed grants out over time.
 *
 * @param now - The time of the newest block, in Unix seconds.
 * @param measure - What the height of a mark says.
 */
export function plotOf(
  allCommits: readonly SeenCommit[],
  allGrants: readonly SeenGrant[],
  now: number,
  measure: Measure,
): Plot {
  const commits = allCommits.flatMap(timed).slice(-MOST_MARKS);
  const known = allGrants.flatMap(begun);
  const accounts = new Set(known.toReversed().map(({ grant: { grantee } }) => grantee));
  const shown = new Set([...accounts].slice(0, MOST_LANES));
  const grants = known.filter(({ grant: { grantee } }) => shown.has(grantee));
  const begin = Math.min(now, ...commits.map(({ time }) => time), ...grants.map(({ from }) => from));
  const goesOn = grants.some(({ grant }) => grant.stands);
  const end = now + (goesOn ? Math.ceil((now - begin) * AHEAD) : 0);
  const placeOf = (time: number): number =>
    // A moment has no width: it stands in the middle.
    end === begin ? 0.5 : MARGIN + ((1 - 2 * MARGIN) * (Math.min(time, end) - begin)) / (end - begin);
  const most = Math.max(0, ...commits.map(({ commit }) => commit.transaction[measure] ?? 0));
  const lanes = [...new Set(grants.map(({ grant }) => grant.grantee))];
  return {
    marks: commits.map(({ commit, time }) => ({
      ...{ commit, x: placeOf(time) },
      height: heightOf(commit.transaction[measure], most),
    })),
    spans: grants.map(({ grant, from }) => ({
      ...{ grant, lane: lanes.indexOf(grant.grantee), from: placeOf(from) },
      to: placeOf(endOf(grant)),
      end: grant.stands ? "open" : grant.ended === null ? "over" : "cut",
    })),
    ...{ lanes, most, now: placeOf(now), ticks: ticksOf(begin, now, placeOf) },
    hidden: { commits: allCommits.length - commits.length, grants: allGrants.length - grants.length },
  };
}

const timed = (commit: SeenCommit): { readonly commit: SeenCommit; readonly time: number }[] =>
  commit.transaction.time === null ? [] : [{ commit, time: commit.transaction.time }];

/** A grant of which is known when it began and, if something ended it, when. */
const begun = (grant: SeenGrant): { readonly grant: SeenGrant; readonly from: number }[] =>
  grant.from === null || (grant.endedBy !== null && grant.ended === null)
    ? []
    : [{ grant, from: grant.from }];

const heightOf = (value: number | null, most: number): number | null =>
  value === null ? null : most === 0 ? 0 : value / most;

const endOf = ({ ended, expiresAt }: SeenGrant): number => ended ?? expiresAt;

const TICKS = 3;

function ticksOf(begin: number, end: number, placeOf: (time: number) => number): Tick[] {
  if (begin === end) return [{ time: begin, x: placeOf(begin) }];
  return Array.from({ length: TICKS }, (_, i) => {
    const time = Math.round(begin + ((end - begin) * i) / (TICKS - 1));
    return { time, x: placeOf(time) };
  });
}

/**
 * The mark that is nearest to a place.
 *
 * @param x - A part of the plot's width.
 * @returns Its number, or -1 where there is none.
 */
export const nearestMark = (marks: readonly Mark[], x: number): number =>
  marks.reduce(
    (best, mark, i) => (best < 0 || Math.abs(mark.x - x) < Math.abs((marks[best]?.x ?? 0) - x) ? i : best),
    -1,
  );

/** The mark that a key leads to from another; `null` for a key that leads nowhere. */
export function markAfter(key: string, at: number, count: number): number | null {
  const last = count - 1;
  if (key === "ArrowRight" || key === "ArrowDown") return Math.min(at + 1, last);
  if (key === "ArrowLeft" || key === "ArrowUp") return Math.max(at - 1, 0);
  if (key === "Home") return 0;
  return key === "End" ? last : null;
}

/** A class of blob sizes, and how many of it there are. */
export interface SizeClass {
  /** In bytes; `null` for all sizes that no blob of a vault has. */
  readonly size: number | null;
  readonly count: number;
  /** As a part of the largest count. */
  readonly width: number;
}

/** The sizes that blobs of vaults have (SPEC §4). */
export const SIZES = [4_096, 16_384, 65_536, 262_144] as const;

/** How many blobs of which size lie in a store. */
export function classesOf(blobs: readonly { readonly size: number }[]): SizeClass[] {
  const known: readonly number[] = SIZES;
  const others = blobs.filter(({ size }) => !known.includes(size)).length;
  const counts = [
    ...known.map((size) => ({ size, count: blobs.filter((blob) => blob.size === size).length })),
    ...(others === 0 ? [] : [{ size: null, count: others }]),
  ];
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return counts.map((each) => ({ ...each, width: each.count / most }));
}
