import { expect } from "chai";

import { pending, preview, read, remember, sync, type Vault } from "../../../client/index.ts";
import { moveMemory } from "../../../client/manage.ts";
import { nameOf } from "../../helpers/thrown.ts";
import { createWorld, ownedVault } from "../../helpers/world.ts";

const SOURCE = { tool: "mem0", agent: null, thread: "t", url: null };

describe("a memory that goes to another scope", () => {
  async function vaultOfOne(): Promise<Vault> {
    const { vault } = await ownedVault(await createWorld());
    const terms = { tags: ["rail"], importance: 70, source: SOURCE, createdAt: 1_000, validUntil: 9e12 };
    await remember(vault, { scope: "health", text: "Rides at night", metadata: { seat: 4 }, ...terms });
    await sync(vault);
    return vault;
  }

  const seenBy = async (vault: Vault) =>
    [...preview((await read(vault)).scopes, []).memories.values()].map(({ memory, scope }) => ({
      memory,
      scope,
    }));

  it("should stand there with all it said, and no more where it stood", async () => {
    const vault = await vaultOfOne();
    const [before] = await seenBy(vault);
    const id = await moveMemory(vault, before!.memory, " travel ", { text: "Rides by day" });
    await sync(vault);
    const after = await seenBy(vault);
    expect(after.length).to.equal(1);
    expect(after[0]!.scope).to.equal("travel");
    const { tags, importance, source, createdAt, validUntil, metadata } = before!.memory;
    expect(after[0]!.memory).to.deep.include({
      ...{ id, text: "Rides by day", tags, importance, source, createdAt, validUntil, metadata },
      revision: 1,
    });
  });

  it("should not go where no scope can be, and not without a text", async () => {
    const vault = await vaultOfOne();
    const [before] = await seenBy(vault);
    expect(await nameOf(moveMemory(vault, before!.memory, ""))).to.equal("InvalidScopeName");
    expect(await nameOf(moveMemory(vault, before!.memory, "travel", { text: "" }))).to.equal("NoText");
    expect(await pending(vault)).to.deep.equal([]);
  });
});
