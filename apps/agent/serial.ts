/** Does one thing after the other, in the order in which they were asked for. */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue of its own. */
export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const begun = last.then(work);
    last = begun.catch(() => undefined);
    return begun;
  };
}
