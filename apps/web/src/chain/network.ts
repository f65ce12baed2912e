import { BrowserProvider, type Provider } from "ethers";

import {
  ContractMissing,
  RpcsDisagree,
  type BlobStore,
  type Deployment,
  type VaultError,
} from "../../../../client/index.ts";
import { ApprovingSigner, type SignerParts } from "./approving-signer.ts";
import { WrongChain } from "./errors.ts";
import { InTurn } from "./in-turn.ts";
import { answerFrom, chainAt, hostOf, isNear, plainNetwork } from "./rpc.ts";
import type { SentLog } from "./sent-log.ts";
import type { Transactions } from "./transactions.ts";
import type { Wallets } from "./wallets.ts";
import { expectOpen } from "./while-open.ts";

/** The chain and the store that a vault is reached through, as the person or the host of this page named them. */
export interface NetworkConfig {
  /** What the person calls it. */
  readonly name: string;
  /** Where the chain is read; `null`: through the wallet. */
  readonly rpc: string | null;
  /** Another RPC of the same chain, which must agree. */
  readonly secondRpc: string | null;
  readonly deployment: Deployment;
  /** The store as docs/stores.md writes it. */
  readonly store: string;
}

/** A chain that answers questions as nodes name them, too. */
export interface RpcProvider extends Provider {
  send(method: string, params: unknown[]): Promise<unknown>;
}

/** A network that is reached. */
export interface Network {
  readonly config: NetworkConfig;
  readonly provider: RpcProvider;
  readonly secondProvider: Provider | undefined;
  readonly store: BlobStore;
  /** The person's wallet: it asks before it sends. There is one where no wallet is connected, and it refuses by name. */
  readonly signer: ApprovingSigner;
}

/** What a network takes from the page around it. */
export interface Around {
  readonly wallets: Wallets;
  readonly transactions: Transactions;
  readonly log: SentLog;
  /** Tokens of stores, by host and port. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Hears of a store that failed where others did not. */
  readonly notice: (fault: VaultError) => void;
}

/** Milliseconds between two looks at what was sent. */
const PAUSE = { near: 250, far: 4_000 } as const;

/** How long a transaction may be in no block before nobody can say what became of it: ten minutes. */
const PATIENCE = 600_000;

/**
 * Reaches a network: its chain, the other RPC of it, the contract and the store.
 *
 * @throws {ChainUnreachable} when nobody answers. {WrongChain} when it is another chain than it should be.
 * @throws {RpcsDisagree} when the second RPC is of another chain. {ContractMissing} when no vault's contract stands there.
 * @throws {InvalidStoreName} when the store's name is none. {WalletMissing} when it is read through a wallet, and none is connected.
 */
export async function connectNetwork(config: NetworkConfig, around: Around): Promise<Network> {
  const { session } = around.transactions;
  const provider = await firstProvider(config, around.wallets);
  const secondProvider = await secondProviderOf(config);
  await expectContract(provider, config);
  const { wallets, transactions, log } = around;
  const parts: SignerParts = {
    ...{ config, provider, wallets, transactions, log, patience: PATIENCE },
    ...{ followed: new Set<string>(), told: new Set<string>(), looks: new InTurn(), now: Date.now, session },
    pause: config.rpc !== null && isNear(config.rpc) ? PAUSE.near : PAUSE.far,
  };
  const signer = new ApprovingSigner(parts);
  const store = await storeOf(config, provider, parts, around);
  return { config, provider, secondProvider, store, signer };
}

async function firstProvider({ rpc, deployment }: NetworkConfig, wallets: Wallets): Promise<RpcProvider> {
  if (rpc === null) return walletProvider(deployment, wallets);
  const { provider, chainId } = await chainAt(rpc);
  if (chainId === deployment.chainId) return provider;
  provider.destroy();
  throw new WrongChain(`The RPC at ${new URL(rpc).host}`, chainId, deployment.chainId);
}

async function walletProvider({ chainId }: Deployment, wallets: Wallets): Promise<RpcProvider> {
  const { wallet, chainId: actual } = await wallets.now();
  if (actual !== chainId) throw new WrongChain(wallet.name, actual, chainId);
  const network = plainNetwork(chainId);
  const ethereum = { request: wallet.ethereum.request.bind(wallet.ethereum) };
  return new BrowserProvider(ethereum, network, { staticNetwork: network, cacheTimeout: -1 });
}

async function secondProviderOf({ secondRpc, deployment }: NetworkConfig): Promise<Provider | undefined> {
  if (secondRpc === null) return undefined;
  const { provider, chainId } = await chainAt(secondRpc);
  if (chainId === deployment.chainId) return provider;
  provider.destroy();
  throw new RpcsDisagree("the chain", String(deployment.chainId), String(chainId));
}

async function expectContract(provider: Provider, { rpc, deployment }: NetworkConfig): Promise<void> {
  const { memoryVault, chainId } = deployment;
  const code = await answerFrom(hostOf(rpc), provider.getCode(memoryVault));
  if (code === "0x") throw new ContractMissing(memoryVault, chainId);
}

async function storeOf(
  { store, deployment }: NetworkConfig,
  provider: Provider,
  parts: SignerParts,
  { tokens, notice, transactions }: Around,
): Promise<BlobStore> {
  // Loaded when a network is: what is shown before needs no store.
  const { namedStore, parseStoreName } = await import("../../../../client/stores.ts");
  // Publications are agreed to together, at the price of all.
  const publisher = new ApprovingSigner(parts, false);
  return namedStore(parseStoreName(store, null), {
    ...{ notice, token: (host: string) => tokens.get(host) },
    chain: () => Promise.resolve({ blobLog: deployment.blobLog, provider }),
    signer: () => Promise.resolve(publisher),
    approve: async (cost, account) => {
      const { wallet } = parts.wallets.expectConnected();
      const balance = await answerFrom(hostOf(parts.config.rpc), provider.getBalance(account));
      expectOpen(parts.session);
      const id = await transactions.ask({
        what: [`Publishes ${cost.blobs} sealed blobs (${cost.bytes} bytes) on the chain, for ever.`],
        ...{
          account,
          wallet: wallet.name,
          network: parts.config.name,
          vaults: [],
          chainId: deployment.chainId,
        },
        ...{ gas: cost.gas, gasLimit: cost.gas, likely: cost.total, most: cost.total, balance },
      });
      // Each of them is shown by itself from here on.
      transactions.dismiss(id);
    },
  });
}
