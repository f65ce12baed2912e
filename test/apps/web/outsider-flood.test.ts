import { expect } from "chai";
import { AbiCoder, dataLength, Interface, toBeHex, toUtf8Bytes, VoidSigner, zeroPadValue } from "ethers";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import type { OutsiderView, Watched } from "../../../apps/web/src/pages/others/outsider/seen.ts";
import { callsIn } from "../../../apps/web/src/pages/others/outsider/transactions.ts";
import { agentWalks } from "../../../apps/web/src/pages/others/outsider/events.ts";
import { LogsUnreadable, rawLogs } from "../../../apps/web/src/pages/others/outsider/raw-logs.ts";
import { walkBack, type Walk } from "../../../apps/web/src/pages/others/outsider/walk.ts";
import { lookUpMore, outsiderView } from "../../../apps/web/src/pages/others/outsider/view.ts";
import { agentContract, LogsRefused } from "../../../client/agents.ts";
import { memoryStore, registryContract, remember, sync, vaultContract } from "../../../client/index.ts";
import { blobLogContract } from "../../../client/stores.ts";
import { withoutStyles } from "../../helpers/styles.ts";
import { thrown } from "../../helpers/thrown.ts";
import { createWorld, ownedVault } from "../../helpers/world.ts";
import { deploymentOf, FreshProvider } from "./outsider-node.ts";

withoutStyles();
const { AgentsCard } = await import("../../../apps/web/src/pages/others/agents-card.tsx");
const { IncompleteCard } = await import("../../../apps/web/src/pages/others/incomplete-card.tsx");

const FLOOD = 1_000;

const NOBODY = "0x000000000000000000000000000000000000dEaD";
const NOTHING = zeroPadValue("0x00", 32);
const READER = new VoidSigner(NOBODY);

/** A log that a node makes up, as if somebody had paid for it. */
interface Planted {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly block: number;
  readonly index: number;
}

type Filter = {
  readonly [Key in "fromBlock" | "toBlock"]: string;
} & { readonly address?: string | string[]; readonly topics: readonly (string | readonly string[] | null)[] };

const isAmong = (value: string | undefined, wanted: string | readonly string[] | null | undefined): boolean =>
  wanted === null ||
  wanted === undefined ||
  [wanted].flat().some((each) => each.toLowerCase() === value?.toLowerCase());

/** Whether a node gives a log for a filter. */
const isMatch = (log: Planted, { fromBlock, toBlock, address, topics }: Filter): boolean =>
  Number(fromBlock) <= log.block &&
  log.block <= Number(toBlock) &&
  isAmong(log.address, address) &&
  topics.every((wanted, i) => isAmong(log.topics[i], wanted));

const rawOf = ({ address, topics, data, block, index }: Planted) => ({
  ...{ address, topics, data, blockNumber: toBeHex(block), logIndex: toBeHex(index), removed: false },
  transactionHash: zeroPadValue(toBeHex(block * 100_000 + index + 1), 32),
  ...{ transactionIndex: "0x0", blockHash: zeroPadValue(toBeHex(block), 32) },
});

/** A node whose chain has more than the one below it. */
class FloodedNode extends FreshProvider {
  constructor(
    world: ConstructorParameters<typeof FreshProvider>[0],
    planted: readonly Planted[],
    refuse: (filter: Filter) => boolean = () => false,
  ) {
    super(
      world,
      (method, [filter]) => (method === "eth_getLogs" && refuse(filter as Filter) ? "too many" : null),
      (method, [filter]) =>
        method === "eth_getLogs" ? planted.filter((log) => isMatch(log, filter as Filter)).map(rawOf) : [],
    );
  }

  times(method: string): number {
    return this.asked.filter((each) => each === method).length;
  }
}

const addressOf = (number: number): string => zeroPadValue(toBeHex(number + 0xa000), 20);

