import { expect } from "chai";

import { agentScene } from "../../helpers/agent.ts";

describe("an agent's runner", () => {
  it("publishes its key, and answers from what it was granted, once", async () => {
    const scene = await agentScene();
    const { once, granted, ask, answerTo, answers, log } = scene;
    await once();
    await granted(["travel"]);
    const requestId = await ask("Which seat?");
    const ran = await once();
    expect(log.filter(({ level }) => level !== "info")).to.deep.equal([]);
    expect(ran).to.deep.equal({ answered: 1, ended: 0, open: 0, left: 0 });
    expect(await answerTo(requestId)).to.equal("Which seat?: travel Window seat");
    await once();
    expect(await answers(requestId)).to.equal(1);
  });
});
