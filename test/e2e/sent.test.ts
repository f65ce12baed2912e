import { expect } from "chai";

import {
  forget,
  pending,
  read,
  remember,
  settle,
  sync,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { readGarbage, readReach, readSent, removeSent } from "../../client/vault/journal.ts";
import { reachOf } from "../../client/vault/reach.ts";
import { KEPT_BATCHES } from "../../client/vault/roster.ts";
import { keepSent } from "../../client/vault/sent.ts";
import { powerCut } from "../helpers/doubles.ts";
import { another, changed, furnished, opened, texts } from "../helpers/furnished.ts";
import { createWorld, device, type World } from "../helpers/world.ts";

describe("What a device keeps of what is final", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const sentTexts = async (vault: Vault): Promise<string[][]> =>
    (await readSent(vault.journal)).map(({ operations }) =>
      operations.map((each) => (each.kind === "create" ? each.text : each.kind)),
    );

  describe("its own operations", () => {
    it("leave the journal when they are final, and are kept by the batch that carried them", async () => {
      const { vault, environment, seed } = await furnished(world);
      const slow = changed(vault, environment, { finality: { confirmations: 3 } });
      await remember(slow, { scope: "health", text: "One" }, { scope: "travel", text: "Two" });
      const { sequence } = await sync(slow);
      expect(await sentTexts(slow)).to.deep.equal([["Runs at six"]]);
      const waiting = await pending(slow);
      await world.networkHelpers.mine(3);
      await settle(slow);
      expect(await pending(slow)).to.deep.equal([]);
      const [, last] = await readSent(vault.journal);
      expect(last).to.deep.include({ sequence, operations: waiting });
      expect((await read(vault)).batches).to.include(last!.id);
      // Another device has its own.
      expect(await sentTexts(await another(world, seed))).to.deep.equal([["admit"]]);
    });

    it("are kept whole, wherever the power is cut", async () => {
      for (let step = 1; ; step++) {
        const { vault, environment } = await furnished(world);
        for (const text of ["One", "Two"]) await remember(vault, { scope: "health", text });
        const broken = powerCut(vault.journal.store, step);
        await sync(changed(vault, environment, { journalStore: broken.store })).catch(() => null);
        await sync(vault);
        expect(await sentTexts(vault), `step ${step}`).to.deep.equal([["Runs at six"], ["One", "Two"]]);
        expect(await pending(vault)).to.deep.equal([]);
        if (!broken.cut()) break;
      }
    });

    it(`are kept for the last ${KEPT_BATCHES} batches, and dropped up to a sequence when asked`, async () => {
      const { vault } = await furnished(world);
      const [carried] = await readSent(vault.journal);
      for (let i = 1; i <= KEPT_BATCHES + 2; i++) {
        const batch = { id: i.toString(16).padStart(32, "0"), sequence: BigInt(KEPT_BATCHES + 3 - i) };
        const operation = { ...carried!.operations[0]!, id: batch.id };
        await keepSent(vault, { ...batch, operations: [batch.id] }, [operation]);
      }
      const kept = await readSent(vault.journal);
      expect(kept.map(({ sequence }) => sequence)).to.deep.equal(
        Array.from({ length: KEPT_BATCHES }, (_, i) => BigInt(i + 3)),
      );
      await removeSent(vault.journal, BigInt(KEPT_BATCHES + 1));
      expect((await readSent(vault.journal)).map(({ sequence }) => sequence)).to.deep.equal([
        BigInt(KEPT_BATCHES + 2),
      ]);
    });
  });

  describe("the blobs that dropped out of a head", () => {
    const garbage = async (vault: Vault): Promise<Set<string>> =>
      new Set([...(await readGarbage(vault.journal)).values()].flat());

    /** A vault whose blobs are all known, on a store of its own. */
    async function watched(environment: Environment = device(world, world.owner)) {
      const written = new Set<string>();
      const put = async (blob: Uint8Array): Promise<string> => {
        const digest = await environment.store.put(blob);
        written.add(digest);
        return digest;
      };
      const parts = { ...environment, store: { ...environment.store, put } };
      return { ...(await furnished(world, parts)), written };
    }

    it("are noted, all of them, and stay where they are", async () => {
      const { vault, written } = await watched();
      for (let i = 0; i < 9; i++) {
        await remember(vault, { scope: i % 2 === 0 ? "health" : "travel", text: `Text ${i}` });
        await sync(vault);
      }
      const [memory] = (await read(vault)).scopes[0]!.memories;
      await forget(vault, memory!);
      await sync(vault);
      const reach = reachOf((await opened(vault)).whole);
      expect(new Set(await readReach(vault.journal))).to.deep.equal(reach);
      const noted = await garbage(vault);
      expect(new Set([...noted, ...reach])).to.deep.equal(written);
      expect([...noted].filter((digest) => reach.has(digest))).to.deep.equal([]);
      for (const digest of noted) expect(await vault.store.has(digest)).to.equal(true);
    });

    it("are noted where two commits became final at once, and where the power was cut", async () => {
      for (let step = 1; ; step++) {
        const { vault, environment, written } = await watched();
        await remember(vault, { scope: "health", text: "Final, and soon dropped" });
        await sync(vault);
        const slow = changed(vault, environment, { finality: { confirmations: 4 } });
        for (let i = 0; i < 3; i++) {
          await remember(slow, { scope: "health", text: `Text ${i}` });
          await sync(slow);
        }
        await world.networkHelpers.mine(4);
        const broken = powerCut(vault.journal.store, step);
        await settle(changed(vault, environment, { journalStore: broken.store })).catch(() => null);
        await settle(vault);
        const reach = reachOf((await opened(vault)).whole);
        expect(new Set([...(await garbage(vault)), ...reach]), `step ${step}`).to.deep.equal(written);
        expect(await texts(vault)).to.have.length(5);
        if (!broken.cut()) break;
      }
    });
  });
});
