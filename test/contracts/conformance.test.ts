import { existsSync, readFileSync } from "node:fs";

import { expect } from "chai";
import { AbiCoder, Contract, id, keccak256, TypedDataEncoder, ZeroAddress, ZeroHash } from "ethers";

import { deploySuite } from "../helpers/deploy.ts";
import vectors from "../vectors/erc8350.json" with { type: "json" };
import type { Behaviour, Connection, Deploy } from "./behaviours/behaviour.ts";
import type { EIP5267Adapter } from "./behaviours/eip5267.ts";
import { shouldBehaveLikeEIP5267 } from "./behaviours/eip5267.ts";
import type { ERC165Adapter } from "./behaviours/erc165.ts";
import { interfaceIdOf, shouldBehaveLikeERC165 } from "./behaviours/erc165.ts";
import type { ERC5192Adapter } from "./behaviours/erc5192.ts";
import { shouldBehaveLikeERC5192 } from "./behaviours/erc5192.ts";
import { shouldBehaveLikeERC721Metadata, shouldHaveMetadataOnChain } from "./behaviours/erc721-metadata.ts";
import type { ERC721BurnableAdapter } from "./behaviours/erc721.ts";
import { shouldBehaveLikeERC721, shouldBehaveLikeERC721Burnable } from "./behaviours/erc721.ts";
import { shouldAcceptDirectCalls, shouldValidateSignatures } from "./behaviours/erc8350-signatures.ts";
import type { ERC8350Adapter } from "./behaviours/erc8350-space.ts";
import { shouldReproduceERC8350Vectors } from "./behaviours/erc8350-vectors.ts";
import { shouldBehaveLikeERC8350 } from "./behaviours/erc8350.ts";
import { portOf, receiptOf } from "./behaviours/port.ts";
import type { Double } from "./doubles/double.ts";
import { deployDouble } from "./doubles/double.ts";
import {
  AUTHORIZATION_TYPES,
  DELTA_TYPES,
  PROFILE_ID,
  PUBLISH_KEY_TYPES,
  REGISTRATION_TYPES,
} from "./signing.ts";

const ERC721 = "0x80ac58cd";
const ERC721_METADATA = "0x5b5e139f";
const ERC5192 = "0xb45a3c0e";
const ERC8350 = interfaceIdOf([
  "deriveSpaceId(address,bytes32)",
  "registerSpace(bytes32,address,address,bytes32,bytes)",
  "updateSpaceAuthorization(bytes32,address,address,bytes)",
  "commitTransition((bytes32,uint64,bytes32,bytes32,bytes32,bytes32,bytes32),bytes)",
  "head(bytes32)",
  "spaceAuthorization(bytes32)",
]);

type TokenAdapter = ERC165Adapter & ERC721BurnableAdapter;
type LockableAdapter = TokenAdapter & ERC5192Adapter;

describe("MemoryVault conforms to", () => {
  const deployToken = async (connection: Connection): Promise<LockableAdapter> => {
    const { memoryVault: vault } = await deploySuite(connection);
    let minted = 0;
    return {
      address: await vault.getAddress(),
      interfaces: [ERC721, ERC721_METADATA, ERC5192, ERC8350],
      async mint(owner) {
        const salt = id(`token ${++minted}`);
        const receipt = await receiptOf(vault.connect(owner).mint(salt, ZeroAddress));
        return { tokenId: BigInt(await vault.deriveSpaceId(owner.address, salt)), receipt };
      },
      unlocking: (tokenId) => [vault.interface.encodeFunctionData("unlock", [tokenId])],
      burn: (owner, tokenId) => receiptOf(vault.connect(owner).burn(tokenId)),
      lock: (owner, tokenId) => receiptOf(vault.connect(owner).lock(tokenId)),
      unlock: (owner, tokenId) => receiptOf(vault.connect(owner).unlock(tokenId)),
    };
  };
  shouldBehaveLikeERC165(deployToken);
  shouldBehaveLikeERC721(deployToken);
  shouldBehaveLikeERC721Burnable(deployToken);
  shouldBehaveLikeERC721Metadata(deployToken);
  shouldHaveMetadataOnChain(deployToken);
  shouldBehaveLikeERC5192(deployToken);

  const deployRegistry = async (connection: Connection): Promise<ERC8350Adapter> => {
    const { memoryVault } = await deploySuite(connection);
    return { address: await memoryVault.getAddress(), profileIds: [PROFILE_ID] };
  };
  shouldBehaveLikeERC8350(deployRegistry);
  shouldValidateSignatures(deployRegistry);
  shouldAcceptDirectCalls(deployRegistry);
  shouldReproduceERC8350Vectors(deployRegistry);

  shouldBehaveLikeEIP5267(async (connection) => {
    const { memoryVault: vault } = await deploySuite(connection);
    let registered = 0;
    return {
      address: await vault.getAddress(),
      async requestOf(signer) {
        const salt = id(`space ${++registered}`);
        const spaceId = await vault.deriveSpaceId(signer, salt);
        return {
          types: REGISTRATION_TYPES,
          value: { spaceId, controller: signer, authorizer: signer },
          relay: (signature) => vault.registerSpace(spaceId, signer, signer, salt, signature),
        };
      },
    };
  });
});

