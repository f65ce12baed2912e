import { isError, type TransactionReceipt } from "ethers";

import { ContractRefusal } from "../errors.ts";
import { sendCalls, type ChainHead, type MemoryVault, type VaultCall } from "./contract.ts";

/** How many times another writer may come first. */
export const MAX_RACES = 8;

const PENDING_PATIENCE = { tries: 30, pause: 500 };

/** Another process of the same account was faster by a moment: the node counts its transaction soon. */
const pause = (): Promise<null> =>
  new Promise((resolve) => setTimeout(() => resolve(null), PENDING_PATIENCE.pause));

/**
 * Waits for a transaction. A replaced or clashing one is a lost race, whoever's the other one was (SPEC §7): the chain tells
 * what came of it. One that its sender cancelled is none: what they took back is not sent again.
 *
 * @returns the receipt, or `null` when the race was lost.
 */
export async function unlessReplaced(sent: Promise<TransactionReceipt>): Promise<TransactionReceipt | null> {
  try {
    return await sent;
  } catch (fault) {
    if (isError(fault, "TRANSACTION_REPLACED") && fault.reason !== "cancelled") return null;
    if (isError(fault, "NONCE_EXPIRED")) return null;
    if (isError(fault, "REPLACEMENT_UNDERPRICED")) return pause();
    throw fault;
  }
}

/** A head, and how to read what stands in its place by now. */
export interface Onto {
  readonly chain: ChainHead;
  readonly present: () => Promise<ChainHead>;
}

/**
 * Sends calls that stand on a head.
 *
 * @returns the receipt, or `null` when another writer came first.
 * @throws {ContractRefusal} when the contract refuses them on that very head.
 */
export async function sendOnto(
  contract: MemoryVault,
  vaultId: bigint,
  calls: readonly VaultCall[],
  onto: Onto,
): Promise<TransactionReceipt | null> {
  try {
    return await unlessReplaced(sendCalls(contract, vaultId, calls));
  } catch (fault) {
    if (!(fault instanceof ContractRefusal)) throw fault;
    const now = await headAfter(onto, fault);
    const { stateRoot, authorizer } = onto.chain;
    if (now.stateRoot === stateRoot && now.authorizer === authorizer) throw fault;
    return null;
  }
}

/** A commit that waits in the mempool makes the next one stale before the head shows why: it is waited for. */
async function headAfter({ chain, present }: Onto, fault: ContractRefusal): Promise<ChainHead> {
  let now = await present();
  const stale = fault.error === "StaleHead";
  for (let i = 0; stale && now.stateRoot === chain.stateRoot && i < PENDING_PATIENCE.tries; i++) {
    await pause();
    now = await present();
  }
  return now;
}
