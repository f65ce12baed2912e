import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { HDNodeWallet, type JsonRpcProvider } from "ethers";

import {
  forget,
  lostTexts,
  mintVault,
  pending,
  read,
  recoverVault,
  remember,
  sync,
  update,
  type Memory,
  type Vault,
} from "../../client/index.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { MemoryVault__factory } from "../../typechain-types/index.ts";
import { rpc, startAnvil, type Anvil } from "../helpers/anvil.ts";
import { born, lived } from "../helpers/lives.ts";
import { openHome, providerAt, type Deed, type Home } from "./crashes.child.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";
const CHAIN_ID = 900_042;
const MNEMONIC = "test test test test test test test test test test test junk";
const ROUNDS = LONG ? 8 : 2;
const [DEVICES, PROCESSES] = LONG ? [6, 4] : [2, 2];

/** What a handle is closed with. */
interface Opened {
  readonly vault: Vault;
  readonly provider: JsonRpcProvider;
}

describe("Writers: devices and processes that write at once", function () {
  this.timeout(600_000);
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let root: string;
  let address: string;
  const wallet = HDNodeWallet.fromPhrase(MNEMONIC);
  const relayer = HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/1");
  const opened: Opened[] = [];

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    root = await mkdtemp(path.join(tmpdir(), "writers-"));
    provider = providerAt(anvil.url, CHAIN_ID);
    const contract = await new MemoryVault__factory(wallet.connect(provider)).deploy();
    await contract.waitForDeployment();
    address = await contract.getAddress();
  });

  after(async () => {
    for (const each of opened) each.provider.destroy();
    provider.destroy();
    await anvil.stop();
    await rm(root, { recursive: true });
  });

  const open = (home: Home): Vault => {
    const device = openHome(home);
    opened.push(device);
    return device.vault;
  };

  let vaults = 0;
  /** Homes of devices of one owner, all with one wallet and one store. */
  async function homes(count: number, texts: readonly string[]): Promise<Home[]> {
    const seed = new Uint8Array(32).fill(++vaults);
    const at = path.join(root, String(vaults));
    const partsOf = (folder: string) => ({
      ...{ provider, wallet: wallet.connect(provider), address, seed, finality: { confirmations: 1 } },
      ...{ store: directoryStore(path.join(at, "blobs")), journalKey: new Uint8Array(32).fill(7) },
      journalStore: fileJournalStore(path.join(folder, "journal")),
    });
    const folders = Array.from({ length: count }, (_, i) => path.join(at, String(i)));
    const [first = at, ...others] = folders;
    const { vault } = await mintVault(partsOf(first));
    await remember(vault, ...texts.map((text) => ({ scope: "career", text })));
    await sync(vault);
    for (const folder of others)
      await sync(await recoverVault({ ...partsOf(folder), owner: wallet.address }));
    return folders.map((folder) => ({
      ...{ url: anvil.url, chainId: CHAIN_ID, contract: address.toLowerCase(), folder, confirmations: 1 },
      ...{ blobs: path.join(at, "blobs"), journalKey: "07".repeat(32), privateKey: wallet.privateKey },
      vaultId: `0x${vault.ref.vaultId.toString(16)}`,
    }));
  }

  const memoriesOf = async (vault: Vault): Promise<Memory[]> =>
    (await read(vault)).scopes.flatMap((scope) => scope.memories);

  const textsOf = async (vault: Vault): Promise<string[]> =>
    (await memoriesOf(vault)).map(({ text }) => text).sort();

  async function memoryOf(vault: Vault, text: string): Promise<Memory> {
    const found = (await memoriesOf(vault)).find((memory) => memory.text === text);
    if (found === undefined) throw new Error(`no memory says ${text}`);
    return found;
  }

  /** What a writer does, round by round, while others do the same. */
  const deedsOf = (name: string): Deed[] => [
    ...Array.from({ length: ROUNDS }, (_, round): Deed[] => [
      { does: "remember", scope: "career", texts: [`${name}, round ${round}`] },
      { does: "reinforce", text: "Counted" },
      { does: "finish" },
    ]).flat(),
  ];

  const remembered = (names: readonly string[]): string[] =>
    names.flatMap((name) => Array.from({ length: ROUNDS }, (_, round) => `${name}, round ${round}`));

  const live = async (home: Home, name: string): Promise<void> => {
    const moments = await lived(born(), { home, deeds: deedsOf(name), dieAt: null, notes: name });
    expect(moments, name).to.be.greaterThan(0);
  };

  it("on devices of their own land every operation once, and leave conflicts that can be listed and resolved", async () => {
    const devices = await homes(DEVICES, ["Contested", "Counted", "Doomed"]);
    const vaults = devices.map(open);
    const [first, second] = vaults;
    if (first === undefined || second === undefined) throw new Error("two devices at least");
    const { id: doomed } = await memoryOf(first, "Doomed");
    // All of them saw the same before anybody wrote.
    for (const [i, vault] of vaults.entries()) {
      await update(vault, await memoryOf(vault, "Contested"), { text: `Contested by ${i}` });
      const seen = await memoryOf(vault, "Doomed");
      await (i === 0 ? forget(vault, seen) : update(vault, seen, { text: `Doomed by ${i}` }));
    }
    // Blocks come by the clock: transactions meet in the mempool, and their nonces clash.
    await rpc(anvil.url, "evm_setAutomine", [false]);
    await rpc(anvil.url, "evm_setIntervalMining", [1]);
    try {
      await Promise.all(devices.map((home, i) => live(home, `Device ${i}`)));
    } finally {
      await rpc(anvil.url, "evm_setIntervalMining", [0]);
      await rpc(anvil.url, "evm_setAutomine", [true]);
    }
    const contested = devices.map((_, i) => `Contested by ${i}`);
    const lines = remembered(devices.map((_, i) => `Device ${i}`));
    // What was deleted does not come back. Changes of it are kept aside, or stand for themselves if another one came before.
    const standing = (await memoriesOf(first)).filter(({ text }) => text.startsWith("Doomed"));
    expect((await memoriesOf(first)).map(({ id }) => id)).not.to.include(doomed);
    expect(standing.map(({ conflictsWith }) => conflictsWith)).to.deep.equal(standing.map(() => doomed));
    const aside = (await Promise.all(vaults.map(lostTexts))).flat();
    const changes = [...standing, ...aside].map(({ text }) => text).sort();
    expect(changes).to.deep.equal(devices.slice(1).map((_, i) => `Doomed by ${i + 1}`));
    const rest = ["Counted", ...lines, ...standing.map(({ text }) => text)];
    expect(await textsOf(first)).to.deep.equal([...contested, ...rest].sort());
    expect((await memoryOf(first, "Counted")).reinforcements).to.equal(DEVICES * ROUNDS);
    const [original, ...others] = (await memoriesOf(first))
      .filter(({ text }) => text.startsWith("Contested"))
      .sort((a, b) => Number(a.conflictsWith !== null) - Number(b.conflictsWith !== null));
    if (original === undefined) throw new Error("the contested memory is gone");
    expect(original.conflictsWith).to.equal(null);
    expect(others.map(({ conflictsWith }) => conflictsWith)).to.deep.equal(others.map(() => original.id));
    expect(others).to.have.length(DEVICES - 1);
    await update(second, original, { text: "Agreed" });
    for (const other of others) await forget(second, other);
    await sync(second);
    expect(await textsOf(first)).to.deep.equal(["Agreed", ...rest].sort());
    for (const vault of vaults) expect(await pending(vault)).to.deep.equal([]);
  });

  it("on one journal wait for each other, and land every operation once", async () => {
    const [home] = await homes(1, ["Counted"]);
    if (home === undefined) throw new Error("no home");
    const names = Array.from({ length: PROCESSES }, (_, i) => `Process ${i}`);
    await Promise.all(names.map((name) => live(home, name)));
    const vault = open(home);
    expect(await textsOf(vault)).to.deep.equal(["Counted", ...remembered(names)].sort());
    expect((await memoryOf(vault, "Counted")).reinforcements).to.equal(PROCESSES * ROUNDS);
    expect(await pending(vault)).to.deep.equal([]);
  });

  describe("killed with a transaction in the mempool", () => {
    /** A device that was killed so, and has one more thing to say by now. */
    async function killed() {
      const [home] = await homes(1, ["Counted"]);
      if (home === undefined) throw new Error("no home");
      await rpc(anvil.url, "evm_setAutomine", [false]);
      const deeds: Deed[] = [
        { does: "remember", scope: "career", texts: ["Late"] },
        { does: "reinforce", text: "Counted" },
        { does: "sync" },
      ];
      expect(await lived(born(), { home, deeds, dieAt: "sent", notes: "notes" })).to.equal(null);
      const vault = open(home);
      await remember(vault, { scope: "career", text: "Newer" });
      return vault;
    }

    async function checkOnce(vault: Vault): Promise<void> {
      expect(await textsOf(vault)).to.deep.equal(["Counted", "Late", "Newer"]);
      expect((await memoryOf(vault, "Counted")).reinforcements).to.equal(1);
      expect(await pending(vault)).to.deep.equal([]);
    }

    afterEach(() => rpc(anvil.url, "evm_setAutomine", [true]));

    it("it lands after its replacement was built", async () => {
      const vault = await killed();
      const syncing = sync(vault);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await rpc(anvil.url, "evm_mine");
      await rpc(anvil.url, "evm_setAutomine", [true]);
      const { races } = await syncing;
      expect(races, "the replacement lost").to.equal(1);
      await checkOnce(vault);
    });

    it("it was dropped there, and somebody lands it all the same before the device is back", async () => {
      const vault = await killed();
      const pool = (await rpc(anvil.url, "txpool_content")) as {
        pending: Record<string, Record<string, Sent>>;
      };
      const [sent] = Object.values(pool.pending).flatMap((each) => Object.values(each));
      if (sent === undefined) throw new Error("nothing is in the mempool");
      await rpc(anvil.url, "anvil_dropAllTransactions");
      await rpc(anvil.url, "evm_setAutomine", [true]);
      await (await relayer.connect(provider).sendTransaction({ to: sent.to, data: sent.input })).wait();
      const { races, receipt } = await sync(vault);
      expect(races).to.equal(0);
      expect(receipt, "the newer one lands by itself").not.to.equal(null);
      await checkOnce(vault);
    });
  });
});

/** A transaction in anvil's mempool. */
interface Sent {
  readonly to: string;
  readonly input: string;
}
