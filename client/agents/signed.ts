import { TypedDataEncoder } from "ethers";

import { recoverSigner, type TypedData } from "../crypto/welcome.ts";
import { accountAccepts, domainOf } from "../vault/contract.ts";
import { agreed, type Rpc, type Rpcs } from "../vault/rpcs.ts";
import type { Vault } from "../vault/session.ts";
import { frank, operatorOf } from "./contract.ts";
import { NotSignedBy } from "./errors.ts";

/** What is said in an account's name: EIP-712 types and message, in the domain of a vault's contract (SPEC §15). */
export type Claim = Pick<TypedData, "types" | "message">;

/** Who signed a claim in an account's name. */
export interface SignedBy {
  readonly as: "account" | "operator";
  /** The account that signed. */
  readonly signer: string;
}

/** Longest signature that is looked at: smart accounts make long ones. */
export const MAX_SIGNATURE = 4_096;

/** A claim in the domain of a vault's contract, for signing. */
export const typedDataOf = (ref: Vault["ref"], { types, message }: Claim): TypedData => ({
  domain: domainOf(ref),
  types,
  message,
});

/**
 * Checks that an account stands behind a claim: that it signed, or, where it is a contract that names an operator, that one.
 * Either is judged by the rule of the contracts: ERC-1271 where there is code, else or if that says no a canonical ECDSA
 * signature of 65 bytes. Nobody signs with nothing (SPEC §15).
 *
 * @returns who signed.
 * @throws {NotSignedBy} when neither did. {RpcsDisagree|RpcUnavailable} when the chain does not say.
 */
export async function requireSignedBy(
  vault: Rpcs & Pick<Vault, "ref">,
  account: string,
  claim: Claim,
  signature: Uint8Array,
): Promise<SignedBy> {
  const data = typedDataOf(vault.ref, claim);
  if (await accepts(vault, account, data, signature)) return { as: "account", signer: account };
  const operator = await agreed(vault, "an agent's operator", ({ provider }) =>
    operatorOf(provider, account),
  );
  if (operator !== null && (await accepts(vault, operator, data, signature)))
    return { as: "operator", signer: operator };
  throw new NotSignedBy(account, operator);
}

/** The contracts' own rule, off chain. */
async function accepts(
  vault: Rpcs,
  account: string,
  data: TypedData,
  signature: Uint8Array,
): Promise<boolean> {
  // A contract takes nothing for a signature only from the account that calls it, and here nobody calls.
  if (signature.length === 0 || signature.length > MAX_SIGNATURE) return false;
  const digest = TypedDataEncoder.hash(data.domain, data.types, data.message);
  const ask = ({ provider }: Rpc): Promise<boolean> =>
    accountAccepts(frank(provider), account, digest, signature);
  if (await agreed(vault, "a signature", ask)) return true;
  return recoverSigner(data, signature) === account.toLowerCase();
}
