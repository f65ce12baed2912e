import {
  ContractFactory,
  toBeHex,
  type BaseContract,
  type Provider,
  type Signer,
  type TransactionReceipt,
  type TransactionResponse,
} from "ethers";
import { network } from "hardhat";

import { artifactOf, type Double } from "../../test/contracts/doubles/double.ts";

/** What the chain charged for an operation. */
export interface Cost {
  /** All gas, base and calldata included. */
  readonly gas: number;
  /** What a rollup charges beside the gas, in wei. */
  readonly dataFee: bigint;
  readonly transactions: number;
}

/** The fees of a rollup, in wei, and the scalars of its Ecotone and Fjord formula. */
export interface RollupFees {
  readonly baseFeeScalar: number;
  readonly blobBaseFeeScalar: number;
  readonly l1BaseFee: number;
  readonly l1BlobBaseFee: number;
  /** What gas is paid with on the rollup itself. */
  readonly l2BaseFee: number;
}

/**
 * Base's scalars, as its receipts tell them. The fees are a choice: one gwei, a blob fee at the least that EIP-7918
 * allows with it, a sixteenth, and 0.005 gwei for the rollup's own gas.
 */
export const ROLLUP_FEES: RollupFees = {
  baseFeeScalar: 2_269,
  blobBaseFeeScalar: 1_055_762,
  l1BaseFee: 1_000_000_000,
  l1BlobBaseFee: 62_500_000,
  l2BaseFee: 5_000_000,
};

/** No transaction may use more on mainnet (EIP-7825). */
export const TRANSACTION_GAS = 2 ** 24;

const GWEI = 1_000_000_000n;

/** A chain of its own in this process. */
export type Chain = Awaited<ReturnType<typeof openChain>>;

/**
 * Starts a chain, with accounts named for their roles.
 *
 * @param chainType - `op` charges {@link ROLLUP_FEES} for data.
 */
export async function openChain(chainType: "l1" | "op") {
  const connection = await network.create({ network: "default", chainType });
  const { ethers } = connection;
  const provider: Provider = ethers.provider;
  if (chainType === "op") await setRollupFees(ROLLUP_FEES, (...args) => ethers.provider.send(...args));
  const accounts = await ethers.getSigners();
  const account = (index: number) => {
    const found = accounts[index];
    if (found === undefined) throw new Error(`there are ${accounts.length} accounts`);
    return found;
  };
  const deployer = account(0);

  /** Deploys one of the contracts under `test/contracts/doubles`. */
  async function deployDouble(name: Double): Promise<BaseContract> {
    const { abi, bytecode } = await artifactOf(name);
    return (await new ContractFactory(abi, bytecode, deployer).deploy()).waitForDeployment();
  }

  /** What a transaction that sent no ether took from its sender. */
  async function costOf({ from, blockNumber, gasUsed, gasPrice }: TransactionReceipt): Promise<Cost> {
    const before = await provider.getBalance(from, blockNumber - 1);
    const spent = before - (await provider.getBalance(from, blockNumber));
    return { gas: Number(gasUsed), dataFee: spent - gasUsed * gasPrice, transactions: 1 };
  }

  /** Calls a contract in a transaction, which may use all the gas there is. */
  async function call(by: Signer, to: BaseContract, name: string, args: readonly unknown[]): Promise<Cost> {
    const data = to.interface.encodeFunctionData(name, args);
    return costOf(await receiptOf(by.sendTransaction({ to, data, gasLimit: TRANSACTION_GAS })));
  }

  return {
    ...{ provider, deployDouble, costOf, call },
    ...{ deployer, owner: account(1), key: account(2), secondKey: account(3), thirdKey: account(4) },
  };
}

/** Waits for a transaction that was sent. */
export async function receiptOf(sent: Promise<TransactionResponse>): Promise<TransactionReceipt> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("the transaction has no receipt");
  return receipt;
}

/** The sum of what several transactions took. */
export const total = (costs: readonly Cost[]): Cost => ({
  gas: costs.reduce((sum, { gas }) => sum + gas, 0),
  dataFee: costs.reduce((sum, { dataFee }) => sum + dataFee, 0n),
  transactions: costs.reduce((sum, { transactions }) => sum + transactions, 0),
});

/** What an operation costs on a rollup: its gas, and in gwei the fee for its data and all together. */
export interface RollupPrice {
  readonly gas: number;
  readonly dataFee: number;
  readonly total: number;
}

/** The price at {@link ROLLUP_FEES}. */
export const rollupPrice = ({ gas, dataFee }: Cost): RollupPrice => {
  const execution = BigInt(gas) * BigInt(ROLLUP_FEES.l2BaseFee);
  return { gas, dataFee: inGwei(dataFee), total: inGwei(execution + dataFee) };
};

const inGwei = (wei: bigint): number => Number(wei) / Number(GWEI);

/** The L1Block predeploy: until its slot 3 holds scalars the simulation charges nothing for data. */
async function setRollupFees(
  fees: RollupFees,
  send: (method: string, params: unknown[]) => Promise<unknown>,
): Promise<void> {
  const predeploy = "0x4200000000000000000000000000000000000015";
  const set = (slot: number, value: bigint) =>
    send("hardhat_setStorageAt", [predeploy, toBeHex(slot), toBeHex(value, 32)]);
  await set(1, BigInt(fees.l1BaseFee));
  await set(3, (BigInt(fees.baseFeeScalar) << 96n) | (BigInt(fees.blobBaseFeeScalar) << 64n));
  await set(7, BigInt(fees.l1BlobBaseFee));
}
