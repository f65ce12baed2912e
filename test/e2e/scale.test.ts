import { expect } from "chai";

import { read, remember, sync } from "../../client/index.ts";
import { createWorld, ownedVault, type World } from "../helpers/world.ts";

describe("Scale: ten thousand memories are one transaction", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** Gas of the second commit of a new vault, when it carries `count` memories. */
  async function steadyGas(count: number): Promise<{ gas: bigint; blobs: readonly number[]; texts: number }> {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "private", text: "first" });
    await sync(vault);
    const inputs = Array.from({ length: count }, (_, i) => ({
      scope: `scope ${i % 10}`,
      text: `Memory ${i}: something that a person said to a tool on an ordinary day, of an ordinary length.`,
      source: { tool: "chatgpt", agent: null, thread: `thread ${i % 97}`, url: null },
    }));
    await remember(vault, ...inputs);
    const { receipt, blobs } = await sync(vault);
    vault.cache = new Map();
    const view = await read(vault);
    return {
      gas: receipt!.gasUsed,
      blobs,
      texts: view.scopes.reduce((sum, scope) => sum + scope.memories.length, 0),
    };
  }

  it("costs the gas of one memory, within 200", async () => {
    const one = await steadyGas(1);
    const many = await steadyGas(10_000);
    expect(many.texts).to.equal(10_001);
    const difference = many.gas > one.gas ? many.gas - one.gas : one.gas - many.gas;
    expect(difference <= 200n, `one ${one.gas}, ten thousand ${many.gas}`).to.equal(true);
    expect(new Set(many.blobs)).to.satisfy((sizes: Set<number>) =>
      [...sizes].every((size) => [4_096, 16_384, 65_536, 262_144].includes(size)),
    );
  });
});
