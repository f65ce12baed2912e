import { expect } from "chai";

import {
  repairSentences,
  remarksOf,
  storeLine,
  verdictOf,
  verdictText,
} from "../../../apps/web/src/pages/health/audit-text.ts";
import { counted } from "../../../apps/web/src/pages/health/counted-store.ts";
import { placesText } from "../../../apps/web/src/pages/health/places-text.ts";
import { receiptFacts } from "../../../apps/web/src/pages/health/receipt-text.ts";
import {
  memoryStore,
  remember,
  StoreUnavailable,
  sync,
  VaultError,
  type Vault,
} from "../../../client/index.ts";
import { audit, mirrorStore, repair } from "../../../client/stores.ts";
import { createWorld, device, ownedVault } from "../../helpers/world.ts";

describe("health in the web app", () => {
  describe("given a vault in two stores", () => {
    const [here, there] = [memoryStore("here"), memoryStore("there")];
    let vault: Vault;
    before(async () => {
      const world = await createWorld();
      const store = mirrorStore([here, there], { quorum: 2 });
      ({ vault } = await ownedVault(world, device(world, world.owner, store)));
      await remember(vault, { scope: "travel", text: "Oslo" });
      await sync(vault);
    });

    it("says that all is well, and counts what it reads", async () => {
      const seen: number[] = [];
      const found = await audit(counted(vault, (reads) => seen.push(reads)));
      expect(verdictOf(found)).to.equal("well");
      expect(verdictText(found)).to.contain("All is well").and.contain("2 copies");
      expect(found.stores.map(storeLine)).to.deep.equal(
        ["here", "there"].map((name) => ({ name, present: found.blobs, faults: [] })),
      );
      expect(seen.at(-1)).to.be.at.least(found.blobs * 2);
      expect(seen).to.deep.equal(seen.map((_, index) => index + 1));
    });

    it("says what one store lost, and that a repair brings it back", async () => {
      const [lost] = (await audit(vault)).stores[1]!.present;
      await there.delete(lost!);
      const found = await audit(vault);
      expect(verdictOf(found)).to.equal("mendable");
      expect(verdictText(found)).to.contain("“Repair”");
      expect(storeLine(found.stores[1]!).faults).to.deep.equal(["1 missing"]);
      const done = await repair(counted(vault, () => undefined));
      expect(repairSentences(done)).to.deep.equal([
        "there: 1 blob copied and read back.",
        "All is there now.",
      ]);
      expect(verdictOf(await audit(vault))).to.equal("well");
      expect(repairSentences(await repair(vault))).to.deep.equal([
        "There was nothing to repair: all is there.",
      ]);
    });

    it("says what every store lost, and what can be done", async () => {
      const before = await audit(vault);
      const digest = before.stores[0]!.present[0]!;
      const blobs = await Promise.all([here, there].map((store) => store.get(digest)));
      for (const store of [here, there]) await store.delete(digest);
      const found = await audit({ ...vault, cache: new Map(), opened: null });
      expect(verdictOf(found)).to.equal("lost");
      expect(verdictText(found)).to.contain("1 blob is lost").and.contain("backup");
      expect(repairSentences(await repair(vault)).join(" ")).to.contain("still lacks");
      await here.put(blobs[0]!);
      await there.put(blobs[1]!);
    });
  });

  it("waits for a store that does not answer", () => {
    const store = { name: "far", present: [], missing: [], altered: [], leftOver: [] };
    const stores = [{ ...store, unreachable: ["aa"], fault: "far cannot be used: asleep." }];
    const found = { stores, below: [], lost: [], doubtful: ["aa"] };
    expect(verdictOf(found)).to.equal("waiting");
    expect(storeLine(stores[0]!).faults).to.deep.equal(["1 out of reach", "far cannot be used: asleep."]);
  });

  it("remarks what an audit does not know", () => {
    expect(remarksOf({ fault: null, unknownWelcomes: ["0xab"] }, 2)).to.deep.equal([
      "2 blobs given up on purpose are no loss.",
      "Whether the welcome of 0xab is there is not known.",
    ]);
  });

  it("tells a newest commit that is out of reach from one that does not open", () => {
    const said = (fault: VaultError): string => remarksOf({ fault, unknownWelcomes: [] }).join(" ");
    expect(said(new StoreUnavailable("ipfs", "it does not answer"))).to.match(
      /^The newest commit was not reached; /,
    );
    expect(said(new VaultError("x"))).to.match(/^The newest commit does not open; /);
  });

  it("says of a shred what is gone, and what is not", () => {
    const receipt = {
      ...{ id: "ab", sequence: 3n, doneAt: 4n, epoch: 1, memoryIds: ["x"], unknown: [], scopes: ["travel"] },
      ...{ blobs: 5, listed: 1, followed: ["a"], silent: ["b"], readers: [] },
    };
    const facts = new Map(receiptFacts(receipt, true));
    expect(facts.get("Shredded")).to.equal("1 memory, in commit 3");
    expect(facts.get("On chain")).to.contain("for ever");
    expect(facts.get("What remains")).to.contain("24 words");
    expect(receiptFacts(receipt, false).some(([name]) => name === "On chain")).to.equal(false);
  });

  it("names places as people do", () => {
    expect(placesText([3, 11, 20])).to.equal("words 3, 11 and 20");
  });
});
