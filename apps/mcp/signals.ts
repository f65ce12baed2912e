import type { Served } from "./server.ts";

/** Waits until nobody is served any more, or hangs up when a signal comes. */
export async function untilSignal(served: Served): Promise<void> {
  const hangUp = () => void served.close();
  // A second signal finds no listener and ends the process at once; the journal keeps what was not sent.
  process.once("SIGINT", hangUp);
  process.once("SIGTERM", hangUp);
  await served.closed;
  process.removeListener("SIGINT", hangUp);
  process.removeListener("SIGTERM", hangUp);
}
