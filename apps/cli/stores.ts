import path from "node:path";

import { formatEther, type Provider, type Signer } from "ethers";

import type { BlobStore, VaultError } from "../../client/index.ts";
import { directoryStore } from "../../client/node.ts";
import {
  chainStore,
  ipfsStore,
  isLocal,
  MAX_PUBLISHED,
  mirrorStore,
  type ChainStore,
  type PublishingCost,
} from "../../client/stores.ts";
import { UsageFault } from "./faults.ts";
import { list } from "./parse.ts";
import { count, number, size } from "./terminal.ts";

/** What stores take from the command line around them. */
export interface StoreWorld {
  /** Where tokens are: nothing secret stands in a profile's configuration. */
  readonly env: NodeJS.ProcessEnv;
  /** Asked for when a store on chain is first used. */
  readonly chain: () => Promise<{ readonly blobLog: string; readonly provider: Provider }>;
  readonly signer: () => Promise<Signer | undefined>;
  /** Sees what publishing takes before it is spent, and throws to have nothing sent. */
  readonly approve: (cost: PublishingCost) => Promise<void>;
  /** Hears of a store that failed where others did not. */
  readonly notice: (fault: VaultError) => void;
}

/** How a store is named: the text of options and of the profile's configuration. */
export const STORE_SYNTAX =
  "dir:PATH, ipfs:RPC[,GATEWAY…], gateways:URL[,URL…], chain, or mirror:[QUORUM/]STORE+STORE…";

/** A store as it is written, taken apart. */
type Where =
  | { readonly kind: "dir"; readonly folder: string }
  | { readonly kind: "ipfs"; readonly api: string; readonly gateways: readonly string[] }
  | { readonly kind: "gateways"; readonly gateways: readonly string[] }
  | { readonly kind: "chain" }
  | { readonly kind: "mirror"; readonly quorum: number | null; readonly stores: readonly Where[] };

/**
 * Brings a store's name into the form in which a profile keeps it: with folders that mean the same wherever a command is run. A path
 * alone is a folder, and a bare word is none: it would be a store that was mistyped.
 *
 * @throws {UsageFault} when it names no store.
 */
export const storeText = (text: string): string => written(parsed(text));

/**
 * Makes a store from its name.
 *
 * @throws {UsageFault} when it names no store.
 */
export const storeAt = (text: string, world: StoreWorld): BlobStore => made(parsed(text), world);

/** Stores of a mirror stand between plus signs; one in a path or an address is none unless a store's name follows. */
const BETWEEN = /\+(?=(?:dir|ipfs|gateways):|chain(?:\+|$))/;

/** A path shows by a separator or a dot in front; `C:\\x` is one, `ftp://x` and `ipfs.io:5001` are not. */
const isPath = (text: string): boolean =>
  text.startsWith(".") || (/[/\\]/.test(text) && !/^[a-z][\w.-]+:/i.test(text));

function parsed(text: string): Where {
  const [, kind = "dir", rest = ""] = /^(dir|ipfs|gateways|mirror):(.*)$/s.exec(text) ?? ["", "dir", text];
  if (text === "chain") return { kind: "chain" };
  if (rest === "") throw new UsageFault(`${JSON.stringify(text)} names no store: ${STORE_SYNTAX}.`);
  if (kind === "ipfs" || kind === "gateways") {
    const [api = "", ...gateways] = rest.split(",").map(addressIn);
    return kind === "ipfs" ? { kind, api, gateways } : { kind, gateways: [api, ...gateways] };
  }
  if (rest === text && !isPath(text))
    throw new UsageFault(
      `${JSON.stringify(text)} names no store: ${STORE_SYNTAX}. A folder of that name is dir:${text}, or ./${text}.`,
    );
  if (kind !== "mirror") return { kind: "dir", folder: path.resolve(rest) };
  const [, quorum, several = rest] = /^(\d+)\/(.*)$/s.exec(rest) ?? [];
  const stores = several.split(BETWEEN).map(parsed);
  if (stores.some((store) => store.kind === "mirror")) throw new UsageFault("A mirror has no mirror in it.");
  const most = quorum === undefined ? 1 : Number(quorum);
  const keepers = stores.filter((store) => store.kind !== "gateways").length;
  if (most < 1 || most > keepers)
    throw new UsageFault(`A quorum of ${most} among ${keepers} stores that are written to cannot be.`);
  return { kind: "mirror", quorum: quorum === undefined ? null : most, stores };
}

