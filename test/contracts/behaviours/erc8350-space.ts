import type { TransactionReceipt, TypedDataDomain, TypedDataField } from "ethers";
import { AbiCoder, concat, id, keccak256, toBeHex, TypedDataEncoder, Wallet, ZeroHash } from "ethers";

import { AUTHORIZATION_TYPES, DELTA_TYPES, REGISTRATION_TYPES } from "../signing.ts";
import type { Connection } from "./behaviour.ts";
import { expectThrow } from "./behaviour.ts";
import type { Account, Port } from "./port.ts";
import { cast, portOf } from "./port.ts";

export interface ERC8350Adapter {
  readonly address: string;
  /** The profiles that the contract treats in a way of its own, if there are any: all are to be accepted alike. */
  readonly profileIds: readonly string[];
}

const DELTA =
  "(bytes32 spaceId, uint64 sequence, bytes32 prevStateRoot, bytes32 deltaCommitment, bytes32 provenanceCommitment, bytes32 profileId, bytes32 locatorCommitment)";

/** The interface, as the text has it. */
export const ERC8350_ABI = [
  "event SpaceRegistered(bytes32 indexed spaceId, address indexed controller, address indexed authorizer)",
  "event SpaceAuthorizationUpdated(bytes32 indexed spaceId, address indexed controller, address indexed authorizer, uint64 configNonce)",
  "event TransitionCommitted(bytes32 indexed spaceId, bytes32 indexed transitionId, uint64 indexed sequence, bytes32 prevStateRoot, bytes32 nextStateRoot, bytes32 deltaCommitment, bytes32 provenanceCommitment, bytes32 profileId, bytes32 locatorCommitment, address authorizer)",
  "function deriveSpaceId(address initialController, bytes32 salt) pure returns (bytes32 spaceId)",
  "function registerSpace(bytes32 spaceId, address controller, address authorizer, bytes32 salt, bytes controllerSignature)",
  "function updateSpaceAuthorization(bytes32 spaceId, address newController, address newAuthorizer, bytes controllerSignature)",
  `function commitTransition(${DELTA} delta, bytes authorizerSignature) returns (bytes32 transitionId, bytes32 nextStateRoot)`,
  "function head(bytes32 spaceId) view returns (bytes32 transitionId, bytes32 stateRoot, uint64 sequence)",
  "function spaceAuthorization(bytes32 spaceId) view returns (address controller, address authorizer, uint64 configNonce)",
];

export interface Delta {
  readonly spaceId: string;
  readonly sequence: bigint;
  readonly prevStateRoot: string;
  readonly deltaCommitment: string;
  readonly provenanceCommitment: string;
  readonly profileId: string;
  readonly locatorCommitment: string;
}

export interface World {
  readonly connection: Connection;
  readonly registry: Port;
  readonly profileIds: readonly string[];
  readonly domain: TypedDataDomain;
  /** Sends what others signed. They have keys and nothing else: no transaction is theirs. */
  readonly relayer: Account;
  readonly controller: Wallet;
  readonly authorizer: Wallet;
  readonly stranger: Wallet;
}

export async function setUp(connection: Connection, { address, profileIds }: ERC8350Adapter): Promise<World> {
  const [relayer] = await cast(connection);
  const { chainId } = await connection.ethers.provider.getNetwork();
  return {
    connection,
    registry: portOf(connection, address, ERC8350_ABI),
    profileIds,
    domain: { name: "AgentMemoryState", version: "1", chainId, verifyingContract: address },
    relayer,
    controller: new Wallet(id("controller")),
    authorizer: new Wallet(id("authorizer")),
    stranger: new Wallet(id("stranger")),
  };
}

// ---------------------------------------------------------------------------------------------- what the text defines

const encode = (types: readonly string[], values: readonly unknown[]): string =>
  AbiCoder.defaultAbiCoder().encode(types, values);

export const spaceIdOf = (controller: string, salt: string): string =>
  keccak256(
    encode(
      ["bytes32", "address", "bytes32"],
      [id("MemorySpace(address initialController,bytes32 salt)"), controller, salt],
    ),
  );

export const transitionIdOf = (delta: Delta): string =>
  keccak256(
    encode(
      ["bytes32", "bytes32", "uint64", "bytes32", "bytes32", "bytes32", "bytes32", "bytes32"],
      [
        id(
          "ExperienceDelta(bytes32 spaceId,uint64 sequence,bytes32 prevStateRoot,bytes32 deltaCommitment,bytes32 provenanceCommitment,bytes32 profileId,bytes32 locatorCommitment)",
        ),
        delta.spaceId,
        delta.sequence,
        delta.prevStateRoot,
        delta.deltaCommitment,
        delta.provenanceCommitment,
        delta.profileId,
        delta.locatorCommitment,
      ],
    ),
  );

export const nextStateRootOf = (delta: Delta): string =>
  keccak256(
    encode(
      ["bytes32", "bytes32", "bytes32"],
      [
        id("MemoryState(bytes32 prevStateRoot,bytes32 transitionId)"),
        delta.prevStateRoot,
        transitionIdOf(delta),
      ],
    ),
  );

