import { randomBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { Wallet } from "ethers";

import {
  grant,
  grants,
  NotAMember,
  OwnerRequired,
  read,
  recoverVault,
  remember,
  revoke,
  sync,
  VaultEmpty,
  VaultNotFound,
  type Vault,
} from "../../client/index.ts";
import { seedToWords, wordsToSeed } from "../../client/words.ts";
import { secretsOf } from "../../client/vault/plan.ts";
import { openWith, pinnedHead, stateOf } from "../../client/vault/session.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const texts = async (vault: Vault): Promise<string[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();

describe("Recovery: 24 words and an address bring the memories back", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  const recover = (words: string, wallet?: Parameters<typeof device>[1]): Promise<Vault> =>
    recoverVault({
      ...device(world, wallet),
      ...{ address: world.address, owner: world.owner.address, seed: wordsToSeed(words) },
    });

  async function usedVault() {
    const { vault, seed } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Allergic to penicillin" });
    await sync(vault);
    const reader = await newReader();
    const expiresAt = await inDays(world, 30);
    const { welcome } = await grant(vault, {
      ...{ recipient: reader.recipient, account: world.stranger.address, scopes: ["health"], expiresAt },
    });
    return { vault, words: seedToWords(seed), reader, welcome: welcome! };
  }

  it("opens everything on a machine that has nothing else, after epochs that it slept through", async () => {
    const { vault, words } = await usedVault();
    await revoke(vault, world.stranger.address);
    await remember(vault, { scope: "travel", text: "Goes by train" });
    await sync(vault);
    const recovered = await recover(words);
    const view = await read(recovered);
    expect(view.epoch).to.equal(2);
    expect(view.scopes.map(({ name }) => name)).to.deep.equal(["health", "travel"]);
  });

  it("enrols the device as a member of its own, and lets the words' secret go", async () => {
    const { vault, words } = await usedVault();
    const recovered = await recover(words, world.owner);
    const before = await stateOf(recovered);
    await remember(recovered, { scope: "health", text: "Written after recovery" });
    await sync(recovered);
    const after = await stateOf(recovered);
    expect(after.enrolling).to.equal(null);
    expect(after.memberId).to.equal(before.enrolling);
    expect(after.secret).to.not.deep.equal(before.secret);
    expect(await texts(vault)).to.deep.equal(["Allergic to penicillin", "Written after recovery"]);
    await remember(vault, { scope: "health", text: "The first device still writes" });
    await sync(vault);
    expect(await texts(recovered)).to.have.length(3);
  });

  it("lets the words alone commit and revoke, by the commit key, and grant nothing on chain", async () => {
    const { vault, words, reader, welcome } = await usedVault();
    const readerVault = await accept(world, reader.identity, welcome);
    const recovered = await recover(words);
    const state = await stateOf(recovered);
    const opened = await openWith(recovered, state, await pinnedHead(recovered, state));
    const commitKey = new Wallet(`0x${Buffer.from(secretsOf(opened).commitKey!).toString("hex")}`);
    await world.stranger.sendTransaction({ to: commitKey.address, value: 10n ** 18n });
    await remember(recovered, { scope: "health", text: "By the words alone" });
    await sync(recovered);
    expect(await texts(vault)).to.include("By the words alone");
    await revoke(recovered, world.stranger.address);
    expect(await world.memoryVault.canRead(vault.ref.vaultId, world.stranger.address)).to.equal(false);
    expect(await thrown(read(readerVault))).to.be.instanceOf(Error);
    const other = await newReader();
    const terms = { recipient: other.recipient, scopes: ["health"], expiresAt: await inDays(world, 1) };
    const listed = grant(recovered, { ...terms, account: world.relayer.address });
    expect(await thrown(listed)).to.be.instanceOf(OwnerRequired);
    expect(await grants(vault)).to.deep.equal([]);
  });

  it("tells wrong words, a wrong address, an unused vault and a wrong member apart", async () => {
    const { words } = await usedVault();
    const stranger = { address: world.address, owner: world.stranger.address };
    const misplaced = recoverVault({ ...device(world), ...stranger, seed: wordsToSeed(words) });
    expect(await thrown(misplaced)).to.be.instanceOf(VaultNotFound);
    expect(await thrown(recover(seedToWords(randomBytes(32))))).to.be.instanceOf(VaultNotFound);
    const { seed } = await ownedVault(world);
    expect(await thrown(recover(seedToWords(seed)))).to.be.instanceOf(VaultEmpty);
  });

  it("gives the wallet alone nothing to read with", async () => {
    const { vault } = await usedVault();
    const { journal } = vault;
    const names = await journal.store.list();
    expect(names).to.include("state");
    const state = await stateOf(vault);
    const guessing = { ...state, secret: randomBytes(32) };
    const chain = await pinnedHead(vault, state);
    expect(await thrown(openWith(vault, guessing, chain))).to.be.instanceOf(NotAMember);
  });

  it("begins anew, with the owner's wallet, where nothing was ever committed", async () => {
    const { vault, seed } = await ownedVault(world);
    const recovered = await recover(seedToWords(seed), world.owner);
    await remember(recovered, { scope: "health", text: "First, on the second device" });
    await sync(recovered);
    expect(await texts(recovered)).to.deep.equal(["First, on the second device"]);
    const { authorizer } = await world.memoryVault.memoryHead(vault.ref.vaultId);
    expect((await stateOf(recovered)).genesis).to.equal(null);
    expect(authorizer).to.not.equal(world.owner.address);
  });
});
