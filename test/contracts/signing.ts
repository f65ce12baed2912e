import type { TypedDataDomain, TypedDataField } from "ethers";
import { id, ZeroHash } from "ethers";

import type { IERC8350, MemoryVault } from "../../typechain-types/MemoryVault.js";

/** The EIP-712 types that the vault verifies, as ERC-8350 writes them. */
export const DELTA_TYPES = {
  ExperienceDelta: [
    { name: "spaceId", type: "bytes32" },
    { name: "sequence", type: "uint64" },
    { name: "prevStateRoot", type: "bytes32" },
    { name: "deltaCommitment", type: "bytes32" },
    { name: "provenanceCommitment", type: "bytes32" },
    { name: "profileId", type: "bytes32" },
    { name: "locatorCommitment", type: "bytes32" },
  ],
} satisfies Record<string, TypedDataField[]>;

export const REGISTRATION_TYPES = {
  SpaceRegistration: [
    { name: "spaceId", type: "bytes32" },
    { name: "controller", type: "address" },
    { name: "authorizer", type: "address" },
  ],
} satisfies Record<string, TypedDataField[]>;

export const AUTHORIZATION_TYPES = {
  SpaceAuthorization: [
    { name: "spaceId", type: "bytes32" },
    { name: "newController", type: "address" },
    { name: "newAuthorizer", type: "address" },
    { name: "nonce", type: "uint64" },
  ],
} satisfies Record<string, TypedDataField[]>;

export const PUBLISH_KEY_TYPES = {
  PublishKey: [
    { name: "account", type: "address" },
    { name: "recipient", type: "bytes" },
    { name: "expiresAt", type: "uint64" },
    { name: "attestationDigest", type: "bytes32" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} satisfies Record<string, TypedDataField[]>;

export const PROFILE_ID = id("memory-vault/v1/profile");

/** The domain of a contract, as it reports it itself (EIP-5267). */
export async function domainOf(contract: Pick<MemoryVault, "eip712Domain">): Promise<TypedDataDomain> {
  const [, name, version, chainId, verifyingContract] = await contract.eip712Domain();
  return { name, version, chainId, verifyingContract };
}

/** A commit that follows the present head of a vault, with content drawn from a label. */
export async function nextDelta(
  vault: MemoryVault,
  vaultId: bigint,
  label: string,
): Promise<IERC8350.ExperienceDeltaStruct> {
  const head = await vault.memoryHead(vaultId);
  return {
    spaceId: toSpaceId(vaultId),
    sequence: head.sequence + 1n,
    prevStateRoot: head.stateRoot,
    deltaCommitment: id(`${label}: root`),
    provenanceCommitment: ZeroHash,
    profileId: PROFILE_ID,
    locatorCommitment: id(`${label}: pointer`),
  };
}

/** The ERC-8350 name of a vault's id. */
export const toSpaceId = (vaultId: bigint): string => `0x${vaultId.toString(16).padStart(64, "0")}`;

/** The first four signers of a network, so that they can be given names. */
export const four = <Signer>(signers: Signer[]): [Signer, Signer, Signer, Signer] => {
  const [first, second, third, fourth] = signers;
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    throw new Error("a network with four signers is needed");
  return [first, second, third, fourth];
};