// ------------------------------------------------------------------------------------------------- what a space can do

/** One of the three acts that somebody has to authorise: what is signed, and how it is sent. */
export interface Act {
  readonly name: string;
  readonly types: Record<string, TypedDataField[]>;
  readonly value: Record<string, unknown>;
  /** The arguments before the signature. */
  readonly args: readonly unknown[];
}

interface Space {
  readonly controller: string;
  readonly authorizer: string;
  readonly salt: string;
}

export const registration = (
  { controller, authorizer, salt }: Space,
  spaceId = spaceIdOf(controller, salt),
): Act => ({
  name: "registerSpace",
  types: REGISTRATION_TYPES,
  value: { spaceId, controller, authorizer },
  args: [spaceId, controller, authorizer, salt],
});

export const update = (
  spaceId: string,
  newController: string,
  newAuthorizer: string,
  nonce: number,
): Act => ({
  name: "updateSpaceAuthorization",
  types: AUTHORIZATION_TYPES,
  value: { spaceId, newController, newAuthorizer, nonce },
  args: [spaceId, newController, newAuthorizer],
});

export const commit = (delta: Delta): Act => ({
  name: "commitTransition",
  types: DELTA_TYPES,
  value: { ...delta },
  args: [delta],
});

export const sign = (
  { domain }: World,
  { types, value }: Act,
  signer: Wallet,
  under = domain,
): Promise<string> => signer.signTypedData(under, types, value);

export const digestOf = ({ domain }: World, { types, value }: Act): string =>
  TypedDataEncoder.hash(domain, types, value);

/** Sends an act with a signature, or, given a wallet, with that wallet's. */
export async function relay(world: World, act: Act, signer: Wallet | string): Promise<TransactionReceipt> {
  const signature = typeof signer === "string" ? signer : await sign(world, act, signer);
  return world.registry.send(world.relayer, act.name, ...act.args, signature);
}

/** Expects that an act is not taken with a signature of that wallet's, or with these bytes for one. */
export async function expectRefused(
  world: World,
  act: Act,
  signer: Wallet | string,
  what = act.name,
  sender = world.relayer,
): Promise<void> {
  const signature = typeof signer === "string" ? signer : await sign(world, act, signer);
  await expectThrow(world.registry.attempt(sender, act.name, ...act.args, signature), what);
}

/** The salt of the space that most clauses are about. */
export const SALT = id("a salt");

/** Registers a space, of the controller's if nobody else is named. */
export async function givenSpace(
  world: World,
  parts: Partial<Record<"controller" | "authorizer", Wallet>> = {},
) {
  const { controller, authorizer } = { ...world, ...parts };
  const space = { controller: controller.address, authorizer: authorizer.address, salt: SALT };
  await relay(world, registration(space), controller);
  return spaceIdOf(space.controller, SALT);
}

/** A transition that follows the head of a space, but for what is changed. */
export async function deltaAfter(
  { registry }: World,
  spaceId: string,
  changes: Partial<Delta> = {},
): Promise<Delta> {
  const [, stateRoot, sequence] = (await registry.ask("head", spaceId)) as unknown as [
    string,
    string,
    bigint,
  ];
  return {
    spaceId,
    sequence: sequence + 1n,
    prevStateRoot: stateRoot,
    deltaCommitment: id(`memory ${sequence}`),
    provenanceCommitment: id(`provenance ${sequence}`),
    profileId: id("a profile"),
    locatorCommitment: id(`locator ${sequence}`),
    ...changes,
  };
}

/** Commits a transition that follows the head, and answers with it. */
export async function givenCommit(
  world: World,
  spaceId: string,
  changes: Partial<Delta> = {},
): Promise<Delta> {
  const delta = await deltaAfter(world, spaceId, changes);
  await relay(world, commit(delta), world.authorizer);
  return delta;
}

export const headAfter = (delta: Delta) => [transitionIdOf(delta), nextStateRootOf(delta), delta.sequence];
export const EMPTY_HEAD = [ZeroHash, ZeroHash, 0n];

/** Everything that a transition's event tells. */
export const committed = (delta: Delta, authorizer: string) => [
  delta.spaceId,
  transitionIdOf(delta),
  delta.sequence,
  delta.prevStateRoot,
  nextStateRootOf(delta),
  delta.deltaCommitment,
  delta.provenanceCommitment,
  delta.profileId,
  delta.locatorCommitment,
  authorizer,
];

/** Profile, provenance and locator in every combination that the text leaves to the authorizer. */
export const contents = ({ profileIds }: Pick<World, "profileIds">): Partial<Delta>[] =>
  [...profileIds, id("a profile"), toBeHex(1, 32)].flatMap((profileId) =>
    [ZeroHash, id("a provenance")].flatMap((provenanceCommitment) =>
      [ZeroHash, id("a locator")].map((locatorCommitment) => ({
        profileId,
        provenanceCommitment,
        locatorCommitment,
      })),
    ),
  );

/** A signature that nobody's key made, in the form of one. */
export const JUNK = concat([id("r"), toBeHex(1, 32), "0x1b"]);
