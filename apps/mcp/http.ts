import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { equalBytes } from "@noble/ciphers/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { toNodeHandler, type NodeIncomingMessageLike } from "@modelcontextprotocol/node";
import {
  bearerAuthChallengeResponse,
  createMcpHandler,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  OAuthError,
  OAuthErrorCode,
  validateHostHeader,
  validateOriginHeader,
  verifyBearerToken,
  type AuthInfo,
} from "@modelcontextprotocol/server";

import { VaultError } from "../../client/index.ts";
import { openService, warnings, type Served, type ServeOptions } from "./server.ts";

/** Where clients on this machine find a server, and by what it knows them. */
export interface HttpOptions {
  /** A port of 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  /** What each request must carry as its bearer token: at least {@link MIN_TOKEN} characters. */
  readonly token: string;
}

/** A server that listens. */
export interface ServedOverHttp extends Served {
  /** Where it does: `http://127.0.0.1:<port>/mcp`. */
  readonly url: string;
}

/** Nothing can listen at this port. */
export class PortUnavailable extends VaultError {
  constructor(
    readonly port: number,
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(`Port ${port} of 127.0.0.1 cannot be listened at (${code}). Choose another.`, options);
  }
}

/** A token that could be guessed. */
export class TokenTooShort extends VaultError {
  constructor(readonly length: number) {
    super(`A bearer token of ${length} characters can be guessed: it has ${MIN_TOKEN} at least.`);
  }
}

/** Characters of a bearer token: 32 random bytes in base64url have 43. */
export const MIN_TOKEN = 43;

/** The largest request that is read, in bytes: the longest memory that a tool takes, escaped, and its frame. */
export const MAX_REQUEST = 131_072;
/** The most connections at a time. */
const MAX_CONNECTIONS = 64;
/** How long, in milliseconds, somebody may take to say what it wants; a call itself may take longer. */
const TIMEOUTS = { headersTimeout: 5_000, requestTimeout: 15_000, connectionsCheckingInterval: 1_000 };
const PATH = "/mcp";

/**
 * Serves a vault to any number of clients on this machine, which share what they read and write.
 *
 * Every request needs the token. One that names another host, or comes from a page of another origin, is refused: no
 * website reaches the server through the browser of who runs it.
 *
 * @throws {NotInitialised} when the device knows nothing of the vault. {PortUnavailable} {TokenTooShort}
 */
export async function serveHttp(
  options: ServeOptions,
  { port, token }: HttpOptions,
): Promise<ServedOverHttp> {
  if (token.length < MIN_TOKEN) throw new TokenTooShort(token.length);
  const { log } = options;
  const { role, serve, leave } = await openService(options);
  const onerror = warnings(log);
  const handler = createMcpHandler(serve, { onerror, maxRequestBodySize: MAX_REQUEST });
  const admit = doorOf(token);
  let closing: Promise<void> | null = null;
  const answer = toNodeHandler(handler, { onerror, maxRequestBodySize: MAX_REQUEST });
  const server = createServer(TIMEOUTS, (request, response) => {
    // A connection that is kept alive may still ask.
    const admitting =
      closing === null ? admit(request) : Promise.resolve(new Response(null, { status: 503 }));
    void admitting.then((admitted) => {
      if (admitted instanceof Response) refuse(response, admitted);
      else void answer(Object.assign(request, { auth: admitted }) as NodeIncomingMessageLike, response);
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  const url = `http://127.0.0.1:${await listening(server, port)}${PATH}`;
  log({ level: "info", event: "serving", role, url });

  let done: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (done = resolve));
  const close = async (): Promise<void> => {
    server.close();
    // What is under way is answered, and what it wrote is in the journal, before anything is cut off.
    await leave();
    await handler.close();
    server.closeAllConnections();
    done();
  };
  return { role, url, closed, close: () => (closing ??= close()) };
}

/** Lets those in who have the token, and tells nobody else what is behind it. Nothing but a request's head is looked at. */
function doorOf(token: string): (request: IncomingMessage) => Promise<AuthInfo | Response> {
  const expected = sha256(utf8ToBytes(token));
  const verifyAccessToken = (given: string): Promise<AuthInfo> => {
    // Of equal length whatever was given, so that the time tells nothing.
    if (!equalBytes(sha256(utf8ToBytes(given)), expected))
      return Promise.reject(new OAuthError(OAuthErrorCode.InvalidToken, "the token is another"));
    // It lasts as long as its file; the protocol wants a time.
    const expiresAt = Math.floor(Date.now() / 1000) + 3600;
    return Promise.resolve({ token: given, clientId: "local", scopes: [], expiresAt });
  };
  const [hosts, origins] = [localhostAllowedHostnames(), localhostAllowedOrigins()];
  return async ({ headers, url = "" }) => {
    const isLocal =
      validateHostHeader(headers.host, hosts).ok && validateOriginHeader(headers.origin, origins).ok;
    if (!isLocal) return new Response(null, { status: 403 });
    if (url.split("?", 1)[0] !== PATH) return new Response(null, { status: 404 });
    return verifyBearerToken(headers.authorization, { verifier: { verifyAccessToken } }).catch(
      (fault: unknown) => bearerAuthChallengeResponse(fault),
    );
  };
}

/** Whoever is refused is hung up on: what it still sends is not waited for. */
function refuse(response: ServerResponse, { status, headers }: Response): void {
  response.writeHead(status, { ...Object.fromEntries(headers), connection: "close" }).end();
}

async function listening(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (fault: NodeJS.ErrnoException) => {
      reject(new PortUnavailable(port, fault.code ?? fault.name, { cause: fault }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}
