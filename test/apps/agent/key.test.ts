import { expect } from "chai";

import { DEFAULTS, publishAgentKey } from "../../../apps/agent/index.ts";
import { keyOf, KeyNotPublished } from "../../../client/index.ts";
import { agentScene, events, grantedScene, type AgentScene } from "../../helpers/agent.ts";
import { misbehaving, powerCut } from "../../helpers/doubles.ts";
import { thrown } from "../../helpers/thrown.ts";

const DAY = 86_400;

const digestOf = async ({ world, address }: AgentScene): Promise<string> =>
  (await keyOf(world.keyRegistry, address)).digest;

const publications = ({ world, address }: AgentScene) =>
  world.keyRegistry.queryFilter(world.keyRegistry.filters.KeyPublished(address));

describe("an agent's key", () => {
  it("is published once, for ninety days", async () => {
    const scene = await agentScene();
    await scene.once();
    await scene.once();
    const [only, ...others] = await publications(scene);
    expect(others).to.deep.equal([]);
    const now = await scene.world.networkHelpers.time.latest();
    expect(Number(only!.args.expiresAt) - now).to.be.within(89 * DAY, 90 * DAY + 60);
    expect(events(scene, "key published")).to.deep.include.members([
      { level: "info", event: "key published", digest: await digestOf(scene) },
    ]);
  });

  it("is that of the journal, whatever write its publication died before", async () => {
    for (let before = 1, died = true; died; before++) {
      const scene = await agentScene();
      const { store, cut } = powerCut(scene.agentWorld.journalStore, before);
      await scene.once({ journalStore: store }).catch(() => null);
      died = cut();
      const sent = events(scene, "key sent").map(({ digest }) => digest);
      await scene.once();
      expect(await publications(scene), `before ${before}`).to.have.length(1);
      if (sent.length > 0) expect(sent).to.include(await digestOf(scene));
      await scene.granted();
      const requestId = await scene.ask("?");
      await scene.once();
      expect(await scene.answerTo(requestId)).to.equal("?: travel Window seat");
    }
  }).timeout(120_000);

  it("is renewed when a third of its life is left, and the older one opens what was left for it", async () => {
    const scene = await grantedScene();
    const first = await digestOf(scene);
    await scene.world.networkHelpers.time.increase(20 * DAY);
    await scene.once({}, { keyLifetime: 90 * DAY });
    expect(await digestOf(scene)).to.equal(first);
    // The grant's welcome was sealed to the first key, and is opened with the first question, after its renewal.
    await scene.world.networkHelpers.time.increase(6 * DAY);
    await scene.once({}, { keyLifetime: 210 * DAY });
    expect(await digestOf(scene)).not.to.equal(first);
    const requestId = await scene.ask("?");
    await scene.once();
    expect(await scene.answerTo(requestId)).to.equal("?: travel Window seat");
  });

  it("is let go of a month after its end", async () => {
    const scene = await grantedScene();
    const { time } = scene.world.networkHelpers;
    const kept = async (): Promise<number> => {
      await scene.once();
      return (await scene.agentWorld.journalStore.read("agent-keys"))!.length;
    };
    const one = await kept();
    await time.increase(61 * DAY);
    const two = await kept();
    expect(two).to.be.greaterThan(one);
    await time.increase(58 * DAY);
    expect(await kept()).to.equal(two);
    await time.increase(3 * DAY);
    // The first is gone, and the second has its successor.
    expect(await kept()).to.equal(two);
    expect(await publications(scene)).to.have.length(3);
  });

  it("is not fought for when somebody withdrew it, until its operator says so", async () => {
    const scene = await grantedScene();
    const { agent, operator, agentWorld, place } = scene;
    const first = await digestOf(scene);
    await (await agent.connect(operator).retireKey()).wait();
    await scene.once();
    await scene.once();
    expect(await thrown(digestOf(scene))).to.be.instanceOf(KeyNotPublished);
    expect(events(scene, "key withdrawn by hand")).to.have.length(2);
    // It goes on with what it may read.
    const requestId = await scene.ask("?");
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(await scene.answerTo(requestId)).to.equal("?: travel Window seat");
    await publishAgentKey(agentWorld, place, { ...DEFAULTS, poll: 20 });
    expect(await digestOf(scene)).not.to.equal(first);
    await scene.once();
    expect(await publications(scene)).to.have.length(2);
  });

  it("is not fought for when somebody put another in its place", async () => {
    const scene = await agentScene();
    await scene.once();
    const other = { ...scene.agentWorld, journalStore: (await agentScene()).agentWorld.journalStore };
    await scene.once(other);
    const theirs = await digestOf(scene);
    await scene.once();
    expect(await digestOf(scene)).to.equal(theirs);
    expect(events(scene, "key replaced by hand")).to.have.length(1);
  });

  it("that opens no welcome is said, and the request ends", async () => {
    const scene = await grantedScene();
    // The journal is another: its identity is not the one that the welcome is for.
    const { agentWorld } = await agentScene();
    const requestId = await scene.ask("?");
    const elsewhere = { journalStore: agentWorld.journalStore };
    expect(await scene.once(elsewhere)).to.deep.include({ ended: 1 });
    expect(scene.log.find(({ event }) => event === "ended")).to.include({ fault: "NoIdentity" });
    expect(await scene.answers(requestId)).to.equal(0);
  });

  it("waits for a welcome that its owner's device has not stored yet", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("?");
    const store = misbehaving(scene.world.store, { get: () => Promise.resolve(null) });
    expect(await scene.once({ store })).to.deep.include({ open: 1, ended: 0 });
    expect(await scene.once()).to.deep.include({ answered: 1 });
    expect(await scene.answers(requestId)).to.equal(1);
  });
});
