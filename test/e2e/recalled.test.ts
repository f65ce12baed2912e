import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import { wordRecall } from "../../apps/mcp/index.ts";
import { verified } from "../../apps/mcp/sight.ts";
import { forget, read, remember, settle, sync, update, type Memory, type Vault } from "../../client/index.ts";
import { shred } from "../../client/manage.ts";
import { fileJournalStore } from "../../client/node.ts";
import { indexFiles } from "../../client/recall.ts";
import { termsOf } from "../../client/recall/words.ts";
import { connected, until } from "../apps/mcp-client.ts";
import { contains } from "../helpers/contains.ts";
import { another, furnished } from "../helpers/furnished.ts";
import { createWorld, device, type World } from "../helpers/world.ts";

const SECRET = "Owes the zeppelin society ninety guilders";
const QUERY = "zeppelin guilders";

/** The terms of a text, but for those so short that chance writes them: two letters stand in many an id. */
const tellingTerms = (text: string): string[] => termsOf(text).filter(({ length }) => length > 2);

describe("The index for search: sealed on the device, and without what is gone", () => {
  let world: World;
  let folder: string;
  before(async () => {
    world = await createWorld();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "memvault-index-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A vault whose device has its journal, and so its index, in a folder. */
  async function inFolder() {
    const environment = { ...device(world, world.owner), journalStore: fileJournalStore(folder) };
    const owned = await furnished(world, environment);
    await remember(
      owned.vault,
      { scope: "finance", text: SECRET },
      { scope: "finance", text: "Pays rent in May" },
    );
    await sync(owned.vault);
    return owned;
  }

  /** Searches as a process does that just began, and keeps the index. */
  async function found(vault: Vault, query: string, view = read(vault)): Promise<string[]> {
    const recall = wordRecall(indexFiles(vault));
    const { sequence, ...rest } = await view;
    const memories = verified({ ...rest, sequence });
    const search = await recall.head(memories, sequence);
    const ids = search(query, {});
    await recall.keep();
    return ids.map((id) => memories.find(({ memory }) => memory.id === id)!.memory.text);
  }

  const memoryOf = async (vault: Vault, text: string): Promise<Memory> =>
    (await read(vault)).scopes.flatMap(({ memories }) => memories).find((memory) => memory.text === text)!;

  /** The files of the index, as they lie there and opened; looked at again where a server replaced them meanwhile. */
  async function filesOf(vault: Vault) {
    const files = indexFiles(vault);
    for (;;) {
      const names = (await readdir(folder)).filter((name) => name.startsWith("index-")).sort();
      const found = await Promise.all(
        names.map(async (name) => {
          const raw = await readFile(path.join(folder, name)).catch(() => null);
          const opened = await files.read(name);
          return raw === null || opened === null ? [] : [{ raw: new Uint8Array(raw), opened }];
        }),
      );
      const whole = found.flat();
      if (whole.length === names.length && String(await files.list()) === String(names)) return whole;
    }
  }

  /** Whether any file of the index has the text, or one of its terms. */
  async function hold(vault: Vault, text = SECRET): Promise<boolean> {
    const needles = [text, ...tellingTerms(text)].map((each) => utf8ToBytes(each));
    return (await filesOf(vault)).some(({ opened }) => needles.some((needle) => contains(opened, needle)));
  }

  it("finds in the next process what the last one kept, and lies on disk as uniform bytes", async () => {
    const { vault } = await inFolder();
    expect(await found(vault, QUERY)).to.deep.equal([SECRET]);
    expect(await hold(vault)).to.equal(true);
    for (const { raw } of await filesOf(vault))
      for (const word of [SECRET, ...tellingTerms(SECRET), "rent"])
        expect(contains(raw, utf8ToBytes(word))).to.equal(false);
    expect(await found(vault, QUERY)).to.deep.equal([SECRET]);
  });

  it("is gone with a shred, text and terms, on the device that shreds and on one that follows", async () => {
    const { vault, seed, store } = { ...(await inFolder()), store: world.store };
    const second = await another(world, seed, store);
    expect(await found(second, QUERY)).to.deep.equal([SECRET]);
    await found(vault, QUERY);
    await shred(vault, await memoryOf(vault, SECRET));
    await sync(vault);
    expect(await filesOf(vault)).to.deep.equal([]);
    expect(await indexFiles(second).list()).to.have.length(1);
    await settle(second);
    expect(await indexFiles(second).list()).to.deep.equal([]);
    expect(await found(vault, `${QUERY} rent`)).to.deep.equal(["Pays rent in May"]);
    expect(await hold(vault)).to.equal(false);
    expect(await hold(vault, "Pays rent in May")).to.equal(true);
  });

  it("does not come back after a shred from a process that still has what was shredded", async () => {
    const { vault } = await inFolder();
    const old = await read(vault);
    await found(vault, QUERY);
    await shred(vault, await memoryOf(vault, SECRET));
    await sync(vault);
    expect(await found(vault, QUERY, Promise.resolve(old)), "what it still has in memory").to.deep.equal([
      SECRET,
    ]);
    expect(await filesOf(vault)).to.deep.equal([]);
  });

  it("has no term of a forgotten or changed memory after the next look at the vault, and other files stay", async () => {
    const { vault } = await inFolder();
    await found(vault, QUERY);
    await forget(vault, await memoryOf(vault, SECRET));
    await update(vault, await memoryOf(vault, "Pays rent in May"), { text: "Pays taxes" });
    await sync(vault);
    expect(await found(vault, QUERY)).to.deep.equal([]);
    expect(await hold(vault)).to.equal(false);
    expect(await hold(vault, "rent in May")).to.equal(false);
    expect(await hold(vault, "taxes")).to.equal(true);
    expect(await found(vault, "six")).to.deep.equal(["Runs at six"]);
  });

  it("loses what a tool has forgotten with the commit that carries it, before anybody searches again", async () => {
    const { vault } = await inFolder();
    const { call, timers, served } = await connected(vault);
    await call("search_memory", { query: QUERY });
    await until(() => hold(vault));
    await call("forget_memory", { id: (await memoryOf(vault, SECRET)).id });
    timers.wind(60_000);
    await until(async () => !(await hold(vault)));
    await until(() => hold(vault, "rent"));
    await served.close();
    expect(await hold(vault)).to.equal(false);
  });

  it("does not come back after a forget from a process that looks at an earlier head", async () => {
    const { vault } = await inFolder();
    const old = await read(vault);
    await forget(vault, await memoryOf(vault, SECRET));
    await sync(vault);
    await found(vault, "rent");
    await found(vault, QUERY, Promise.resolve(old));
    expect(await hold(vault)).to.equal(false);
    expect(await hold(vault, "rent")).to.equal(true);
  });
});
