import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import { Turns } from "../../../apps/agent/turns.ts";
import type { AgentHandler } from "../../../client/agents.ts";
import { grant, keyOf, memoryJournalStore, remember, sync } from "../../../client/index.ts";
import { ConciergeAgent__factory } from "../../../typechain-types/index.ts";
import { events, faults, grantedScene, tellAll, until, type AgentScene } from "../../helpers/agent.ts";
import { answering, between, boasting, limited, pruned } from "../../helpers/doubles.ts";

/** A scene whose agent takes questions from anybody: the concierge stands at another address with the same operator. */
async function openScene(handle: AgentHandler): Promise<AgentScene & { concierge: string }> {
  const scene = await grantedScene(handle);
  const { world, operator, place } = scene;
  const factory = new ConciergeAgent__factory(world.owner);
  const agent = await factory.deploy(place.memoryVault, place.keyRegistry, operator.address);
  const concierge = await agent.getAddress();
  return { ...scene, concierge };
}

describe("an agent's runner has bounds:", () => {
  it("so many requests are worked on at once, and no more", async () => {
    let [now, most] = [0, 0];
    const scene = await grantedScene(async (question, context) => {
      most = Math.max(most, ++now);
      // The first ones wait for each other, however slow the machine is; a fourth had time to join them.
      for (let waited = 0; most < 3 && waited < 10_000; waited += 10) await sleep(10);
      await sleep(30);
      now -= 1;
      return tellAll(question, context);
    });
    for (let i = 0; i < 9; i++) await scene.ask(String(i));
    expect(await scene.once({}, { concurrency: 3 })).to.deep.include({ answered: 9 });
    expect(most).to.equal(3);
  });

  it("64 requests of one account are open at once, and another's is taken beside them", async () => {
    const scene = await openScene(() => ({ kind: "public", text: "x" }));
    const { world, once, log, vault, concierge } = scene;
    const agent = ConciergeAgent__factory.connect(concierge, world.owner);
    const read = memoryJournalStore();
    const own = { agent: concierge, journalStore: memoryJournalStore(), vaultJournal: () => read };
    await once(own);
    await grantTo(scene, concierge);
    const { stranger, buyer } = world;
    for (let i = 0; i < 66; i++) await (await agent.connect(stranger).ask(vault.ref.vaultId, "x")).wait();
    await (await agent.connect(buyer).ask(vault.ref.vaultId, "y")).wait();
    log.length = 0;
    const ran = await once(own);
    expect(ran).to.deep.include({ answered: 65, ended: 0, open: 0 });
    expect(faults(scene)).to.deep.equal(["TooManyRequests", "TooManyRequests"]);
    const order = events(scene, "handled").map(({ requester }) => requester);
    expect(order.indexOf(buyer.address)).to.be.lessThan(6);
  }).timeout(60_000);

  it("an RPC that gives few events at once is asked for fewer blocks, and all requests are taken", async () => {
    const scene = await grantedScene();
    for (let i = 0; i < 5; i++) await scene.ask(String(i));
    expect(await scene.once({ provider: limited(scene.world.provider, 2) })).to.deep.include({ answered: 5 });
    expect(faults(scene)).to.deep.equal([]);
  });

  it("an RPC that makes its newest block up is asked for so many ranges", async () => {
    const scene = await grantedScene();
    const { provider } = boasting(scene.world.provider, 2_000_000_000);
    await scene.once({ provider }).catch(() => null);
    expect(faults(scene)).to.include("BlocksOutOfReach");
  }).timeout(60_000);
});

