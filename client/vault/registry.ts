import { getBytes, hexlify, type TransactionReceipt } from "ethers";

import { recipientBytes, recipientDigest, recipientText } from "../crypto/identity.ts";
import { KeyBytesMissing, KeyNotPublished, RpcsDisagree } from "../errors.ts";
import { send, type KeyRegistry } from "./contract.ts";

/** An account's published key. */
export interface PublishedKey {
  /** `age1pq1…`. */
  readonly recipient: string;
  /** sha256 of its 1,216 bytes, 0x-prefixed: show it to whoever grants. */
  readonly digest: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Digest of an attestation document, or zeros. */
  readonly attestationDigest: string;
}

/** Publishes the recipient of the account that pays. */
export const publishKey = (
  registry: KeyRegistry,
  recipient: string,
  expiresAt: number,
  attestationDigest = `0x${"00".repeat(32)}`,
): Promise<TransactionReceipt> =>
  send(
    registry,
    registry.interface.encodeFunctionData("publishKey", [
      ...([hexlify(recipientBytes(recipient)), expiresAt, attestationDigest] as const),
    ]),
  );

/**
 * Looks up an account's key: the digest in state decides, the event has the bytes.
 *
 * @param second - the registry as another RPC shows it, which must agree: who makes up a key reads what is sealed to it.
 * @throws {KeyNotPublished} when there is none, or it was retired or has expired.
 * @throws {KeyBytesMissing} when the node has pruned the event: ask the grantee for the recipient.
 * @throws {RpcsDisagree} when another RPC knows another key.
 */
export async function keyOf(
  registry: KeyRegistry,
  account: string,
  second?: KeyRegistry,
): Promise<PublishedKey> {
  const {
    recipientDigest: digest,
    expiresAt,
    blockNumber,
    attestationDigest,
  } = await registry.keyOf(account);
  const other = second === undefined ? digest : (await second.keyOf(account)).recipientDigest;
  if (other !== digest) throw new RpcsDisagree(`the key of ${account}`, digest, other);
  if (BigInt(digest) === 0n) throw new KeyNotPublished(account);
  const block = Number(blockNumber);
  const logs = await registry.queryFilter(registry.filters.KeyPublished(account, digest), block, block);
  const bytes = logs
    .map(({ args }) => getBytes(args.recipient))
    .find((candidate) => hexlify(recipientDigest(candidate)) === digest);
  if (bytes === undefined) throw new KeyBytesMissing(account, digest);
  return { recipient: recipientText(bytes), digest, expiresAt: Number(expiresAt), attestationDigest };
}
