import { VaultError } from "../../../../client/errors.ts";
import type { Counter } from "./coverage.ts";
import { drawing, mutated, pick, type Draw, type Shape } from "./mutate.ts";

/** A decoder under trial. */
export interface Target {
  readonly name: string;
  readonly shape: Shape;
  /** Real encodings: what changes begin with. */
  readonly seeds: readonly Uint8Array[];
  /** Most bytes of an input; four times the longest seed unless given. */
  readonly max?: number;
  /** Reads an input; throws what the decoder throws, and anything else where it took what it should not. */
  readonly run: (input: Uint8Array) => unknown;
  /** Work that an input may cost however short it is, and that which each byte of it may add. */
  readonly work?: readonly [constant: number, perByte: number];
  /** Whether a trial takes milliseconds: then a tenth of them is tried. */
  readonly slow?: boolean;
}

/** What came of a trial. */
export interface Trial {
  readonly target: string;
  readonly inputs: number;
  readonly accepted: number;
  /** Named errors, and how often each was thrown. */
  readonly refused: Readonly<Record<string, number>>;
  /** Inputs that reached a branch which none before them did. */
  readonly corpus: number;
  readonly branches: number;
  /** Most work of an input, divided by what is allowed. */
  readonly work: number;
  /** Inputs that made something else happen than a result or a named error, with what. */
  readonly failures: readonly { readonly input: string; readonly fault: string }[];
}

/** How many inputs are run between two looks at the coverage. */
const BATCH = 16;
const MAX_FAILURES = 5;
/**
 * What an input may cost: about twice what the dearest ones do, which are short and made of lists and maps in each other. A reader
 * that goes over all of its input with each part of it costs hundreds a byte.
 */
const WORK = [2_000, 100] as const;

/**
 * Runs changed inputs through a decoder, and counts nothing but what came of them: some ten times as many in the same time.
 *
 * @param inputs - how many.
 * @param seed - of the changes; with the same one everything is the same.
 */
export async function tryBlindly(target: Target, inputs: number, seed: number): Promise<Trial> {
  const { name, seeds, shape } = target;
  const draw = drawing(seed);
  const tally = new Tally();
  const wanted = countFor(target, inputs);
  for (const input of seeds) tally.add(input, await outcome(target, input));
  while (tally.inputs < seeds.length + wanted && tally.failures.length < MAX_FAILURES) {
    const input = mutated(draw, pick(draw, seeds), seeds, shape, maxOf(target));
    tally.add(input, await outcome(target, input));
  }
  const { accepted, refused, failures } = tally;
  return { target: name, inputs: tally.inputs, accepted, refused, corpus: 0, branches: 0, work: 0, failures };
}

const countFor = ({ slow = false }: Target, inputs: number): number => (slow ? inputs / 10 : inputs);

const maxOf = ({ max, seeds }: Target): number =>
  max ?? 4 * Math.max(64, ...seeds.map(({ length }) => length));

/**
 * Runs changed inputs through a decoder. An input that reaches a new branch joins those that later ones are made of.
 *
 * @param inputs - about how many.
 * @param seed - of the changes; with the same one everything is the same.
 * @param counter - begun before the decoder was loaded.
 */
export async function tryGuided(
  target: Target,
  inputs: number,
  seed: number,
  counter: Counter,
): Promise<Trial> {
  const { name, seeds, shape } = target;
  const [constant, perByte] = target.work ?? WORK;
  const allowed = (length: number): number => constant + perByte * length;
  const draw = drawing(seed);
  const corpus = [...seeds];
  const tally = new Tally();
  // A batch counts more often than one input does, so what is new for a batch is kept apart.
  const [ofBatches, ofInputs] = [new News(), new News()];
  let work = 0;
  counter.take();
  for (const input of seeds) {
    tally.add(input, await outcome(target, input));
    ofInputs.isNew(counter.take().branches);
  }
  for (let done = 0; done < countFor(target, inputs) && tally.failures.length < MAX_FAILURES; done += BATCH) {
    const batch = Array.from({ length: BATCH }, () =>
      mutated(draw, parent(draw, corpus), corpus, shape, maxOf(target)),
    );
    for (const input of batch) tally.add(input, await outcome(target, input));
    const together = counter.take();
    const isNew = ofBatches.isNew(together.branches);
    if (!isNew && together.work <= allowed(0)) continue;
    // Which of them it was shows when each runs alone.
    for (const input of batch) {
      await outcome(target, input);
      const alone = counter.take();
      const share = alone.work / allowed(input.length);
      work = Math.max(work, share);
      if (share > 1) tally.fail(input, `work ${alone.work} for ${input.length} bytes`);
      if (ofInputs.isNew(alone.branches)) corpus.push(input);
    }
  }
  const { accepted, refused, failures } = tally;
  return {
    ...{ target: name, inputs: tally.inputs, accepted, refused, corpus: corpus.length - seeds.length },
    ...{ branches: ofInputs.size, work, failures },
  };
}

/** What an input came to: `null` when it was taken, else what was thrown. */
async function outcome({ run }: Target, input: Uint8Array): Promise<unknown> {
  try {
    await run(input);
    return null;
  } catch (fault) {
    return fault ?? new Error("nothing was thrown");
  }
}

class Tally {
  inputs = 0;
  accepted = 0;
  readonly refused: Record<string, number> = {};
  readonly failures: { input: string; fault: string }[] = [];

  add(input: Uint8Array, thrown: unknown): void {
    this.inputs++;
    if (thrown === null) this.accepted++;
    else if (thrown instanceof VaultError) this.refused[thrown.name] = (this.refused[thrown.name] ?? 0) + 1;
    else this.fail(input, thrown instanceof Error ? (thrown.stack ?? thrown.message) : typeof thrown);
  }

  fail(input: Uint8Array, fault: string): void {
    const hex = Buffer.from(input).toString("hex");
    this.failures.push({ input: hex.slice(0, 4_000), fault: fault.slice(0, 1_500) });
  }
}

/** Branches that were seen. */
class News {
  readonly #seen = new Set<string>();

  get size(): number {
    return this.#seen.size;
  }

  /** Whether one of these was not; then it is. */
  isNew(branches: readonly string[]): boolean {
    const before = this.#seen.size;
    for (const branch of branches) this.#seen.add(branch);
    return this.#seen.size > before;
  }
}

/** The newest half of the time: what was found last leads furthest. */
const parent = (draw: Draw, corpus: readonly Uint8Array[]): Uint8Array =>
  draw(2) === 0 ? pick(draw, corpus.slice(-16)) : pick(draw, corpus);