describe("KeyRegistry conforms to", () => {
  shouldBehaveLikeEIP5267(async (connection) => {
    const { keyRegistry: keys } = await deploySuite(connection);
    const recipient = new Uint8Array(1216).fill(7);
    const [expiresAt, deadline] = [4_102_444_800, 4_102_444_800];
    return {
      address: await keys.getAddress(),
      async requestOf(account) {
        const nonce = await keys.nonces(account);
        return {
          types: PUBLISH_KEY_TYPES,
          value: { account, recipient, expiresAt, attestationDigest: ZeroHash, nonce, deadline },
          relay: (signature) =>
            keys.publishKeyBySig(account, recipient, expiresAt, ZeroHash, nonce, deadline, signature),
        };
      },
    };
  });
});

// ------------------------------------------------------------------------------------------------- other implementations

/** Tokens that anybody mints, numbered from 1. */
const deployPlain =
  (name: Double): Deploy<TokenAdapter> =>
  async (connection) => {
    const token = portOf(connection, await deployDouble(connection, name), [
      "event Transfer(address indexed from, address indexed to, uint256 indexed tokenId)",
      "function mint(address to)",
      "function burn(uint256 tokenId)",
    ]);
    return {
      address: token.address,
      interfaces: [ERC721, ERC721_METADATA],
      async mint(owner) {
        const receipt = await token.send(owner, "mint", owner.address);
        return { tokenId: token.logs(receipt, "Transfer")[0]?.[2] as bigint, receipt };
      },
      unlocking: () => [],
      burn: (owner, tokenId) => token.send(owner, "burn", tokenId),
    };
  };

const deployBound =
  (name: Double): Deploy<LockableAdapter> =>
  async (connection) => {
    const plain = await deployPlain(name)(connection);
    const token = portOf(connection, plain.address, ["function setLocked(uint256 tokenId, bool value)"]);
    return {
      ...plain,
      interfaces: [...plain.interfaces, ERC5192],
      lock: (owner, tokenId) => token.send(owner, "setLocked", tokenId, true),
      unlock: (owner, tokenId) => token.send(owner, "setLocked", tokenId, false),
    };
  };

const deployRegistry =
  (name: Double): Deploy<ERC8350Adapter> =>
  async (connection) => ({ address: await deployDouble(connection, name), profileIds: [] });

const deployGuestbook =
  (name: Double): Deploy<EIP5267Adapter> =>
  async (connection) => {
    const [relayer] = await connection.ethers.getSigners();
    const address = await deployDouble(connection, name);
    const guestbook = new Contract(
      address,
      ["function enter(address guest, bytes32 word, bytes signature)"],
      relayer,
    );
    return {
      address,
      requestOf: (guest) =>
        Promise.resolve({
          types: {
            Entry: [
              { name: "guest", type: "address" },
              { name: "word", type: "bytes32" },
            ],
          },
          value: { guest, word: id("hello") },
          relay: (signature) => guestbook.getFunction("enter").send(guest, id("hello"), signature),
        }),
    };
  };

