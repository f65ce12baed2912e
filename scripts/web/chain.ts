import { getAddress, type JsonRpcProvider } from "ethers";

import { chainAt, rpc } from "../../apps/cli/rpc.ts";
import type { Deployment } from "../../client/index.ts";
import { deploySuite } from "../../client/suite.ts";
import { startAnvil, type Anvil } from "../../test/helpers/anvil.ts";

/** A chain of this machine with the suite, whose clock can be set on. */
export interface LocalChain {
  readonly url: string;
  readonly anvil: Anvil;
  readonly provider: JsonRpcProvider;
  readonly deployment: Deployment;
  /** Accounts that the node signs for. */
  readonly accounts: readonly string[];
  /** The chain's clock, in Unix milliseconds. */
  readonly now: () => number;
  /** Sets the clock on. The next block is of that time. */
  readonly setTime: (time: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Starts npm's anvil and deploys the suite on it.
 *
 * @param begin - The chain's time at its first block, in Unix milliseconds.
 */
export async function startChain(begin: number): Promise<LocalChain> {
  const anvil = await startAnvil({ args: ["--timestamp", String(Math.floor(begin / 1_000))] });
  const provider = await chainAt(anvil.url);
  const close = async (): Promise<void> => {
    provider.destroy();
    await anvil.stop();
  };
  try {
    const deployment = await deploySuite(await provider.getSigner(0), BigInt(anvil.chainId));
    const accounts = ((await rpc(anvil.url, "eth_accounts")) as string[]).map((account) =>
      getAddress(account),
    );
    let [chains, real] = [begin, Date.now()];
    return {
      ...{ url: anvil.url, anvil, provider, deployment, accounts, close },
      now: () => chains + Date.now() - real,
      setTime: async (time) => {
        await rpc(anvil.url, "evm_setNextBlockTimestamp", [Math.floor(time / 1_000)]);
        await rpc(anvil.url, "evm_mine");
        [chains, real] = [time, Date.now()];
      },
    };
  } catch (fault) {
    await close();
    throw fault;
  }
}
