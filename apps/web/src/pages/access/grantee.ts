import { hexlify, isAddress, ZeroHash } from "ethers";

import {
  keyOf,
  recipientBytes,
  recipientDigest,
  registryContract,
  type Vault,
} from "../../../../../client/index.ts";
import { NoGrantee } from "./errors.ts";

/** What a pasted text stands for. */
export type Named =
  | { readonly kind: "recipient"; readonly recipient: string }
  | { readonly kind: "account"; readonly account: string }
  | { readonly kind: "request"; readonly line: string };

/** Somebody who can be granted to. */
export interface Grantee {
  /** `age1pq1…`. */
  readonly recipient: string;
  /** sha256 of the key, 0x-prefixed: to be compared with what the grantee shows. */
  readonly digest: string;
  /** `null` where a key alone is known. */
  readonly account: string | null;
  /** Whether there is code at the account. */
  readonly isContract: boolean;
  /** Digest of the attestation that the key was published with; `null` for none. */
  readonly attestation: string | null;
}

const REQUEST = /memvault-request:[\w-]+/;

/**
 * Tells what a text stands for: a key, an account, or a signed request, however it was wrapped.
 *
 * @throws {NoGrantee} when it is none of them. Of a text that may be a secret nothing is repeated.
 */
export function namedBy(text: string): Named {
  const bare = text.replace(/\s/g, "");
  const request = REQUEST.exec(bare)?.[0];
  if (request !== undefined) return { kind: "request", line: request };
  if (/^age1/i.test(bare)) return { kind: "recipient", recipient: bare.toLowerCase() };
  if (isAddress(bare)) return { kind: "account", account: bare };
  throw new NoGrantee(whyNot(bare));
}

function whyNot(bare: string): string {
  if (bare === "") return "nothing is there";
  if (/^age-secret-key/i.test(bare))
    return "it is a secret key, which its owner must show to nobody; ask for the other half";
  if (/^memvault:/i.test(bare)) return "it is a welcome, which is for a reader to open";
  if (/^(0x)?[0-9a-f]{64}$/i.test(bare))
    return "these are the check digits of a key, to be compared; ask for the key itself";
  if (/^0x/i.test(bare)) return "it is no whole address";
  return `it is ${bare.length} characters of something else`;
}

/**
 * The key to grant to: the one that was given, or the one that an account has published, in all RPCs of the vault.
 *
 * @throws {ClassicRecipient|MalformedData} when the key is none that a welcome can be sealed to. {KeyNotPublished} when the
 *   account has none.
 */
export async function granteeOf(
  vault: Vault,
  keyRegistry: string,
  named: Exclude<Named, { readonly kind: "request" }>,
): Promise<Grantee> {
  if (named.kind === "recipient") {
    const { recipient } = named;
    const digest = hexlify(recipientDigest(recipientBytes(recipient)));
    return { recipient, digest, account: null, isContract: false, attestation: null };
  }
  const { account } = named;
  const { provider, second } = vault;
  const { recipient, digest, attestationDigest } = await keyOf(
    registryContract(keyRegistry, provider),
    account,
    second === null ? undefined : registryContract(keyRegistry, second.provider),
  );
  const isContract = (await provider.getCode(account)) !== "0x";
  const attestation = attestationDigest === ZeroHash ? null : attestationDigest;
  return { recipient, digest, account, isContract, attestation };
}

/** What a key is called: sha256 of its bytes, 0x-prefixed. */
export const digestOfKey = (recipient: Uint8Array): string => hexlify(recipientDigest(recipient));
