import { bytesToHex } from "@noble/hashes/utils.js";

import { KeyNotPublished, RpcsDisagree } from "../errors.ts";
import { NonceNotRecent, NotAttested, RegistrationUnknown } from "./errors.ts";

/** A block as a provider shows it. */
export interface BlockView {
  readonly number: number;
  readonly hash: string | null;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** A key as KeyRegistry answers it. */
export interface KeyView {
  readonly recipientDigest: string;
  readonly expiresAt: bigint;
  readonly blockNumber: bigint;
  readonly attestationDigest: string;
}

/** What is asked of the chain, through one RPC: a KeyRegistry and a provider of ethers have these. */
export interface ChainView {
  readonly registry: { readonly keyOf: (account: string) => Promise<KeyView> };
  readonly provider: { readonly getBlock: (block: number | string) => Promise<BlockView | null> };
}

/** Where a key is published. */
export interface KeyPlace {
  readonly chainId: bigint;
  /** The KeyRegistry's address. */
  readonly registry: string;
  readonly agent: string;
}

/** An attested key as KeyRegistry has it. Digests are 0x-prefixed. */
export interface Registration extends KeyPlace {
  readonly recipientDigest: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly attestationDigest: string;
  /** The block in which it was published, and its time in unix seconds. */
  readonly block: number;
  readonly registeredAt: number;
}

/** How many blocks back the hash in a nonce may lie: as far as a contract sees. */
export const NONCE_BLOCKS = 256;

const isZero = (digest: string): boolean => /^0x0*$/.test(digest);

/**
 * Reads what KeyRegistry has of an attested key.
 *
 * @throws {KeyNotPublished} when there is none, or it was retired or has expired.
 * @throws {NotAttested} when it was published without an attestation.
 * @throws {RegistrationUnknown} when a node does not know its block.
 * @throws {RpcsDisagree} when two RPCs say different things.
 */
export async function readRegistration(place: KeyPlace, chain: readonly ChainView[]): Promise<Registration> {
  const [first, ...others] = await Promise.all(chain.map((view) => registrationIn(place, view)));
  if (first === undefined) throw new RangeError("name at least one RPC");
  for (const other of others)
    if (textOf(other) !== textOf(first))
      throw new RpcsDisagree(`the key of ${place.agent}`, textOf(first), textOf(other));
  return first;
}

const textOf = ({
  recipientDigest,
  expiresAt,
  attestationDigest,
  block,
  registeredAt,
}: Registration): string =>
  `key ${recipientDigest} until ${expiresAt}, attestation ${attestationDigest}, block ${block} of ${registeredAt}`;

async function registrationIn(place: KeyPlace, { registry, provider }: ChainView): Promise<Registration> {
  const { agent } = place;
  const key = await registry.keyOf(agent);
  const { recipientDigest, attestationDigest } = key;
  if (isZero(recipientDigest)) throw new KeyNotPublished(agent);
  if (isZero(attestationDigest)) throw new NotAttested(agent);
  const number = Number(key.blockNumber);
  const block = await provider.getBlock(number);
  if (block === null) throw new RegistrationUnknown(agent, number);
  return {
    ...{ ...place, recipientDigest, attestationDigest, expiresAt: Number(key.expiresAt) },
    ...{ block: number, registeredAt: block.timestamp },
  };
}

/**
 * Checks that a nonce is the hash of a block at most 256 blocks before the registration, so that the document was not made
 * before that block: of the chain as it stands, in every RPC.
 *
 * @throws {NonceNotRecent} when it is not.
 */
export async function checkRecent(
  nonce: Uint8Array | null,
  { block: registered }: Pick<Registration, "block">,
  chain: readonly ChainView[],
): Promise<void> {
  const hex = nonce === null ? null : bytesToHex(nonce);
  for (const { provider } of chain) {
    const number = nonce?.length === 32 ? await numberOf(`0x${String(hex)}`, provider) : null;
    if (number === null || number >= registered || number < registered - NONCE_BLOCKS)
      throw new NonceNotRecent(hex, registered, number);
  }
}

/** The number of the block with a hash, or `null` when there is none, or it is not the chain's any more. */
async function numberOf(hash: string, provider: ChainView["provider"]): Promise<number | null> {
  const named = await provider.getBlock(hash);
  if (named === null) return null;
  // A node may still know blocks that a reorganisation left behind.
  return (await provider.getBlock(named.number))?.hash === hash ? named.number : null;
}
