import { expect } from "chai";

import { auditReceipts } from "../../../client/agents.ts";
import { change } from "../../../client/manage.ts";
import { revoke } from "../../../client/index.ts";
import { faults, grantedScene, until, type AgentScene } from "../../helpers/agent.ts";

/** Runs with an answer made ready that its operator cannot pay for, until the grant became another one; then it can. */
async function regranted(scene: AgentScene, become: () => Promise<unknown>, second = false): Promise<bigint> {
  const { operator, world, agent } = scene;
  const { networkHelpers } = world;
  const requestId = await scene.ask("Now?");
  await networkHelpers.setBalance(operator.address, 0n);
  const stop = new AbortController();
  const ran = scene.run(stop.signal, second ? { secondProvider: world.provider } : {});
  await until(() => faults(scene).includes("InsufficientFunds"));
  await become();
  await networkHelpers.setBalance(operator.address, 10n ** 18n);
  await until(async () => (await agent.requestOf(requestId)).answered);
  stop.abort();
  await ran;
  return requestId;
}

describe("an agent's answer that was made ready under one grant", () => {
  it("does not go out under the next: what it grants is read again, and the receipt rests on it", async () => {
    const scene = await grantedScene(undefined, ["travel", "health"]);
    const { vault, address, granted, answerTo } = scene;
    const requestId = await regranted(scene, async () => {
      await revoke(vault, address);
      await granted(["travel"]);
    });
    expect(await answerTo(requestId)).to.equal("Now?: travel Window seat");
    expect(faults(scene)).to.include("GrantChanged");
    const { sound, totals } = await auditReceipts(vault, address);
    expect([sound, totals.rests]).to.deep.equal([true, 1]);
  }).timeout(60_000);

  it("nor after a scope was taken away, with one RPC or two", async () => {
    for (const second of [false, true]) {
      const scene = await grantedScene(undefined, ["travel", "health"]);
      const { vault, address, answerTo } = scene;
      const requestId = await regranted(scene, () => change(vault, address, { scopes: ["travel"] }), second);
      expect(await answerTo(requestId)).to.equal("Now?: travel Window seat");
      expect(faults(scene)).to.include("GrantChanged");
    }
  }).timeout(60_000);

  it("nor after a restart", async () => {
    const scene = await grantedScene(undefined, ["travel", "health"]);
    const { vault, address, operator, world, answerTo } = scene;
    const requestId = await scene.ask("Now?");
    await world.networkHelpers.setBalance(operator.address, 0n);
    await scene.once();
    await change(vault, address, { scopes: ["travel"] });
    await world.networkHelpers.setBalance(operator.address, 10n ** 18n);
    const stop = new AbortController();
    const ran = scene.run(stop.signal);
    await until(async () => (await scene.agent.requestOf(requestId)).answered);
    stop.abort();
    await ran;
    expect(await answerTo(requestId)).to.equal("Now?: travel Window seat");
  }).timeout(60_000);
});
