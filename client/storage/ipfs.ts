import type { VaultError } from "../errors.ts";
import { BlobAltered, StoreFull, StoreUnavailable } from "../errors.ts";
import { digestOfCid } from "./cid.ts";
import { gate } from "./gate.ts";
import { AnswerTooLong, ask, endpointAt, type Answer, type Endpoint, type HttpOptions } from "./http.ts";
import { pinnerAt, type PinningService } from "./pinning.ts";
import { firstHonest, type Source } from "./race.ts";
import { cidOf, digestOf, type BlobStore, type Digest, type StoredBlob } from "./store.ts";

/** Where blobs are kept on IPFS, and who else is asked for them. */
export interface IpfsOptions extends HttpOptions {
  /** A node's RPC, such as `http://127.0.0.1:5001`; without one the store is read only. */
  readonly api?: string;
  /** Lets us in at the RPC: a bearer token. */
  readonly token?: string;
  /** Addresses of trustless gateways, asked when the node does not have a blob at once. */
  readonly gateways?: readonly string[];
  /** Who pins besides the node. */
  readonly pinning?: PinningService;
  /** Milliseconds for which the node is asked alone: a gateway learns what is read. 500 unless given. */
  readonly headStart?: number;
  /** Milliseconds for which the node may look for a block elsewhere; 10,000 unless given. */
  readonly search?: number;
  /** How many blobs are on their way at a time; 16 unless given. */
  readonly width?: number;
  /** Hears of everybody who lied or did not answer, where somebody else did. */
  readonly notice?: (fault: VaultError) => void;
}

/** Nothing can be written here, whoever tries again. */
export class StoreReadOnly extends StoreUnavailable {
  constructor(store: string) {
    super(store, "gateways only read; name a node's RPC");
  }
}

/** The largest raw block that every node and gateway takes as one; ours are no larger. */
const MAX_BLOCK = 262_144;

/** What a node says besides blocks. */
const MAX_WORDS = 65_536;

/** The longest list of pins that is taken: some hundred thousand of them. */
const MAX_LIST = 32 * 2 ** 20;

/**
 * Keeps blobs on IPFS: each is one raw block, pinned, whose CID is its sha256.
 *
 * Written through a node's RPC, as Kubo has it, and counted as a copy where that node has it without asking others. Read from the node, and from gateways if it does not answer at once: whatever they
 * say is hashed, the first honest answer wins, and liars are named. No answer but the blocks themselves is believed, and none is
 * repeated: it could hold the token.
 *
 * @param options - Who is asked.
 * @returns The store. Its methods throw StoreUnavailable or StoreFull when the node fails, and StoreReadOnly where there is none; `get` throws BlobAltered when all who answer
 * lie, and StoreUnavailable when nobody has the blob and not everybody answered.
 * @example
 * const store = ipfsStore({ api: "http://127.0.0.1:5001", gateways: ["https://trustless-gateway.link"] });
 */
