import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One JSON-RPC request that passes through, or several at once. */
export interface Passing {
  /** Of several, all of them with commas between. */
  readonly method: string;
  /** Of several, those of the first. */
  readonly params: readonly unknown[];
  /** Sends it on, and answers what the node says. */
  readonly forward: () => Promise<string>;
}

/** Somebody between a program and its node. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
}

/**
 * Starts a JSON-RPC server on 127.0.0.1 that sees each request before the node does.
 *
 * @param target - The node's address, asked for with each request: it may return elsewhere.
 * @param watch - Answers in the node's place with text, or hangs up with `null`.
 */
export async function startProxy(
  target: () => string,
  watch: (request: Passing) => Promise<string | null>,
): Promise<Proxy> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const forward = async (): Promise<string> => {
      const headers = { "content-type": "application/json" };
      return (await fetch(target(), { method: "POST", headers, body })).text();
    };
    const calls = [JSON.parse(body) as Passing | Passing[]].flat();
    const method = calls.map((call) => call.method).join();
    const answer = await watch({ method, params: calls[0]?.params ?? [], forward });
    if (answer === null) response.destroy();
    else response.setHeader("content-type", "application/json").end(answer);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
