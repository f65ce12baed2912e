import { randomBytes } from "@noble/hashes/utils.js";

import { awake } from "../device/awake.ts";
import { chosenNetwork, hostedNetwork, networkText } from "./config.ts";
import type { Around, Network, NetworkConfig } from "./network.ts";
import { SentLog } from "./sent-log.ts";
import { browserSettings } from "./settings.ts";
import { Transactions } from "./transactions.ts";
import { Wallets } from "./wallets.ts";

/** This browser's settings of chain and wallet. */
export const settings = browserSettings();

/** This page's wallets; {@link startWallets} begins to look for them. */
export const wallets = new Wallets(globalThis, settings);

/** This page's transactions. */
export const transactions = new Transactions(awake);

/** Tokens of stores, for as long as this page is open: they are secret, and kept nowhere. */
export const storeTokens = new Map<string, string>();

const around: Around = {
  ...{ wallets, transactions, tokens: storeTokens, notice: () => undefined },
  log: new SentLog(settings, randomBytes),
};

/** Looks for wallets, and connects the one that was used last again. */
export const startWallets = (): void => wallets.start();

/**
 * The network that is used: the person's own, else the one that the page's host names.
 *
 * @returns `null` where neither is there: the person is asked.
 * @throws {NetworkFaulty} when what names it cannot be used.
 */
export const networkConfig = (): Promise<NetworkConfig | null> => chosenNetwork(settings);

/** What the page's host says, its sample vault too. */
export const hosted = () => hostedNetwork();

/** Reaches a network with this page's wallets; throws as `connectNetwork` does. */
export async function reach(config: NetworkConfig): Promise<Network> {
  startWallets();
  if (config.rpc === null) await wallets.settled();
  // What works with a chain is fetched when there is one to reach: what is shown before needs none of it.
  const { connectNetwork } = await import("./network.ts");
  return connectNetwork(config, around);
}

/** Keeps a network as the person's own. */
export const keepNetwork = (config: NetworkConfig): Promise<void> =>
  settings.set("network", networkText(config));

/** Goes back to the network that the page's host names. */
export const forgetNetwork = (): Promise<void> => settings.remove("network");
