import { readFile } from "node:fs/promises";

import type { Deployment } from "../../client/index.ts";
import { ipfsStore } from "../../client/stores.ts";
import type { IpfsServer } from "../../test/helpers/ipfs-server.ts";
import { startBlobs } from "./blobs.ts";
import { startChain, type LocalChain } from "./chain.ts";
import { fillSample, LIFETIME, type Sample } from "./sample.ts";
import { serveApp, type AppServer } from "./serve.ts";

/** What the app is tried with. */
export interface WebWorldOptions {
  /** The built app. */
  readonly folder: string;
  /** Whether there is a vault to look at, or none yet. */
  readonly sample: boolean;
  /** Of the page. Default: any that is free. */
  readonly port?: number | undefined;
  /** Whether the page has the sample wallet. */
  readonly wallet: boolean;
}

/** The app with all that it needs, on this machine alone. */
export interface WebWorld {
  /** Where the page is. */
  readonly url: string;
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  /** The store's blobs, which can be told to misbehave. */
  readonly blobs: IpfsServer;
  readonly app: AppServer;
  /** Owner of the sample vault, and another person. The node signs for both. */
  readonly accounts: readonly [string, string];
  readonly sample: Sample | null;
  readonly close: () => Promise<void>;
}

/** Starts chain, store and host, and fills a vault if there is to be one. */
export async function startWebWorld(options: WebWorldOptions): Promise<WebWorld> {
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  const closing = <T>(thing: T, end: () => Promise<void>): T => {
    opened.push(end);
    return thing;
  };
  try {
    const present = Date.now();
    const scripts = options.wallet ? ["sample-wallet.js"] : [];
    // First of all: the others hear this page, and no other.
    const app = await serveApp(options.folder, scripts, options.port);
    closing(app, app.close);
    const node = await startChain(options.sample ? present - LIFETIME : present);
    closing(node, node.close);
    app.chains.set("rpc", node.url);
    const chain = { ...node, url: `${app.url}/rpc` };
    const blobs = await startBlobs(app.url);
    closing(blobs, () => blobs.stop());
    const [, owner = "", other = ""] = chain.accounts;
    const accounts = [owner, other] as const;
    const sample = options.sample ? await filled(chain, blobs, present) : null;
    app.files.set("network.json", networkFile(chain, blobs, sample));
    if (options.wallet) app.files.set("sample-wallet.js", await sampleWallet(chain, accounts));
    if (sample !== null) app.files.set("access-request.txt", `${sample.request}\n`);
    return { url: app.url, chain, deployment: chain.deployment, blobs, app, accounts, sample, close };
  } catch (fault) {
    await close();
    throw fault;
  }
}

/** The store as docs/stores.md writes it. */
export const storeName = (blobs: IpfsServer): string => `ipfs:${blobs.url}`;

async function filled(chain: LocalChain, blobs: IpfsServer, present: number): Promise<Sample> {
  const owner = await chain.provider.getSigner(1);
  const operator = await chain.provider.getSigner(3);
  return fillSample({ chain, store: ipfsStore({ api: blobs.url }), owner, operator }, present);
}

function networkFile(chain: LocalChain, blobs: IpfsServer, sample: Sample | null): string {
  const { chainId, memoryVault, keyRegistry, blobLog, block } = chain.deployment;
  return `${JSON.stringify(
    {
      ...{ name: "This machine", rpc: chain.url, secondRpc: null, chainId: String(chainId) },
      ...{ memoryVault, keyRegistry, blobLog, block, store: storeName(blobs) },
      ...(sample && { sample: { words: sample.words, owner: sample.owner, label: sample.label } }),
    },
    null,
    2,
  )}\n`;
}

async function sampleWallet(
  { url, deployment }: LocalChain,
  accounts: readonly [string, string],
): Promise<string> {
  const script = await readFile(new URL("sample-wallet.js", import.meta.url), "utf8");
  const told = { rpc: url, chainId: String(deployment.chainId), accounts };
  return script.replace('"__WALLET__"', JSON.stringify(JSON.stringify(told)));
}
