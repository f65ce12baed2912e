/** What a promise is rejected with; that it is not is a failure of its own. */
export const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error("expected a rejection, got a result");
    },
    (fault: unknown) => fault,
  );
