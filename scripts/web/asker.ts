import type { IncomingMessage } from "node:http";

/** What this machine calls itself. Another name that leads here was made to, by whoever owns it. */
const NAMES = ["localhost", "127.0.0.1"];

/** Whether a request names this machine: a page of `evil.example` whose name was turned to 127.0.0.1 does not. */
export function isForHere({ headers, socket }: IncomingMessage): boolean {
  return NAMES.some((name) => headers.host === `${name}:${String(socket.localPort)}`);
}

/**
 * Whether a request is of a program of this machine, which has no origin, or of the page.
 *
 * @param port - The page's.
 */
export function isOfPage({ headers: { origin } }: Pick<IncomingMessage, "headers">, port: string): boolean {
  return origin === undefined || NAMES.some((name) => origin === `http://${name}:${port}`);
}