/** @throws {UsageFault} when it is no address, or holds what only the environment may; it is not repeated then. */
function addressIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageFault("A node or a gateway has an address that begins with http:// or https://.");
  if (url.username !== "" || url.password !== "")
    throw new UsageFault("An address must not hold a password: MEMVAULT_IPFS_TOKEN is for that.");
  return text;
}

function written(where: Where): string {
  switch (where.kind) {
    case "dir":
      return `dir:${where.folder}`;
    case "ipfs":
      return `ipfs:${[where.api, ...where.gateways].join(",")}`;
    case "gateways":
      return `gateways:${where.gateways.join(",")}`;
    case "chain":
      return "chain";
    case "mirror":
      return `mirror:${where.quorum === null ? "" : `${where.quorum}/`}${where.stores.map(written).join("+")}`;
  }
}

function made(where: Where, world: StoreWorld): BlobStore {
  const { env, notice } = world;
  switch (where.kind) {
    case "dir":
      return directoryStore(where.folder);
    case "gateways":
      return ipfsStore({ gateways: where.gateways, notice });
    case "ipfs": {
      const token = tokenOf(env, where.api);
      const { MEMVAULT_PINNING: endpoint } = env;
      const pinning = endpoint ? { pinning: { endpoint, token: env["MEMVAULT_PINNING_TOKEN"] ?? "" } } : {};
      return ipfsStore({
        ...{ api: where.api, gateways: where.gateways, notice, ...pinning },
        ...(token === undefined ? {} : { token }),
      });
    }
    case "chain":
      return chainLater(world);
    case "mirror":
      return mirrorStore(
        where.stores.map((store) => made(store, world)),
        { notice, ...(where.quorum === null ? {} : { quorum: where.quorum }) },
      );
  }
}

/**
 * A node's own token: no other node is told it, nor who listens on the way.
 *
 * @throws {UsageFault} when the variable has another form, or the token would travel in the clear; it is not repeated.
 */
function tokenOf(env: NodeJS.ProcessEnv, address: string): string | undefined {
  const { MEMVAULT_IPFS_TOKEN: tokens = "" } = env;
  const pairs = list(tokens).map((pair) => pair.split(/ +/));
  if (pairs.some(({ length }) => length !== 2))
    throw new UsageFault(
      "MEMVAULT_IPFS_TOKEN names the host that each token is for: HOST TOKEN, with commas between.",
    );
  const url = new URL(address);
  const token = pairs.find(([host]) => host === url.host)?.[1];
  if (token !== undefined && url.protocol === "http:" && !isLocal(url))
    throw new UsageFault(
      `The token for ${url.host} would travel in the clear: its address begins with https://.`,
    );
  return token;
}

/** A store on a chain that is reached when it is first used: a profile opens without one. */
function chainLater({ chain, signer, approve }: StoreWorld): BlobStore {
  let begun: Promise<ChainStore> | null = null;
  const store = (): Promise<ChainStore> =>
    (begun ??= chain().then((at) => chainStore({ ...at, signer, approve })));
  return {
    ...{ name: "BlobLog", maxBlobSize: MAX_PUBLISHED, permanent: true },
    put: async (blob) => (await store()).put(blob),
    putAll: async (blobs) => (await store()).putAll?.(blobs),
    get: async (digest) => (await store()).get(digest),
    has: async (digest) => (await store()).has(digest),
    delete: async (digest) => (await store()).delete(digest),
  };
}

/** What publishing takes, as it is asked about. */
export const priceText = ({ blobs, bytes, gas, total, dataFee }: PublishingCost): string =>
  `Publishing ${count(blobs, "blob")} (${size(bytes)}) on chain, for ever, takes ${number(gas)} gas` +
  `${dataFee > 0n ? " and a fee for data" : ""}: up to ${formatEther(total)} ETH.`;
