import { expect } from "chai";
import type { Provider, Signer, TransactionRequest } from "ethers";

import {
  BlobAltered,
  ContentTooLarge,
  digestOf,
  InsufficientFunds,
  StoreUnavailable,
  WalletRequired,
} from "../../../client/index.ts";
import {
  chainStore,
  TransactionWaits,
  type ChainStoreOptions,
  type PublishingCost,
} from "../../../client/stores.ts";
import { putVerified } from "../../../client/storage/store.ts";
import { answering, pruned, signerWith, understood } from "../../helpers/doubles.ts";
import { createWorld, type World } from "../../helpers/world.ts";
import { rejection } from "./helpers.ts";

const random = (size: number) => {
  const blob = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(blob.subarray(at, at + 65_536));
  return blob;
};

describe("chainStore", () => {
  let world: World;
  let blobLog: string;
  before(async () => {
    world = await createWorld();
    blobLog = await world.blobLog.getAddress();
  });

  const store = (options: Partial<ChainStoreOptions> = {}) =>
    chainStore({
      ...{ blobLog, provider: world.provider, pause: 1 },
      signer: () => Promise.resolve<Signer | undefined>(world.owner),
      ...options,
    });
  const sentBy = (signer: Signer) => world.provider.getTransactionCount(signer.getAddress());

  it("keeps each class up to 64 KiB, and finds it without a search of the log", async () => {
    const ranges: [unknown, unknown][] = [];
    const watched: Provider = new Proxy(world.provider, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (property === "getLogs")
          return (filter: { fromBlock: number; toBlock: number }) => {
            ranges.push([filter.fromBlock, filter.toBlock]);
            return target.getLogs(filter);
          };
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    for (const size of [4_096, 16_384, 65_536]) {
      const blob = random(size);
      const digest = await putVerified(store(), blob);
      await world.networkHelpers.mine(3);
      expect(await store({ provider: watched }).get(digest)).to.deep.equal(blob);
      expect(await store().has(digest)).to.equal(true);
    }
    expect(ranges).to.have.length(3);
    expect(ranges.every(([from, to]) => from === to)).to.equal(true);
  });

  it("answers null and false for what nobody published, and for what it is told to give up nothing changes", async () => {
    const digest = digestOf(random(64));
    expect(await store().get(digest)).to.equal(null);
    expect(await store().has(digest)).to.equal(false);
    const kept = await store().put(random(4_096));
    await store().delete(kept);
    expect(await store().has(kept)).to.equal(true);
    expect(store().permanent).to.equal(true);
  });

  it("says what it takes before anything is sent, and takes no more", async () => {
    const blobs = [random(4_096), random(16_384), random(4_096)];
    const asked: PublishingCost[] = [];
    const sent = await sentBy(world.owner);
    const approve = (cost: PublishingCost): Promise<void> => {
      asked.push(cost);
      return Promise.reject(new Error("too dear"));
    };
    await rejection(store({ approve }).putAll!(blobs), Error);
    expect(await sentBy(world.owner), "nothing was sent").to.equal(sent);
    const [cost] = asked as [PublishingCost];
    expect(cost).to.include({ blobs: 3, bytes: 24_576, dataFee: 0n });
    expect(cost.total).to.equal(cost.gas * cost.gasPrice);
    const before = await world.provider.getBalance(world.owner);
    await store().putAll!(blobs);
    const spent = before - (await world.provider.getBalance(world.owner));
    expect(spent).to.be.at.most(cost.total);
    expect(cost.gas, "40 gas a byte at the least (EIP-7623)").to.be.greaterThan(24_576n * 40n);
    expect(await store().cost(blobs)).to.include({ blobs: 0, total: 0n });
  });

  it("pays for no blob twice: not for one that stands, nor for one that was begun before", async () => {
    const blobs = Array.from({ length: 6 }, () => random(4_096));
    let left = 2;
    const dying = signerWith(world.owner, (forward, transaction) =>
      left-- > 0 ? forward(transaction) : Promise.reject(new Error("power cut")),
    );
    const sent = await sentBy(world.owner);
    await rejection(store({ signer: () => Promise.resolve(dying) }).putAll!(blobs), StoreUnavailable);
    await store().putAll!([...blobs, blobs[0]!]);
    await store().put(blobs[3]!);
    expect((await sentBy(world.owner)) - sent).to.equal(6);
    for (const blob of blobs) expect(await store().get(digestOf(blob))).to.deep.equal(blob);
  });

  it("pays no more than was approved, whatever the chain asks for by then", async () => {
    const { provider } = world.connection;
    const dearer = async (gasPrice: bigint) => {
      const baseFee = `0x${gasPrice.toString(16)}`;
      await provider.request({ method: "hardhat_setNextBlockBaseFeePerGas", params: [baseFee] });
      await provider.request({ method: "hardhat_mine", params: [] });
    };
    const sent: TransactionRequest[] = [];
    const watched = signerWith(world.owner, (forward, transaction) => {
      sent.push(transaction);
      return forward(transaction);
    });
    const asked: PublishingCost[] = [];
    const approve = async (cost: PublishingCost) => {
      asked.push(cost);
      await dearer(cost.gasPrice * 50n);
    };
    const before = await world.provider.getBalance(world.owner);
    const put = store({ approve, signer: () => Promise.resolve(watched) }).put(random(4_096));
    await rejection(put, StoreUnavailable);
    expect(await world.provider.getBalance(world.owner)).to.equal(before);
    await dearer(1_000_000_000n);
    const [cost] = asked as [PublishingCost];
    const [transaction] = sent as [TransactionRequest];
    expect(transaction).to.include({ maxFeePerGas: cost.gasPrice, gasLimit: cost.gas });
  });

  it("pays for no blob twice that waits for its block, here or elsewhere, and waits no longer than it may", async () => {
    const { provider } = world.connection;
    const blobs = [random(4_096), random(4_096)];
    let sends = 0;
    const failing = signerWith(world.owner, (forward, transaction) =>
      ++sends === 2 ? Promise.reject(new Error("power cut")) : forward(transaction),
    );
    const options = { signer: () => Promise.resolve<Signer>(failing), patience: 300 };
    const one = store(options);
    await provider.request({ method: "evm_setAutomine", params: [false] });
    try {
      await rejection(one.putAll!(blobs), StoreUnavailable);
      const waits = await rejection(one.putAll!(blobs), TransactionWaits);
      expect(waits).to.include({ account: world.owner.address }).and.have.property("hash").a("string");
      expect(await rejection(store().putAll!(blobs), TransactionWaits), "another process").to.include({
        hash: null,
      });
      expect(sends).to.equal(2);
    } finally {
      await provider.request({ method: "evm_setAutomine", params: [true] });
      await provider.request({ method: "hardhat_mine", params: [] });
    }
    await one.putAll!(blobs);
    for (const blob of blobs) {
      const { BlobPublished } = world.blobLog.filters;
      expect(await world.blobLog.queryFilter(BlobPublished(`0x${digestOf(blob)}`))).to.have.length(1);
    }
  });

  it("takes no blob that is too large, and has nobody else pay", async () => {
    const fault = await rejection(store().put(random(65_537)), ContentTooLarge);
    expect(fault).to.include({ size: 65_537, limit: 65_536 });
    await rejection(store({ maxBlobSize: 4_096 }).put(random(16_384)), ContentTooLarge);
    await rejection(store({ signer: () => Promise.resolve(undefined) }).put(random(64)), WalletRequired);
    const { Wallet } = await import("ethers");
    const poor = Wallet.createRandom().connect(understood(world.provider));
    const broke = store({ provider: understood(world.provider), signer: () => Promise.resolve(poor) });
    expect(await rejection(broke.put(random(64)), InsufficientFunds)).to.include({ account: poor.address });
  });

  it("tells an event that a node pruned from a blob that nobody published, and publishes it again", async () => {
    const blob = random(4_096);
    const digest = await store().put(blob);
    const short = store({ provider: pruned(world.provider) });
    expect((await rejection(short.get(digest), StoreUnavailable)).why).to.match(
      /does not show the event of block \d+/,
    );
    expect(await short.get(digestOf(random(64)))).to.equal(null);
    const before = await world.blobLog.blockOf(`0x${digest}`);
    await rejection(short.put(blob), StoreUnavailable);
    expect(await world.blobLog.blockOf(`0x${digest}`)).to.be.greaterThan(before);
    expect(await store().get(digest)).to.deep.equal(blob);
  });

  it("waits for a node that has the state of a block and not yet its log", async () => {
    const blob = random(4_096);
    const digest = await store().put(blob);
    let looks = 0;
    const lagging: Provider = new Proxy(world.provider, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (property === "getLogs")
          return (filter: Parameters<Provider["getLogs"]>[0]) =>
            ++looks < 3 ? Promise.resolve([]) : target.getLogs(filter);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    expect(await store({ provider: lagging }).get(digest)).to.deep.equal(blob);
  });

  it("never returns what a node makes up", async () => {
    const blob = random(4_096);
    const digest = await store().put(blob);
    const { interface: abi } = world.blobLog;
    const { topicHash } = abi.getEvent("BlobPublished");
    const other = abi.encodeEventLog("BlobPublished", [`0x${digest}`, random(4_096)]).data;
    for (const data of [other, "0x", "0x1234", `${other.slice(0, -2)}zz`]) {
      const lying: Provider = new Proxy(world.provider, {
        get(target, property) {
          const value: unknown = Reflect.get(target, property, target);
          if (property === "getLogs")
            return () => Promise.resolve([{ data, topics: [topicHash, `0x${digest}`] }]);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      expect(await rejection(store({ provider: lying }).get(digest), BlobAltered)).to.include({ digest });
    }
    const elsewhere = answering(world.provider, () => Promise.resolve(`0x${"0".repeat(63)}1`));
    await rejection(store({ provider: elsewhere }).get(digest), StoreUnavailable);
    await rejection(store({ blobLog: world.stranger.address }).get(digest), StoreUnavailable);
  });

  it("repeats nothing of what a node's address holds", async () => {
    const secret = "key-in-the-address";
    const failing = answering(world.provider, () =>
      Promise.reject(
        Object.assign(new Error(`https://rpc.example/${secret} says no`), { code: "SERVER_ERROR" }),
      ),
    );
    const fault = await rejection(store({ provider: failing }).get(digestOf(random(64))), StoreUnavailable);
    expect(JSON.stringify(fault) + fault.message + String(fault.cause)).to.not.include(secret);
    expect(fault.why).to.equal("SERVER_ERROR");
  });

  it("counts what a rollup charges for data", async () => {
    const { openChain } = await import("../../../bench/gas/chain.ts");
    const { BlobLog__factory } = await import("../../../typechain-types/index.ts");
    const rollup = await openChain("op");
    const log = await new BlobLog__factory(rollup.deployer).deploy();
    const address = await log.getAddress();
    const options = { blobLog: address, provider: rollup.provider, pause: 1 };
    const onRollup = chainStore({ ...options, signer: () => Promise.resolve(rollup.owner) });
    const blob = random(16_384);
    const cost = await onRollup.cost([blob]);
    const before = await rollup.provider.getBalance(rollup.owner.address);
    await onRollup.put(blob);
    const spent = before - (await rollup.provider.getBalance(rollup.owner.address));
    expect(cost.dataFee).to.be.greaterThan(0n);
    expect(spent).to.be.at.most(cost.total);
    const { gasUsed, gasPrice } = (await rollup.provider.getTransactionReceipt(
      (await rollup.provider.getBlock("latest"))!.transactions[0]!,
    ))!;
    const fee = spent - gasUsed * gasPrice;
    expect(fee, "the least that is charged").to.be.greaterThan((cost.dataFee * 9n) / 10n);
  });
});
