import { expect } from "chai";
import type { Interface } from "ethers";
import { FunctionFragment, id, ZeroAddress } from "ethers";

import { read, remember, revoke, sync, vaultIdOf, grant, memoryStore } from "../../client/index.ts";
import { BlobLog__factory, KeyRegistry__factory, MemoryVault__factory } from "../../typechain-types/index.ts";
import { thrown } from "../helpers/thrown.ts";
import { accept, createWorld, device, inDays, newReader, ownedVault, type World } from "../helpers/world.ts";

const INTERFACE = {
  erc165: "0x01ffc9a7",
  erc721: "0x80ac58cd",
  metadata: "0x5b5e139f",
  locked: "0xb45a3c0e",
};

/** Every function of a contract that can change anything. */
const writers = (abi: Interface): FunctionFragment[] =>
  abi.fragments.filter(
    (fragment): fragment is FunctionFragment =>
      fragment instanceof FunctionFragment && !["view", "pure"].includes(fragment.stateMutability),
  );

describe("Promise 1: a memory is an asset that its owner holds; there is no server, account or admin", () => {
  let world: World;
  before(async () => {
    world = await createWorld();
  });

  it("mints an ERC-721 token to who asks for it, under an id that nobody else can take", async () => {
    const { vault, receipt } = await ownedVault(world);
    const { memoryVault, owner } = world;
    const { vaultId } = vault.ref;
    expect(await memoryVault.ownerOf(vaultId)).to.equal(owner.address);
    expect(await memoryVault.balanceOf(owner.address)).to.be.greaterThan(0n);
    const transfers = receipt!.logs.filter(
      (log) => log.topics[0] === id("Transfer(address,address,uint256)"),
    );
    const minted = memoryVault.interface.parseLog(transfers[0]!)!;
    expect(minted.args.toArray()).to.deep.equal([ZeroAddress, owner.address, vaultId]);
    // The id is a hash over the first owner: the same salt is another vault for anybody else.
    const salt = id("salt");
    expect(vaultIdOf(owner.address, salt)).not.to.equal(vaultIdOf(world.stranger.address, salt));
    expect(vaultIdOf(owner.address, salt)).to.equal(
      BigInt(await memoryVault.deriveSpaceId(owner.address, salt)),
    );
  });

  it("is a token that wallets know: ERC-721 with metadata, ERC-5192, no receiver call, a picture of its own", async () => {
    const { vault } = await ownedVault(world);
    for (const wanted of Object.values(INTERFACE))
      expect(await world.memoryVault.supportsInterface(wanted)).to.equal(true);
    expect(await world.memoryVault.supportsInterface("0xffffffff")).to.equal(false);
    expect(await world.memoryVault.locked(vault.ref.vaultId)).to.equal(true);
    const uri = await world.memoryVault.tokenURI(vault.ref.vaultId);
    expect(uri).to.match(/^data:application\/json/);
    expect(uri, "needs no host").not.to.match(/https?:\/\/(?!www\.w3\.org)/);
  });

  it("moves with its token, and then obeys the new owner alone", async () => {
    const { vault } = await ownedVault(world);
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    const { memoryVault, owner, buyer, stranger } = world;
    const { vaultId } = vault.ref;
    await memoryVault.connect(owner).unlock(vaultId);
    await memoryVault.connect(owner).transferFrom(owner.address, buyer.address, vaultId);
    expect(await memoryVault.ownerOf(vaultId)).to.equal(buyer.address);
    const soon = (await inDays(world, 1)).toString();
    const grantAs = (signer: typeof owner) =>
      memoryVault.connect(signer).grant(vaultId, stranger.address, soon, 1, id("w"));
    expect(await thrown(grantAs(owner))).to.match(/Unauthorized/);
    await grantAs(buyer);
    expect(await memoryVault.canRead(vaultId, stranger.address)).to.equal(true);
  });

  it("has no admin: the deployer can do nothing with a vault that is not its own", async () => {
    const [deployer] = await world.ethers.getSigners();
    const { vault } = await ownedVault(world, device(world, world.buyer));
    const { vaultId } = vault.ref;
    const contract = world.memoryVault.connect(deployer);
    const soon = await inDays(world, 1);
    for (const attempt of [
      contract.grant(vaultId, deployer!.address, soon, 1, id("w")),
      contract.revoke(vaultId, world.stranger.address),
      contract.lock(vaultId),
      contract.unlock(vaultId),
      contract.burn(vaultId),
      contract.propose(vaultId, id("p")),
      contract.transferFrom(world.buyer.address, deployer!.address, vaultId),
      contract.approve(deployer!.address, vaultId),
      contract.updateSpaceAuthorization(id("x"), deployer!.address, deployer!.address, "0x"),
    ]) {
      expect(await thrown(attempt)).to.match(/Unauthorized|ERC721|VaultLocked/);
    }
    expect(await world.memoryVault.ownerOf(vaultId)).to.equal(world.buyer.address);
  });

  it("has no function for an admin, and none that takes money", () => {
    const abis = [MemoryVault__factory, KeyRegistry__factory, BlobLog__factory].map((factory) =>
      factory.createInterface(),
    );
    for (const abi of abis) {
      for (const fragment of writers(abi)) {
        expect(fragment.payable, fragment.name).to.equal(false);
        expect(fragment.name).not.to.match(
          /owner|admin|pause|upgrade|initialize|fee|withdraw|role|implementation|setBase/i,
        );
      }
      expect(abi.fallback).to.equal(null);
      expect(abi.receive).to.equal(false);
      for (const name of [
        "owner",
        "admin",
        "paused",
        "implementation",
        "proxiableUUID",
        "hasRole",
        "upgradeToAndCall",
      ]) {
        expect(abi.hasFunction(name), name).to.equal(false);
      }
    }
    // All that can change a vault, whoever asks; whoever adds to it must come by here.
    expect(
      writers(abis[0]!)
        .map(({ name }) => name)
        .sort(),
    ).to.deep.equal(
      [
        ...[
          "approve",
          "burn",
          "commitTransition",
          "grant",
          "lock",
          "mint",
          "multicall",
          "propose",
          "registerSpace",
        ],
        ...["revoke", "safeTransferFrom", "safeTransferFrom", "setApprovalForAll", "transferFrom", "unlock"],
        "updateSpaceAuthorization",
      ].sort(),
    );
  });

  it("is not a proxy: its code delegates to nothing, and cannot be destroyed", async () => {
    for (const contract of [world.memoryVault, world.keyRegistry, world.blobLog]) {
      const address = await contract.getAddress();
      const opcodes = opcodesOf(await world.provider.getCode(address));
      expect(opcodes.has(0xff), "SELFDESTRUCT").to.equal(false);
      expect(opcodes.has(0xf2), "CALLCODE").to.equal(false);
      // Multicall delegates, to the contract itself: nothing else may.
      if (contract !== world.memoryVault) expect(opcodes.has(0xf4), "DELEGATECALL").to.equal(false);
      for (const slot of ["eip1967.proxy.implementation", "eip1967.proxy.admin", "eip1967.proxy.beacon"]) {
        const key = `0x${(BigInt(id(slot)) - 1n).toString(16).padStart(64, "0")}`;
        expect(BigInt(await world.provider.getStorage(address, key))).to.equal(0n);
      }
    }
  });

  it("needs nobody of ours: one chain, one store of the owner's, and it is all there", async () => {
    const store = memoryStore("the owner's own disk");
    const { vault } = await ownedVault(world, device(world, world.owner, store));
    await remember(vault, { scope: "health", text: "Runs at six" });
    await sync(vault);
    const friend = await newReader();
    const { welcome } = await grant(vault, {
      ...{ recipient: friend.recipient, scopes: ["health"], expiresAt: await inDays(world, 1) },
    });
    const reader = await accept(world, friend.identity, welcome!, store);
    expect((await read(reader)).scopes[0]!.memories[0]!.text).to.equal("Runs at six");
    await revoke(vault, friend.recipient);
    const events = await world.memoryVault.queryFilter(world.memoryVault.filters.Granted(vault.ref.vaultId));
    expect(events, "an unlisted grant asks nobody").to.have.length(0);
  });
});

/** The opcodes in deployed code: constants that PUSH carries and the metadata behind it are not among them. */
function opcodesOf(code: string): Set<number> {
  const bytes = Buffer.from(code.slice(2), "hex");
  const end = bytes.length - 2 - bytes.readUInt16BE(bytes.length - 2);
  const found = new Set<number>();
  for (let at = 0; at < end; at++) {
    const opcode = bytes[at]!;
    // A data section of constants begins behind the last INVALID.
    if (opcode === 0xfe) break;
    found.add(opcode);
    if (opcode >= 0x60 && opcode <= 0x7f) at += opcode - 0x5f;
  }
  return found;
}
