import { expect } from "chai";
import type { EventFragment, Result, TransactionReceipt, TransactionResponse } from "ethers";
import { Interface } from "ethers";

import type { Connection } from "./behaviour.ts";

/** Who sends: a signer of the network's. */
export type Account = Awaited<ReturnType<Connection["ethers"]["getSigners"]>>[number];

/** A contract as a standard describes it: what its functions answer and its events tell, and nothing else. */
export interface Port {
  readonly address: string;
  /** The call, encoded. */
  encode(name: string, ...args: unknown[]): string;
  /** What a function answers; rejects when it reverts. */
  ask(name: string, ...args: unknown[]): Promise<Result>;
  /** The same for a transaction of somebody's, which is not sent. */
  attempt(account: Account, name: string, ...args: unknown[]): Promise<Result>;
  /** Sends a transaction; rejects when it reverts. */
  send(account: Account, name: string, ...args: unknown[]): Promise<TransactionReceipt>;
  /** The standard's events that the contract emitted, in order. */
  events(receipt: TransactionReceipt): { readonly name: string; readonly args: unknown[] }[];
  /** The arguments of those of one name. */
  logs(receipt: TransactionReceipt, name: string): unknown[][];
}

/** Enough for every transaction here, so that none has to be estimated. */
const GAS_LIMIT = 2_000_000;

/** The first of a network's accounts deploys; these are for the parts that a behaviour has to give. */
export async function cast({ ethers }: Connection): Promise<[Account, Account, Account, Account, Account]> {
  const [, a, b, c, d, e] = await ethers.getSigners();
  if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined)
    throw new Error("a network with six signers is needed");
  return [a, b, c, d, e];
}

/** The receipt of a transaction that was sent. */
export async function receiptOf(sent: Promise<TransactionResponse>): Promise<TransactionReceipt> {
  const receipt = await (await sent).wait();
  if (receipt === null) throw new Error("a network that mines at once is needed");
  return receipt;
}

/**
 * @param connection - the network.
 * @param address - where the contract stands.
 * @param abi - the standard's functions and events, as it writes them.
 */
export function portOf({ ethers }: Connection, address: string, abi: readonly string[]): Port {
  const contract = new Interface(abi);
  const encode = (name: string, ...args: unknown[]) => contract.encodeFunctionData(name, args);
  const request = (name: string, args: unknown[]) => ({
    to: address,
    data: encode(name, ...args),
    gasLimit: GAS_LIMIT,
  });
  const events = (receipt: TransactionReceipt) =>
    receipt.logs.flatMap(({ address: emitter, topics, data }) => {
      const event = topics[0] === undefined ? null : contract.getEvent(topics[0]);
      if (emitter !== address || event === null) return [];
      expect(topics.length - 1, `indexed parameters of ${event.name}`).to.equal(indexed(event));
      return [
        { name: event.name, args: contract.decodeEventLog(event, data, topics).toArray() as unknown[] },
      ];
    });
  return {
    address,
    encode,
    ask: async (name, ...args) =>
      contract.decodeFunctionResult(name, await ethers.provider.call(request(name, args))),
    attempt: async (account, name, ...args) =>
      contract.decodeFunctionResult(name, await account.call(request(name, args))),
    send: (account, name, ...args) => receiptOf(account.sendTransaction(request(name, args))),
    events,
    logs: (receipt, name) =>
      events(receipt)
        .filter((event) => event.name === name)
        .map(({ args }) => args),
  };
}

const indexed = (event: EventFragment) => event.inputs.filter((input) => input.indexed === true).length;
