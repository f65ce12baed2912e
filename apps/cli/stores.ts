import path from "node:path";

import { formatEther, type Provider, type Signer } from "ethers";

import type { BlobStore, VaultError } from "../../client/index.ts";
import { directoryStore } from "../../client/node.ts";
import {
  InvalidStoreName,
  namedStore,
  parseStoreName,
  STORE_SYNTAX,
  storeNameText,
  type PublishingCost,
  type StoreName,
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

export { STORE_SYNTAX };

/**
 * Brings a store's name into the form in which a profile keeps it: with folders that mean the same wherever a command is run. A path
 * alone is a folder, and a bare word is none: it would be a store that was mistyped.
 *
 * @throws {UsageFault} when it names no store.
 */
export const storeText = (text: string): string => storeNameText(parsed(text));

/**
 * Makes a store from its name.
 *
 * @throws {UsageFault} when it names no store.
 */
export const storeAt = (text: string, { env, ...world }: StoreWorld): BlobStore => {
  const { MEMVAULT_PINNING: endpoint } = env;
  const name = parsed(text);
  return typed(() =>
    namedStore(name, {
      ...world,
      folder: directoryStore,
      token: (host) => tokensIn(env).get(host),
      ...(endpoint ? { pinning: { endpoint, token: env["MEMVAULT_PINNING_TOKEN"] ?? "" } } : {}),
    }),
  );
};

const parsed = (text: string): StoreName =>
  typed(() => parseStoreName(text, (folder) => path.resolve(folder)));

/** What names no store was typed, and makes no command. */
function typed<T>(work: () => T): T {
  try {
    return work();
  } catch (fault) {
    if (fault instanceof InvalidStoreName) throw new UsageFault(fault.message, { cause: fault });
    throw fault;
  }
}

/**
 * The tokens of nodes.
 *
 * @throws {UsageFault} when the variable has another form; it is not repeated.
 */
function tokensIn({ MEMVAULT_IPFS_TOKEN: tokens = "" }: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const pairs = list(tokens).map((pair) => pair.split(/ +/));
  if (pairs.some(({ length }) => length !== 2))
    throw new UsageFault(
      "MEMVAULT_IPFS_TOKEN names the host that each token is for: HOST TOKEN, with commas between.",
    );
  // Of two for one host the first counts.
  return new Map(pairs.reverse().map(([host = "", token = ""]) => [host, token]));
}

/** What publishing takes, as it is asked about. */
export const priceText = ({ blobs, bytes, gas, total, dataFee }: PublishingCost): string =>
  `Publishing ${count(blobs, "blob")} (${size(bytes)}) on chain, for ever, takes ${number(gas)} gas` +
  `${dataFee > 0n ? " and a fee for data" : ""}: up to ${formatEther(total)} ETH.`;
