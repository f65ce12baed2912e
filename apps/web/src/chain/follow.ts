import { isError, TransactionResponse, type Provider, type TransactionReceipt } from "ethers";

import { TransactionReplaced, TransactionUncertain } from "./errors.ts";

/** How a transaction is followed. */
export interface Following {
  /** Milliseconds between two looks. */
  readonly pause: number;
  /** Milliseconds after which nobody can say what became of it. */
  readonly patience: number;
  /** Hears whether the chain answers. */
  readonly answering: (answers: boolean) => void;
}

/**
 * Waits until a transaction, or the same at another price, is in a block. A chain that does not answer for a while is asked
 * again: what was sent may land all the same.
 *
 * @throws {TransactionReplaced} when another took its place. {TransactionUncertain} when it is in no block in time.
 * @throws what ethers calls CALL_EXCEPTION when it landed and failed.
 */
export async function landing(
  sent: TransactionResponse,
  startBlock: number,
  { pause, patience, answering }: Following,
): Promise<TransactionReceipt> {
  const replaceable = sent.replaceableTransaction(startBlock);
  let last: unknown;
  for (let waited = 0; waited <= patience; waited += pause) {
    try {
      if (await isDecided(sent)) return await replaceable.wait(1, patience).then(existing);
      answering(true);
    } catch (fault) {
      if (isError(fault, "TRANSACTION_REPLACED")) return taken(fault, sent.hash);
      if (isError(fault, "CALL_EXCEPTION")) throw fault;
      answering(false);
      last = fault;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  throw new TransactionUncertain(sent.hash, { cause: last });
}

/** Whether it is in a block, or another one has its place. */
async function isDecided({ provider, hash, from, nonce }: TransactionResponse): Promise<boolean> {
  if ((await provider.getTransactionReceipt(hash)) !== null) return true;
  return (await provider.getTransactionCount(from, "latest")) > nonce;
}

function existing(receipt: TransactionReceipt | null): TransactionReceipt {
  if (receipt === null) throw new TypeError("a transaction in a block has a receipt");
  return receipt;
}

interface Replaced {
  readonly reason: "repriced" | "cancelled" | "replaced";
  readonly hash: string;
  readonly receipt: TransactionReceipt;
}

/** A price that was raised in the wallet makes another transaction of the same: it did what was wanted. */
function taken({ reason, hash, receipt }: Replaced, sent: string): TransactionReceipt {
  if (reason === "repriced" && receipt.status === 1) return receipt;
  throw new TransactionReplaced(sent, hash, reason === "cancelled");
}

/** A transaction whose waiting is done already by somebody: whoever else waits for it gets the same. */
export class FollowedTransaction extends TransactionResponse {
  constructor(
    sent: TransactionResponse,
    provider: Provider,
    private readonly landed: Promise<TransactionReceipt>,
  ) {
    super(sent, provider);
  }

  override async wait(confirmations = 1, timeout = 0): Promise<TransactionReceipt> {
    const receipt = await (timeout > 0 ? Promise.race([this.landed, late(timeout)]) : this.landed);
    if (confirmations > 1) await receipt.provider.waitForTransaction(receipt.hash, confirmations, timeout);
    return receipt;
  }
}

const late = (milliseconds: number): Promise<never> =>
  new Promise((_, reject) =>
    setTimeout(
      () => reject(Object.assign(new Error("it is in no block yet"), { code: "TIMEOUT" })),
      milliseconds,
    ),
  );
