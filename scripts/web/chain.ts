import { randomBytes } from "@noble/hashes/utils.js";
import { getAddress, type JsonRpcProvider } from "ethers";

import { chainAt, rpc } from "../../apps/cli/rpc.ts";
import type { Deployment } from "../../client/index.ts";
import { deploySuite } from "../../client/suite.ts";
import { startAnvil, type Anvil } from "../../test/helpers/anvil.ts";

/** A chain of this machine with the suite, whose clock can be set on. */
export interface LocalChain {
  /** Where programs ask it; of pages, the app's own only, where it stands behind the app's server. */
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
 * An address of this machine that nobody guesses: a node takes WebSockets of any page, which no header forbids. Linux has all
 * of 127.0.0.0/8 for itself; elsewhere what is left is a port that nobody was told.
 */
const hidden = (): string =>
  process.platform === "linux"
    ? `127.${[...randomBytes(3)].map((byte) => byte || 1).join(".")}`
    : "127.0.0.1";

/**
 * Starts npm's anvil, which no page may ask, and deploys the suite on it.
 *
 * @param begin - The chain's time at its first block, in Unix milliseconds.
 */
export async function startChain(begin: number): Promise<LocalChain> {
  const anvil = await startAnvil({
    ...{ host: hidden(), args: ["--no-cors", "--timestamp", String(Math.floor(begin / 1_000))] },
  });
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
