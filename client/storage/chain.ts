import {
  Contract,
  getBytes,
  isError,
  Transaction,
  type ContractRunner,
  type Provider,
  type Signer,
  type TransactionResponse,
} from "ethers";

import { IBlobLog__factory } from "../../typechain-types/factories/interfaces/IBlobLog__factory.ts";
import type { IBlobLog as BlobLog } from "../../typechain-types/interfaces/IBlobLog.ts";
import {
  BlobAltered,
  ContentTooLarge,
  InsufficientFunds,
  StoreUnavailable,
  VaultError,
  WalletRequired,
} from "../errors.ts";
import { gate } from "./gate.ts";
import { cidOf, digestOf, type BlobStore, type Digest } from "./store.ts";

export type { BlobLog };

/** Attaches to a deployed BlobLog. */
export const blobLogContract = (address: string, runner: ContractRunner): BlobLog =>
  IBlobLog__factory.connect(address, runner);

/** The largest blob that BlobLog takes, in bytes. */
export const MAX_PUBLISHED = 65_536;

/** A transaction was sent, and is in no block yet. */
export class TransactionWaits extends VaultError {
  constructor(
    readonly account: string,
    readonly hash: string | null,
  ) {
    super(
      `A transaction of ${account}${hash === null ? "" : `, ${hash},`} was sent and is in no block yet: it may still land, and is paid for then. Nothing else is published before that: wait and try again, or have the wallet replace it at a higher price.`,
    );
  }
}

/** What publishing blobs takes, as the chain says before anything is sent. */
export interface PublishingCost {
  /** How many blobs are published; those that stand already are not. */
  readonly blobs: number;
  readonly bytes: number;
  /** The most that is used: what is sent has these limits. */
  readonly gas: bigint;
  /** The most that a unit of gas may cost, in wei: what is sent pays no more, and waits while the chain asks for more. */
  readonly gasPrice: bigint;
  /** What a rollup of the OP stack charges besides for the data, at most, in wei, by its prices now: no transaction bounds it. 0 elsewhere. */
  readonly dataFee: bigint;
  /** All together, at most, in wei. */
  readonly total: bigint;
}

/** Where blobs are published, and who pays. */
export interface ChainStoreOptions {
  /** BlobLog's address. */
  readonly blobLog: string;
  readonly provider: Provider;
  /** Pays; asked for when something is published. Without one the store is read only. */
  readonly signer?: () => Promise<Signer | undefined>;
  /** Sees what publishing takes, and which account pays, before anything is sent, and throws to have nothing sent. */
  readonly approve?: (cost: PublishingCost, payer: string) => Promise<void>;
  /** The largest blob to publish, where the way to the chain takes less than BlobLog; 65,536 unless given. */
  readonly maxBlobSize?: number;
  /** Blocks that a publication must be deep; 1 unless given. */
  readonly confirmations?: number;
  /** Milliseconds to wait for a transaction to get into a block; 600,000 unless given. */
  readonly patience?: number;
  /** Milliseconds to wait for a node that lags, before the second look; 250 unless given. */
  readonly pause?: number;
}

/** A store that can say what it costs. */
export interface ChainStore extends BlobStore {
  /**
   * What putting blobs would take now.
   *
   * @param blobs - Their bytes.
   */
  cost(blobs: readonly Uint8Array[]): Promise<PublishingCost>;
}

/** Transactions that wait at a time: nodes keep few large ones of one account. */
const IN_FLIGHT = 4;

/** How often a node that lags is asked. */
const LOOKS = 5;

/** OP-stack chains have it, others have nothing there. */
const GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F";
const ORACLE_ABI = ["function getL1FeeUpperBound(uint256 unsignedTxSize) view returns (uint256)"] as const;

/**
 * Keeps blobs in the events of BlobLog, so that a vault needs nothing but an RPC. State holds the block of each blob's event: it is
 * read from that one block, and no log is searched.
 *
 * What is put here stays for ever, is paid for, and shows which blobs are a vault's: no hidden location, and nothing can be
 * shredded. Blobs have 64 KiB at most, so that a vault has 16 scopes at most, its internal ones among them.
 *
 * @param options - Where, and who pays.
 * @returns The store. Its methods throw StoreUnavailable when the node does not answer or has pruned the event, `put` throws
 * ContentTooLarge, WalletRequired and InsufficientFunds, and TransactionWaits where one that was sent is in no block yet.
 */
