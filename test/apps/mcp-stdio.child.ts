// A process of its own for mcp-foreign.test.ts: serves the vault that the folder given to it describes, over stdio, or over
// HTTP where a token is given too.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { JsonRpcProvider, Network, Wallet } from "ethers";

import {
  serveHttp,
  serveOverStdio,
  stderrLog,
  systemTimers,
  untilSignal,
  wordRecall,
} from "../../apps/mcp/index.ts";
import { vaultAt } from "../../client/index.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { indexFiles } from "../../client/recall.ts";

/** What the folder's `vault.json` says. */
export interface ChildVault {
  readonly url: string;
  readonly chainId: number;
  readonly contract: string;
  readonly vaultId: string;
  readonly journalKey: string;
  readonly privateKey: string | null;
  /** Where the blobs are, for all devices. */
  readonly blobs: string;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const home = process.argv[2] ?? "";
  const config = JSON.parse(await readFile(path.join(home, "vault.json"), "utf8")) as ChildVault;
  const network = Network.from(config.chainId);
  const provider = new JsonRpcProvider(config.url, network, { staticNetwork: network, cacheTimeout: -1 });
  const { contract, vaultId, journalKey, privateKey, blobs } = config;
  const vault = vaultAt(
    { chainId: BigInt(config.chainId), contract, vaultId: BigInt(vaultId) },
    {
      provider,
      ...(privateKey === null ? {} : { wallet: new Wallet(privateKey, provider) }),
      store: directoryStore(blobs),
      journalStore: fileJournalStore(path.join(home, "journal")),
      journalKey: Buffer.from(journalKey, "hex"),
    },
  );
  // As a library may: it must not reach the protocol.
  const noise = setTimeout(() => console.log("noise"), 0);
  const options = {
    ...{ vault, recall: wordRecall(indexFiles(vault)), timers: systemTimers, log: stderrLog },
    ...{ version: "0.0.0-test", defaultScope: "private", chatgpt: true },
  };
  const token = process.argv[3];
  if (token === undefined) await serveOverStdio(options);
  else await untilSignal(await serveHttp(options, { port: 0, token }));
  clearTimeout(noise);
  provider.destroy();
  process.exit(0);
}
