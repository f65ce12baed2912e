import type { TabLocks } from "../../../client/browser.ts";

/** Locks as a browser gives them to all tabs of an origin: in order, and given up by a signal. */
export function sharedLocks(): TabLocks {
  const last = new Map<string, Promise<unknown>>();
  return {
    async request(name, { signal }, hold) {
      const before = last.get(name) ?? Promise.resolve();
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      });
      const turn = Promise.race([before, aborted]).then(hold);
      const over = turn.catch(() => undefined);
      last.set(
        name,
        before.then(() => over),
      );
      await turn;
    },
  };
}