export function chainStore(options: ChainStoreOptions): ChainStore {
  const { provider, signer, approve, maxBlobSize = MAX_PUBLISHED, confirmations = 1, pause = 250 } = options;
  const { patience = 600_000 } = options;
  /** What was sent, by the digest of its blob, until it is known what became of it: a second try pays for none of it again. */
  const onTheirWay = new Map<Digest, TransactionResponse>();
  const oneByOne = gate(1);
  const contract = blobLogContract(options.blobLog, provider);
  const { interface: abi } = contract;
  const name = `BlobLog ${options.blobLog}`;
  const published = abi.getEvent("BlobPublished").topicHash;
  const asked = <T>(work: () => Promise<T>): Promise<T> => named(name, work);

  /** One look: the block of the event, and the blob if the node shows it. */
  const look = async (digest: Digest): Promise<{ block: number; blob: Uint8Array | null }> => {
    // Also checks that it is a digest.
    cidOf(digest);
    const topic = `0x${digest}`;
    const block = Number(await asked(() => contract.blockOf(topic)));
    if (block === 0) return { block, blob: null };
    const logs = await asked(() =>
      provider.getLogs({
        ...{ address: options.blobLog, topics: [published, topic] },
        ...{ fromBlock: block, toBlock: block },
      }),
    );
    const blobs = logs.map(({ data }) => blobIn(data, name, digest));
    const blob = blobs.find((each) => digestOf(each) === digest) ?? null;
    if (blob === null && blobs.length > 0) throw new BlobAltered(digest, name);
    return { block, blob };
  };

  const blobIn = (data: string, store: string, digest: Digest): Uint8Array => {
    try {
      const { blob } = abi.decodeEventLog("BlobPublished", data, [published, `0x${digest}`]).toObject() as {
        readonly blob: string;
      };
      // A plain Uint8Array, as every store returns.
      return new Uint8Array(getBytes(blob));
    } catch {
      // No log of that event: somebody made it up.
      throw new BlobAltered(digest, store);
    }
  };

  const get = async (digest: Digest): Promise<Uint8Array | null> => {
    for (let looks = 1; ; looks++) {
      const { block, blob } = await look(digest);
      if (blob !== null || block === 0) return blob;
      // A node behind a balancer may not have the block yet that another one has.
      if (looks === LOOKS)
        throw new StoreUnavailable(
          name,
          `the node does not show the event of block ${block}: it pruned it, or lags`,
        );
      await wait(pause * looks);
    }
  };

  /** What does not stand there, each once. */
  const unpublished = async (blobs: readonly Uint8Array[]): Promise<Uint8Array[]> => {
    const each = new Map(blobs.map((blob) => [digestOf(blob), blob]));
    for (const [digest, { length }] of each) {
      if (length > maxBlobSize) throw new ContentTooLarge("blob", length, maxBlobSize);
      // What the node pruned is published again.
      if ((await look(digest)).blob !== null) each.delete(digest);
    }
    return [...each.values()];
  };

  const price = async (blobs: readonly Uint8Array[], from: string | undefined) => {
    const calls = blobs.map((blob) => abi.encodeFunctionData("publish", [blob]));
    const gas = await Promise.all(
      calls.map((data) =>
        asked(() =>
          provider.estimateGas({ to: options.blobLog, data, ...(from === undefined ? {} : { from }) }),
        ),
      ),
    );
    // An estimate is of one state: the first publication of a blob writes a slot that another finds written.
    const limits = gas.map((each) => each + each / 50n);
    const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await asked(() => provider.getFeeData());
    const perGas = maxFeePerGas ?? gasPrice ?? 0n;
    const tip = maxPriorityFeePerGas ?? 0n;
    const fees =
      maxFeePerGas === null
        ? { gasPrice: perGas }
        : { maxFeePerGas: perGas, maxPriorityFeePerGas: tip < perGas ? tip : perGas };
    const dataFee = await asked(() => dataFeeOf(provider, options.blobLog, calls));
    const sum = limits.reduce((total, each) => total + each, 0n);
    const cost: PublishingCost = {
      ...{ blobs: blobs.length, bytes: blobs.reduce((total, { length }) => total + length, 0) },
      ...{ gas: sum, gasPrice: perGas, dataFee, total: sum * perGas + dataFee },
    };
    return { cost, calls: calls.map((data, i) => ({ data, gasLimit: limits[i] ?? 0n, ...fees })) };
  };

  /** Waits for what was sent for a blob, and forgets it when it is over. */
  const arrived = async (digest: Digest): Promise<void> => {
    const sent = onTheirWay.get(digest);
    if (sent === undefined) return;
    try {
      await landed(sent, confirmations, patience);
    } catch (fault) {
      const isOver = isError(fault, "CALL_EXCEPTION") || isError(fault, "TRANSACTION_REPLACED");
      // A node drops what waits too long: that one is sent anew.
      if (
        isOver ||
        (fault instanceof TransactionWaits && (await provider.getTransaction(sent.hash)) === null)
      )
        onTheirWay.delete(digest);
      throw fault;
    }
    onTheirWay.delete(digest);
  };

  /** What another process sent may be for the same blobs: both would be paid for. */
  const expectIdle = async (account: string): Promise<void> => {
    for (let looks = 1; ; looks++) {
      const [mined, sent] = await asked(() =>
        Promise.all([
          provider.getTransactionCount(account, "latest"),
          provider.getTransactionCount(account, "pending"),
        ]),
      );
      if (sent <= mined) return;
      if (looks === LOOKS) throw new TransactionWaits(account, null);
      await wait(pause * looks);
    }
  };

  const putAll = async (blobs: readonly Uint8Array[]): Promise<void> => {
    for (const digest of [...onTheirWay.keys()]) await asked(() => arrived(digest));
    const missing = await unpublished(blobs);
    if (missing.length === 0) return;
    const found = await signer?.();
    if (found === undefined) throw new WalletRequired("publish blobs");
    const payer = found.provider === null ? found.connect(provider) : found;
    const from = await payer.getAddress();
    const { cost, calls } = await price(missing, from);
    await approve?.(cost, from);
    await expectIdle(from);
    const digests = missing.map(digestOf);
    for (const [i, call] of calls.entries()) {
      await asked(() => arrived(digests[i - IN_FLIGHT] ?? ""));
      const send = () => payer.sendTransaction({ from, to: options.blobLog, ...call });
      onTheirWay.set(digests[i] ?? "", await named(name, send, from));
    }
    for (const digest of digests) await asked(() => arrived(digest));
    for (const digest of digests) await shown(digest);
  };

  /** Waits until the node shows what has landed. */
  const shown = async (digest: Digest): Promise<void> => {
    for (let looks = 1; (await get(digest)) === null; looks++) {
      if (looks === LOOKS) throw new StoreUnavailable(name, "what was published does not stand there");
      await wait(pause * looks);
    }
  };

  return {
    ...{ name, maxBlobSize, permanent: true },
    cost: async (blobs) => {
      const found = await signer?.();
      return (await price(await unpublished(blobs), await found?.getAddress())).cost;
    },
    put: async (blob) => {
      await oneByOne(() => putAll([blob]));
      return digestOf(blob);
    },
    putAll: (blobs) => oneByOne(() => putAll(blobs)),
    get,
    has: async (digest) => {
      cidOf(digest);
      return (await asked(() => contract.blockOf(`0x${digest}`))) !== 0n;
    },
    // Nothing can be taken back from a chain; whoever shreds is told.
    delete: () => Promise.resolve(),
  };
}

