import { expect } from "chai";
import { id, TypedDataEncoder } from "ethers";
import { network } from "hardhat";

import type { MemoryVault } from "../../typechain-types/MemoryVault.js";
import vectors from "../vectors/erc8350.json" with { type: "json" };
import {
  AUTHORIZATION_TYPES,
  DELTA_TYPES,
  domainOf,
  nextDelta,
  REGISTRATION_TYPES,
  toSpaceId,
} from "./signing.ts";

describe("ERC-8350 golden vectors", () => {
  const { space, delta, domain } = vectors;

  async function deploy() {
    const { ethers, networkHelpers } = await network.create();
    const vault: MemoryVault = await ethers.deployContract("MemoryVault");
    const actAs = async (address: string) => {
      await networkHelpers.impersonateAccount(address);
      await networkHelpers.setBalance(address, 10n ** 18n);
      return ethers.getSigner(address);
    };
    return { vault, actAs };
  }

  it("its space id is derived", async () => {
    const { vault } = await deploy();
    expect(await vault.deriveSpaceId(space.controller, space.salt)).to.equal(space.spaceId);
  });

  it("its delta, committed by its accounts, gives its transition id and state root", async () => {
    const { vault, actAs } = await deploy();
    const controller = await actAs(space.controller);
    const authorizer = await actAs(space.authorizer);
    await vault.connect(controller).registerSpace(space.spaceId, controller, authorizer, space.salt, "0x");

    await expect(vault.connect(authorizer).commitTransition(delta, "0x"))
      .to.emit(vault, "TransitionCommitted")
      .withArgs(
        delta.spaceId,
        vectors.transitionId,
        1n,
        delta.prevStateRoot,
        vectors.nextStateRoot,
        delta.deltaCommitment,
        delta.provenanceCommitment,
        delta.profileId,
        delta.locatorCommitment,
        space.authorizer,
      );
    expect(await vault.head(space.spaceId)).to.deep.equal([vectors.transitionId, vectors.nextStateRoot, 1n]);
    expect((await vault.memoryHead(space.spaceId)).foreign).to.equal(true);
  });

  it("its state root is followed", async () => {
    const { vault, actAs } = await deploy();
    const controller = await actAs(space.controller);
    await vault.connect(controller).mint(space.salt, controller);
    await vault.connect(controller).commitTransition(delta, "0x");
    const next = await nextDelta(vault, BigInt(space.spaceId), "next");
    expect(next.prevStateRoot).to.equal(vectors.nextStateRoot);
    await vault.connect(controller).commitTransition(next, "0x");
    expect((await vault.head(toSpaceId(BigInt(space.spaceId)))).sequence).to.equal(2n);
  });

  it("the contract's type hashes are its type hashes", async () => {
    const { vault } = await deploy();
    for (const [type, hash] of [
      [vectors.types.experienceDelta, await vault.EXPERIENCE_DELTA_TYPEHASH()],
      [vectors.types.memoryState, await vault.MEMORY_STATE_TYPEHASH()],
      [vectors.types.memorySpace, await vault.MEMORY_SPACE_TYPEHASH()],
    ] as const)
      expect(hash).to.equal(id(type));
    expect(vectors.typehashes).to.deep.equal({
      experienceDelta: await vault.EXPERIENCE_DELTA_TYPEHASH(),
      memoryState: await vault.MEMORY_STATE_TYPEHASH(),
      memorySpace: await vault.MEMORY_SPACE_TYPEHASH(),
    });
  });

  it("what signers sign here is what it signs", () => {
    const at = {
      name: domain.name,
      version: domain.version,
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
    };
    expect(TypedDataEncoder.hashDomain(at)).to.equal(domain.separator);
    expect(TypedDataEncoder.hash(at, DELTA_TYPES, delta)).to.equal(domain.signingDigest);
    expect(TypedDataEncoder.hashStruct("ExperienceDelta", DELTA_TYPES, delta)).to.equal(vectors.transitionId);
    expect(TypedDataEncoder.hashStruct("SpaceRegistration", REGISTRATION_TYPES, space)).to.equal(
      space.registrationHash,
    );
    expect(
      TypedDataEncoder.hashStruct("SpaceAuthorization", AUTHORIZATION_TYPES, {
        spaceId: space.spaceId,
        newController: space.controller,
        newAuthorizer: space.authorizer,
        nonce: space.updateNonce,
      }),
    ).to.equal(space.authorizationHash);
  });

  it("the deployed contract reports the domain that it fixes", async () => {
    const { vault } = await deploy();
    expect(await domainOf(vault)).to.include({ name: domain.name, version: domain.version });
  });
});
