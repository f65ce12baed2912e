import { expect } from "chai";

import { MAX_FETCHED, MAX_OPEN, openedVaults } from "../../../apps/agent/opened.ts";
import { events, faults, grantedScene, until } from "../../helpers/agent.ts";
import { misbehaving } from "../../helpers/doubles.ts";

describe("the vaults that an agent's runner has open", () => {
  it("stay open while somebody is at work with them, however many others are asked for", async () => {
    const { agentWorld: world, place } = await grantedScene();
    const opened = openedVaults({
      ...{ world, chainId: 31_337n, contract: place.memoryVault, firstBlock: 0, identities: () => [] },
    });
    const order: string[] = [];
    let finish = (): void => undefined;
    const first = opened.use(1n, async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      order.push("first");
    });
    for (let id = 2n; id < 2n + BigInt(MAX_OPEN) * 2n; id++) await opened.use(id, () => Promise.resolve());
    const second = opened.use(1n, () => Promise.resolve(order.push("second")));
    await new Promise((resolve) => setTimeout(resolve, 20));
    finish();
    await Promise.all([first, second]);
    expect(order).to.deep.equal(["first", "second"]);
  });

  it("count as a try before they are read: a request that ends the runner three times is ended", async () => {
    const scene = await grantedScene();
    await scene.ask("?");
    let reads = 0;
    const { store } = scene.agentWorld;
    const deadly = misbehaving(store, { get: () => ((reads += 1), new Promise(() => undefined)) });
    for (let died = 1; died <= 3; died++) {
      const stop = new AbortController();
      const before = reads;
      const ran = scene.run(stop.signal, { store: deadly }, { grace: 20 });
      await until(() => reads > before);
      stop.abort();
      expect(await ran).to.include({ open: 1, ended: 0 });
    }
    expect(await scene.once()).to.include({ open: 0, ended: 1, answered: 0 });
    expect(faults(scene)).to.deep.equal(["RequestEnded: tried too often"]);
    expect(events(scene, "handled")).to.be.empty;
  }).timeout(60_000);

  it("are read up to 64 MiB, so that nobody fills the runner's memory: the request is ended at once", async () => {
    const scene = await grantedScene();
    await scene.ask("?");
    const { store } = scene.agentWorld;
    let asked = 0;
    // The first blob is the welcome. What counts is what the store gives, altered or not.
    const heavy = misbehaving(store, {
      get: (digest) => (asked++ === 0 ? store.get(digest) : Promise.resolve(new Uint8Array(MAX_FETCHED + 1))),
    });
    expect(await scene.once({ store: heavy })).to.include({ open: 0, ended: 1, answered: 0 });
    expect(faults(scene)).to.deep.equal(["VaultTooLarge"]);
  });
});
