import { expect } from "chai";

/** Expects a promise to be rejected with an error of one class, and returns it. */
export async function rejection<E extends Error>(
  promise: Promise<unknown>,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- constructors differ in what they take
  kind: new (...args: any[]) => E,
): Promise<E> {
  const outcome = await promise.then(
    (value: unknown) => new Error(`nothing was thrown; it returned ${String(value)}`),
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(kind);
  return outcome as E;
}

/** Runs something without root's right to ignore permissions. */
export async function asOrdinaryUser<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid!("nobody");
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}
