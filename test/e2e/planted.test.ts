import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  acceptHandover,
  handOver,
  heads,
  rekey,
  takeOver,
  transfer,
  unconfirmed,
} from "../../client/manage.ts";
import { MalformedData, proveMemory, read, remember, sync, type Vault } from "../../client/index.ts";
import { encodeBatch } from "../../client/vault/roster.ts";
import { stateOf } from "../../client/vault/session.ts";
import { another, admitted, furnished, opened, texts } from "../helpers/furnished.ts";
import { rewrite } from "../helpers/hostile.ts";
import { nameOf, thrown } from "../helpers/thrown.ts";
import { createWorld, device, newReader, type World } from "../helpers/world.ts";

describe("A record that is no memory, below a root that is right", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** Begins as a record does, and belongs in an internal scope. */
  const batch = (): Uint8Array => encodeBatch(bytesToHex(randomBytes(16)), 1n, randomBytes);

  const sequenceOf = async ({ ref }: Vault): Promise<bigint> =>
    (await world.memoryVault.memoryHead(ref.vaultId)).sequence;

  /** Two devices of an owner and a reader. */
  async function members() {
    const { vault, seed } = await furnished(world);
    const second = await another(world, seed);
    const { reader } = await admitted(world, vault);
    await sync(second);
    return { vault, second, reader };
  }

  it("is refused by whoever reads it, and no device builds on it", async () => {
    const { vault, second, reader } = await members();
    await rewrite(world, vault, { plants: [batch()] });
    const sequence = await sequenceOf(vault);
    for (const member of [vault, second, reader]) {
      expect(await thrown(read(member))).to.be.instanceOf(MalformedData);
    }
    await remember(second, { scope: "health", text: "On top of it" });
    expect(await thrown(sync(second))).to.be.instanceOf(MalformedData);
    expect(await sequenceOf(vault)).to.equal(sequence);
    const [newest, before] = await heads(second, 2);
    expect(newest).to.deep.include({ sequence, memories: null });
    expect(newest?.fault).to.be.instanceOf(MalformedData);
    expect(before).to.deep.include({ memories: 1, fault: null });
  });

  it("is left behind by a rekey on the head before it, and what waited meanwhile lands", async () => {
    const { vault, second, reader } = await members();
    const before = await sequenceOf(vault);
    await rewrite(world, second, { plants: [batch()] });
    await remember(vault, { scope: "health", text: "On top of it" });
    expect(await thrown(sync(vault))).to.be.instanceOf(MalformedData);
    const { memberId } = await stateOf(second);
    expect(await thrown(rekey(vault, { remove: [memberId] }))).to.be.instanceOf(MalformedData);
    const doubtful = await unconfirmed(vault, { remove: [memberId], base: before });
    const confirmed = doubtful.map(({ fingerprint }) => fingerprint);
    const { leftOut } = await rekey(vault, { remove: [memberId], base: before, confirmed });
    expect(leftOut.map(({ sequence }) => sequence)).to.deep.equal([before + 1n]);
    for (const member of [vault, reader])
      expect(await texts(member)).to.deep.equal(["On top of it", "Runs at six"]);
    expect(await nameOf(read(second))).to.equal("NotAMember");
  });

  it("is refused as well where it is a memory of another scope", async () => {
    const { vault, second } = await members();
    await remember(vault, { scope: "travel", text: "Window seat" });
    await sync(vault);
    const [memory] = (await read(vault)).scopes.flatMap(({ memories }) => memories);
    const { record } = await proveMemory(vault, memory!.id);
    await rewrite(world, vault, { plants: [record] });
    const fault = await thrown(read(second));
    expect(fault)
      .to.be.instanceOf(MalformedData)
      .and.match(new RegExp(`${memory!.id} stands in two scopes`));
  });

  it("is refused before a buyer pays, and is not handed on by a device of the seller", async () => {
    const { vault } = await furnished(world);
    const { commitKey } = await opened(vault);
    const { identity, recipient } = await newReader();
    const { welcome } = await handOver(vault, { recipient });
    const look = (environment = device(world, world.buyer)) =>
      acceptHandover({ ...environment, address: world.address, identity, welcome: welcome! });
    const { vault: seen } = await look();
    expect(await texts(seen)).to.deep.equal(["Runs at six"]);
    await rewrite(world, seen, { plants: [batch()], commitKey });
    const environment = device(world, world.buyer);
    expect(await thrown(look(environment))).to.be.instanceOf(MalformedData);
    await transfer(vault, { to: world.buyer.address, withoutMemories: true });
    const taking = takeOver({ ...environment, ref: vault.ref, seed: randomBytes(32) });
    expect(await nameOf(taking), "nothing of it was kept").to.equal("NotHandedOver");
    const other = await furnished(world);
    await rewrite(world, other.vault, { plants: [batch()] });
    expect(await thrown(handOver(other.vault, { recipient }))).to.be.instanceOf(MalformedData);
  });

  it("what was read is the caller's: nothing that is done to it comes back with the next read", async () => {
    const { vault } = await furnished(world);
    const { scopes } = await read(vault);
    const before = structuredClone(scopes);
    for (const memory of scopes.flatMap(({ memories }) => memories)) {
      Object.assign(memory, { text: "Altered" });
      Object.assign(memory.source, { tool: "altered" });
      Object.assign(memory.tags, ["altered"]);
      Object.assign(memory.metadata, { altered: true });
    }
    expect((await read(vault)).scopes).to.deep.equal(before);
  });
});