describe("whose turn it is", () => {
  const asked = (requester: string, ...ids: number[]) =>
    ids.map((id) => ({ requestId: BigInt(id), requester }));

  it("goes round: who asked a thousand times delays another by one", () => {
    const turns = new Turns();
    const waiting = [...asked("flooder", 1, 2, 3, 4, 5), ...asked("guest", 6), ...asked("other", 7)];
    const order: number[] = [];
    for (;;) {
      const next = turns.next(waiting, 0);
      if (next === undefined) break;
      turns.begin(next);
      order.push(Number(next.requestId));
    }
    expect(order).to.deep.equal([1, 6, 7, 2, 3, 4, 5]);
  });

  it("comes again after a pause that doubles, up to five minutes", () => {
    const turns = new Turns();
    const [one] = asked("guest", 1);
    const pauses = Array.from({ length: 11 }, () => turns.delay(one!, 0));
    expect(pauses).to.deep.equal(
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000),
    );
    expect(turns.next([one!], 299_999)).to.equal(undefined);
    expect(turns.next([one!], 300_000)).to.equal(one);
  });
});

describe("an agent's runner believes two RPCs where they agree:", () => {
  it("a question that only one of them knows is not answered", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { provider, connection } = scene.world;
    const lying = between(connection.provider, async ({ method, forward }) => {
      const answer = await forward();
      if (method !== "eth_getLogs") return answer;
      return (answer as { data: string }[]).map((log) => ({
        ...log,
        data: log.data.replace(Buffer.from("seat").toString("hex"), Buffer.from("keys").toString("hex")),
      }));
    });
    for (const [one, other] of [
      [lying, provider],
      [provider, lying],
    ] as const) {
      await scene.once({ provider: one, secondProvider: other }).catch(() => null);
      expect(faults(scene)).to.include("RpcsDisagree");
      expect(await scene.answers(requestId)).to.equal(0);
    }
    scene.log.length = 0;
    expect(
      await scene.once({ secondProvider: between(connection.provider, ({ forward }) => forward()) }),
    ).to.deep.include({ answered: 1 });
  }).timeout(60_000);

  it("one that either of them withholds is not passed over", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { provider } = scene.world;
    const silent = pruned(provider);
    for (const [one, other] of [
      [silent, provider],
      [provider, silent],
    ] as const) {
      await scene.once({ provider: one, secondProvider: other }).catch(() => null);
      expect(faults(scene)).to.include("RpcsDisagree");
      scene.log.length = 0;
      await scene.world.networkHelpers.mine(3);
    }
    expect(await scene.once({ secondProvider: provider })).to.deep.include({ answered: 1 });
    expect(await scene.answers(requestId)).to.equal(1);
  }).timeout(60_000);

  it("nor one in a block that a node does not know yet, and so has no events of", async () => {
    const scene = await grantedScene();
    const { provider, connection } = scene.world;
    const before = await provider.getBlockNumber();
    const requestId = await scene.ask("Which seat?");
    // It says that the block is final, and its events and itself are not there.
    const behind = between(connection.provider, async ({ method, params, forward }) => {
      if (method === "eth_getLogs") return [];
      const known = method !== "eth_getBlockByNumber" || !(Number(params[0]) > before);
      return known ? forward() : null;
    });
    await scene.once({ provider: behind }).catch(() => null);
    expect(faults(scene)).to.include("NoBlocks");
    await scene.once();
    expect(await scene.answers(requestId)).to.equal(1);
  }).timeout(60_000);

  it("nor is it sealed to a key that only one of them knows", async () => {
    const scene = await grantedScene();
    const requestId = await scene.ask("Which seat?");
    const { provider, keyRegistry, owner } = scene.world;
    const call = keyRegistry.interface.encodeFunctionData("keyOf", [owner.address]);
    const lying = answering(provider, async ({ data }) => {
      if (data !== call) return null;
      const known = await keyRegistry.keyOf(scene.address);
      return keyRegistry.interface.encodeFunctionResult("keyOf", [[...known]] as never);
    });
    expect(await scene.once({ secondProvider: lying })).to.deep.include({ answered: 0, open: 1 });
    expect(faults(scene)).to.include("RpcsDisagree");
    expect(await scene.answers(requestId)).to.equal(0);
  });
});

