// A process of its own for crashes.test.ts and writers.test.ts: does some deeds with a vault, and kills itself, if it is to, at
// one of the moments in which it changes something, as a power cut would.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { JsonRpcProvider, Network, Wallet } from "ethers";

import {
  forget,
  grant,
  JournalBusy,
  pending,
  RaceLost,
  read,
  reinforce,
  remember,
  revoke,
  sync,
  update,
  vaultAt,
  type Memory,
  type Vault,
} from "../../client/index.ts";
import { rekey, resumeRekey, shred, unconfirmed } from "../../client/manage.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { watchDisk } from "../helpers/disk.ts";

/** A device whose parts are in folders of one home. */
export interface Home {
  readonly url: string;
  readonly chainId: number;
  readonly contract: string;
  /** Hex. */
  readonly vaultId: string;
  readonly journalKey: string;
  readonly privateKey: string;
  readonly folder: string;
  readonly blobs: string;
  /** Blocks until a head counts as final. */
  readonly confirmations: number;
}

/** What a life of a process is made of, in order. */
export type Deed =
  | { readonly does: "remember"; readonly scope: string; readonly texts: readonly string[] }
  | { readonly does: "forget" | "reinforce" | "shred"; readonly text: string }
  | { readonly does: "update"; readonly text: string; readonly to: string }
  | { readonly does: "sync" | "finish" | "resume" }
  | { readonly does: "grant"; readonly recipient: string; readonly account: string; readonly until: number }
  | { readonly does: "revoke"; readonly account: string }
  | { readonly does: "rekey"; readonly remove: string };

/** What the parent asks for. */
export interface Life {
  readonly home: Home;
  readonly deeds: readonly Deed[];
  /** The moment to die at, counted from 0, or once the node has a transaction; `null` to live on and count them. */
  readonly dieAt: number | "sent" | null;
  /** The file of the home in which it notes how far it came. */
  readonly notes: string;
}

/** What a child says to its parent: that it may be told its life, and how that ended if it ended by itself. */
export type Said = "ready" | { readonly moments: number } | { readonly fault: string };

/** A chain that can be watched on its way out. */
class WatchedProvider extends JsonRpcProvider {
  onSend: (go: () => Promise<unknown>) => Promise<unknown> = (go) => go();

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as ethers has it
  override async send(method: string, params: any[] | Record<string, any>): Promise<any> {
    const go = (): Promise<unknown> => super.send(method, params);
    return method === "eth_sendRawTransaction" ? this.onSend(go) : go();
  }
}

/** The chain of a home. */
export function providerAt(url: string, chainId: number): WatchedProvider {
  const network = Network.from(chainId);
  const options = { staticNetwork: network, cacheTimeout: -1, batchMaxCount: 1, polling: true };
  const provider = new WatchedProvider(url, network, options);
  provider.pollingInterval = 50;
  return provider;
}

/** Opens the device that lives in a folder. */
export function openHome({ url, chainId, contract, vaultId, journalKey, privateKey, ...home }: Home) {
  const provider = providerAt(url, chainId);
  const vault = vaultAt(
    { chainId: BigInt(chainId), contract, vaultId: BigInt(vaultId) },
    {
      ...{ provider, wallet: new Wallet(privateKey, provider) },
      store: directoryStore(home.blobs),
      journalStore: fileJournalStore(join(home.folder, "journal")),
      journalKey: Buffer.from(journalKey, "hex"),
      finality: { confirmations: home.confirmations },
    },
  );
  return { vault, provider };
}

async function memoryOf(vault: Vault, text: string): Promise<Memory> {
  const memories = (await read(vault)).scopes.flatMap((scope) => scope.memories);
  const found = memories.find((memory) => memory.text === text);
  if (found === undefined) throw new Error(`no memory says ${text}`);
  return found;
}

/** Syncs until nothing waits, however often others come first. */
async function finish(vault: Vault): Promise<void> {
  do {
    await sync(vault).catch((fault: unknown) => {
      if (!(fault instanceof RaceLost) && !(fault instanceof JournalBusy)) throw fault;
    });
  } while ((await pending(vault)).length > 0);
}

/** Does one deed. */
export async function doDeed(vault: Vault, deed: Deed): Promise<unknown> {
  switch (deed.does) {
    case "remember":
      return remember(vault, ...deed.texts.map((text) => ({ scope: deed.scope, text })));
    case "forget":
      return forget(vault, await memoryOf(vault, deed.text));
    case "reinforce":
      return reinforce(vault, await memoryOf(vault, deed.text));
    case "shred":
      return shred(vault, await memoryOf(vault, deed.text));
    case "update":
      return update(vault, await memoryOf(vault, deed.text), { text: deed.to });
    case "sync":
      return sync(vault);
    case "finish":
      return finish(vault);
    case "resume":
      return resumeRekey(vault);
    case "grant": {
      const { recipient, account, until: expiresAt } = deed;
      return grant(vault, { recipient, account, scopes: ["career"], expiresAt });
    }
    case "revoke":
      return revoke(vault, deed.account);
    case "rekey": {
      const remove = [deed.remove];
      const confirmed = (await unconfirmed(vault, { remove })).map(({ fingerprint }) => fingerprint);
      return rekey(vault, { remove, confirmed });
    }
  }
}

/** @returns how many moments there were. */
async function live({ home, deeds, dieAt, notes }: Life): Promise<number> {
  const { vault, provider } = openHome(home);
  let moments = 0;
  const moment = (): boolean => moments++ === dieAt;
  const die = (): never => {
    process.kill(process.pid, "SIGKILL");
    throw new Error("outlived a SIGKILL");
  };
  watchDisk([home.blobs, join(home.folder, "journal")], async ({ what, go, tear }) => {
    if (moment()) die();
    if (what === "write" && moment()) {
      await tear();
      die();
    }
    return go();
  });
  provider.onSend = async (go) => {
    if (moment()) die();
    const answer = await go();
    // The node has the transaction, and nobody heard its answer.
    if (moment() || dieAt === "sent") die();
    return answer;
  };
  for (const [i, deed] of deeds.entries()) {
    appendFileSync(join(home.folder, notes), `begun ${i}\n`);
    await doDeed(vault, deed);
    appendFileSync(join(home.folder, notes), `done ${i}\n`);
  }
  if (moment()) die();
  provider.destroy();
  return moments;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once("message", (life: Life) => {
    const say = (said: Said) => process.send?.(said, () => process.disconnect());
    live(life).then(
      (moments) => say({ moments }),
      (fault: unknown) => say({ fault: String(fault) }),
    );
  });
  // A parent that is gone needs no answer.
  process.send?.("ready", () => undefined);
}
