import { expect } from "chai";

import type { AgentHandler, AgentReply } from "../../../client/agents.ts";
import { agentScene } from "../../helpers/agent.ts";

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
});
