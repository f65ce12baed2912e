import { base64 } from "@scure/base";

import { StoreUnavailable, VaultError } from "../errors.ts";
import { redirected } from "./redirect.ts";

/** Somebody who answers over HTTP. What it is called holds neither path nor query nor token: an address may be a secret. */
export interface Endpoint {
  /** What errors call it. */
  readonly name: string;
  /** The address below which it answers. */
  readonly at: (path: string) => URL;
  /** What lets us in; a function, so that nobody prints it with the rest. */
  readonly authorization: () => Readonly<Record<string, string>>;
}

/** How patient to be with others. */
export interface HttpOptions {
  /** How requests leave. The platform's `fetch` unless given. */
  readonly fetch?: typeof fetch;
  /** Milliseconds for which one request may take, its answer read; 30,000 unless given. */
  readonly timeout?: number;
  /** How often to ask somebody who is busy or does not answer; 3 times unless given. */
  readonly tries?: number;
  /** Milliseconds before the second try, twice as many before each further one; 250 unless given. */
  readonly pause?: number;
}

/** One request. */
export interface Request {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path and query below the endpoint's address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try. */
  readonly body?: () => BodyInit;
  /** The most bytes that an answer may have. */
  readonly limit: number;
  /** Gives up, however many tries are left. */
  readonly signal?: AbortSignal;
  /** Ask longer than the options say, for who waits for others itself: milliseconds. */
  readonly timeout?: number;
}

/** What somebody answered. */
export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** An answer that is longer than any true one. */
export class AnswerTooLong extends VaultError {
  constructor(
    readonly store: string,
    readonly limit: number,
  ) {
    super(`${store} answers with more than ${limit} bytes, which nothing that was asked for has.`);
  }
}

/**
 * Names somebody who answers over HTTP.
 *
 * @param kind - What it is, for its name.
 * @param address - Where it is; user and password in it become basic authorisation.
 * @param token - A bearer token.
 * @throws TypeError when it is no address of HTTP; the address is not repeated.
 */
export function endpointAt(kind: string, address: string, token?: string): Endpoint {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) throw new TypeError(`${kind}: not an address of HTTP`);
  const user = [url.username, url.password].map(decodeURIComponent).join(":");
  const basic = user === ":" ? null : `Basic ${base64.encode(new TextEncoder().encode(user))}`;
  const held = token === undefined ? basic : `Bearer ${token}`;
  const base = `${url.origin}${url.pathname.replace(/\/+$/, "")}/`;
  return {
    name: `${kind} ${url.host}`,
    at: (path) => new URL(base + path),
    authorization: () => (held === null ? {} : { authorization: held }),
  };
}

/** Somebody who is busy, or a way there that is: asked again, it may answer. */
const PASSING = new Set([408, 425, 429, 502, 503, 504]);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** How often one answer may lead elsewhere. */
const MAX_HOPS = 3;

const DEFAULTS = { timeout: 30_000, tries: 3, pause: 250 } as const;

/**
 * Asks somebody, again while it is busy or does not answer. Of what it says only the status gets into a fault: a hostile server
 * would say our token.
 *
 * @throws StoreUnavailable when it does not answer. AnswerTooLong when it says more than it may.
 */
export async function ask(endpoint: Endpoint, request: Request, options: HttpOptions): Promise<Answer> {
  const { tries = DEFAULTS.tries, pause = DEFAULTS.pause } = options;
  for (let tried = 1; ; tried++) {
    const outcome = await once(endpoint, request, options);
    const passing = "why" in outcome || PASSING.has(outcome.status);
    if (!passing) return outcome;
    if (tried >= tries || request.signal?.aborted === true)
      throw new StoreUnavailable(endpoint.name, "why" in outcome ? outcome.why : `status ${outcome.status}`);
    await wait(pause * 2 ** (tried - 1), request.signal);
  }
}

async function once(
  endpoint: Endpoint,
  request: Request,
  { fetch: send = fetch, timeout = DEFAULTS.timeout }: HttpOptions,
): Promise<Answer | { readonly why: string }> {
  const { method, path, headers = {}, body, limit, signal } = request;
  const late = AbortSignal.timeout(request.timeout ?? timeout);
  try {
    const asked = endpoint.at(path);
    let url = asked;
    // A browser does not say where it is led, and watches over its own network itself.
    let redirect: RequestRedirect = method === "GET" ? "manual" : "error";
    for (let hops = 0; ; hops++) {
      // Led elsewhere, a reader takes its token to nobody else.
      const authorization = url.origin === asked.origin ? endpoint.authorization() : {};
      const response = await send(url, {
        method,
        headers: { ...headers, ...authorization },
        // Whoever may write must not be led elsewhere.
        redirect,
        signal: signal === undefined ? late : AbortSignal.any([late, signal]),
        ...(body === undefined ? {} : { body: body() }),
      });
      if (response.type === "opaqueredirect") {
        redirect = "follow";
        continue;
      }
      const location = response.headers.get("location");
      if (method !== "GET" || !REDIRECTS.has(response.status) || location === null)
        return { status: response.status, body: await bytesOf(endpoint, response, limit) };
      await response.body?.cancel();
      const next = hops < MAX_HOPS ? redirected(url, location) : null;
      if (next === null) return { why: "it leads where nobody should go" };
      url = next;
    }
  } catch (fault) {
    if (fault instanceof VaultError) throw fault;
    return { why: late.aborted ? "no answer in time" : reasonOf(fault) };
  }
}

/** Reads no more than may be said: nobody fills this machine's memory. */
async function bytesOf({ name }: Endpoint, { body }: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) break;
    length += part.value.length;
    if (length > limit) {
      await reader?.cancel();
      throw new AnswerTooLong(name, limit);
    }
    parts.push(part.value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The platform's code for what happened: its messages may repeat an address. */
function reasonOf(fault: unknown): string {
  const code = (value: unknown): string | null =>
    value instanceof Error && "code" in value && typeof value.code === "string" ? value.code : null;
  const cause = fault instanceof Error ? fault.cause : null;
  return code(cause) ?? code(fault) ?? "no answer";
}

const wait = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
