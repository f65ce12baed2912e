import { mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  BlobAltered,
  JournalDamaged,
  pending,
  read,
  remember,
  StoreFull,
  StoreUnavailable,
  sync,
  vaultAt,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { readCandidates } from "../../client/vault/journal.ts";
import { diskFault, watchDisk, type DiskStep } from "../helpers/disk.ts";
import { furnished, texts } from "../helpers/furnished.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, type World } from "../helpers/world.ts";

const LONG = process.env["MEMVAULT_LONG"] === "1";
/** Of the steps of a sync every so many-th is tried. */
const STRIDE = LONG ? 1 : 7;

describe("Disks: what fails has a name, and costs nothing that was not being written", function () {
  this.timeout(600_000);
  let world: World;
  let root: string;
  before(async () => {
    world = await createWorld();
    root = await mkdtemp(path.join(tmpdir(), "disks-"));
  });
  after(() => rm(root, { recursive: true }));

  let devices = 0;
  /** A device in a folder, with a memory that is committed and one that waits. */
  async function waiting() {
    const folder = path.join(root, String(devices++));
    const folders = ["journal", "blobs"].map((name) => path.join(folder, name));
    const environment: Environment = {
      ...device(world, world.owner, directoryStore(path.join(folder, "blobs"))),
      journalStore: fileJournalStore(path.join(folder, "journal"), { patience: 500 }),
      journalKey: randomBytes(32),
    };
    const { vault } = await furnished(world, environment);
    await remember(vault, { scope: "health", text: "Waits" });
    return { vault, environment, folder, folders };
  }

  /** Does what a user does, as far as it goes. */
  async function tried(vault: Vault) {
    const remembered = await remember(vault, { scope: "health", text: "Tried" }).then(
      () => null,
      (fault: unknown) => fault,
    );
    const synced = await sync(vault).then(
      ({ unsettled }) => unsettled,
      (fault: unknown) => fault,
    );
    return { remembered, synced };
  }

  /** The disk is well again: all that was said to be safe is there, each once, and nothing lies about. */
  async function healed(vault: Vault, folders: readonly string[], wasRemembered: boolean, where: string) {
    await sync(vault);
    expect(await texts(vault), where).to.deep.equal([
      "Runs at six",
      ...(wasRemembered ? ["Tried"] : []),
      "Waits",
    ]);
    expect(await pending(vault), where).to.deep.equal([]);
    expect(await readCandidates(vault.journal), where).to.deep.equal([]);
    return (await Promise.all(folders.map((folder) => readdir(folder)))).flat();
  }

  interface Failing {
    readonly name: string;
    /** Which steps can fail so. */
    readonly hits: (step: DiskStep) => boolean;
    /** Whether only one of them does, or every one from there on. */
    readonly once: boolean;
    readonly code: string;
    readonly kind: typeof StoreFull | typeof StoreUnavailable;
    readonly advice: RegExp;
  }

  const needsRoom = ({ what }: DiskStep): boolean => what === "create" || what === "write";
  const failing: readonly Failing[] = [
    {
      ...{ name: "that is full from some write on", code: "ENOSPC", kind: StoreFull },
      ...{ hits: needsRoom, once: false },
      advice: /has no room left.*free some space and try again/,
    },
    {
      ...{ name: "that has no quota for one write", code: "EDQUOT", kind: StoreFull },
      ...{ hits: needsRoom, once: true },
      advice: /has no room left.*free some space and try again/,
    },
    {
      ...{ name: "that becomes read-only", code: "EROFS", kind: StoreUnavailable },
      ...{ hits: () => true, once: false },
      advice: /cannot be used: EROFS.*mend it and try again/,
    },
    {
      ...{ name: "that forbids one step", code: "EACCES", kind: StoreUnavailable },
      ...{ hits: () => true, once: true },
      advice: /cannot be used: EACCES.*mend it and try again/,
    },
  ];

  for (const { name, hits, once, code, kind, advice } of failing) {
    it(name, async () => {
      let faults = 0;
      for (let first = 1, reached = true; reached; first += STRIDE) {
        const { vault, folders } = await waiting();
        const where = `step ${first}`;
        let number = 0;
        const stop = watchDisk(folders, async (step) => {
          if (!hits(step) || ++number < first || (once && number > first)) return step.go();
          await step.tear();
          throw diskFault(code, step.what);
        });
        const { remembered, synced } = await tried(vault).finally(stop);
        reached = number >= first;
        for (const fault of [remembered, synced]) {
          if (fault === null) continue;
          faults++;
          expect(fault, where).to.be.instanceOf(kind).with.property("message").that.matches(advice);
        }
        const left = await healed(vault, folders, remembered === null, where);
        // Where nothing can be taken away, what was torn stays until it is swept.
        if (code !== "EROFS")
          expect(
            left.filter((file) => file.startsWith(".tmp")),
            where,
          ).to.deep.equal([]);
        expect(
          left.filter((file) => file.startsWith(".lock")),
          where,
        ).to.deep.equal([]);
      }
      expect(faults, "faults").to.be.greaterThan(LONG ? 10 : 0);
    });
  }

  it("that is read-only lets a device read what it settled, and takes no word", async () => {
    const { vault, folders } = await waiting();
    const stop = watchDisk(folders, ({ what }) => Promise.reject(diskFault("EROFS", what)));
    try {
      expect(await texts(vault)).to.deep.equal(["Runs at six"]);
      expect(await thrown(remember(vault, { scope: "health", text: "x" }))).to.be.instanceOf(
        StoreUnavailable,
      );
    } finally {
      stop();
    }
    await healed(vault, folders, false, "");
  });

  it("that cut a waiting operation: it is named, and without its file everything else goes on", async () => {
    const { vault, folder } = await waiting();
    const journal = path.join(folder, "journal");
    await remember(vault, { scope: "health", text: "Cut" });
    const cut = (await readdir(journal)).filter((name) => name.startsWith("op-")).at(-1) ?? "";
    await truncate(path.join(journal, cut), 100);
    for (const attempt of [sync, pending]) {
      const fault = await thrown(attempt(vault));
      expect(fault).to.be.instanceOf(JournalDamaged).with.property("file", cut);
    }
    expect(await texts(vault)).to.deep.equal(["Runs at six"]);
    await rm(path.join(journal, cut));
    await sync(vault);
    expect(await texts(vault)).to.deep.equal(["Runs at six", "Waits"]);
  });

  it("that cut a blob: it is named, and read again once the blob is put back", async () => {
    const { vault, environment, folder } = await waiting();
    const blobs = path.join(folder, "blobs");
    const kept = new Map<string, Uint8Array>();
    for (const name of await readdir(blobs)) {
      kept.set(name, await readFile(path.join(blobs, name)));
      await truncate(path.join(blobs, name), 1_000);
    }
    const fresh = vaultAt(vault.ref, environment);
    for (const attempt of [read, sync]) expect(await thrown(attempt(fresh))).to.be.instanceOf(BlobAltered);
    for (const blob of kept.values()) await environment.store.put(blob);
    await sync(fresh);
    expect(await texts(fresh)).to.deep.equal(["Runs at six", "Waits"]);
  });
});
