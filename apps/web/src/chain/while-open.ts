import { DeviceLocked } from "../device/errors.ts";

/** @throws {DeviceLocked} when the page was locked since. */
export function expectOpen(session: AbortSignal): void {
  if (session.aborted) throw new DeviceLocked();
}

/**
 * Waits for something, until the page is locked.
 *
 * @throws {DeviceLocked} then; what was waited for may go on.
 */
export function whileOpen<T>(session: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const locked = (): void => reject(new DeviceLocked());
    if (session.aborted) locked();
    session.addEventListener("abort", locked);
    void work.then(resolve, reject).finally(() => session.removeEventListener("abort", locked));
  });
}
