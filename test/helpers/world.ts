import { randomBytes } from "@noble/hashes/utils.js";
import type { Signer } from "ethers";
import { network } from "hardhat";

import {
  acceptWelcome,
  generateIdentity,
  memoryJournalStore,
  memoryStore,
  mintVault,
  recipientOf,
  type BlobStore,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { deploySuite } from "./deploy.ts";

/** A chain with the deployed suite, accounts named for their roles, and a store that all share. */
export type World = Awaited<ReturnType<typeof createWorld>>;

/** Starts an in-process chain and deploys the Ignition modules on it. */
export async function createWorld() {
  const connection = await network.create();
  const { ethers, networkHelpers } = connection;
  const suite = await deploySuite(connection);
  const [owner, buyer, stranger, relayer] = await ethers.getSigners();
  const store = memoryStore("test store");
  return {
    ...{ connection, ethers, networkHelpers, ...suite, store },
    ...{ provider: ethers.provider, owner: owner!, buyer: buyer!, stranger: stranger!, relayer: relayer! },
    address: await suite.memoryVault.getAddress(),
  };
}

/** A device's own parts: a journal in memory and a key for it. */
export const device = (world: World, wallet?: Signer, store: BlobStore = world.store): Environment => ({
  provider: world.provider,
  store,
  journalStore: memoryJournalStore(),
  journalKey: randomBytes(32),
  ...(wallet === undefined ? {} : { wallet }),
});

/** A vault that the owner minted from one device. */
export async function ownedVault(world: World, environment = device(world, world.owner)) {
  const seed = randomBytes(32);
  const { vault, receipt } = await mintVault({ ...environment, address: world.address, seed });
  return { vault, seed, receipt, environment };
}

/** Somebody with a key who may be granted something. */
export async function newReader() {
  const identity = generateIdentity();
  return { identity, recipient: await recipientOf(identity) };
}

/** Opens a welcome as a reader on a device of its own. */
export const accept = (
  world: World,
  identity: string,
  welcome: Uint8Array,
  store?: BlobStore,
): Promise<Vault> =>
  acceptWelcome({ ...device(world, undefined, store), address: world.address, identity, welcome });

/** Unix seconds, `days` from the chain's present. */
export const inDays = async (world: World, days: number): Promise<number> =>
  (await world.networkHelpers.time.latest()) + days * 86_400;