describe("The behaviours are bound to no implementation:", () => {
  describe("OrdinaryToken conforms to", () => {
    shouldBehaveLikeERC165(deployPlain("OrdinaryToken"));
    shouldBehaveLikeERC721(deployPlain("OrdinaryToken"));
    shouldBehaveLikeERC721Burnable(deployPlain("OrdinaryToken"));
    shouldBehaveLikeERC721Metadata(deployPlain("OrdinaryToken"));
    shouldHaveMetadataOnChain(deployPlain("OrdinaryToken"));
  });

  describe("BoundToken conforms to", () => {
    shouldBehaveLikeERC165(deployBound("BoundToken"));
    shouldBehaveLikeERC721(deployBound("BoundToken"));
    shouldBehaveLikeERC721Burnable(deployBound("BoundToken"));
    shouldBehaveLikeERC5192(deployBound("BoundToken"));
  });

  describe("PlainRegistry conforms to", () => {
    shouldBehaveLikeERC8350(deployRegistry("PlainRegistry"));
    shouldValidateSignatures(deployRegistry("PlainRegistry"));
    shouldReproduceERC8350Vectors(deployRegistry("PlainRegistry"));
  });

  describe("Guestbook conforms to", () => {
    shouldBehaveLikeEIP5267(deployGuestbook("Guestbook"));
  });
});

describe("The behaviours notice", () => {
  /** Which clauses a contract violates: those, and no others. */
  const notice = <Adapter>(
    what: string,
    shouldBehave: Behaviour<Adapter>,
    deploy: Deploy<Adapter>,
    clauses: readonly string[],
  ): void => {
    it(what, async () => {
      const violations = await shouldBehave.violations(deploy);
      expect([...violations.keys()]).to.deep.equal(clauses);
    });
  };

  notice("nothing in what conforms", shouldBehaveLikeERC721, deployPlain("OrdinaryToken"), []);

  notice("approvals that outlast a transfer", shouldBehaveLikeERC721, deployPlain("ForgetfulToken"), [
    "at the time of any transfer, the approved address is reset to none",
    "safeTransferFrom calls the receiver when the transfer is complete",
  ]);

  notice(
    "answers about nobody, and receivers that are not asked",
    shouldBehaveLikeERC721,
    deployPlain("LenientToken"),
    [
      "balanceOf throws for queries about the zero address",
      "ownerOf throws for NFTs assigned to the zero address",
      "getApproved throws if _tokenId is not a valid NFT",
      "safeTransferFrom calls onERC721Received on a contract, with operator, former owner, token and data",
      "safeTransferFrom calls the receiver when the transfer is complete",
      "safeTransferFrom throws if the return value is another than the magic value",
      "safeTransferFrom throws if the return value is no bytes4: nothing, or less than a word",
      "safeTransferFrom throws if the contract knows no onERC721Received",
      "onERC721Received MAY throw to reject the transfer: with a reason, an error of its own, or none",
      "onERC721Received MAY throw to reject the transfer: by a panic",
      "a receiver that re-enters is the owner already, and may pass the token on",
      "a receiver that re-enters is not the former owner, nor what the former owner had approved",
    ],
  );

  notice("answers about what was destroyed", shouldBehaveLikeERC721Burnable, deployPlain("LenientToken"), [
    "queries about them do throw: ownerOf, getApproved, and those of the extensions",
  ]);

  notice(
    "an answer of yes to everything, after a while",
    shouldBehaveLikeERC165,
    deployPlain("LenientToken"),
    [
      "supportsInterface is false when interfaceID is 0xffffffff",
      "supportsInterface is false for any other interfaceID",
      "supportsInterface returns a bool: one word that is 0 or 1",
      "supportsInterface uses less than 30,000 gas",
    ],
  );

  notice(
    "one address for all metadata, and none at that",
    shouldBehaveLikeERC721Metadata,
    deployPlain("LenientToken"),
    [
      "tokenURI: a distinct URI for a given asset",
      "tokenURI: as URIs are defined in RFC 3986",
      "tokenURI throws if _tokenId is not a valid NFT",
    ],
  );

  notice(
    "metadata that are not what their schema says",
    shouldHaveMetadataOnChain,
    deployPlain("LenientToken"),
    [
      'the URI points to JSON that conforms to the "ERC721 Metadata JSON Schema"',
      "image: a URI pointing to a resource with mime type image/*",
      "image: an SVG is a well-formed document",
      "image: consider an aspect ratio between 1.91:1 and 4:5",
    ],
  );

  notice(
    "a lock that approved accounts pass, and a status that is not told",
    shouldBehaveLikeERC5192,
    deployBound("LooseToken"),
    [
      "supportsInterface(0xb45a3c0e) must return true",
      "if a token is minted, the event of its status should be emitted",
      "locked throws for tokens assigned to the zero address",
      "Locked and Unlocked are emitted when the status is changed",
      "all functions that transfer a locked token must throw, for the owner and for approved accounts",
      "a locked token stays bound to its account when approvals are given anew",
    ],
  );

  notice(
    "a domain that is not the one in use",
    shouldBehaveLikeEIP5267,
    deployGuestbook("MislabelledGuestbook"),
    [
      "the values describe the domain that is used for verification: a signature under it is taken",
      "each field that is present is part of the domain: a signature under another value of it is refused",
      "each field that is present is part of the domain: a signature under a domain without it is refused",
      "no other field is part of the domain: a signature under a domain with one more is refused",
    ],
  );

  notice("a scheme that is chosen by code", shouldValidateSignatures, deployRegistry("CodeJudgingRegistry"), [
    "Signature validation: MUST NOT be selected by code presence: an account delegated under EIP-7702",
    "Signature validation: ECDSA when the call of isValidSignature reverts",
    "Signature validation: ECDSA when isValidSignature returns fewer than 32 bytes",
    "Signature validation: ECDSA when isValidSignature returns any other value",
  ]);

  notice(
    "signatures that are empty, too long, or turned over",
    shouldValidateSignatures,
    deployRegistry("GullibleRegistry"),
    [
      "Signature validation: ECDSA signatures must be non-malleable",
      "Signature validation: a signature of any length but 65 MUST be rejected without recovery",
      "Signature validation: an empty signature MUST NOT count for any other caller",
    ],
  );

  notice("a history that is not linear", shouldBehaveLikeERC8350, deployRegistry("ForgetfulRegistry"), [
    "Experience Delta: prevStateRoot is zero for the first transition",
    "State transition: accepted only if prevStateRoot == currentStateRoot",
  ]);

  notice(
    "a registry that leaves out what it MAY offer",
    shouldAcceptDirectCalls,
    deployRegistry("PlainRegistry"),
    shouldAcceptDirectCalls.clauses,
  );
});

