import { expect } from "chai";
import { hexlify, toUtf8Bytes } from "ethers";

import type { AgentContext, AgentHandler, AgentQuestion } from "../../../client/agents.ts";
import { OperatorRequired } from "../../../apps/agent/index.ts";
import { faultFields } from "../../../apps/agent/log.ts";
import { grants, read, revoke } from "../../../client/index.ts";
import { change } from "../../../client/manage.ts";
import {
  agentScene,
  events,
  faults,
  grantedScene,
  publishedIdentity,
  tellAll,
  until,
  type AgentScene,
} from "../../helpers/agent.ts";
import { between, misbehaving } from "../../helpers/doubles.ts";
import { thrown } from "../../helpers/thrown.ts";

const KINDS = "kind is none of answer, public, proposal, decline";

describe("an agent's runner", () => {
  it("publishes its key, and answers from what it was granted, once", async () => {
    const scene = await grantedScene();
    const { once, ask, answerTo, answers, log } = scene;
    const requestId = await ask("Which seat?");
    expect(await once()).to.deep.equal({ answered: 1, ended: 0, open: 0, failed: 0, left: 0 });
    expect(await answerTo(requestId)).to.equal("Which seat?: travel Window seat");
    await once();
    expect(await answers(requestId)).to.equal(1);
    expect(log.filter(({ level }) => level !== "info")).to.deep.equal([]);
  });

  it("shows the handler the granted scopes alone, and names the head that they are of", async () => {
    const seen: [AgentQuestion, AgentContext][] = [];
    const scene = await grantedScene((question, context) => {
      seen.push([question, context]);
      return tellAll(question, context);
    });
    const { agent, vault, ask, once, world } = scene;
    const requestId = await ask("Which seat?");
    await once();
    const [[question, context]] = seen as [[AgentQuestion, AgentContext]];
    expect(
      context.scopes.map(({ name, memories }) => [name, memories.map(({ text }) => text)]),
    ).to.deep.equal([["travel", ["Window seat"]]]);
    const { sequence, root } = await read(vault);
    expect([context.sequence, context.root]).to.deep.equal([sequence, root]);
    expect(question).to.include({ requestId, vaultId: vault.ref.vaultId, text: "Which seat?" });
    expect(question.requester).to.equal(world.owner.address);
    const [answered] = await agent.queryFilter(agent.filters.Answered(requestId));
    expect([answered!.args.sequence, answered!.args.root]).to.deep.equal([sequence, root]);
  });

  it("hands bytes that are no text to the handler as bytes", async () => {
    const seen: AgentQuestion[] = [];
    const scene = await grantedScene((question) => (seen.push(question), { kind: "decline" }));
    const { agent, vault, world, address, once } = scene;
    const call = agent.interface.encodeFunctionData("ask", [vault.ref.vaultId, "??"]);
    const bytes = call.replace(hexlify(toUtf8Bytes("??")).slice(2), "ff00");
    await (await world.owner.sendTransaction({ to: address, data: bytes })).wait();
    await once();
    expect(seen.map(({ text, data }) => [text, hexlify(data)])).to.deep.equal([[null, "0xff00"]]);
  });

  it("says what everybody may read in the open, and nothing where it declines", async () => {
    const scene = await grantedScene(({ text }) =>
      text === "secret" ? { kind: "decline" } : { kind: "public", text: "Eight" },
    );
    const { ask, once, answerTo, agent } = scene;
    const [told, declined] = [await ask("When?"), await ask("secret")];
    expect(await once()).to.deep.include({ answered: 1, ended: 1, open: 0, failed: 0 });
    expect(await answerTo(told)).to.equal("Eight");
    expect(await answerTo(declined)).to.equal(null);
    const [event] = await agent.queryFilter(agent.filters.Answered(told));
    expect(event!.args.data).to.equal(hexlify(toUtf8Bytes("Eight")));
    // It is not asked again.
    expect(await once()).to.deep.include({ answered: 0, ended: 0 });
  });

  it("leaves proposals in the owner's inbox, with an answer or without", async () => {
    const scene = await grantedScene(
      ({ text }, { scopes }) => {
        const proposals = [{ scope: scopes[0]!.id, text: `Asked about ${text!}` }];
        return text === "a seat"
          ? { kind: "answer", text: "Window", proposals }
          : { kind: "proposal", proposals };
      },
      ["travel"],
      true,
    );
    const { ask, once, answerTo, answers, world, address, vault } = scene;
    const [both, alone] = [await ask("a seat"), await ask("a train")];
    expect(await once()).to.deep.include({ answered: 2, ended: 0, open: 0 });
    expect(await answerTo(both)).to.equal("Window");
    expect(await answers(alone)).to.equal(0);
    const { memoryVault } = world;
    const proposed = await memoryVault.queryFilter(memoryVault.filters.Proposed(vault.ref.vaultId, address));
    expect(new Set(proposed.map(({ args }) => args.digest)).size).to.equal(2);
    for (const { args } of proposed) expect(await world.store.has(args.digest.slice(2))).to.equal(true);
    await once();
    expect(await memoryVault.queryFilter(memoryVault.filters.Proposed())).to.have.length(2);
  });

  it("proposes nothing without the permission", async () => {
    const scene = await grantedScene((_, { scopes }) => ({
      kind: "proposal",
      proposals: [{ scope: scopes[0]!.id, text: "x" }],
    }));
    await scene.ask("?");
    expect(await scene.once()).to.deep.include({ answered: 0, ended: 1 });
    expect(faults(scene)).to.deep.equal(["MayNotPropose"]);
  });

  it("follows a changed grant", async () => {
    const scene = await grantedScene();
    const { vault, ask, once, answerTo, address } = scene;
    await ask("1");
    await once();
    const [member] = await grants(vault);
    expect(member!.grantee).to.equal(address.toLowerCase());
    await change(vault, address, { scopes: ["travel", "health"] });
    const requestId = await ask("2");
    await once();
    expect(await answerTo(requestId)).to.equal("2: health Sleeps at ten, travel Window seat");
  });

  it("seals nothing for an account without a key, and asks its handler no second time until there is one", async () => {
    let asked = 0;
    const scene = await grantedScene((question, context) => ((asked += 1), tellAll(question, context)));
    const { world, ask, run, answers, agent } = scene;
    await (await world.keyRegistry.connect(world.owner).retireKey()).wait();
    const requestId = await ask("Which seat?");
    const stop = new AbortController();
    const ran = run(stop.signal);
    await until(() => faults(scene).filter((name) => name === "KeyNotPublished").length === 2);
    expect(asked).to.equal(1);
    expect(await answers(requestId)).to.equal(0);
    await publishedIdentity(world, world.owner);
    await until(async () => (await agent.requestOf(requestId)).answered);
    stop.abort();
    await ran;
    expect(asked).to.equal(2);
  });

  it("asks nobody's handler once the grant is gone", async () => {
    let asked = 0;
    const scene = await grantedScene(() => ((asked += 1), { kind: "public", text: "x" }));
    const { vault, address, ask, once, answers } = scene;
    const requestId = await ask("?");
    await revoke(vault, address);
    expect(await once()).to.deep.include({ answered: 0, ended: 1 });
    expect(faults(scene)).to.deep.equal(["RequestEnded: not granted"]);
    expect([asked, await answers(requestId)]).to.deep.equal([0, 0]);
  });

  it("looks at the grant again before it sends", async () => {
    const scene: AgentScene = await grantedScene(async () => {
      await revoke(scene.vault, scene.address);
      return { kind: "public", text: "x" };
    });
    const sent: string[] = [];
    const requestId = await scene.ask("?");
    const broadcast = (raw: string): Promise<void> => Promise.resolve(void sent.push(raw));
    expect(await scene.once({ broadcast })).to.deep.include({ ended: 1 });
    expect(faults(scene)).to.deep.equal(["RequestEnded: not granted"]);
    expect(sent).to.deep.equal([]);
    expect(await scene.answers(requestId)).to.equal(0);
  });

  it("does not begin what comes too late", async () => {
    const scene = await grantedScene();
    await scene.ask("?");
    await scene.world.networkHelpers.time.increase(86_400 - 10);
    expect(await scene.once()).to.deep.include({ ended: 1 });
    expect(faults(scene)).to.deep.equal(["RequestEnded: late"]);
  });

  it("takes no question of more than 8 KiB", async () => {
    const scene = await grantedScene();
    const [most] = [await scene.ask("x".repeat(8_192)), await scene.ask("x".repeat(8_193))];
    expect(await scene.once()).to.deep.include({ answered: 1, ended: 0, open: 0 });
    expect(faults(scene)).to.deep.equal(["QuestionTooLarge"]);
    expect(await scene.answers(most)).to.equal(1);
  });

  it("tries again where time may mend it: a store that is down, a welcome that is not there yet", async () => {
    const scene = await agentScene();
    const { once, granted, ask, answerTo, world } = scene;
    await once();
    await granted();
    const requestId = await ask("Which seat?");
    const down = misbehaving(world.store, { get: () => Promise.reject(new Error("canary")) });
    expect(await once({ store: down })).to.deep.include({ open: 1, ended: 0 });
    const empty = misbehaving(world.store, { get: () => Promise.resolve(null) });
    expect(await once({ store: empty })).to.deep.include({ open: 1, ended: 0 });
    expect(faults(scene)).to.deep.equal(["unforeseen", "BlobMissing"]);
    expect(await once()).to.deep.include({ answered: 1, open: 0 });
    expect(await answerTo(requestId)).to.equal("Which seat?: travel Window seat");
  });

  it("goes on when the chain comes back", async () => {
    const scene = await grantedScene();
    const { ask, run, world, agent } = scene;
    const requestId = await ask("Which seat?");
    let down = true;
    const provider = between(world.connection.provider, ({ forward }) =>
      down ? Promise.reject(Object.assign(new Error("canary"), { code: "ECONNREFUSED" })) : forward(),
    );
    expect(await thrown(scene.once({ provider }))).to.be.instanceOf(Error);
    down = false;
    const stop = new AbortController();
    const ran = run(stop.signal, { provider });
    await until(() => events(scene, "started").length === 2);
    down = true;
    await until(() => events(scene, "not reached").length > 0);
    for (const code of ["ECONNREFUSED", "NETWORK_ERROR", "TIMEOUT"])
      expect(faultFields(Object.assign(new Error("canary"), { code }))).to.deep.equal({
        fault: "ChainUnreachable",
      });
    down = false;
    await until(async () => (await agent.requestOf(requestId)).answered);
    stop.abort();
    expect(await ran).to.deep.include({ ended: 0 });
  });

  describe("asks a handler", () => {
    const answerAfter = async (handle: AgentHandler, fault: string, patience = 60_000) => {
      const scene = await grantedScene(handle);
      const requestId = await scene.ask("Which seat?");
      for (const left of [1, 1, 0])
        expect(await scene.once({}, { patience })).to.deep.include({
          open: left,
          ended: 1 - left,
          failed: 1,
        });
      expect(faults(scene)).to.deep.equal([fault, fault, fault]);
      expect(await scene.answers(requestId)).to.equal(0);
    };

    it("that throws three times, and no more", () =>
      answerAfter(() => {
        throw new Error("canary");
      }, "HandlerFailed"));

    it("that is too slow likewise, and tells it by its signal", async () => {
      let aborted = 0;
      await answerAfter(
        (_, { signal }) =>
          new Promise(() => {
            signal.addEventListener("abort", () => (aborted += 1));
          }),
        "HandlerLate",
        50,
      );
      expect(aborted).to.equal(3);
    });

    for (const [what, reply, why] of [
      ["nothing", undefined, "no object"],
      ["text alone", "At the window", "no object"],
      ["an unknown kind", { kind: "shout", text: "x" }, KINDS],
      ["no text", { kind: "answer" }, "text is no text"],
      ["half a character", { kind: "answer", text: "\ud800" }, "text is no text"],
      ["a proposal of nothing", { kind: "proposal", proposals: [] }, "a proposal of nothing"],
      ["proposals that are none", { kind: "answer", text: "x", proposals: [7] }, "proposals[0] is no object"],
    ] as const)
      it(`and names ${what} as no reply`, () => answerAfter(() => reply as never, `InvalidReply: ${why}`));

    it("and names an answer that is too long", () =>
      answerAfter(() => ({ kind: "answer", text: "x".repeat(16_384) }), "ContentTooLarge"));
  });

  it("is for the agent's operator alone", async () => {
    const { once, world } = await agentScene();
    const { stranger: operator } = world;
    expect(await thrown(once({ operator }))).to.be.instanceOf(OperatorRequired);
  });

  it("runs agents of this project alone", async () => {
    const { once, world } = await agentScene();
    const provider = between(world.connection.provider, ({ forward }) => forward());
    for (const agent of [world.stranger.address, world.address])
      expect(await thrown(once({ agent, provider }))).to.have.property("name", "NotAnAgent");
  });
});
