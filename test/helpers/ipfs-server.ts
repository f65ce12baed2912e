import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { cidOf, digestOf, type Digest } from "../../client/index.ts";
import { digestOfCid } from "../../client/storage/cid.ts";

/** Answers a request in place of the server; `false` leaves it to the server. */
export type Fault = (request: Asked, response: ServerResponse) => boolean | Promise<boolean>;

/** A request as the server sees it. */
export interface Asked {
  readonly method: string;
  /** `add`, `pin/ls`, … of the RPC; `gateway`; `pins` of the pinning service. */
  readonly call: string;
  readonly digest: Digest | null;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** A small server that is a node's RPC, a trustless gateway and a pinning service at once, and can be told to misbehave. */
export class IpfsServer {
  readonly blocks = new Map<Digest, Uint8Array>();
  readonly pinned = new Set<Digest>();
  /** What the pinning service was asked for, by request. */
  readonly requests = new Map<string, Digest>();
  readonly log: Asked[] = [];
  fault: Fault = () => false;
  /** What the pinning service says of each request. */
  status = "pinned";
  inFlight = 0;
  mostInFlight = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #url = "";
  #drawn = 0;

  get url(): string {
    return this.#url;
  }

  /** The server's address without what only a URL needs. */
  get host(): string {
    return new URL(this.#url).host;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.#url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Forgets everything, and how it was to misbehave. */
  reset(): void {
    for (const kept of [this.blocks, this.pinned, this.requests]) kept.clear();
    this.log.length = 0;
    this.fault = () => false;
    this.status = "pinned";
    this.mostInFlight = 0;
  }

  keep(blob: Uint8Array): Digest {
    const digest = digestOf(blob);
    this.blocks.set(digest, blob);
    return digest;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    response.once("close", () => this.inFlight--);
    const asked = await askedOf(request);
    this.log.push(asked);
    if (await this.fault(asked, response)) return;
    this.#answer(asked, response);
  }

  #answer({ method, call, digest, query, body }: Asked, response: ServerResponse): void {
    const json = (value: unknown, status = 200): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
    };
    const refuse = (message: string): void => json({ Message: message, Code: 0, Type: "error" }, 500);
    const block = digest === null ? undefined : this.blocks.get(digest);
    const pinned = digest !== null && this.pinned.has(digest);
    const cid = digest === null ? "" : cidOf(digest);
    if (call === "add") {
      const added = this.keep(fileIn(body));
      this.pinned.add(added);
      json({ Name: "blob", Hash: cidOf(added), Size: "0" });
    } else if (call === "id") {
      json({ ID: "node", Addresses: ["/ip4/203.0.113.7/tcp/4001/p2p/node"] });
    } else if (call === "block/get") {
      if (block === undefined) refuse("Failed to get block: request timed out");
      else response.end(block);
    } else if (call === "gateway") {
      response.writeHead(block === undefined ? 404 : 200).end(block ?? "not found");
    } else if (call === "block/stat") {
      if (block === undefined) refuse("block was not found locally (offline)");
      else json({ Key: cid, Size: block.length });
    } else if (call === "pin/ls" && !query.has("arg")) {
      const keys = [...this.pinned].map((each) => [cidOf(each), { Type: "recursive" }] as const);
      json({ Keys: Object.fromEntries(keys) });
    } else if (call === "pin/ls") {
      if (pinned) json({ Keys: { [cid]: { Type: "recursive" } } });
      else refuse(`path '${cid}' is not pinned`);
    } else if (call === "pin/rm") {
      if (pinned) json({ Pins: [cid] });
      else refuse("not pinned or pinned indirectly");
      this.pinned.delete(digest ?? "");
    } else if (call === "block/rm") {
      this.blocks.delete(digest ?? "");
      json({ Hash: cid });
    } else {
      this.#pins(method, query, body, response, json);
    }
  }

  /** The pinning service. */
  #pins(
    method: string,
    query: URLSearchParams,
    body: Buffer,
    response: ServerResponse,
    json: (value: unknown, status?: number) => void,
  ): void {
    const { status } = this;
    if (method === "POST") {
      const { cid } = JSON.parse(body.toString()) as { cid: string };
      const requestid = `request-${String(++this.#drawn)}`;
      this.requests.set(requestid, digestOfCid(cid)!);
      json({ requestid, status, created: "", pin: { cid }, delegates: [] }, 202);
    } else if (method === "DELETE") {
      response.writeHead(this.requests.delete(query.get("request") ?? "") ? 202 : 404).end();
    } else {
      const wanted = digestOfCid(query.get("cid") ?? "");
      const results = [...this.requests]
        .filter(([, of]) => of === wanted && (query.get("status") ?? "").split(",").includes(status))
        .map(([requestid, of]) => ({ requestid, status, pin: { cid: cidOf(of) } }));
      json({ count: results.length, results });
    }
  }
}

async function askedOf(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { pathname, searchParams: query } = new URL(request.url ?? "", "http://localhost");
  const [, pinId] = /^\/pins\/(.+)$/.exec(pathname) ?? [];
  if (pinId !== undefined) query.set("request", pinId);
  const call = pathname.startsWith("/api/v0/")
    ? pathname.slice("/api/v0/".length)
    : pathname.startsWith("/ipfs/")
      ? "gateway"
      : "pins";
  const cid = call === "gateway" ? pathname.slice("/ipfs/".length) : query.get("arg");
  return {
    ...{ method: request.method ?? "", call, query, headers: request.headers, body: Buffer.concat(chunks) },
    digest: cid === null ? null : digestOfCid(cid),
  };
}

/** The one file of a form. */
export function fileIn(body: Buffer): Uint8Array {
  const boundary = body.subarray(0, body.indexOf("\r\n"));
  const start = body.indexOf("\r\n\r\n") + 4;
  return new Uint8Array(body.subarray(start, body.lastIndexOf(boundary) - 2));
}
