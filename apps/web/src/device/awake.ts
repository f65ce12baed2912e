/** What keeps a device awake: work that must not lose its keys half way. */
export interface Awake {
  /** Does something; the device does not lock by itself meanwhile. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
  /** Waits, within work, for a person or their wallet: that is no work, and the device may lock by itself meanwhile. */
  readonly aside: <T>(wait: () => Promise<T>) => Promise<T>;
  readonly isBusy: () => boolean;
  /** Hears when work ended, or waits for somebody. @returns Ends listening. */
  readonly onRest: (hear: () => void) => () => void;
}

/** Counts what is under way. */
export function makeAwake(): Awake {
  let running = 0;
  const hearers = new Set<() => void>();
  const count = (change: 1 | -1): void => {
    const before = running;
    running += change;
    if (before === 1 && running === 0) for (const hear of hearers) hear();
  };
  const counted =
    (change: 1 | -1) =>
    async <T>(work: () => Promise<T>): Promise<T> => {
      count(change);
      try {
        return await work();
      } finally {
        count(change === 1 ? -1 : 1);
      }
    };
  return {
    during: counted(1),
    aside: counted(-1),
    isBusy: () => running > 0,
    onRest: (hear) => {
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
  };
}

/** This tab's. */
export const awake = makeAwake();
