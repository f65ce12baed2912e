import { expect } from "chai";

import { forget, read, remember, settle, sync, type Memory, type Vault } from "../../client/index.ts";
import { handOver, importedBefore, noteImported, shred } from "../../client/manage.ts";
import { contentKey } from "../../client/importers/index.ts";
import { KEPT_SHREDDED } from "../../client/vault/roster.ts";
import { another, furnished } from "../helpers/furnished.ts";
import { createWorld, newReader, type World } from "../helpers/world.ts";

const source = { tool: "text", agent: null, thread: null, url: null };

describe("What imports brought: noted without text, and gone with a shred", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const keyOf = (text: string) => contentKey({ source, text });
  const sequenceOf = async (vault: Vault) => (await read(vault)).sequence;
  const memoryOf = async (vault: Vault, text: string): Promise<Memory> =>
    (await read(vault)).scopes.flatMap(({ memories }) => memories).find((memory) => memory.text === text)!;

  /** Writes texts as an import does, and notes them. */
  async function brought(vault: Vault, ...texts: string[]): Promise<void> {
    const sequence = await sequenceOf(vault);
    const ids = await remember(vault, ...texts.map((text) => ({ scope: "finance", text, source })));
    await noteImported(vault, sequence, new Map(texts.map((text, i) => [keyOf(text), ids[i]!])));
  }
  const noted = async (vault: Vault, ...texts: string[]) => {
    const before = await importedBefore(vault);
    return texts.map((text) => before.has(keyOf(text)));
  };

  it("is known after a forget, by several imports, with the ids of memories", async () => {
    const { vault } = await furnished(world);
    await brought(vault, "Owes ninety guilders");
    await brought(vault, "Pays rent in May", "Likes tea");
    await sync(vault);
    const memory = await memoryOf(vault, "Owes ninety guilders");
    await forget(vault, memory);
    await sync(vault);
    expect(await noted(vault, "Owes ninety guilders", "Pays rent in May", "Has a cat")).to.deep.equal([
      ...[true, true, false],
    ]);
    expect((await importedBefore(vault)).get(keyOf("Owes ninety guilders"))).to.equal(memory.id);
  });

  it("loses what a shred took, on the device that shreds and on one that follows, and nothing else", async () => {
    const { vault, seed } = await furnished(world);
    await brought(vault, "Owes ninety guilders", "Pays rent in May", "Likes tea");
    await sync(vault);
    const second = await another(world, seed, world.store);
    const sequence = await sequenceOf(second);
    const shredded = await memoryOf(vault, "Owes ninety guilders");
    const notes = new Map([
      [keyOf("Owes ninety guilders"), shredded.id],
      [keyOf("Gone long ago"), "0".repeat(32)],
    ]);
    await noteImported(second, sequence, notes);
    await forget(vault, await memoryOf(vault, "Likes tea"));
    await shred(vault, shredded);
    await sync(vault);
    expect(await noted(vault, "Owes ninety guilders", "Pays rent in May", "Likes tea")).to.deep.equal([
      ...[false, true, true],
    ]);
    expect(await noted(second, "Owes ninety guilders")).to.deep.equal([true]);
    await settle(second);
    expect(await noted(second, "Owes ninety guilders", "Gone long ago")).to.deep.equal([false, true]);
    // An import that began before the shred must not note again what it took.
    await noteImported(second, sequence, notes);
    expect(await noted(second, "Owes ninety guilders")).to.deep.equal([false]);
  });

  it("loses all that lives no more where a shred took more than the head names", async () => {
    const { vault, seed } = await furnished(world);
    const texts = Array.from({ length: KEPT_SHREDDED + 1 }, (_, n) => `Debt with number ${n}`);
    await brought(vault, ...texts, "Pays rent in May");
    await sync(vault);
    const second = await another(world, seed, world.store);
    const memories = (await read(vault)).scopes.flatMap((scope) => scope.memories);
    await noteImported(
      second,
      await sequenceOf(second),
      new Map(memories.map(({ id, text }) => [keyOf(text), id])),
    );
    await brought(second, "Waits in the journal");
    await shred(vault, ...memories.filter(({ text }) => texts.includes(text)));
    await sync(vault);
    await settle(second);
    expect((await noted(second, ...texts)).filter((known) => known)).to.deep.equal([]);
    expect(await noted(second, "Pays rent in May", "Waits in the journal")).to.deep.equal([true, true]);
  });

  it("goes whole with a hand-over", async () => {
    const { vault } = await furnished(world);
    await brought(vault, "Owes ninety guilders", "Pays rent in May");
    await sync(vault);
    const { recipient } = await newReader();
    await handOver(vault, { recipient });
    expect([...(await importedBefore(vault))]).to.deep.equal([]);
  });
});
