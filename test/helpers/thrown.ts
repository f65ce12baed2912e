/** What a promise is rejected with; that it is not is a failure of its own. */
export const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error("expected a rejection, got a result");
    },
    (fault: unknown) => fault,
  );

/** The name of the error that a promise is rejected with. */
export const nameOf = async (promise: Promise<unknown>): Promise<string> =>
  ((await thrown(promise)) as Error).name;
