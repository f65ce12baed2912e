/** What something took, and the least that it could take, in milliseconds of one run. */
export interface Beside {
  readonly ours: number;
  readonly floor: number;
}

/**
 * Measures work and its floor in turn, so that both meet the same machine, and keeps the quickest round of each: everything
 * that slows a round down comes from elsewhere. A first round of each is for the compiler, and not counted.
 *
 * @param repeats - how often the work is done in a round, for what is over too soon to be measured.
 */
export async function beside(
  rounds: number,
  ours: () => unknown,
  floor: () => unknown,
  repeats = 1,
): Promise<Beside> {
  const quickest = { ours: Infinity, floor: Infinity };
  for (let round = 0; round <= rounds; round++) {
    const [one, other] = [await timed(ours, repeats), await timed(floor, repeats)];
    if (round === 0) continue;
    quickest.ours = Math.min(quickest.ours, one);
    quickest.floor = Math.min(quickest.floor, other);
  }
  return quickest;
}

/** Milliseconds of one time among several. */
export async function timed(work: () => unknown, repeats = 1): Promise<number> {
  const began = performance.now();
  for (let i = 0; i < repeats; i++) await work();
  return (performance.now() - began) / repeats;
}

/** The quotient that travels between machines. */
export const ratioOf = ({ ours, floor }: Beside): number => ours / floor;
