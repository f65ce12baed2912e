/** Time as the server waits for it; a test winds its own. */
export interface Timers {
  /** Calls `work` once, `ms` from now, unless the returned function is called first. */
  after(ms: number, work: () => void): () => void;
}

/** The platform's timers; none keeps the process alive. */
export const systemTimers: Timers = {
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/**
 * Waits for work no longer than `ms`; the work itself goes on.
 *
 * @returns its result, or what `late` makes of the delay.
 */
export async function within<T>(timers: Timers, ms: number, work: Promise<T>, late: () => T): Promise<T> {
  let cancel: () => void = () => undefined;
  const timeout = new Promise<"late">((resolve) => {
    cancel = timers.after(ms, () => resolve("late"));
  });
  try {
    const first = await Promise.race([work.then((value) => ({ value })), timeout]);
    return first === "late" ? late() : first.value;
  } finally {
    cancel();
  }
}