// -------------------------------------------------------------------------------------------------------- golden vectors

describe("The vectors of ERC-8350", () => {
  const { space, delta, domain, commitment } = vectors;

  /** The baseline scheme for private commitments; `parts` are what stands between its domain and the content. */
  const commitmentOf = (kind: string, content: string, ...parts: string[]): string =>
    keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ["bytes32", ...parts.map(() => "bytes32"), "bytes32"],
        [id(`AgentMemoryState.${kind}Commitment.v1`), ...parts, id(content)],
      ),
    );

  it("are those that the ERC publishes", function () {
    const file = new URL("../../../shared/data/erc8350/test-vectors-v1.json", import.meta.url);
    if (!existsSync(file)) this.skip();
    const published = leavesOf(JSON.parse(readFileSync(file, "utf8")));
    const { source, ...values } = vectors;
    expect(source).to.include("agent-memory-state/test-vectors/v1");
    for (const value of leavesOf(values)) expect(published).to.include(value);
  });

  it("have the type hashes of their types", () => {
    for (const type of ["experienceDelta", "memoryState", "memorySpace"] as const)
      expect(id(vectors.types[type])).to.equal(vectors.typehashes[type]);
  });

  it("are what signers sign here", () => {
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

  it("open to their witnesses", () => {
    const { payload, deltaSalt, provenance, provenanceSalt, locator, locatorSalt } = commitment;
    expect(commitmentOf("delta", payload, delta.profileId, deltaSalt)).to.equal(delta.deltaCommitment);
    expect(commitmentOf("provenance", provenance, provenanceSalt)).to.equal(delta.provenanceCommitment);
    expect(commitmentOf("locator", locator, locatorSalt)).to.equal(delta.locatorCommitment);
  });
});

/** Every value of a JSON document, as text. */
const leavesOf = (value: unknown): string[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(leavesOf) : [String(value)];