const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe("a page that strangers flood", () => {
  let world: Awaited<ReturnType<typeof createWorld>>;
  let vaultId: bigint;
  let deployment: Watched["deployment"];
  let calm: OutsiderView;
  let calmNode: FloodedNode;
  let newest: number;

  before(async () => {
    world = await createWorld();
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "work", text: "One memory." });
    await sync(vault);
    await world.networkHelpers.mine(20);
    ({ vaultId } = vault.ref);
    deployment = await deploymentOf(world);
    calmNode = new FloodedNode(world, []);
    calm = await outsiderView({ provider: calmNode, deployment, vaultId });
    newest = calm.block;
  });

  const look = (provider: FloodedNode, changes: Partial<Watched> = {}): Promise<OutsiderView> =>
    outsiderView({ ...{ provider, deployment, vaultId }, ...changes });

  const said = (address: string, i: number, text = "Buy now"): Planted => {
    const { topics, data } = agents.encodeEventLog("Requested", [
      i,
      vaultId,
      addressOf(i),
      9,
      toUtf8Bytes(text),
    ]);
    return { address, topics, data, block: newest - (i % 2), index: i };
  };
  const { interface: agents } = agentContract(NOBODY, READER);
  const { interface: vaults } = vaultContract(NOBODY, READER);
  const byVault = (name: string, args: unknown[], block: number, index: number): Planted => {
    const { topics, data } = vaults.encodeEventLog(name, args);
    return { address: deployment.memoryVault, topics, data, block, index };
  };
  const granted = (grantee: string, i: number): Planted =>
    byVault("Granted", [vaultId, grantee, 9_999_999_999, 3, 1, NOTHING], newest, i);
  const grantee = addressOf(900_000);

  it("is whole where nobody does", () => {
    expect([calm.incomplete, calm.leftOut, calm.missing, calm.older]).to.deep.equal([[], [], 0, 0]);
    expect(calm.transactions.every(({ looked }) => looked)).to.equal(true);
  });

  it("keeps the newest 50 that a contract logged, counts the rest, and asks for no more than these", async () => {
    const node = new FloodedNode(
      world,
      times(FLOOD, (i) => said(addressOf(0), i)),
    );
    const seen = await look(node);
    const kept = seen.events.filter(({ of }) => of === "agent");
    expect(kept).to.have.lengthOf(50);
    expect(kept.every(({ block }) => block === newest)).to.equal(true);
    expect(Math.min(...kept.map(({ index }) => index))).to.equal(FLOOD - 100);
    expect(seen.leftOut).to.deep.equal([{ by: kept[0]?.address, name: "Requested", count: FLOOD - 50 }]);
    expect(seen.incomplete).to.have.lengthOf(1);
    expect(seen.incomplete[0]).to.match(
      /^What contracts logged that no grant lists: 950 events are left out/,
    );
    // One more question of each kind for each that is kept: none for what is not.
    expect(node.times("eth_getLogs")).to.equal(calmNode.times("eth_getLogs"));
    expect(node.times("eth_getTransactionByHash")).to.equal(calmNode.times("eth_getTransactionByHash") + 50);
    expect(node.times("eth_getTransactionReceipt")).to.equal(
      calmNode.times("eth_getTransactionReceipt") + 50,
    );
    // And one block, which has them all.
    expect(node.asked.length).to.equal(calmNode.asked.length + 101);
    expect(seen.commits).to.deep.equal(calm.commits);
    expect(seen.grants).to.deep.equal(calm.grants);
    const page = renderToStaticMarkup(createElement(AgentsCard, seen));
    expect(page).to.match(/950 more questions by .*0x0{4,}/);
    const top = renderToStaticMarkup(createElement(IncompleteCard, { seen, busy: false, onMore: () => {} }));
    expect(top).to.contain("Not everything is here.").and.contain("950 events are left out");
  });

  it("has places for 20 strangers, none of whom takes that of a contract that is listed", async () => {
    const flood = times(FLOOD, (i) => said(addressOf(i), i + 1));
    const seen = await look(
      new FloodedNode(world, [granted(grantee, 99_000), said(grantee, 0, "Where to?"), ...flood]),
    );
    const spoke = seen.events.filter(({ of }) => of === "agent").map(({ address }) => address.toLowerCase());
    expect(new Set(spoke).size).to.equal(21);
    expect(spoke).to.include(grantee.toLowerCase());
    expect(seen.leftOut).to.deep.equal([{ by: null, name: "Requested", count: FLOOD - 20 }]);
    // It comes first, though the strangers spoke before it.
    const page = renderToStaticMarkup(createElement(AgentsCard, seen));
    expect(page.indexOf("Where to?")).to.be.within(1, page.indexOf("Buy now"));
    const roles = new Map(seen.accounts.map((each) => [each.address.toLowerCase(), each.roles]));
    expect(roles.get(grantee.toLowerCase())).to.include("agent contract");
    expect([...roles.values()].flat().filter((role) => role === "agent contract")).to.have.lengthOf(1);
  });

  it("shows the rest where the node refuses what strangers logged, and says so", async () => {
    const isOthers = ({ address }: Filter): boolean => address === undefined;
    const node = new FloodedNode(world, [], isOthers);
    const seen = await look(node);
    expect(seen.commits).to.deep.equal(calm.commits);
    expect(seen.incomplete).to.deep.equal([
      "What contracts logged that no grant lists: not looked for. The RPC refused the rest: look again, or use another one.",
    ]);
    expect(node.asked.length).to.be.below(calmNode.asked.length + 40);
    const all = new FloodedNode(world, [], () => true);
    expect(await thrown(look(all))).to.be.instanceOf(LogsRefused);
  });

  it("keeps no lock of another vault, and says nothing of them", async () => {
    const locks = times(FLOOD, (i) => byVault("Locked", [BigInt(i)], newest, i + 50));
    const seen = await look(new FloodedNode(world, locks));
    expect(textOf(seen)).to.equal(textOf(calm));
  });

  it("keeps the newest 50 proposals of each proposer, and asks the store for 24", async () => {
    const plant = (proposer: string, i: number): Planted =>
      byVault("Proposed", [vaultId, proposer, zeroPadValue(toBeHex(i + 1), 32)], newest, 1_000 + i);
    const asked: string[] = [];
    const store = {
      ...memoryStore("a shelf"),
      get: (digest: string) => {
        asked.push(digest);
        return Promise.resolve(null);
      },
    };
    const seen = await look(
      new FloodedNode(
        world,
        times(FLOOD, (i) => plant(addressOf(i % 2), i)),
      ),
      { store },
    );
    expect(seen.events.filter(({ name }) => name === "Proposed")).to.have.lengthOf(100);
    expect(seen.leftOut.map(({ count }) => count)).to.deep.equal([450, 450]);
    expect(asked).to.have.lengthOf(24);
    expect(BigInt(`0x${asked.at(-1) ?? ""}`)).to.equal(BigInt(FLOOD));
    expect(seen.incomplete.at(-1)).to.equal(
      "Proposals in the store: looked for with the newest 24 of 100 only.",
    );
  });

  it("looks 200 transactions up, the vault's own first, and more when it is asked to", async () => {
    const flood = times(FLOOD, (i) => said(addressOf(i), i));
    const grants = times(450, (i) => granted(addressOf(900_000 + (i % 3)), 20_000 + i));
    const node = new FloodedNode(world, [...grants, ...flood]);
    let seen = await look(node);
    const looked = (view: OutsiderView): number => view.transactions.filter((each) => each.looked).length;
    expect(node.times("eth_getTransactionByHash")).to.equal(200);
    expect([looked(seen), seen.transactions.length]).to.deep.equal([200, calm.transactions.length + 470]);
    const of = new Map(seen.transactions.map((each) => [each.hash, each]));
    const newestGrants = seen.events.filter(({ name }) => name === "Granted").slice(-200);
    expect(newestGrants.every(({ hash }) => of.get(hash)?.looked === true)).to.equal(true);
    // What nobody looked up has no time, and no other: its block is known.
    expect(seen.grants[0]).to.include({ from: null, block: newest });
    expect(seen.commits.map(({ transaction }) => transaction.time)).to.deep.equal([null]);
    expect(seen.commits.map(({ transaction }) => transaction.block)).to.deep.equal(
      calm.commits.map(({ transaction }) => transaction.block),
    );
    for (const unlooked of seen.transactions.filter((each) => !each.looked))
      expect(unlooked).to.include({ time: null, from: null, bytes: null, gas: null, fee: null });
    const top = (): string =>
      renderToStaticMarkup(createElement(IncompleteCard, { seen, busy: false, onMore: () => {} }));
    expect(top()).to.contain("not looked up yet").and.contain("Look up 200 more transactions");
    for (const most of [400, calm.transactions.length + 470]) {
      seen = await lookUpMore({ provider: node, deployment, vaultId }, seen);
      expect([looked(seen), node.times("eth_getTransactionByHash")]).to.deep.equal([most, most]);
    }
    expect(seen.commits).to.deep.equal(calm.commits);
    expect(top()).not.to.contain("not looked up yet");
  });

  it("asks about the newest 100 accounts where a former owner listed thousands", async () => {
    const grants = times(FLOOD, (i) => granted(addressOf(i), 20_000 + i));
    const node = new FloodedNode(world, grants);
    const seen = await look(node);
    expect(seen.grants).to.have.lengthOf(FLOOD);
    expect(node.times("eth_call")).to.be.at.most(calmNode.times("eth_call") + 100);
    expect(seen.incomplete).to.deep.equal([
      "Keys of accounts, and what listed agents logged: looked for with the newest 100 of 1,001 only.",
    ]);
  });

  it("keeps the newest 50 keys that a listed account published", async () => {
    const keys = registryContract(deployment.keyRegistry, calmNode).interface;
    const flood = times(FLOOD, (i) => {
      const log = keys.encodeEventLog("KeyRetired", [grantee, i]);
      return { address: deployment.keyRegistry, ...log, block: newest, index: 30_000 + i };
    });
    const seen = await look(new FloodedNode(world, [granted(grantee, 20_000), ...flood]));
    expect(seen.events.filter(({ name }) => name === "KeyRetired")).to.have.lengthOf(50);
    expect(seen.leftOut.map(({ name, count }) => [name, count])).to.deep.equal([["KeyRetired", FLOOD - 50]]);
  });

  it("keeps the newest 2,000 of what was published where the chain is the store, and no bytes of it", async () => {
    const { interface: abi } = blobLogContract(deployment.blobLog, calmNode);
    const { data, topics } = abi.encodeEventLog("BlobPublished", [NOTHING, new Uint8Array(256).fill(0xab)]);
    const flood = times(5_000, (i) => ({
      ...{ address: deployment.blobLog, data, block: newest, index: 30_000 + i },
      topics: [topics[0] ?? "", zeroPadValue(toBeHex(i + 1), 32)],
    }));
    const store = { ...memoryStore("BlobLog"), permanent: true };
    const seen = await look(new FloodedNode(world, flood), { store });
    expect(seen.shelves[0]).to.include({ whole: false });
    expect(seen.shelves[0]?.blobs).to.have.lengthOf(2_000);
    expect(textOf(seen)).not.to.contain("ab".repeat(256));
    expect(seen.incomplete).to.deep.equal([
      "Blobs on the chain as a store: 3,000 events that are older than those shown are left out.",
    ]);
  });

  it("keeps the beginning of what is said, and how long it was", async () => {
    const seen = await look(new FloodedNode(world, [said(grantee, 1, "x".repeat(100_000))]));
    const args = seen.events.find(({ of }) => of === "agent")?.args;
    expect([dataLength(args?.["data"] ?? "0x"), args?.["bytes"]]).to.deep.equal([8_192, "100000"]);
  });

  it("keeps 8 KiB of what is a megabyte, and looks at nothing behind it", async () => {
    const long = times(4, (i) => {
      const { data, ...log } = said(addressOf(i), i, "x".repeat(100_000));
      const end = data.length - 64;
      // No digits: whoever read them would throw.
      return { ...log, data: `${data.slice(0, 20_000)}${"?".repeat(end - 20_000)}${data.slice(end)}` };
    });
    const node = new FloodedNode(world, long);
    const seen = await look(node);
    const kept = seen.events.filter(({ of }) => of === "agent");
    expect(kept.map(({ args }) => [dataLength(args["data"] ?? "0x"), args["bytes"]])).to.deep.equal(
      times(4, () => [8_192, "100000"]),
    );
    expect(node.times("eth_getLogs")).to.equal(calmNode.times("eth_getLogs"));
    // Data of another form than agents' is none of theirs, however long.
    const other = long.map((log) => ({ ...log, data: `0x${"00".repeat(1_000_000)}` }));
    const none = await look(new FloodedNode(world, other));
    expect(none.events).to.deep.equal(calm.events);
  });

  it("asks for few blocks after a big answer, and for more after small ones, by themselves and last", async () => {
    const { data, ...log } = said(addressOf(0), 0);
    const long = times(12, (i) => ({ ...log, data: data.padEnd(1_000_002, "0"), block: 5_000 - i }));
    const asked: [number, number, boolean][] = [];
    const node = new FloodedNode(world, long, ({ fromBlock, toBlock, address }) => {
      asked.push([Number(fromBlock), Number(toBlock), address === undefined]);
      return false;
    });
    const watched = { provider: node, deployment, vaultId };
    const walk = { ...agentWalks(watched, [])[1] } as Walk;
    const range = { fromBlock: 0, toBlock: 5_000 };
    await walkBack(watched, walk, range, { onDone: () => {} });
    const widths = asked.map(([fromBlock, toBlock]) => toBlock - fromBlock + 1);
    expect(widths.slice(0, 5)).to.deep.equal([64, 16, 64, 256, 1_024]);
    asked.length = 0;
    await look(node);
    expect(asked.slice(asked.findIndex(([, , all]) => all)).every(([, , all]) => all)).to.equal(true);
  });

  it("takes no log that is none, or is of another block", async () => {
    const log = rawOf(said(addressOf(0), 0));
    const range = { fromBlock: newest - 1, toBlock: newest };
    const answers = (answer: unknown) => {
      const provider = { send: () => Promise.resolve(answer) } as unknown as Watched["provider"];
      return rawLogs(provider, {}, range, 100);
    };
    expect(await answers([log])).to.have.lengthOf(1);
    const faults = [
      ...[{ blockNumber: toBeHex(newest + 1) }, { blockNumber: null }, { blockNumber: newest }],
      ...[{ address: "0x12" }, { address: null }, { topics: null }, { topics: ["0x"] }],
      ...[
        { topics: times(5, () => NOTHING) },
        { data: null },
        { data: "0x1" },
        { data: "0xzz" },
        { data: "00" },
      ],
      ...[{ logIndex: "-1" }, { logIndex: undefined }, { transactionHash: "0x12" }],
    ];
    for (const fault of faults)
      expect(await thrown(answers([{ ...log, ...fault }])), JSON.stringify(fault)).to.be.instanceOf(
        LogsUnreadable,
      );
    for (const none of [null, {}, "logs", [null], [7]])
      expect(await thrown(answers(none)), JSON.stringify(none)).to.be.instanceOf(LogsUnreadable);
  });

  it("reads no further than it can, and says from which block on", async () => {
    const one = said(addressOf(0), 0);
    const wide = times(3, (i) => times(9_000, (index) => ({ ...one, index, block: newest - i })));
    const node = new FloodedNode(world, wide.flat(), ({ fromBlock, toBlock }) => fromBlock !== toBlock);
    const seen = await look(node);
    expect(seen.incomplete[0]).to.match(
      new RegExp(
        `^What contracts logged .*: looked for from block ${newest - 2} on only. So much was logged`,
      ),
    );
    expect(seen.leftOut.map(({ count }) => count)).to.deep.equal([27_000 - 50]);
    expect(seen.events.filter(({ of }) => of === "agent").every(({ block }) => block === newest)).to.equal(
      true,
    );
    expect(seen.commits).to.deep.equal(calm.commits);
  });

  it("looks into no calls of a transaction to another contract, which need none of the gas that they name", () => {
    const multicall = new Interface(["function multicall(bytes[] data)"]);
    const many = multicall.encodeFunctionData("multicall", [times(100, () => "0x12345678")]);
    expect(callsIn(undefined, many)).to.deep.equal(["function 0xac9650d8"]);
    expect(callsIn(vaults, many)).to.deep.equal([...times(32, () => "function 0x12345678"), "68 more"]);
    const nested = multicall.encodeFunctionData("multicall", [[many]]);
    expect(callsIn(vaults, nested)).to.deep.equal(["function 0xac9650d8"]);
    expect(
      callsIn(vaults, `0xac9650d8${AbiCoder.defaultAbiCoder().encode(["uint256"], [7]).slice(2)}`),
    ).to.deep.equal([]);
    expect(callsIn(vaults, "0x")).to.deep.equal(["no function"]);
  });
});

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? String(field) : field));
