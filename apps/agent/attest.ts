import { getBytes } from "ethers";

import { BlobMissing, digestOf, NoBlocks, VaultError } from "../../client/index.ts";
import type { AgentWorld } from "./world.ts";

/** The enclave gave no document. */
export class NoDocument extends VaultError {
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `The enclave gave no attestation document: ${why}. Nothing was published; it is asked again.`,
      options,
    );
  }
}

/** Asks an enclave for a document that vouches for some user data, with a nonce in it. */
export type Attest = (userData: Uint8Array, nonce: Uint8Array) => Promise<Uint8Array>;

/** Seconds for which an attested key is good: an hour less than a document counts (SPEC §15), for clocks that differ. */
export const ATTESTED_LIFETIME = 604_800 - 3_600;

/** Blocks by which the nonce is behind: few enough for the key to land in time, and more than a chain takes back. */
const BEHIND = 32;

const MAX_DOCUMENT = 16_384;

/** What a document is asked for with. */
export interface AttestParts extends Pick<AgentWorld, "provider" | "store"> {
  readonly attest: Attest;
  readonly chainId: bigint;
  readonly registry: string;
  readonly address: string;
}

/**
 * Has an enclave vouch for a key that is about to be published, and leaves the document where an owner finds it.
 *
 * @param notAfter - the key's end, in unix seconds: the bundle's as well.
 * @returns the document's digest, 0x-prefixed.
 * @throws {NoDocument} when the enclave gives none. {BlobMissing} when the store does not keep it.
 */
export async function attested(parts: AttestParts, recipient: Uint8Array, notAfter: number): Promise<string> {
  // Loaded here: an agent outside of an enclave needs none of it.
  const { userDataOf } = await import("../../client/attestation.ts");
  const { provider, store, chainId, registry, address: agent } = parts;
  const newest = await provider.getBlockNumber();
  const block = await provider.getBlock(Math.max(0, newest - BEHIND));
  if (block?.hash == null) throw new NoBlocks();
  const document = await parts.attest(
    userDataOf({ chainId, registry, agent, recipient, notAfter }),
    getBytes(block.hash),
  );
  if (document.length === 0 || document.length > MAX_DOCUMENT)
    throw new NoDocument(`it has ${document.length} bytes`);
  const digest = digestOf(document);
  await store.put(document);
  if ((await store.get(digest)) === null) throw new BlobMissing(digest, [store.name]);
  return `0x${digest}`;
}
