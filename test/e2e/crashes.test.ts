import type { ChildProcess } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { HDNodeWallet, type JsonRpcProvider } from "ethers";

import {
  acceptWelcome,
  cidOf,
  collectWelcome,
  digestOf,
  generateIdentity,
  grant,
  grants,
  lostTexts,
  memoryJournalStore,
  mintVault,
  pending,
  read,
  recipientOf,
  recoverVault,
  remember,
  sync,
  type Vault,
} from "../../client/index.ts";
import { devices, receipts, resumeRekey } from "../../client/manage.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { readCandidates, readGarbage, readReach } from "../../client/vault/journal.ts";
import { MemoryVault__factory } from "../../typechain-types/index.ts";
import { rpc, startAnvil, type Anvil } from "../helpers/anvil.ts";
import { born, lived } from "../helpers/lives.ts";
import { seeded } from "../helpers/seeded.ts";
import { openHome, providerAt, type Deed, type Home, type Life } from "./crashes.child.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";
const CHAIN_ID = 900_041;
const MNEMONIC = "test test test test test test test test test test test junk";
const SEED = new Uint8Array(32).fill(5);
/** Accounts of the reader that was granted before, and of the one that is granted in a life. */
const EARLIER = "0x00000000000000000000000000000000000000e1";
const LATER = "0x00000000000000000000000000000000000000e2";
const AN_HOUR_AND_MORE = 3_700_000;
const NOTES = "notes";
/** More than there are. */
const EVERY = 10_000;

