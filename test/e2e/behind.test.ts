import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";

import {
  BlobMissing,
  HeadUnknown,
  InvalidWords,
  memoryJournalStore,
  NotAMember,
  NotInitialised,
  OwnerRequired,
  read,
  recoverVault,
  remember,
  sync,
  VaultNotFound,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { devices, heads, readAt, rekey, unconfirmed } from "../../client/manage.ts";
import { readChainHead, setAuthorizer } from "../../client/vault/contract.ts";
import { stateOf } from "../../client/vault/session.ts";
import { admitted, another, changed, furnished, opened, texts } from "../helpers/furnished.ts";
import { pruned } from "../helpers/doubles.ts";
import { junk } from "../helpers/hostile.ts";
import { thrown } from "../helpers/thrown.ts";
import { createWorld, device, ownedVault, type World } from "../helpers/world.ts";

describe("Behind a junk head: a stolen commit key costs no memory", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  /** A vault with a reader, whose commit key was stolen and used. */
  async function robbed() {
    const owned = await furnished(world);
    const { vault } = owned;
    const { reader } = await admitted(world, vault);
    const { commitKey, head } = await opened(vault);
    await junk(world, vault, commitKey);
    await junk(world, vault, commitKey);
    return { ...owned, reader, commitKey, honest: head.sequence };
  }

  const recover = (seed: Uint8Array, base: bigint | undefined, parts: Environment): Promise<Vault> =>
    recoverVault({ ...parts, address: world.address, owner: world.owner.address, seed, base });

  const textsAt = async (vault: Vault, sequence: bigint): Promise<string[]> =>
    (await readAt(vault, sequence)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text));

  it("a device and the wallet write on from the last honest head, and nobody is lost", async () => {
    const { vault, reader, honest, commitKey } = await robbed();
    expect(await thrown(read(vault))).to.be.instanceOf(BlobMissing);
    const shown = await heads(vault, 3);
    expect(shown.map(({ sequence, memories }) => [sequence, memories])).to.deep.equal([
      [honest + 2n, null],
      [honest + 1n, null],
      [honest, 1],
    ]);
    const { leftOut } = await rekey(vault, { remove: [], base: honest });
    expect(leftOut).to.have.length(2);
    expect(await thrown(junk(world, vault, commitKey))).to.be.instanceOf(Error);
    await remember(vault, { scope: "health", text: "Goes on" });
    await sync(vault);
    for (const each of [vault, reader]) expect(await texts(each)).to.deep.equal(["Goes on", "Runs at six"]);
  });

  it("the words alone read the last honest head, and write nothing on", async () => {
    const { seed, honest } = await robbed();
    const journalStore = memoryJournalStore();
    const parts = { ...device(world), journalStore };
    expect(await thrown(recover(seed, undefined, parts))).to.be.instanceOf(BlobMissing);
    expect(await journalStore.list(), "nothing is kept of junk").to.deep.equal([]);
    expect(await thrown(recover(seed, honest + 1n, parts))).to.be.instanceOf(BlobMissing);
    expect(await thrown(recover(seed, honest + 9n, parts))).to.be.instanceOf(HeadUnknown);
    const recovered = await recover(seed, honest, parts);
    expect(await textsAt(recovered, honest)).to.deep.equal(["Runs at six"]);
    expect(await thrown(read(recovered))).to.be.instanceOf(BlobMissing);
    expect(await thrown(sync(recovered))).to.be.instanceOf(BlobMissing);
    const alone = rekey(recovered, { remove: [], base: honest });
    expect(await thrown(alone)).to.be.instanceOf(OwnerRequired);
  });

  it("the words and the wallet write on, on a machine that has nothing else, and drop the lost device", async () => {
    const { vault: lost, seed, reader, honest } = await robbed();
    const { memberId } = await stateOf(lost);
    const recovered = await recover(seed, honest, device(world, world.owner));
    const remove = [memberId];
    const shown = await unconfirmed(recovered, { remove, base: honest });
    expect(shown, "all but the words may be the lost device's work").to.have.length(1);
    const confirmed = shown.map(({ fingerprint }) => fingerprint);
    await rekey(recovered, { remove, base: honest, confirmed });
    expect(await thrown(read(lost))).to.be.instanceOf(NotAMember);
    const { enrolling, memberId: own } = await stateOf(recovered);
    expect(enrolling).to.equal(null);
    const listed = await devices(recovered);
    expect(listed.map(({ id, own: here }) => here && id)).to.have.members([own, false]);
    await remember(recovered, { scope: "health", text: "Goes on" });
    await sync(recovered);
    for (const each of [recovered, reader]) {
      expect(await texts(each)).to.deep.equal(["Goes on", "Runs at six"]);
    }
    // The words found their new welcome, and will again.
    expect(await texts(await another(world, seed))).to.deep.equal(["Goes on", "Runs at six"]);
  });

  it("the wallet alone stops the junk by another commit key, and reads nothing", async () => {
    const { vault, honest, commitKey } = await robbed();
    const contract = vault.contract.connect(world.owner);
    await setAuthorizer(contract, vault.ref.vaultId, world.owner.address, world.owner.address);
    expect(await thrown(junk(world, vault, commitKey))).to.be.instanceOf(Error);
    const parts = device(world, world.owner);
    expect(await thrown(recover(randomBytes(32), honest, parts))).to.be.instanceOf(VaultNotFound);
    expect(await thrown(readAt(changed(vault, parts, {}), honest))).to.be.instanceOf(NotInitialised);
  });

  it("no other words open a head of the past", async () => {
    const { vault, honest } = await robbed();
    const { seed: another } = await ownedVault(world);
    const words = another;
    expect(await thrown(readAt(vault, honest, { words }))).to.be.instanceOf(InvalidWords);
    expect(await thrown(rekey(vault, { remove: [], base: honest, words }))).to.be.instanceOf(InvalidWords);
  });

  it("a head that the node has no log of is named", async () => {
    const { vault, environment, honest } = await robbed();
    const forgetful = changed(vault, environment, { provider: pruned(world.provider) });
    expect(await thrown(heads(forgetful))).to.be.instanceOf(HeadUnknown);
    const attempt = rekey(forgetful, { remove: [], base: honest });
    expect(await thrown(attempt)).to.be.instanceOf(HeadUnknown);
    expect((await readChainHead(vault.contract, vault.ref)).sequence).to.equal(honest + 2n);
  });
});
