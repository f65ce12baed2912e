/** Lets so many pieces of work run at a time; the rest wait in order. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Makes a gate, so that whoever asks for a thousand things at once costs the memory of a few.
 *
 * @param width - How many run at a time.
 */
export function gate(width: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // Whoever leaves hands its place on, so that nobody who comes in between takes it.
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