export function ipfsStore(options: IpfsOptions): BlobStore {
  const { headStart = 500, width = 16, notice = () => undefined } = options;
  const node = options.api === undefined ? null : endpointAt("IPFS node", options.api, options.token);
  const gateways = (options.gateways ?? []).map((address) => endpointAt("gateway", address));
  const pinner = options.pinning === undefined ? null : pinnerAt(options.pinning, options);
  const name = node?.name ?? gateways.map((gateway) => gateway.name).join(", ");
  if (name === "") throw new TypeError("IPFS: neither a node's RPC nor a gateway");
  const through = gate(width);
  const sources = [
    node === null ? [] : [nodeSource(node, options)],
    gateways.map((gateway) => gatewaySource(gateway, options)),
  ];
  const writable = (): Endpoint => {
    if (node === null) throw new StoreReadOnly(name);
    return node;
  };

  const put = async (blob: Uint8Array): Promise<Digest> => {
    const digest = digestOf(blob);
    const written = writable();
    const answer = await ask(written, addRequest(blob), options);
    if (answer.status === 200 && digestOfCid(hashIn(answer)) !== digest)
      throw new BlobAltered(digest, written.name);
    if (answer.status !== 200) throw refusal(written.name, answer);
    if (pinner !== null) await pinner.pin(digest, await originsOf(written, options));
    return digest;
  };

  const has = async (digest: Digest): Promise<boolean> => {
    if (node === null) return (await firstHonest(digest, sources, headStart, notice)) !== null;
    const answer = await ask(node, rpc("pin/ls", { arg: cidOf(digest), type: "recursive" }), options);
    if (answer.status !== 200 && !saysUnpinned(answer)) throw refusal(node.name, answer);
    const pinned = answer.status === 200 && keysIn(answer).some((key) => digestOfCid(key) === digest);
    return pinned && (pinner === null || (await pinner.has(digest)));
  };

  /** The node's own, without its peers and without the gateways: a copy that another has is none of its. */
  const held = async (from: Endpoint, digest: Digest): Promise<Uint8Array | null> => {
    const request = { ...rpc("block/get", { arg: cidOf(digest), offline: "true" }), limit: MAX_BLOCK };
    return checked(digest, from.name, async () => blockIn(from, await ask(from, request, options)));
  };

  const sizeOf = async (from: Endpoint, digest: Digest): Promise<StoredBlob> => {
    const answer = await ask(from, rpc("block/stat", { arg: cidOf(digest), offline: "true" }), options);
    if (answer.status !== 200) throw refusal(from.name, answer);
    const size = fieldIn(answer, "Size");
    if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return { digest, size };
    throw new StoreUnavailable(from.name, `it does not say how large block ${digest} is`);
  };

  const list = async (from: Endpoint): Promise<StoredBlob[]> => {
    const pins = { ...rpc("pin/ls", { type: "recursive" }), limit: MAX_LIST };
    const answer = await ask(from, pins, options);
    if (answer.status !== 200) throw refusal(from.name, answer);
    // Whatever else is pinned there is no raw block by its sha256, or nobody can tell it from ours.
    const digests = new Set(keysIn(answer).flatMap((key) => digestOfCid(key) ?? []));
    return Promise.all([...digests].map((digest) => through(() => sizeOf(from, digest))));
  };

  const remove = async (digest: Digest): Promise<void> => {
    const written = writable();
    await pinner?.unpin(digest);
    const arg = cidOf(digest);
    const unpinned = await ask(written, rpc("pin/rm", { arg, recursive: "true" }), options);
    if (unpinned.status !== 200 && !saysUnpinned(unpinned)) throw refusal(written.name, unpinned);
    // What is not pinned would lie there until the node collects garbage, which many never do.
    const removed = await ask(written, rpc("block/rm", { arg, force: "true" }), options);
    if (removed.status !== 200) throw refusal(written.name, removed);
    // A node says 200, and then of each block what kept it from removing it.
    if (linesIn(removed).some((line) => (line["Error"] ?? "") !== ""))
      throw new StoreUnavailable(
        written.name,
        "it does not remove the block, which may be pinned by something else",
      );
  };

  return {
    name,
    ...(node === null
      ? { readOnly: true }
      : { held: (digest) => through(() => held(node, digest)), list: () => list(node) }),
    put: (blob) => through(() => put(blob)),
    putAll: async (blobs) => {
      await Promise.all(blobs.map((blob) => through(() => put(blob))));
    },
    get: (digest) => through(() => firstHonest(digest, sources, headStart, notice)),
    has: (digest) => through(() => has(digest)),
    delete: (digest) => through(() => remove(digest)),
  };
}

const nodeSource = (node: Endpoint, options: IpfsOptions): Source => {
  const search = options.search ?? 10_000;
  return {
    read: async (digest, signal) => {
      const asked = { arg: cidOf(digest), timeout: `${search}ms` };
      // The node's own time ends first, so that what it did not find differs from a node that is gone.
      const request = { ...rpc("block/get", asked), limit: MAX_BLOCK, signal };
      const patience = search + (options.timeout ?? search);
      return checked(digest, node.name, async () => {
        return blockIn(node, await ask(node, { ...request, timeout: patience }, options));
      });
    },
  };
};

function blockIn({ name }: Endpoint, answer: Answer): Uint8Array | null {
  if (answer.status === 200) return answer.body;
  if (saysNotFound(answer)) return null;
  throw refusal(name, answer);
}

