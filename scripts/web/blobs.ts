import type { ServerResponse } from "node:http";

import { IpfsServer, type Asked } from "../../test/helpers/ipfs-server.ts";

/** A store of blobs that speaks Kubo's RPC, and lets a page ask it: what `API.HTTPHeaders` in Kubo's configuration does. */
export async function startBlobs(): Promise<IpfsServer> {
  const server = new IpfsServer();
  server.fault = (asked, response) => allowed(server, asked, response);
  return server.start();
}

function allowed(server: IpfsServer, asked: Asked, response: ServerResponse): boolean {
  // Nobody looks at it, and it would hold every blob again.
  server.log.length = 0;
  response.setHeader("access-control-allow-origin", asked.headers.origin ?? "*");
  response.setHeader("access-control-allow-headers", "authorization, content-type");
  response.setHeader("access-control-allow-methods", "GET, HEAD, POST, OPTIONS");
  if (asked.method !== "OPTIONS") return false;
  response.writeHead(204).end();
  return true;
}
