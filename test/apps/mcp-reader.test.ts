import { expect } from "chai";

import { forget, grant, read, remember, revoke, sync } from "../../client/index.ts";
import { accept, createWorld, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";
import { connected } from "./mcp-client.ts";

const READING = ["get_memory", "list_memories", "search_memory", "vault_status"];
const WRITING = ["add_memory", "forget_memory", "reinforce_memory", "update_memory"];

describe("MCP server of a reader", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** An owner's vault, and a reader of one of its two scopes, listed on chain or not. */
  async function granted(account?: string) {
    const { vault: owner } = await ownedVault(world);
    const [open, hidden] = await remember(
      owner,
      { scope: "travel", text: "Went to Lisbon by train." },
      { scope: "health", text: "Takes trains of medicine." },
    );
    await sync(owner);
    const { identity, recipient } = await newReader();
    const expiresAt = await inDays(world, 30);
    const terms = { recipient, scopes: ["travel"], expiresAt, ...(account === undefined ? {} : { account }) };
    const { welcome, memberId } = await grant(owner, terms);
    const vault = await accept(world, identity, welcome!);
    return { owner, vault, memberId, open, hidden, expiresAt, ...(await connected(vault)) };
  }

  it("lists the tools that read, and no other", async () => {
    const { client } = await granted();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).to.deep.equal(READING);
    expect(client.getInstructions()).to.match(/nothing can be written/);
  });

  it("refuses a tool that it does not list", async () => {
    const { call, vault } = await granted();
    for (const name of [...WRITING, "grant", "revoke", "export_keys"]) {
      const refused = await call(name, { id: "0".repeat(32), content: "x", type: "semantic" }).then(
        ({ ok }) => !ok,
        () => true,
      );
      expect(refused, name).to.equal(true);
    }
    expect((await read(vault)).sequence).to.equal(2n);
  });

  it("shows the granted scope and until when, and no trace of another", async () => {
    const { call, expiresAt } = await granted();
    const status = await call("vault_status");
    expect(status.data).to.deep.include({
      ...{ role: "reader", memories: 1, scopes: [{ name: "travel", memories: 1 }], rootChecked: true },
      expiresAt: new Date(expiresAt * 1_000).toISOString(),
    });
    const found = await call("search_memory", { query: "trains" });
    expect(found.data).to.include({ total: 1 });
    for (const { text } of [status, found, await call("list_memories")]) {
      expect(text).not.to.match(/health|medicine/);
    }
  });

  it("answers for a scope or a memory that it lacks as for one that is not there", async () => {
    const { call, hidden } = await granted();
    const lacked = await call("search_memory", { query: "trains", scopes: ["health"] });
    const absent = await call("search_memory", { query: "trains", scopes: ["wealth"] });
    expect(lacked.text.replace("health", "wealth")).to.equal(absent.text);
    expect(absent.text).to.match(/^UnknownScope: /);
    const listed = await call("list_memories", { scope: "health" });
    expect(listed.text.replace("health", "wealth")).to.equal(
      (await call("list_memories", { scope: "wealth" })).text,
    );
    const none = "0".repeat(32);
    const kept = await call("get_memory", { id: hidden });
    expect(kept.text.replace(hidden!, none)).to.equal((await call("get_memory", { id: none })).text);
  });

  it("sees what the owner commits, and what the owner forgets", async () => {
    const { call, owner } = await granted();
    await remember(owner, { scope: "travel", text: "Plans a week in Porto." });
    const [seen] = (await read(owner)).scopes.find(({ name }) => name === "travel")!.memories;
    await forget(owner, seen!);
    await sync(owner);
    const { data } = await call("list_memories");
    expect((data.memories as { text: string }[]).map(({ text }) => text)).to.deep.equal([
      "Plans a week in Porto.",
    ]);
  });

  it("says that access has ended once a listed grant is revoked", async () => {
    const { call, owner, open, client } = await granted(world.stranger.address);
    expect((await call("get_memory", { id: open })).ok).to.equal(true);
    await revoke(owner, world.stranger.address);
    for (const [name, args] of [
      ["search_memory", { query: "Lisbon" }],
      ["list_memories", {}],
      ["get_memory", { id: open }],
      ["vault_status", {}],
    ] as const) {
      const { ok, text } = await call(name, args);
      expect(ok, name).to.equal(false);
      expect(text).to.match(/^GrantRevoked: Access to this vault has ended\. .*revoked/);
      expect(text).not.to.match(/\n|Lisbon|at .*:\d+:\d+/);
    }
    const profile = await client.readResource({ uri: "vault://profile" }).catch((fault: unknown) => fault);
    expect(String(profile)).to.match(/GrantRevoked: Access to this vault has ended/);
  });

  it("says so for an unlisted grant, too, and when time is up", async () => {
    const unlisted = await granted();
    expect((await unlisted.call("list_memories")).ok).to.equal(true);
    await revoke(unlisted.owner, unlisted.memberId);
    expect((await unlisted.call("list_memories")).text).to.match(
      /^NotAMember: Access to this vault has ended/,
    );

    const expiring = await granted();
    await world.networkHelpers.time.increaseTo(expiring.expiresAt);
    expect((await expiring.call("list_memories")).text).to.match(
      /^GrantExpired: Access to this vault has ended/,
    );
  });
});
