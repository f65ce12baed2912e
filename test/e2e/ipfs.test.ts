import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { digestOf, read, remember, StoreUnavailable, sync } from "../../client/index.ts";
import { ipfsStore, type IpfsOptions } from "../../client/stores.ts";
import { putVerified } from "../../client/storage/store.ts";
import { IpfsNodeUnavailable, startIpfs, type IpfsNode } from "../../scripts/ipfs/node.ts";
import { changed, recoverOn, texts } from "../helpers/furnished.ts";
import { IpfsServer } from "../helpers/ipfs-server.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, ownedVault, type World } from "../helpers/world.ts";

/** A server that is a real node is installed and started: half a minute, and 250 MB on disk. */
const long = process.env.MEMVAULT_LONG === "1";

describe("IPFS as a store", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** What every node must do, whoever wrote it. */
  const holds = (start: () => Promise<{ readonly url: string; stop(): Promise<void> }>) => {
    const nodes: { readonly url: string; stop(): Promise<void> }[] = [];
    const from = (options: Partial<IpfsOptions> = {}) => ipfsStore({ search: 500, pause: 10, ...options });
    before(async function () {
      // Installing may take minutes.
      this.timeout(8 * 60_000);
      try {
        nodes.push(await start(), await start());
      } catch (fault) {
        if (!(fault instanceof IpfsNodeUnavailable)) throw fault;
        console.log(`    SKIPPED: ${fault.message}`);
        this.skip();
      }
    });
    after(() => Promise.all(nodes.map((node) => node.stop())));
    const url = (i: number): string => nodes[i]!.url;

    it("keeps a vault's blobs pinned, and the words alone bring it back from there", async () => {
      const store = from({ api: url(0) });
      const { vault, seed } = await ownedVault(world, device(world, world.owner, store));
      await remember(vault, { scope: "health", text: "Allergic to penicillin" });
      const long = "A long story. ".repeat(2_000);
      await remember(vault, ...[1, 2, 3].map((part) => ({ scope: "travel", text: `${long}${part}` })));
      await sync(vault);
      const again = await recoverOn(world, seed, device(world, undefined, from({ api: url(0) })));
      expect(await texts(again)).to.deep.equal(await texts(vault));
    });

    it("has each class of blob as one block, gives it up, and tells what is not there", async () => {
      const store = from({ api: url(0) });
      for (const size of [4_096, 16_384, 65_536, 262_144]) {
        const blob = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)));
        const digest = await putVerified(
          store,
          Uint8Array.from({ length: size }, (_, i) => blob[i % blob.length]!),
        );
        expect(await store.has(digest)).to.equal(true);
        await store.delete(digest);
        expect(await store.has(digest)).to.equal(false);
        expect(await store.get(digest)).to.equal(null);
      }
      expect(await store.has(digestOf(new Uint8Array(1)))).to.equal(false);
    });

    it("commits nothing while its node is dead, loses nothing, and goes on over the other", async function () {
      this.timeout(60_000);
      const environment = device(world, world.owner, from({ api: url(1) }));
      const { vault } = await ownedVault(world, environment);
      await remember(vault, { scope: "health", text: "One" });
      await sync(vault);
      await nodes[1]!.stop();
      await remember(vault, { scope: "health", text: "Two" });
      const head = await vault.contract.memoryHead(vault.ref.vaultId);
      expect(await thrown(sync(vault))).to.be.instanceOf(StoreUnavailable);
      expect(await vault.contract.memoryHead(vault.ref.vaultId)).to.deep.equal(head);
      const other = changed(vault, environment, { store: from({ api: url(0) }) });
      expect(await thrown(read(other)), "the other node never had it").to.be.instanceOf(Error);
      nodes[1] = await start();
    });
  };

  describe("on a small server of its own", () => {
    holds(() => new IpfsServer().start());
  });

  (long ? describe : describe.skip)("on a real node (MEMVAULT_LONG=1)", () => {
    const folders: string[] = [];
    const start = async (): Promise<IpfsNode> => {
      const folder = await mkdtemp(path.join(tmpdir(), "memory-vault-ipfs-"));
      folders.push(folder);
      return startIpfs(folder);
    };
    after(async () => {
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });
    holds(start);
  });
});