describe("Crashes: a process that is killed at any step loses nothing, and does nothing twice", function () {
  this.timeout(LONG ? 3_600_000 : 180_000);
  let anvil: Anvil;
  let provider: JsonRpcProvider;
  let root: string;
  let home: Home;
  let snapshot: unknown;
  let tablet: string;
  let until: number;
  const later = generateIdentity();

  before(async () => {
    anvil = await startAnvil({ chainId: CHAIN_ID });
    root = await mkdtemp(path.join(tmpdir(), "crashes-"));
    const wallet = HDNodeWallet.fromPhrase(MNEMONIC);
    home = {
      ...{ url: anvil.url, chainId: CHAIN_ID, contract: "", vaultId: "0x0", confirmations: 1 },
      ...{ journalKey: "07".repeat(32), privateKey: wallet.privateKey, folder: path.join(root, "template") },
      blobs: path.join(root, "template", "blobs"),
    };
    provider = providerAt(anvil.url, CHAIN_ID);
    const contract = await new MemoryVault__factory(wallet.connect(provider)).deploy();
    await contract.waitForDeployment();
    await furnish(await contract.getAddress(), wallet);
    snapshot = await rpc(anvil.url, "evm_snapshot");
  });

  after(async () => {
    spare?.kill("SIGKILL");
    provider.destroy();
    await anvil.stop();
    await rm(root, { recursive: true });
  });

  /** A vault with memories, a listed reader, and a tablet that is to go. */
  async function furnish(address: string, wallet: HDNodeWallet): Promise<void> {
    const parts = {
      ...{ provider, wallet: wallet.connect(provider), address, finality: { confirmations: 1 } },
      store: directoryStore(home.blobs),
    };
    const journalStore = fileJournalStore(path.join(home.folder, "journal"));
    const journalKey = Buffer.from(home.journalKey, "hex");
    const { vault } = await mintVault({ ...parts, journalStore, journalKey, seed: SEED });
    const texts = ["Old", "Changing", "Counted"].map((text) => ({ scope: "career", text }));
    await remember(vault, ...texts, { scope: "travel", text: "Private" });
    await sync(vault);
    until = ((await provider.getBlock("latest"))?.timestamp ?? 0) + 90 * 86_400;
    const recipient = await recipientOf(generateIdentity());
    await grant(vault, { recipient, account: EARLIER, scopes: ["career"], expiresAt: until });
    // A device that is gone by the time of the crashes: its journal goes with it.
    const second = { ...parts, journalStore: memoryJournalStore(), journalKey, seed: SEED };
    await sync(await recoverVault({ ...second, owner: wallet.address }));
    await sync(vault);
    tablet = (await devices(vault)).find(({ label }) => label === "recovered device")?.id ?? "";
    home = { ...home, contract: vault.ref.contract, vaultId: `0x${vault.ref.vaultId.toString(16)}` };
  }

  let kills = 0;
  let spare: ChildProcess | null = null;
  /** @returns how many moments it had, or `null` when it was killed. */
  async function live(life: Life): Promise<number | null> {
    const child = spare ?? born();
    // While this one lives, the next one gets ready.
    spare = born();
    const moments = await lived(child, life);
    if (moments === null) kills++;
    return moments;
  }

  let homes = 0;
  /** The vault as it was furnished: its chain, and its device in a new folder. */
  async function renewed(confirmations: number): Promise<Home> {
    await rpc(anvil.url, "evm_revert", [snapshot]);
    snapshot = await rpc(anvil.url, "evm_snapshot");
    const folder = path.join(root, `home-${homes++}`);
    await mkdir(folder);
    await cp(path.join(root, "template"), folder, { recursive: true });
    return { ...home, folder, blobs: path.join(folder, "blobs"), confirmations };
  }

  const isOpen = async (vault: Vault): Promise<boolean> =>
    (await readCandidates(vault.journal)).length > 0 ||
    (await pending(vault)).some(({ kind }) => kind !== "note");

  /** What its user does after a restart: goes on with a rekey, or syncs, until everything is final. */
  async function recover(vault: Vault): Promise<void> {
    for (let i = 0; i < 6 && (i === 0 || (await isOpen(vault))); i++) {
      const rekeying = (await pending(vault)).some(({ kind }) => kind === "rekey");
      if (!rekeying || (await resumeRekey(vault)) === null) await sync(vault);
      await rpc(anvil.url, "anvil_mine", ["0x2"]);
      await sync(vault);
    }
    expect(await isOpen(vault), "nothing is left open").to.equal(false);
  }

  /** How far a life came: deeds that were done, and the one that was begun. */
  async function notesOf({ folder }: Home): Promise<{ done: number; begun: number }> {
    const notes = await readFile(path.join(folder, NOTES), "utf8");
    return { done: notes.split("done").length - 1, begun: notes.split("begun").length - 1 };
  }

  /** Whether the journal holds a deed that was begun. */
  async function isJournalled(vault: Vault, deed: Deed): Promise<boolean> {
    const kinds = { grant: "admit", revoke: "dismiss", remember: "create" } as Record<string, string>;
    const waiting = await pending(vault);
    return waiting.some(
      (each) =>
        each.kind === (kinds[deed.does] ?? deed.does) &&
        (deed.does !== "remember" || (each.kind === "create" && deed.texts.includes(each.text))),
    );
  }

  /** Everything that the deeds of a life could have changed. */
  interface Outcome {
    readonly texts: readonly string[];
    readonly counted: number;
    readonly granted: boolean;
    readonly revoked: boolean;
    readonly removed: boolean;
    readonly shredded: number;
  }

  /** What becomes of the vault by these deeds. */
  function outcomeOf(deeds: readonly Deed[]): Outcome {
    const texts = new Set(["Old", "Changing", "Counted", "Private"]);
    let [counted, granted, revoked, removed, shredded] = [0, false, false, false, 0];
    for (const deed of deeds) {
      if (deed.does === "remember") for (const text of deed.texts) texts.add(text);
      if (deed.does === "forget" || deed.does === "shred") texts.delete(deed.text);
      if (deed.does === "update" && texts.delete(deed.text)) texts.add(deed.to);
      if (deed.does === "reinforce") counted++;
      if (deed.does === "grant") granted = true;
      if (deed.does === "revoke") revoked = true;
      if (deed.does === "rekey") removed = true;
      if (deed.does === "shred") shredded++;
    }
    return { texts: [...texts].sort(), counted, granted, revoked, removed, shredded };
  }

  async function outcomeIn(vault: Vault): Promise<Outcome> {
    const memories = (await read(vault)).scopes.flatMap((scope) => scope.memories);
    const readers = (await grants(vault)).map(({ grantee }) => grantee);
    const ids = (await devices(vault)).map(({ id }) => id);
    return {
      texts: memories.map(({ text }) => text).sort(),
      counted: memories.find(({ text }) => text === "Counted")?.reinforcements ?? 0,
      granted: readers.includes(LATER),
      revoked: !readers.includes(EARLIER),
      removed: !ids.includes(tablet),
      shredded: (await receipts(vault)).length,
    };
  }

  /** The chain says of readers what the roster says, and a welcome that was made opens the vault. */
  async function checkReaders(vault: Vault, { granted, revoked }: Outcome): Promise<void> {
    const { vaultId } = vault.ref;
    expect(await vault.contract.canRead(vaultId, LATER), "granted on chain").to.equal(granted);
    expect(await vault.contract.canRead(vaultId, EARLIER), "revoked on chain").to.equal(!revoked);
    if (!granted) return;
    const memberId = (await grants(vault)).find(({ grantee }) => grantee === LATER)?.id ?? "";
    const welcome = await collectWelcome(vault, memberId);
    if (welcome === null) throw new Error("the welcome of a grant is lost");
    const reader = await acceptWelcome({
      ...{ provider, store: vault.store, journalStore: memoryJournalStore(), journalKey: SEED },
      ...{ address: vault.ref.contract, identity: later, welcome, finality: { confirmations: 1 } },
    });
    expect((await read(reader)).scopes.map(({ name }) => name)).to.deep.equal(["career"]);
  }

  /** Each blob that is left is reached by the head or noted as garbage; what a torn write left goes after an hour. */
  async function checkGarbage(vault: Vault, { folder }: Home, deaths: number): Promise<void> {
    const known = [
      ...(await readReach(vault.journal)),
      ...(await readGarbage(vault.journal)).values(),
    ].flat();
    const names = new Set(known.map(cidOf));
    const blobs = await readdir(path.join(folder, "blobs"));
    expect(blobs.filter((name) => !name.startsWith(".") && !names.has(name))).to.deep.equal(
      [],
      "stray blobs",
    );
    const files = await readdir(path.join(folder, "journal"));
    expect(files.filter((name) => name.startsWith(".lock-"))).to.deep.equal([], "locks of the dead");
    expect([...blobs, ...files].filter((name) => name.startsWith("."))).to.have.length.at.most(deaths);
    const now = () => Date.now() + AN_HOUR_AND_MORE;
    const blob = new Uint8Array(4_096);
    await directoryStore(path.join(folder, "blobs"), { now }).put(blob);
    await fileJournalStore(path.join(folder, "journal"), { now }).write("swept", blob);
    const left = await Promise.all(["blobs", "journal"].map((name) => readdir(path.join(folder, name))));
    expect(left.flat().filter((name) => name.startsWith("."))).to.deep.equal([], "torn files");
    await vault.store.delete(digestOf(blob));
    await vault.journal.store.remove("swept");
  }

  /** Restarts the device of a life that ended, and holds what there is against what was done. */
  async function checkAfter(deeds: readonly Deed[], at: Home, deaths: number): Promise<void> {
    const { done, begun } = await notesOf(at);
    const device = openHome(at);
    try {
      const { vault } = device;
      const [last] = deeds.slice(done, begun);
      const isKept = last !== undefined && (await isJournalled(vault, last));
      expect(await lostTexts(vault)).to.deep.equal([]);
      await recover(vault);
      await remember(vault, { scope: "career", text: "After" });
      await recover(vault);
      const found = await outcomeIn(vault);
      const after: Deed = { does: "remember", scope: "career", texts: ["After"] };
      const least = outcomeOf([...deeds.slice(0, done), after]);
      const most = outcomeOf([...deeds.slice(0, begun), after]);
      // What was begun is there as a whole or not at all; what was journalled is there.
      if (isKept || JSON.stringify(found) !== JSON.stringify(least)) expect(found).to.deep.equal(most);
      await checkReaders(vault, found);
      await checkGarbage(vault, at, deaths);
    } finally {
      device.provider.destroy();
    }
    await rm(at.folder, { recursive: true });
  }

  const named = (where: string) => (fault: unknown) => {
    throw new Error(where, { cause: fault });
  };

  /** As many moments as asked for, spread over a life by a seed. */
  function drawn(seed: string, moments: number, count: number): number[] {
    if (count >= moments) return Array.from({ length: moments }, (_, i) => i);
    const random = seeded(seed);
    return Array.from({ length: count }, (_, i) => {
      const [from, to] = [Math.floor((i * moments) / count), Math.floor(((i + 1) * moments) / count)];
      return from + ((random(1)[0] ?? 0) % (to - from));
    });
  }

  /** Kills a life at moments all over it, and looks at what is left each time. */
  async function killAllOver(
    name: string,
    deeds: readonly Deed[],
    confirmations: number,
    count: number,
  ): Promise<void> {
    const whole = await renewed(confirmations);
    const moments = (await live({ home: whole, deeds, dieAt: null, notes: NOTES })) ?? 0;
    await checkAfter(deeds, whole, 0);
    for (const dieAt of drawn(name, moments, count)) {
      const at = await renewed(confirmations);
      expect(
        await live({ home: at, deeds, dieAt, notes: NOTES }),
        `${name}, moment ${dieAt} of ${moments}`,
      ).to.equal(null);
      await checkAfter(deeds, at, 1).catch(named(`${name}, killed at moment ${dieAt} of ${moments}`));
    }
  }

  const everyday = async (): Promise<Deed[]> => [
    { does: "remember", scope: "career", texts: ["One", "Two"] },
    { does: "sync" },
    { does: "reinforce", text: "Counted" },
    { does: "forget", text: "Old" },
    { does: "update", text: "Changing", to: "Changed" },
    { does: "grant", recipient: await recipientOf(later), account: LATER, until },
    { does: "remember", scope: "travel", texts: ["Three"] },
    { does: "revoke", account: EARLIER },
    { does: "sync" },
  ];

  it("while it remembers, changes, forgets, grants and revokes", async () => {
    await killAllOver("everyday", await everyday(), 2, LONG ? EVERY : 7);
  });

  it("while it rekeys", async () => {
    const deeds: Deed[] = [
      { does: "remember", scope: "career", texts: ["One"] },
      { does: "rekey", remove: tablet },
    ];
    await killAllOver("rekey", deeds, 1, LONG ? EVERY : 2);
  });

  it("while it shreds", async () => {
    const deeds: Deed[] = [{ does: "shred", text: "Old" }, { does: "sync" }, { does: "sync" }];
    await killAllOver("shred", deeds, 1, LONG ? EVERY : 2);
  });

  it("and again while it recovers from the first time", async () => {
    const deeds = await everyday();
    const random = seeded("twice");
    const before = kills;
    // Fewer than there are, so that the first kill always comes.
    const places = drawn("twice", 120, LONG ? 30 : 2);
    for (const dieAt of places) {
      const at = await renewed(2);
      const again = (random(1)[0] ?? 0) % 30;
      const where = `killed at moment ${dieAt}, and at moment ${again} of its recovery`;
      expect(await live({ home: at, deeds, dieAt, notes: NOTES }), where).to.equal(null);
      const recovery: Deed[] = [{ does: "sync" }, { does: "sync" }];
      await live({ home: at, deeds: recovery, dieAt: again, notes: "recovery" });
      await checkAfter(deeds, at, 2).catch(named(where));
    }
    expect(kills - before, "kills").to.be.greaterThan(places.length);
    if (LONG) expect(kills, "kills of all tests").to.be.at.least(200);
  });
});