/** What a rollup of the OP stack charges at most for the data of transactions; nothing elsewhere. */
async function dataFeeOf(provider: Provider, to: string, calls: readonly string[]): Promise<bigint> {
  if ((await provider.getCode(GAS_PRICE_ORACLE)) === "0x") return 0n;
  const { chainId } = await provider.getNetwork();
  const oracle = new Contract(GAS_PRICE_ORACLE, ORACLE_ABI, provider);
  const fees = calls.map(async (data) => {
    const { unsignedSerialized } = Transaction.from({ type: 2, chainId, to, data, gasLimit: 2 ** 24 });
    return (await oracle.getFunction("getL1FeeUpperBound")(getBytes(unsignedSerialized).length)) as bigint;
  });
  return (await Promise.all(fees)).reduce((total, fee) => total + fee, 0n);
}

/** @throws TransactionWaits when it is in no block in time; what the provider throws when it was not carried out. */
async function landed(sent: TransactionResponse, confirmations: number, patience: number): Promise<void> {
  // A price that was raised replaces a transaction by itself: that it landed, the look at the blob tells.
  await sent.wait(confirmations, patience).catch((fault: unknown) => {
    if (isError(fault, "TIMEOUT")) throw new TransactionWaits(sent.from, sent.hash);
    if (!isError(fault, "TRANSACTION_REPLACED") || fault.cancelled) throw fault;
  });
}

/** Gives what a provider throws a name of ours. Its messages may hold an address, and that a key. */
async function named<T>(store: string, work: () => Promise<T>, payer?: string): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof VaultError || !(cause instanceof Error)) throw cause;
    if (payer !== undefined && isError(cause, "INSUFFICIENT_FUNDS")) throw new InsufficientFunds(payer);
    const { shortMessage, code } = cause as {
      readonly shortMessage?: string;
      readonly code?: string | number;
    };
    throw new StoreUnavailable(store, String(code ?? shortMessage ?? cause.name));
  }
}

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
