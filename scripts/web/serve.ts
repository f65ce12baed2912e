import { readFile } from "node:fs/promises";
import { createServer, STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

import { HOST_POLICY } from "../../apps/web/policy.ts";
import { isForHere, isOfPage } from "./asker.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
};

/** A host of the app. */
export interface AppServer {
  /** `http://localhost:PORT`: a passkey is bound to a name, not to an address. */
  readonly url: string;
  /** Files that it serves besides the folder's, by path from the root. May be changed while it runs. */
  readonly files: Map<string, string | Uint8Array>;
  /** Chains that it hands JSON-RPC on to, by path from the root. May be changed while it runs. */
  readonly chains: Map<string, string>;
  readonly close: () => Promise<void>;
}

/**
 * Serves a folder of static files on 127.0.0.1, as a careful host does, and what is not for other pages to itself alone.
 *
 * @param folder - The built app.
 * @param scripts - Names of scripts that run in the page before the app: files that are served besides the folder's.
 * @param port - 0: any that is free.
 */
export async function serveApp(folder: string, scripts: readonly string[], port = 0): Promise<AppServer> {
  const files = new Map<string, string | Uint8Array>();
  const chains = new Map<string, string>();
  const tags = scripts.map((name) => `<script src="./${name}"></script>`).join("");
  const bodyOf = async (name: string): Promise<string | Uint8Array | null> => {
    const own = files.get(name);
    if (own !== undefined) return own;
    const body = await readFile(path.join(folder, name)).catch(() => null);
    // After the policy, which stands first, and before the app.
    return name !== "index.html" ? body : (body?.toString().replace("</title>", `</title>${tags}`) ?? null);
  };
  const server = createServer((request, response) => {
    // Or a page that had its own name lead here would be of this origin, and read all of it.
    if (!isForHere(request)) {
      refuse(response, 421);
      return;
    }
    const name = nameOf(request.url ?? "/");
    const chain = chains.get(name ?? "");
    if (chain !== undefined) return void passOn(chain, request, response);
    void (name === null ? Promise.resolve(null) : bodyOf(name)).then((body) => {
      answer(response, name ?? "", body);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://localhost:${taken}`, files, chains, close };
}

/** A node obeys every page that it hears: it hears this one and programs only. */
async function passOn(chain: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!isOfPage(request, String(request.socket.localPort))) {
    refuse(response, 403);
    return;
  }
  if (request.method !== "POST") {
    refuse(response, 405);
    return;
  }
  const headers = { "content-type": "application/json" };
  // A browser sends any other without asking first.
  if (request.headers["content-type"]?.split(";")[0] !== headers["content-type"]) {
    refuse(response, 415);
    return;
  }
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answered = await fetch(chain, { method: "POST", headers, body: Buffer.concat(chunks) });
    const body = Buffer.from(await answered.arrayBuffer());
    response.writeHead(answered.status, headers).end(body);
  } catch {
    // Who asked is gone, or the node is.
    refuse(response, 502);
  }
}

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-type": "text/plain" }).end(`${STATUS_CODES[status] ?? ""}\n`);
}

/** The file that an address names, from the root; `null` for one outside of it. */
function nameOf(address: string): string | null {
  try {
    const name = decodeURIComponent(new URL(address, "http://localhost").pathname).slice(1);
    if (name === "" || name.endsWith("/")) return `${name}index.html`;
    return name.split(/[/\\]/).includes("..") ? null : name;
  } catch {
    return null;
  }
}

function answer(response: ServerResponse, name: string, body: string | Uint8Array | null): void {
  response.writeHead(body === null ? 404 : 200, {
    "content-type": body === null ? "text/plain" : (TYPES[path.extname(name)] ?? "application/octet-stream"),
    "content-security-policy": HOST_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    // Names of chunks have their hash in them; nothing else has.
    "cache-control": name.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  });
  response.end(body ?? "not found");
}
