import { expect } from "chai";
import { concat, hexlify, id, keccak256, toUtf8Bytes, TypedDataEncoder } from "ethers";

import vectors from "../../vectors/erc8350.json" with { type: "json" };
import { deployDouble } from "../doubles/double.ts";
import { DELTA_TYPES } from "../signing.ts";
import type { Connection } from "./behaviour.ts";
import { behaviour, expectThrow } from "./behaviour.ts";
import type { ERC8350Adapter } from "./erc8350-space.ts";
import { ERC8350_ABI } from "./erc8350-space.ts";
import type { Account, Port } from "./port.ts";
import { cast, portOf } from "./port.ts";

const { space, delta, domain } = vectors;

const DOMAIN = {
  name: domain.name,
  version: domain.version,
  chainId: domain.chainId,
  verifyingContract: domain.verifyingContract,
};

/** The signature of the vectors' accounts. They have no keys; each accepts this one, of the digest that it was given. */
const SIGNATURE = hexlify(toUtf8Bytes("a signature of a contract account"));

interface World {
  readonly connection: Connection;
  /** On the chain, and at the address, that the vectors' domain names. */
  readonly registry: Port;
  readonly relayer: Account;
}

/** The code alone is moved, so a contract must need nothing in storage but what its functions write. */
async function setUp(connection: Connection, adapter: ERC8350Adapter): Promise<World> {
  const [relayer] = await cast(connection);
  const code = await connection.ethers.provider.getCode(adapter.address);
  await connection.networkHelpers.setCode(domain.verifyingContract, code);
  return { connection, registry: portOf(connection, domain.verifyingContract, ERC8350_ABI), relayer };
}

const digestOf = (structHash: string): string => keccak256(concat(["0x1901", domain.separator, structHash]));

/** From now on an account of the vectors' agrees to one digest, with SIGNATURE. */
async function agree({ connection }: World, account: string, digest: string): Promise<void> {
  const wallet = await deployDouble(connection, "PedanticWallet", digest, SIGNATURE);
  await connection.networkHelpers.setCode(account, await connection.ethers.provider.getCode(wallet));
}

/** Sends an act that an account has to authorise, once it agrees to that digest and not before. */
async function relayAgreed(world: World, account: string, digest: string, name: string, ...args: unknown[]) {
  const { registry, relayer } = world;
  await agree(world, account, id("another digest"));
  await expectThrow(registry.attempt(relayer, name, ...args, SIGNATURE), `${name} without the digest`);
  await agree(world, account, digest);
  return registry.send(relayer, name, ...args, SIGNATURE);
}

const register = (world: World) =>
  relayAgreed(
    world,
    space.controller,
    digestOf(space.registrationHash),
    "registerSpace",
    space.spaceId,
    space.controller,
    space.authorizer,
    space.salt,
  );

/**
 * The golden vectors that ERC-8350 publishes, through the contract itself: it stands where their domain says, their
 * accounts agree to their digests and to no others, and it has to come to their identifiers.
 */
export const shouldReproduceERC8350Vectors = behaviour<ERC8350Adapter, World>(
  "ERC-8350, golden vectors",
  setUp,
  {
    "spaceId: derived from controller and salt": async ({ registry }) => {
      expect(await registry.ask("deriveSpaceId", space.controller, space.salt)).to.deep.equal([
        space.spaceId,
      ]);
    },

    "registrationId: what the controller agrees to": async (world) => {
      const receipt = await register(world);
      expect(world.registry.logs(receipt, "SpaceRegistered")).to.deep.equal([
        [space.spaceId, space.controller, space.authorizer],
      ]);
    },

    "signingDigest, transitionId, nextStateRoot: what the authorizer agrees to, and what comes of it": async (
      world,
    ) => {
      await register(world);
      const receipt = await relayAgreed(
        world,
        space.authorizer,
        domain.signingDigest,
        "commitTransition",
        delta,
      );
      expect(world.registry.logs(receipt, "TransitionCommitted")).to.deep.equal([
        [
          delta.spaceId,
          vectors.transitionId,
          BigInt(delta.sequence),
          delta.prevStateRoot,
          vectors.nextStateRoot,
          delta.deltaCommitment,
          delta.provenanceCommitment,
          delta.profileId,
          delta.locatorCommitment,
          space.authorizer,
        ],
      ]);
      expect(await world.registry.ask("head", space.spaceId)).to.deep.equal([
        vectors.transitionId,
        vectors.nextStateRoot,
        1n,
      ]);
    },

    "nextStateRoot: what the second transition has to follow": async (world) => {
      const { registry, relayer } = world;
      await register(world);
      await relayAgreed(world, space.authorizer, domain.signingDigest, "commitTransition", delta);
      const next = { ...delta, sequence: 2, prevStateRoot: vectors.nextStateRoot };
      await agree(world, space.authorizer, TypedDataEncoder.hash(DOMAIN, DELTA_TYPES, next));
      await registry.send(relayer, "commitTransition", next, SIGNATURE);
      expect((await registry.ask("head", space.spaceId))[2]).to.equal(2n);
    },

    "authorizationId: what the controller agrees to, with the first nonce": async (world) => {
      await register(world);
      const receipt = await relayAgreed(
        world,
        space.controller,
        digestOf(space.authorizationHash),
        "updateSpaceAuthorization",
        space.spaceId,
        space.controller,
        space.authorizer,
      );
      expect(world.registry.logs(receipt, "SpaceAuthorizationUpdated")).to.deep.equal([
        [space.spaceId, space.controller, space.authorizer, BigInt(space.updateNonce)],
      ]);
    },
  },
  domain.chainId,
);
