import { chosenNetwork, hostedNetwork } from "./config.ts";
import { connectNetwork, type Around, type Network, type NetworkConfig } from "./network.ts";
import { browserSettings } from "./settings.ts";
import { Transactions } from "./transactions.ts";
import { Wallets } from "./wallets.ts";

/** This browser's settings of chain and wallet. */
export const settings = browserSettings();

/** This page's wallets; {@link startWallets} begins to look for them. */
export const wallets = new Wallets(globalThis, settings);

/** This page's transactions. */
export const transactions = new Transactions();

/** Tokens of stores, for as long as this page is open: they are secret, and kept nowhere. */
export const storeTokens = new Map<string, string>();

const around: Around = { wallets, transactions, tokens: storeTokens, notice: () => undefined };

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
export const reach = (config: NetworkConfig): Promise<Network> => connectNetwork(config, around);
