import { expect } from "chai";

import type { AgentHandler, AgentReply } from "../../../client/agents.ts";
import { agentScene, events, faults, grantedScene, until } from "../../helpers/agent.ts";
import { answering } from "../../helpers/doubles.ts";

describe("an agent's runner, where its handler proposes", () => {
  const saying =
    (kind: "answer" | "proposal"): AgentHandler =>
    ({ text }, { scopes }): AgentReply => {
      const proposals = [{ scope: scopes[0]!.id, text: `Asked: ${text ?? ""}` }];
      return kind === "answer" ? { kind, text: "Yes", proposals } : { kind, proposals };
    };

  it("answers without the proposals where the grant has no PROPOSE, and says so", async () => {
    const { once, granted, ask, answerTo, log, world, address } = await agentScene(saying("answer"));
    await once();
    await granted(["travel"]);
    const requestId = await ask("Which seat?");
    expect(await once()).to.include({ answered: 1, ended: 0 });
    expect(await answerTo(requestId)).to.equal("Yes");
    expect(log.map(({ event }) => event)).to.include("proposal left out");
    const { memoryVault } = world;
    expect(await memoryVault.queryFilter(memoryVault.filters.Proposed(undefined, address))).to.be.empty;
  });

  it("ends the request where it has nothing else to say", async () => {
    const { once, granted, ask, answerTo } = await agentScene(saying("proposal"));
    await once();
    await granted(["travel"]);
    const requestId = await ask("Which seat?");
    expect(await once()).to.include({ answered: 0, ended: 1 });
    expect(await answerTo(requestId)).to.equal(null);
  });

  it("goes on with an answer on its way, where the proposal beside it may not be left any more", async () => {
    const scene = await grantedScene(saying("answer"), ["travel"], true);
    const { world, agentWorld, answerTo } = scene;
    const requestId = await scene.ask("Which seat?");
    const mayPropose = world.memoryVault.interface.getFunction("canPropose").selector;
    const sent: string[] = [];
    const provider = answering(agentWorld.provider, ({ data }) =>
      Promise.resolve(sent.length > 0 && data?.startsWith(mayPropose) ? `0x${"00".repeat(32)}` : null),
    );
    let skew = 0;
    const broadcast = async (raw: string): Promise<void> => {
      sent.push(raw);
      if (skew > 0) await agentWorld.broadcast(raw);
    };
    const stop = new AbortController();
    const ran = scene.run(stop.signal, { provider, broadcast, now: () => Date.now() + skew });
    await until(() => faults(scene).includes("RequestEnded: not granted"));
    expect(events(scene, "ended")).to.be.empty;
    // No block took it so far: it is sent again with a higher fee, and not replaced by an empty one.
    skew = 200_000;
    await until(() => events(scene, "done").length > 0);
    stop.abort();
    expect(await ran).to.include({ answered: 1, ended: 0, open: 0 });
    expect(events(scene, "stuck").map(({ empty }) => empty))
      .to.include(false)
      .and.not.include(true);
    expect(await answerTo(requestId)).to.equal("Yes");
  }).timeout(60_000);

  it("takes a scope by its name as well as by its id", async () => {
    const { once, granted, ask, world, address } = await agentScene(() => ({
      kind: "proposal",
      proposals: [{ scope: "travel", text: "Likes trains" }],
    }));
    await once();
    await granted(["travel"], true);
    await ask("Which seat?");
    expect(await once()).to.include({ answered: 1, ended: 0 });
    const { memoryVault } = world;
    expect(await memoryVault.queryFilter(memoryVault.filters.Proposed(undefined, address))).to.have.length(1);
  });

  it("names the field of a proposal that is none, and nothing that it holds", async () => {
    const scope = "travel";
    const wrong = [
      [{ scope: "canary", text: "x" }, "scope is no granted scope's name or id"],
      [{ scope, text: 7 }, "text is none"],
      [{ scope, text: "x", type: "canary" }, "type is none"],
      [{ scope, text: "x", importance: 101 }, "importance is none"],
      [{ scope, text: "x", tags: "canary" }, "tags is none"],
      [{ scope, text: "x", validUntil: -1 }, "validUntil is none"],
      [{ scope, text: "x", metadata: ["canary"] }, "metadata is none"],
    ] as const;
    let next = 0;
    const { once, granted, ask, log } = await agentScene(() => ({
      kind: "proposal",
      proposals: [{ scope, text: "x" }, wrong[next++ % wrong.length]![0] as never],
    }));
    await once();
    await granted(["travel"], true);
    await ask("Which seat?");
    for (let i = 0; i < 3; i++) await once();
    await ask("Which one?");
    for (let i = 0; i < 3; i++) await once();
    await ask("Which now?");
    await once();
    const faults = log.flatMap(({ fault }) => (fault === undefined ? [] : [fault]));
    expect(faults).to.deep.equal(wrong.map(([, why]) => `InvalidReply: proposals[1].${why}`));
    expect(JSON.stringify(log)).not.to.include("canary");
  });
});
