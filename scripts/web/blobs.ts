import type { IncomingMessage, ServerResponse } from "node:http";

import { IpfsServer, type Asked } from "../../test/helpers/ipfs-server.ts";
import { isForHere, isOfPage } from "./asker.ts";

/**
 * A store of blobs that speaks Kubo's RPC, and lets one page ask it: what `API.HTTPHeaders` in Kubo's configuration does.
 *
 * @param page - The page's address.
 */
export async function startBlobs(page: string): Promise<IpfsServer> {
  const server = new IpfsServer();
  const { port } = new URL(page);
  server.fault = (asked, response) => {
    // Nobody looks at it, and it would hold every blob again.
    server.log.length = 0;
    return refused(response.req, response, port) || allowed(asked, response);
  };
  return server.start();
}

/** Answers those who are not to be heard at all: a page need not read an answer to have a pin taken away. */
function refused(request: IncomingMessage, response: ServerResponse, port: string): boolean {
  const status = !isForHere(request) ? 421 : !isOfPage(request, port) ? 403 : null;
  if (status !== null) response.writeHead(status).end();
  return status !== null;
}

function allowed({ method, headers }: Asked, response: ServerResponse): boolean {
  if (headers.origin === undefined) return false;
  response.setHeader("access-control-allow-origin", headers.origin);
  response.setHeader("access-control-allow-headers", "authorization, content-type");
  response.setHeader("access-control-allow-methods", "GET, HEAD, POST, OPTIONS");
  if (method !== "OPTIONS") return false;
  response.writeHead(204).end();
  return true;
}