describe("an agent's runner stops", () => {
  it("when what is under way is sent, and begins nothing more", async () => {
    let begun = 0;
    const scene = await grantedScene(async (question, context) => {
      begun += 1;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return tellAll(question, context);
    });
    const [first, second] = [await scene.ask("1"), await scene.ask("2")];
    const stop = new AbortController();
    const ran = scene.run(stop.signal, {}, { concurrency: 1 });
    await until(() => begun === 1);
    stop.abort();
    expect(await ran).to.deep.include({ open: 2, left: 0 });
    expect(begun).to.equal(1);
    expect(await scene.answers(first)).to.equal(1);
    expect(await scene.once()).to.deep.include({ answered: 2, open: 0 });
    expect([await scene.answers(first), await scene.answers(second)]).to.deep.equal([1, 1]);
  });

  it("after its grace, whatever a handler does, which counts as no try", async () => {
    let stuck = true;
    const scene = await grantedScene((question, context) =>
      stuck ? new Promise(() => undefined) : tellAll(question, context),
    );
    const requestId = await scene.ask("Which seat?");
    for (let i = 0; i < 4; i++) {
      const stop = new AbortController();
      const ran = scene.run(stop.signal, {}, { grace: 20 });
      await until(() => events(scene, "read").length === i + 1);
      await new Promise((resolve) => setTimeout(resolve, 30));
      stop.abort();
      expect(await ran).to.deep.include({ open: 1, ended: 0 });
    }
    stuck = false;
    await scene.once();
    expect(await scene.answerTo(requestId)).to.equal("Which seat?: travel Window seat");
  });
});

describe("an agent's runner tells its log", () => {
  it("no question, answer, memory, proposal, key or message of somebody's fault", async () => {
    const CANARY = "canary";
    class CanaryFault extends Error {
      override readonly name = "canary-name";
      readonly code = "canary-code";
    }
    let asked = 0;
    const scene = await grantedScene(
      (_, context) => {
        if (++asked === 1) throw new CanaryFault("canary-message");
        if (asked === 2) return { kind: "canary-kind" } as never;
        const proposals = [{ scope: context.scopes[0]!.id, text: "canary-proposal" }];
        return asked === 3
          ? {
              kind: "answer",
              text: `canary-answer ${context.scopes[0]!.memories.map(({ text }) => text).join()}`,
              proposals,
            }
          : { kind: "public", text: "canary-public" };
      },
      ["travel"],
      true,
    );
    const { vault, world, log, once, ask } = scene;
    await remember(vault, { scope: "travel", text: "canary-memory", tags: ["canary-tag"] });
    await sync(vault);
    await ask("canary-question");
    await once();
    const failing = answering(world.provider, () =>
      Promise.reject(new CanaryFault("https://rpc/canary-key")),
    );
    await once({ provider: failing }).catch(() => null);
    const broadcast = (): Promise<void> => Promise.reject(new CanaryFault("canary-broadcast"));
    await once();
    const stop = new AbortController();
    const ran = scene.run(stop.signal, { broadcast });
    await until(() => events(scene, "not sent yet").length > 0);
    stop.abort();
    await ran;
    await once();
    await ask("canary-again");
    await once();
    expect(asked).to.equal(4);
    const text = JSON.stringify(log);
    expect(text).not.to.include(CANARY);
    expect(text).not.to.match(/AGE-SECRET|age1pq1|window/i);
    expect(new Set(log.map(({ event }) => event))).to.include.members([
      ...["started", "key sent", "landed", "key published", "requested", "read", "handled", "answer sent"],
      ...["proposal sent", "retry", "done", "stopped", "not sent yet"],
    ]);
  });
});

async function grantTo(scene: AgentScene, agent: string): Promise<void> {
  const { vault, world } = scene;
  const { recipient } = await keyOf(world.keyRegistry, agent);
  const expiresAt = (await world.networkHelpers.time.latest()) + 86_400;
  await grant(vault, { recipient, account: agent, scopes: ["travel"], expiresAt, storeWelcome: true });
}
