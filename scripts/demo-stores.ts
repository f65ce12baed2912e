import { rm } from "node:fs/promises";
import path from "node:path";

import type { Provider, Signer } from "ethers";

import { priceText } from "../apps/cli/stores.ts";
import { VaultError, type BlobStore } from "../client/index.ts";
import { directoryStore } from "../client/node.ts";
import { chainStore, ipfsStore, isMirror, mirrorStore } from "../client/stores.ts";
import { startIpfs, type IpfsNode } from "./ipfs/node.ts";

/** Where the demo may keep its blobs. */
export const DEMO_STORES = ["dir", "ipfs", "chain", "mirror"] as const;

/** One of them. */
export type DemoStore = (typeof DEMO_STORES)[number];

/** Not a store that the demo has. */
export class NoSuchDemoStore extends VaultError {
  constructor(readonly store: string) {
    super(`The demo has no store ${JSON.stringify(store)}: ${DEMO_STORES.join(", ")} are.`);
  }
}

/** The kind of store of a name. @throws {NoSuchDemoStore} when there is none. */
export function demoStore(name: string): DemoStore {
  const found = DEMO_STORES.find((known) => known === name);
  if (found === undefined) throw new NoSuchDemoStore(name);
  return found;
}

/** What a store of the demo is made of. */
export interface DemoStoreParts {
  /** The demo's folder. */
  readonly root: string;
  /** The RPC of somebody's own IPFS node, or one is installed and started. */
  readonly ipfs?: string | undefined;
  readonly provider: Provider;
  readonly payer: Signer;
  /** Where BlobLog is, once it is deployed. */
  readonly blobLog: () => string;
  readonly say: (line: string) => void;
}

/** A store of the demo. */
export interface OpenDemoStore {
  readonly store: BlobStore;
  /** Where it is, in the words of the story. */
  readonly where: string;
  /** Loses one of several stores, as a disk dies; `null` where there is one. */
  readonly loseOne: (() => Promise<void>) | null;
  readonly close: () => Promise<void>;
}

/**
 * Opens a store for the demo.
 *
 * @throws {IpfsNodeUnavailable} when a node is to be started and is not to be had.
 */
export async function openDemoStore(kind: DemoStore, parts: DemoStoreParts): Promise<OpenDemoStore> {
  const { root, ipfs, provider, payer, say } = parts;
  const close = (): Promise<void> => Promise.resolve();
  switch (kind) {
    case "dir":
      return {
        ...{ store: directoryStore(path.join(root, "disk")), where: "a folder", loseOne: null, close },
      };
    case "ipfs": {
      if (ipfs === undefined)
        say("Installing and starting an IPFS node; the first time this takes a minute…");
      const node: IpfsNode | null = ipfs === undefined ? await startIpfs(path.join(root, "ipfs")) : null;
      const api = ipfs ?? node?.url ?? "";
      const store = ipfsStore({ api });
      return { store, where: store.name, loseOne: null, close: async () => node?.stop() };
    }
    case "chain": {
      let made: BlobStore | null = null;
      // The story begins before BlobLog is deployed.
      const later = (): BlobStore =>
        (made ??= chainStore({
          ...{ provider, blobLog: parts.blobLog(), signer: () => Promise.resolve(payer), pause: 50 },
          approve: (cost) => {
            say(`   ${priceText(cost)}`);
            return Promise.resolve();
          },
        }));
      const store: BlobStore = {
        ...{ name: "BlobLog", maxBlobSize: 65_536, permanent: true },
        put: (blob) => later().put(blob),
        putAll: async (blobs) => later().putAll?.(blobs),
        get: (digest) => later().get(digest),
        has: (digest) => later().has(digest),
        delete: (digest) => later().delete(digest),
      };
      return { store, where: "events on the chain, for ever", loseOne: null, close };
    }
    case "mirror": {
      const folders = ["one", "two", "three"].map((name) => path.join(root, `disk-${name}`));
      const store = mirrorStore(folders.map((folder) => directoryStore(folder)));
      return {
        ...{ store, where: "three folders, two of which must have each blob" },
        loseOne: () => rm(folders[0] ?? root, { recursive: true, force: true }),
        close: async () => {
          if (isMirror(store)) await store.settled();
        },
      };
    }
  }
}

/** A store with somebody beside it who keeps a copy of all that is ever put there. */
export const overheard = (store: BlobStore, copies: BlobStore): BlobStore => ({
  ...store,
  put: async (blob) => {
    await copies.put(blob);
    return store.put(blob);
  },
  ...(store.putAll !== undefined && {
    putAll: async (blobs: readonly Uint8Array[]) => {
      for (const blob of blobs) await copies.put(blob);
      await store.putAll?.(blobs);
    },
  }),
});
