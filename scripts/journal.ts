import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";

import { HardhatError } from "@nomicfoundation/hardhat-errors";
import { HardhatArtifactResolver } from "@nomicfoundation/hardhat-ignition/helpers";
import { status, trackTransaction, wipe } from "@nomicfoundation/ignition-core";
import { concat, id as hashText, keccak256 } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { EthereumProvider } from "hardhat/types/providers";

import { CONTRACTS, NAMES, type Addresses, type Name } from "./standing.ts";

/** How Ignition deploys: plainly, or through CreateX. */
export type Strategy = "basic" | "create2";

/** Ignition's journal of a deployment. */
export interface Journal {
  /** Ignition's name for the deployment. */
  readonly id: string;
  /** Whether it is of a node on this machine, which may be started anew under the same chain id. */
  readonly isLocal: boolean;
  /** Where the contracts stand that it saw confirmed. */
  readonly deployed: Addresses;
  /** The contracts that were begun and not seen to their end. */
  readonly begun: readonly Name[];
  /** Lets it forget a contract, which is then deployed anew. */
  forget(name: Name): Promise<void>;
  /** Runs a deployment, also where the process or the node ended between sending a transaction and hearing its hash. */
  resuming<T>(work: () => Promise<T>): Promise<T>;
  /** Removes what is of no use once the deployment is recorded: a public chain's journal is committed, a local one's not. */
  close(): Promise<void>;
}

/** Reads the journal of this chain; one that was never begun knows nothing. */
export async function journalOf(
  hre: HardhatRuntimeEnvironment,
  provider: EthereumProvider,
  chainId: bigint,
  strategy: Strategy,
): Promise<Journal> {
  const version = (await provider.request({ method: "web3_clientVersion" })) as string;
  const isLocal = /^(anvil|hardhat)/i.test(version);
  const all = path.join(hre.config.paths.ignition, "deployments");
  const local = `local-${chainId}-`;
  // On a chain of one's own contracts change; a deployment of others that broke off is not to be gone on with.
  const id = isLocal ? `${local}${await digestOf(hre, strategy)}` : `chain-${chainId}`;
  const folder = path.join(all, id);
  const forget = (future: string): Promise<void> =>
    wipe(folder, new HardhatArtifactResolver(hre.artifacts), future);
  return {
    ...{ id, isLocal, ...(await readJournal(folder)) },
    forget: (name) => forget(futureOf(name)),
    resuming: async (work) => {
      for (;;) {
        try {
          return await work();
        } catch (fault) {
          if (!HardhatError.isHardhatError(fault, TRANSACTION_LOST)) throw fault;
          await findLost(fault, provider, folder, forget);
        }
      }
    },
    close: async () => {
      for (const name of isLocal ? await readdir(all).catch(orNone) : [])
        if (name.startsWith(local)) await rm(path.join(all, name), { recursive: true });
    },
  };
}

const { TRANSACTION_LOST } = HardhatError.ERRORS.IGNITION.EXECUTION;

/** What the modules' contracts are called in a journal. */
const futureOf = (name: Name): string => `${CONTRACTS[name]}#${CONTRACTS[name]}`;

async function digestOf({ artifacts }: HardhatRuntimeEnvironment, strategy: Strategy): Promise<string> {
  const code = NAMES.map(async (name) => (await artifacts.readArtifact(CONTRACTS[name])).bytecode);
  return keccak256(concat([hashText(strategy), ...(await Promise.all(code))])).slice(2, 10);
}

async function readJournal(folder: string): Promise<Pick<Journal, "deployed" | "begun">> {
  const { size } = await stat(path.join(folder, "journal.jsonl")).catch((fault: unknown) => {
    orNone(fault);
    return { size: 0 };
  });
  if (size === 0) return { deployed: {}, begun: [] };
  const { contracts, started } = await status(folder);
  const deployed: Partial<Record<Name, string>> = {};
  for (const name of NAMES) {
    const contract = contracts[futureOf(name)];
    if (contract !== undefined) deployed[name] = contract.address;
  }
  return { deployed, begun: NAMES.filter((name) => started.includes(futureOf(name))) };
}

/** Nothing, where nothing is. */
function orNone(fault: unknown): never[] {
  if ((fault as NodeJS.ErrnoException).code === "ENOENT") return [];
  throw fault;
}

/**
 * Ignition does not go on after a transaction whose hash it never heard, because it cannot know whether it was sent. The
 * account's nonce tells: if it is not spent, the transaction is sent with the same nonce, so that at most one of the two
 * lands; if it is, what spent it is looked up. If that is another transaction, Ignition sends its own after it.
 *
 * @throws Ignition's error, which says what to do by hand, when none of the newest blocks has the transaction.
 */
async function findLost(
  fault: HardhatError<typeof TRANSACTION_LOST>,
  provider: EthereumProvider,
  folder: string,
  forget: (future: string) => Promise<void>,
): Promise<void> {
  const { futureId, sender, nonce } = fault.messageArguments as Record<
    "futureId" | "sender" | "nonce",
    string
  >;
  const count = { method: "eth_getTransactionCount", params: [sender, "pending"] };
  const next = (await provider.request(count)) as string;
  if (BigInt(next) <= BigInt(nonce)) return forget(futureId);
  const hash = await hashOf(provider, sender, BigInt(nonce));
  if (hash === null) throw fault;
  await trackTransaction(folder, hash, provider, 1);
}

/** How many blocks are looked through for a transaction. */
const DEPTH = 512;

interface Block {
  readonly transactions: readonly { readonly hash: string; readonly from: string; readonly nonce: string }[];
}

/** The transaction that spent an account's nonce. Nodes have no index for it, and seldom the state of former blocks. */
async function hashOf(provider: EthereumProvider, sender: string, nonce: bigint): Promise<string | null> {
  const newest = Number(await provider.request({ method: "eth_blockNumber" }));
  const tags = Array.from(
    { length: Math.min(DEPTH, newest + 1) },
    (_, i) => `0x${(newest - i).toString(16)}`,
  );
  for (const tag of ["pending", ...tags]) {
    const request = { method: "eth_getBlockByNumber", params: [tag, true] };
    const block = (await provider.request(request)) as Block | null;
    const found = block?.transactions.find(
      (sent) => sent.from.toLowerCase() === sender.toLowerCase() && BigInt(sent.nonce) === nonce,
    );
    if (found !== undefined) return found.hash;
  }
  return null;
}
