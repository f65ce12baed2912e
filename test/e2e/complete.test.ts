import { expect } from "chai";

import {
  forget,
  grant,
  read,
  remember,
  revoke,
  sync,
  update,
  GrantRevoked,
  HeadInconsistent,
  NoScopes,
  type VaultView,
} from "../../client/index.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

/** Scope names and texts of a view, in order. */
const shown = ({ scopes }: VaultView) =>
  Object.fromEntries(scopes.map(({ name, memories }) => [name, memories.map(({ text }) => text).sort()]));

describe("Promise 3: what a reader loads is all of what it was granted, unaltered and current", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("shows the owner every memory after one commit", async () => {
    const { vault } = await ownedVault(world);
    await remember(
      vault,
      { scope: "health", text: "Allergic to penicillin" },
      { scope: "travel", text: "Window seat" },
    );
    const result = await sync(vault);
    expect(result.sequence).to.equal(1n);
    expect(result.final).to.equal(true);
    const view = await read(vault);
    expect(shown(view)).to.deep.equal({ health: ["Allergic to penicillin"], travel: ["Window seat"] });
    expect(view.final).to.equal(true);
  });

  it("follows puts, changes and removals over many commits", async () => {
    const { vault } = await ownedVault(world);
    const expected = new Map<string, string>();
    for (let i = 0; i < 40; i++) {
      const [id] = await remember(vault, { scope: i % 3 === 0 ? "career" : "learning", text: `fact ${i}` });
      expected.set(id!, `fact ${i}`);
      if (i % 5 === 4) {
        const seen = (await read(vault)).scopes.flatMap(({ memories }) => memories)[0]!;
        await forget(vault, seen);
        expected.delete(seen.id);
      }
      if (i % 7 === 6) {
        const seen = (await read(vault)).scopes.flatMap(({ memories }) => memories).at(-1)!;
        if (expected.has(seen.id)) {
          await update(vault, seen, { text: `fact ${i} anew` });
          expected.set(seen.id, `fact ${i} anew`);
        }
      }
      await sync(vault);
    }
    vault.cache = new Map();
    const texts = (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text));
    expect(texts.sort()).to.deep.equal([...expected.values()].sort());
  });

  it("gives a reader its scope and nothing else, and closes the next memory to it", async () => {
    const { vault } = await ownedVault(world);
    await remember(
      vault,
      { scope: "health", text: "Runs at six" },
      { scope: "finance", text: "Saves a fifth" },
    );
    await sync(vault);
    const [agent, doctor] = [await newReader(), await newReader()];
    const terms = { scopes: ["health"], expiresAt: await inDays(world, 30) };
    const first = await grant(vault, {
      recipient: agent.recipient,
      account: world.stranger.address,
      ...terms,
    });
    const second = await grant(vault, { recipient: doctor.recipient, label: "doctor", ...terms });
    const agentVault = await accept(world, agent.identity, first.welcome!);
    const doctorVault = await accept(world, doctor.identity, second.welcome!);
    expect(shown(await read(agentVault))).to.deep.equal({ health: ["Runs at six"] });
    await remember(vault, { scope: "health", text: "Sleeps at ten" });
    await sync(vault);
    expect(shown(await read(agentVault))).to.deep.equal({ health: ["Runs at six", "Sleeps at ten"] });
    await revoke(vault, world.stranger.address);
    await remember(vault, { scope: "health", text: "A new secret" });
    await sync(vault);
    expect(await thrown(read(agentVault))).to.be.instanceOf(GrantRevoked);
    expect(shown(await read(doctorVault))).to.deep.equal({
      health: ["A new secret", "Runs at six", "Sleeps at ten"],
    });
    expect(shown(await read(vault)).health).to.have.length(3);
  });

  it("refuses a head whose root or pointer are not those of its state root", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "True" });
    await sync(vault);
    const honest = vault.contract.memoryHead;
    const lying = Object.create(vault.contract, {
      memoryHead: {
        value: async (...args: Parameters<typeof honest>) => {
          const head = await honest(...args);
          return Object.assign(Object.create(head) as typeof head, { pointer: `0x${"11".repeat(32)}` });
        },
      },
    }) as typeof vault.contract;
    expect(await thrown(read({ ...vault, contract: lying }))).to.be.instanceOf(HeadInconsistent);
  });

  it("refuses a grant of nothing", async () => {
    const { vault } = await ownedVault(world);
    const { recipient } = await newReader();
    const nothing = grant(vault, { recipient, scopes: [], expiresAt: await inDays(world, 1) });
    expect(await thrown(nothing)).to.be.instanceOf(NoScopes);
  });
});
