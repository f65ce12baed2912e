import { expect } from "chai";

import { openHead } from "../../../client/vault/head.ts";
import { reachOf } from "../../../client/vault/reach.ts";
import { misbehaving } from "../../helpers/doubles.ts";
import { Workbench } from "./workbench.ts";

/** What is fetched to open the bench's head from nothing. */
async function fetched(bench: Workbench): Promise<Set<string>> {
  const asked = new Set<string>();
  const get = (digest: string): Promise<Uint8Array | null> => {
    asked.add(digest);
    return bench.store.get(digest);
  };
  await openHead(bench.chain, bench.ownerKeys(), misbehaving(bench.store, { get }));
  return asked;
}

describe("reach", () => {
  it("is every blob that it takes to open a head, and no other: head, listed blobs, chunks", async () => {
    const bench = new Workbench("reach");
    const [large, small] = bench.names;
    await bench.commit({ [large!]: { put: Array.from({ length: 8 }, () => bench.record(60_000)) } });
    await bench.commit({ [large!]: { put: [bench.record()] }, [small!]: { put: [bench.record()] } });
    for (let i = 0; i < 5; i++) {
      await bench.commit({ [small!]: { put: [bench.record()] } });
      const reach = reachOf(await bench.open());
      expect(reach).to.deep.equal(await fetched(bench));
      expect(reach.size).to.be.greaterThan(3);
    }
  });

  (process.env["MEMVAULT_LONG"] === "1" ? it : it.skip)(
    "has an index, and a keyring's pages",
    async function () {
      this.timeout(60_000);
      const bench = new Workbench("reach of an index");
      const [scope] = bench.names;
      for (let i = 0; i < 300; i++) bench.admit(scope!);
      const put = Array.from({ length: 49 * 4 }, () => bench.record(65_000));
      await bench.commit({ [scope!]: { put } });
      expect((await bench.section(scope!)).data.content.kind).to.equal("index");
      const { data, digest, scopes } = await bench.open();
      expect(data.pages).to.have.length(1);
      const reach = reachOf(await bench.open());
      // A look-up takes one page of several: the writer's own digests are what counts.
      expect(reach.size).to.equal(bench.last!.blobs.length);
      for (const each of await fetched(bench)) expect(reach).to.include(each);
      expect(digest).to.deep.equal(bench.last!.digest);
      expect(scopes.get(scope!)!.segments[0]!.blobs).to.have.length(50);
    },
  );

  it("is the same for who wrote a head and for who read it", async () => {
    const bench = new Workbench("reach of a writer");
    const [scope] = bench.names;
    await bench.commit({ [scope!]: { put: Array.from({ length: 3 }, () => bench.record(60_000)) } });
    const built = await bench.commit({ [scope!]: { put: [bench.record()] } });
    const opened = await bench.open();
    expect(reachOf({ ...opened, scopes: built.scopes })).to.deep.equal(reachOf(opened));
  });
});
