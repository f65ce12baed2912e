import type { JsonRpcProvider, Provider, TransactionRequest, TransactionResponse } from "ethers";
import { Wallet } from "ethers";

import { RpcsDisagree } from "../../client/index.ts";
import type { Environment } from "../../client/index.ts";
import type { Deployment } from "../../client/deployments.ts";
import { DEV } from "./config.ts";
import { devHome, fund, keepState, runningNode } from "./devnode.ts";
import { DevNotRunning } from "./faults.ts";
import { findDeployment, readDeployment, UnknownNetwork } from "./profile.ts";
import { chainAt } from "./rpc.ts";
import type { Account } from "./wallet.ts";

/** A chain, and where the contracts stand on it. */
export interface Network {
  /** `dev`, or the RPC's host: an address may hold a key. */
  readonly name: string;
  readonly url: string;
  readonly provider: JsonRpcProvider;
  /** Another RPC of the same chain, which must agree. */
  readonly secondProvider?: JsonRpcProvider;
  readonly chainId: bigint;
  /** `null` when nobody said. */
  readonly deployment: Deployment | null;
}

/**
 * Connects to a chain.
 *
 * @param rpc - Its address, or `dev`.
 * @param secondRpc - The address of another RPC of it, or `null`.
 * @throws {DevNotRunning} when it is the local one, and that does not run. {ChainUnreachable} when nobody answers.
 * @throws {RpcsDisagree} when the two are not of one chain.
 */
export async function connect(root: string, rpc: string, secondRpc: string | null): Promise<Network> {
  const node = rpc === DEV ? await runningNode(root) : null;
  if (rpc === DEV && node === null) throw new DevNotRunning();
  const url = node?.url ?? rpc;
  const provider = await chainAt(url);
  const { chainId } = await provider.getNetwork();
  const deployment =
    rpc === DEV ? await readDeployment(devHome(root), chainId) : await findDeployment(root, chainId);
  return {
    ...{ name: rpc === DEV ? DEV : new URL(url).host, url, provider, chainId, deployment },
    ...(secondRpc === null ? {} : { secondProvider: await secondOf(secondRpc, chainId) }),
  };
}

async function secondOf(url: string, chainId: bigint): Promise<JsonRpcProvider> {
  const provider = await chainAt(url);
  const other = (await provider.getNetwork()).chainId;
  if (other === chainId) return provider;
  provider.destroy();
  throw new RpcsDisagree("the chain", String(chainId), String(other));
}

/** What a vault is reached through. */
export const rpcsOf = ({
  provider,
  secondProvider,
}: Network): Pick<Environment, "provider" | "secondProvider"> => ({ provider, secondProvider });

/**
 * Where the contracts stand.
 *
 * @throws {UnknownNetwork} when nobody said.
 */
export function deploymentOn({ deployment, chainId }: Network): Deployment {
  if (deployment === null) throw new UnknownNetwork(chainId);
  return deployment;
}

/** The profile's account on the local chain, with something to pay with. */
export async function devAccount(root: string, { url, provider }: Network, key: string): Promise<Account> {
  const account = new DevAccount(key, provider, root, url);
  await fund(url, account.address);
  return account;
}

/** An account of the local chain: what it sent is on disk before anybody hears that it was sent. */
class DevAccount extends Wallet {
  constructor(
    key: string,
    provider: Provider,
    private readonly root: string,
    private readonly url: string,
  ) {
    super(key, provider);
  }

  override async sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
    const sent = await super.sendTransaction(request);
    await keepState(this.root, { url: this.url });
    return sent;
  }

  override connect(provider: null | Provider): Wallet {
    return provider === null
      ? super.connect(null)
      : new DevAccount(this.privateKey, provider, this.root, this.url);
  }
}
