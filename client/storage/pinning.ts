import { StoreFull, StoreUnavailable } from "../errors.ts";
import { digestOfCid } from "./cid.ts";
import { ask, endpointAt, type Answer, type HttpOptions } from "./http.ts";
import { cidOf, type Digest } from "./store.ts";

/** Somebody who pins for others, by the IPFS Pinning Service API. */
export interface PinningService {
  /** Where the API is; `pins` stands below it. */
  readonly endpoint: string;
  /** Lets us in. */
  readonly token: string;
}

/** A second pinner: it fetches a block from whoever has it. */
export interface Pinner {
  readonly name: string;
  /** Asks it to pin; it promises, and fetches later. */
  pin(digest: Digest, origins: readonly string[]): Promise<void>;
  /** Whether it claims to have pinned a block. */
  has(digest: Digest): Promise<boolean>;
  /** Takes all requests for a block back. */
  unpin(digest: Digest): Promise<void>;
}

/** An answer names at most a thousand pins, each with its origins and a service's own words. */
const LIMIT = 4 * 1024 * 1024;

/**
 * A pinning service.
 *
 * @param service - Where it is.
 * @param options - How patient to be.
 * @returns The pinner. Its methods throw StoreUnavailable, or StoreFull when the account there is at its end.
 */
export function pinnerAt({ endpoint, token }: PinningService, options: HttpOptions): Pinner {
  const service = endpointAt("pinning service", endpoint, token);
  const { name } = service;

  const list = async (digest: Digest, status: string): Promise<readonly Pin[]> => {
    const query = new URLSearchParams({ cid: cidOf(digest), status, limit: "1000" });
    const answer = await ask(
      service,
      { method: "GET", path: `pins?${query.toString()}`, limit: LIMIT },
      options,
    );
    expectOk(name, answer);
    const { results } = parsed(name, answer) as { results?: unknown };
    if (!Array.isArray(results)) throw new StoreUnavailable(name, "an answer that makes no sense");
    // Asked for one CID, a service that shows others would have us take those back.
    return (results as readonly Pin[]).filter(
      ({ pin, requestid }) =>
        typeof requestid === "string" && typeof pin?.cid === "string" && digestOfCid(pin.cid) === digest,
    );
  };

  return {
    name,
    pin: async (digest, origins) => {
      const answer = await ask(
        service,
        {
          method: "POST",
          path: "pins",
          headers: { "content-type": "application/json" },
          body: () => JSON.stringify({ cid: cidOf(digest), origins: origins.slice(0, MAX_ORIGINS) }),
          limit: LIMIT,
        },
        options,
      );
      expectOk(name, answer);
      const { status } = parsed(name, answer) as { status?: unknown };
      if (typeof status !== "string" || !PROMISED.has(status))
        throw new StoreUnavailable(name, "it does not promise to pin");
    },
    has: async (digest) => (await list(digest, "pinned")).length > 0,
    unpin: async (digest) => {
      for (const { requestid } of await list(digest, "queued,pinning,pinned,failed")) {
        const path = `pins/${encodeURIComponent(requestid)}`;
        const answer = await ask(service, { method: "DELETE", path, limit: LIMIT }, options);
        if (answer.status !== 404) expectOk(name, answer);
      }
    },
  };
}

/** One request as the service shows it. */
interface Pin {
  readonly requestid: string;
  readonly pin?: { readonly cid?: unknown };
}

const PROMISED = new Set(["queued", "pinning", "pinned"]);

/** The most that the API takes. */
const MAX_ORIGINS = 20;

function expectOk(name: string, { status }: Answer): void {
  // 409 is what the API has for an account without funds.
  if (status === 402 || status === 409 || status === 507) throw new StoreFull(name);
  if (status < 200 || status > 299) throw new StoreUnavailable(name, `status ${status}`);
}

function parsed(name: string, { body }: Answer): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Told below: what it said is not repeated.
  }
  throw new StoreUnavailable(name, "an answer that makes no sense");
}
