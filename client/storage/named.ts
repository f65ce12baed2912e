import type { Provider, Signer } from "ethers";

import type { VaultError } from "../errors.ts";
import { chainStore, MAX_PUBLISHED, type ChainStore, type PublishingCost } from "./chain.ts";
import { ipfsStore } from "./ipfs.ts";
import { mirrorStore } from "./mirror.ts";
import type { PinningService } from "./pinning.ts";
import { isLocal } from "./redirect.ts";
import { InvalidStoreName, type StoreName } from "./store-name.ts";
import type { BlobStore } from "./store.ts";

/** What stores that are named take from the program around them. */
export interface StoreParts {
  /** Makes the store of a folder; given where folders can be stores. */
  readonly folder?: (folder: string) => BlobStore;
  /** A node's own token, by the host and port of its address. */
  readonly token: (host: string) => string | undefined;
  /** Asked to keep what a node was given, if there is one. */
  readonly pinning?: PinningService | undefined;
  /** Asked for when a store on chain is first used. */
  readonly chain: () => Promise<{ readonly blobLog: string; readonly provider: Provider }>;
  readonly signer: () => Promise<Signer | undefined>;
  /** Sees what publishing takes, and which account pays, before it is spent, and throws to have nothing sent. */
  readonly approve: (cost: PublishingCost, payer: string) => Promise<void>;
  /** Hears of a store that failed where others did not. */
  readonly notice: (fault: VaultError) => void;
}

/**
 * Makes a store from its name.
 *
 * @param name - As `parseStoreName` takes it apart.
 * @returns The store. One on chain is reached when it is first used.
 * @throws {InvalidStoreName} when it is a folder where none can be, or a token would travel in the clear; it is not repeated.
 */
export function namedStore(name: StoreName, parts: StoreParts): BlobStore {
  const { notice, pinning } = parts;
  switch (name.kind) {
    case "dir":
      if (parts.folder === undefined) throw new InvalidStoreName("A folder cannot be a store here.");
      return parts.folder(name.folder);
    case "gateways":
      return ipfsStore({ gateways: name.gateways, notice });
    case "ipfs": {
      const token = tokenFor(name.api, parts);
      return ipfsStore({
        ...{ api: name.api, gateways: name.gateways, notice },
        ...(pinning === undefined ? {} : { pinning }),
        ...(token === undefined ? {} : { token }),
      });
    }
    case "chain":
      return chainLater(parts);
    case "mirror":
      return mirrorStore(
        name.stores.map((store) => namedStore(store, parts)),
        { notice, ...(name.quorum === null ? {} : { quorum: name.quorum }) },
      );
  }
}

/** A node's own token: no other node is told it, nor who listens on the way. */
function tokenFor(address: string, { token }: StoreParts): string | undefined {
  const url = new URL(address);
  const found = token(url.host);
  if (found !== undefined && url.protocol === "http:" && !isLocal(url))
    throw new InvalidStoreName(
      `The token for ${url.host} would travel in the clear: its address begins with https://.`,
    );
  return found;
}

/** A store on a chain that is reached when it is first used: a profile opens without one. */
function chainLater({ chain, signer, approve }: StoreParts): BlobStore {
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