const gatewaySource = (gateway: Endpoint, options: IpfsOptions): Source => ({
  read: (digest, signal) =>
    checked(digest, gateway.name, async () => {
      const answer = await ask(
        gateway,
        {
          method: "GET",
          path: `ipfs/${cidOf(digest)}?format=raw`,
          headers: { accept: "application/vnd.ipld.raw" },
          limit: MAX_BLOCK,
          signal,
        },
        options,
      );
      if (answer.status === 404 || answer.status === 410) return null;
      if (answer.status !== 200) throw refusal(gateway.name, answer);
      return answer.body;
    }),
});

/** Whoever hands out other bytes lies, however many they are. */
async function checked(
  digest: Digest,
  source: string,
  read: () => Promise<Uint8Array | null>,
): Promise<Uint8Array | null> {
  const blob = await read().catch((fault: unknown) => {
    throw fault instanceof AnswerTooLong ? new BlobAltered(digest, source) : fault;
  });
  if (blob !== null && digestOf(blob) !== digest) throw new BlobAltered(digest, source);
  return blob;
}

const rpc = (call: string, query: Readonly<Record<string, string>>) =>
  ({
    method: "POST",
    path: `api/v0/${call}?${new URLSearchParams(query).toString()}`,
    limit: MAX_WORDS,
  }) as const;

/** One raw leaf: whatever a node cuts files into by default, 256 KiB stay one block. */
const ADD = {
  ...{ "cid-version": "1", "raw-leaves": "true", pin: "true", "cid-base": "base32" },
  ...{ chunker: `size-${MAX_BLOCK}`, progress: "false" },
};

const addRequest = (blob: Uint8Array) => ({
  ...rpc("add", ADD),
  body: () => {
    const form = new FormData();
    form.append("file", new Blob([new Uint8Array(blob)]), "blob");
    return form;
  },
});

/** Where a pinning service finds the node. */
async function originsOf(node: Endpoint, options: IpfsOptions): Promise<string[]> {
  const answer = await ask(node, rpc("id", {}), options);
  if (answer.status !== 200) throw refusal(node.name, answer);
  const addresses: unknown = fieldIn(answer, "Addresses");
  return Array.isArray(addresses) ? addresses.filter((address) => typeof address === "string") : [];
}

const textOf = ({ body }: Answer): string => new TextDecoder().decode(body).trim();

/** An answer's lines of JSON. */
const linesIn = (answer: Answer): Readonly<Record<string, unknown>>[] =>
  textOf(answer)
    .split("\n")
    .map((line) => {
      try {
        const value: unknown = JSON.parse(line);
        return typeof value === "object" && value !== null
          ? (value as Readonly<Record<string, unknown>>)
          : {};
      } catch {
        // No JSON has no field.
        return {};
      }
    });

/** A field of the last of an answer's lines of JSON. */
const fieldIn = (answer: Answer, field: string): unknown => linesIn(answer).at(-1)?.[field];

function hashIn(answer: Answer): string {
  const hash = fieldIn(answer, "Hash");
  return typeof hash === "string" ? hash : "";
}

const keysIn = (answer: Answer): string[] => Object.keys(fieldIn(answer, "Keys") ?? {});

const messageIn = (answer: Answer): string => {
  const message = fieldIn(answer, "Message");
  return typeof message === "string" ? message : "";
};

/** Kubo has one sentence for what is not pinned and for what something else pins: of which of the two, `block/rm` tells. */
const saysUnpinned = (answer: Answer): boolean =>
  answer.status === 500 && /not pinned/i.test(messageIn(answer));

const saysNotFound = (answer: Answer): boolean =>
  answer.status === 500 &&
  /not found|could not find|deadline exceeded|timed? ?out|context canceled/i.test(messageIn(answer));

function refusal(name: string, answer: Answer): VaultError {
  const full = answer.status === 507 || /no space left|quota|storage (max|limit)/i.test(messageIn(answer));
  if (full) return new StoreFull(name);
  const { status } = answer;
  const why =
    status === 401 || status === 403 ? `status ${status}: it does not let us in` : `status ${status}`;
  return new StoreUnavailable(name, why);
}
