import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";
import { getBytes, hexlify, type Provider, type Signer } from "ethers";

import {
  acceptWelcome,
  grant,
  read,
  recipientBytes,
  recoverVault,
  remember,
  sync,
  vaultAt,
  type BlobStore,
  type Environment,
  type Vault,
} from "../../client/index.ts";
import { maskPointer } from "../../client/crypto/keys.ts";
import { headContext, seal } from "../../client/crypto/seal.ts";
import { encodeHead, pad } from "../../client/vault/blob.ts";
import { deltaAfter, readChainHead, stateRootAfter } from "../../client/vault/contract.ts";
import type { AdmitOperation } from "../../client/vault/operations.ts";
import { secretsOf } from "../../client/vault/plan.ts";
import { openWith, stateOf } from "../../client/vault/session.ts";
import { answering } from "./doubles.ts";
import { accept, device, inDays, newReader, ownedVault, type World } from "./world.ts";

/** A vault with a memory, on one device. */
export async function furnished(world: World, environment: Environment = device(world, world.owner)) {
  const { vault, seed } = await ownedVault(world, environment);
  await remember(vault, { scope: "health", text: "Runs at six" });
  await sync(vault);
  return { vault, seed, environment };
}

/** Terms for one scope, to an account or to a recipient alone. */
export async function termsFor(world: World, account?: string) {
  const { identity, recipient } = await newReader();
  const terms = { recipient, scopes: ["health"], expiresAt: await inDays(world, 30), account };
  return { identity, terms };
}

/** Admits a reader, which opens its welcome on a device of its own. */
export async function admitted(world: World, vault: Vault, account?: string) {
  const { identity, terms } = await termsFor(world, account);
  const { welcome } = await grant(vault, terms);
  const reader = await accept(world, identity, welcome!, vault.store);
  await read(reader);
  return { identity, terms, reader, welcome: welcome! };
}

/** Opens welcomes on the device that has this journal. */
export const acceptingAt =
  (world: World, { journal }: Vault) =>
  (identity: string, welcome: Uint8Array): Promise<Vault> =>
    acceptWelcome({
      ...{ ...device(world), journalStore: journal.store, journalKey: journal.key },
      ...{ address: world.address, identity, welcome },
    });

/** An admission as a grant journals it, for who wants it to stay there. */
export const admissionOf = (terms: { recipient: string; expiresAt: number }): AdmitOperation => ({
  ...{ kind: "admit", id: bytesToHex(randomBytes(16)), class: "reader", grantee: null, listed: false },
  ...{ recipient: recipientBytes(terms.recipient), scopes: ["health"], expiresAt: terms.expiresAt },
  ...{ permissions: 1, admission: "fresh", label: "", storeWelcome: false },
});

/** Recovers the owner's vault with these parts of a device. */
export const recoverOn = (world: World, seed: Uint8Array, parts: Environment): Promise<Vault> =>
  recoverVault({ ...parts, address: world.address, seed, owner: world.owner.address });

/** One more device of the same owner. */
export async function another(
  world: World,
  seed: Uint8Array,
  store: BlobStore = world.store,
): Promise<Vault> {
  const vault = await recoverOn(world, seed, device(world, world.owner, store));
  await sync(vault);
  return vault;
}

/** The same device with another wallet, store, provider or journal. */
export const changed = (vault: Vault, environment: Environment, changes: Partial<Environment>): Vault =>
  vaultAt(vault.ref, { ...environment, ...changes });

/** The same device, paid by another wallet. */
export const paidBy = (vault: Vault, environment: Environment, wallet: Signer): Vault =>
  changed(vault, environment, { wallet });

/** The newest head, opened, and what a thief of the device would have of it. */
export async function opened(vault: Vault) {
  const head = await readChainHead(vault.contract, vault.ref);
  const state = await stateOf(vault);
  const whole = await openWith(vault, state, head);
  return { head, state, whole, commitKey: hexlify(secretsOf(whole).commitKey!) };
}

/** An RPC that makes up a head of this epoch, by somebody who has the vault's keys. */
export async function claiming(
  world: World,
  vault: Vault,
  epoch: number,
  sequence = 2n ** 32n,
): Promise<Provider> {
  const { head, state, whole } = await opened(vault);
  const { ref, visibilityKey } = state;
  const data = encodeHead({ ...whole.data, epoch });
  const blob = seal(visibilityKey, headContext(ref, sequence), pad(data));
  await vault.store.put(blob);
  const pointer = hexlify(maskPointer(visibilityKey, ref, sequence, getBytes(head.root), sha256(blob)));
  const before = { sequence: sequence - 1n, stateRoot: head.stateRoot };
  const stateRoot = stateRootAfter(deltaAfter(before, ref, head.root, pointer));
  const abi = vault.contract.interface;
  const answer = abi.encodeFunctionResult("memoryHead", [
    { ...head, sequence, prevStateRoot: head.stateRoot, stateRoot, pointer },
  ]);
  const { selector } = abi.getFunction("memoryHead");
  return answering(world.provider, ({ data }) =>
    Promise.resolve(data?.startsWith(selector) === true ? answer : null),
  );
}

/** All texts that a member reads, sorted. */
export const texts = async (vault: Vault): Promise<string[]> =>
  (await read(vault)).scopes.flatMap(({ memories }) => memories.map(({ text }) => text)).sort();
