import { bundled } from "../../test/helpers/bundle.ts";
import { measureAppend, meanOf, type Appending } from "./append.ts";
import { ratioOf } from "./clock.ts";
import { measureLookUp, measureRotation, type LookUp, type Rotation } from "./members.ts";
import { measureOpen, type Opening } from "./open.ts";
import { measureWithout, type Without } from "./plain.ts";
import { measureSeal, type Sealing } from "./seal.ts";
import { measureSearch, type Searching } from "./search.ts";
import { required } from "./vault.ts";
import { countWarmCalls, type WarmCalls } from "./warm.ts";

/** How much is measured. */
export interface Extent {
  /** Which of the sizes below have targets. */
  readonly targets: { readonly open: readonly number[]; readonly rotate: number; readonly search: number };
  /** Numbers of memories, and in how many rounds. */
  readonly open: readonly (readonly [memories: number, rounds: number])[];
  readonly scopes: number;
  readonly append: { readonly memories: number; readonly commits: number; readonly rounds: number };
  readonly rotate: { readonly members: readonly number[]; readonly rounds: number };
  readonly lookUp: { readonly members: readonly number[]; readonly rounds: number };
  readonly seal: { readonly bytes: readonly number[]; readonly rounds: number };
  readonly search: { readonly turns: readonly number[]; readonly questions: number };
  readonly without: { readonly memories: number; readonly readers: number; readonly rounds: number };
}

const KIB = 1_024;

/** What `npm run bench` measures. */
export const WHOLE: Extent = {
  targets: { open: [1_000, 10_000, 100_000], rotate: 1_000, search: 10_000 },
  open: [
    [1_000, 25],
    [10_000, 7],
    [25_000, 3],
    [50_000, 3],
    [100_000, 3],
  ],
  scopes: 10,
  append: { memories: 10_000, commits: 96, rounds: 2 },
  rotate: { members: [100, 500, 1_000, 2_000], rounds: 15 },
  lookUp: { members: [100, 1_000, 10_000, 50_000], rounds: 15 },
  seal: { bytes: [64 * KIB, 256 * KIB, KIB * KIB], rounds: 25 },
  search: { turns: [1_000, 10_000, 25_000, 50_000], questions: 200 },
  without: { memories: 10_000, readers: 200, rounds: 3 },
};

/** Everything that was measured. */
export interface Report {
  readonly open: readonly Opening[];
  /** In several scopes, and all in one. */
  readonly append: readonly Appending[];
  readonly rotate: readonly Rotation[];
  readonly lookUp: readonly LookUp[];
  readonly seal: readonly Sealing[];
  readonly search: readonly Searching[];
  readonly warm: WarmCalls;
  /** The core entry for browsers without ethers: bytes after gzip. */
  readonly bundleBytes: number;
  readonly without: readonly Without[];
}

/** Measures it all, one thing after the other. */
export async function measureAll(extent: Extent): Promise<Report> {
  const { open, scopes, append, rotate, lookUp, seal, search, without } = extent;
  return {
    open: await each(open, ([memories, rounds]) => measureOpen(memories, scopes, rounds)),
    append: await each([scopes, 1], (among) =>
      measureAppend(append.memories, among, append.commits, append.rounds),
    ),
    rotate: await each(rotate.members, (members) => measureRotation(members, scopes, rotate.rounds)),
    lookUp: await each(lookUp.members, (members) => measureLookUp(members, lookUp.rounds)),
    seal: await each(seal.bytes, (bytes) => measureSeal(bytes, seal.rounds)),
    search: await each(search.turns, (turns) => measureSearch(turns, search.questions)),
    warm: await countWarmCalls(),
    bundleBytes: (await bundled("index.ts")).gzipped,
    without: await measureWithout(without.memories, scopes, without.readers, without.rounds),
  };
}

async function each<T, R>(inputs: readonly T[], work: (input: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const input of inputs) results.push(await work(input));
  return results;
}

/** The figures that are held against targets: ratios to the floor, milliseconds, bytes and kilobytes of 1,000. */
export interface Figures {
  readonly open: Readonly<Record<string, number>>;
  readonly append10000ms: number;
  readonly rotate1000: { readonly ms: number; readonly bytes: number; readonly uploadBytes: number };
  readonly seal64k: number;
  /** The median. */
  readonly search10000ms: number;
  readonly bundleGzipKB: number;
}

/** Takes the figures out of a report. */
export function figuresOf(
  { open, append, rotate, seal, search, bundleBytes }: Report,
  { targets }: Extent,
): Figures {
  const targeted = open.filter(({ memories }) => targets.open.includes(memories));
  const { ours: ms, bytes, uploadBytes } = required(rotate.find(({ members }) => members === targets.rotate));
  return {
    open: Object.fromEntries(targeted.map((opening) => [opening.memories, rounded(ratioOf(opening))])),
    append10000ms: rounded(meanOf(required(append[0]).commits).ours),
    rotate1000: { ms: rounded(ms), bytes, uploadBytes },
    search10000ms: rounded(required(search.find(({ turns }) => turns === targets.search)).ours),
    seal64k: rounded(ratioOf(required(seal[0]))),
    bundleGzipKB: rounded(bundleBytes / 1_000),
  };
}

const rounded = (value: number): number => Number(value.toPrecision(3));
