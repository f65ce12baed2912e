/** What keeps a device awake: work that must not lose its keys half way. */
export interface Awake {
  /** Does something; the device does not lock by itself meanwhile. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
  readonly isBusy: () => boolean;
  /** Hears when the last work ended. @returns Ends listening. */
  readonly onRest: (hear: () => void) => () => void;
}

/** Counts what is under way. */
export function makeAwake(): Awake {
  let running = 0;
  const hearers = new Set<() => void>();
  return {
    during: async (work) => {
      running++;
      try {
        return await work();
      } finally {
        if (--running === 0) for (const hear of hearers) hear();
      }
    },
    isBusy: () => running > 0,
    onRest: (hear) => {
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
  };
}

/** This tab's. */
export const awake = makeAwake();
