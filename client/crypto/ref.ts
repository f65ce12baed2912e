import { bytesToNumberBE, numberToBytesBE } from "@noble/ciphers/utils.js";
import { abytes, bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

import { MalformedData } from "../errors.ts";

/** How many bytes stand for a vault. */
export const REF_BYTES = 84;

/** Which vault: every key and every sealed byte is bound to one. */
export interface VaultRef {
  /** The chain's id (EIP-155). */
  readonly chainId: bigint;
  /** The contract's address, `0x` and 40 digits in any case. */
  readonly contract: string;
  /** The vault's token id, which is its space id. */
  readonly vaultId: bigint;
}

/**
 * The 84 bytes that stand for a vault: chain id (32), contract (20), vault id (32), big-endian.
 *
 * @throws {MalformedData} when the contract is no address or a number does not fit.
 */
export function refBytes({ chainId, contract, vaultId }: VaultRef): Uint8Array {
  if (!/^0x[0-9a-f]{40}$/i.test(contract)) throw new MalformedData("vault reference", `contract ${contract}`);
  return concatBytes(word(chainId, "chain id"), hexToBytes(contract.slice(2)), word(vaultId, "vault id"));
}

function word(value: bigint, name: string): Uint8Array {
  if (value < 0n || value >> 256n !== 0n) throw new MalformedData("vault reference", `${name} ${value}`);
  return numberToBytesBE(value, 32);
}

/** The vault that 84 bytes stand for; its contract in lower case. */
export function parseRef(bytes: Uint8Array): VaultRef {
  abytes(bytes, REF_BYTES, "vault reference");
  return {
    chainId: bytesToNumberBE(bytes.subarray(0, 32)),
    contract: `0x${bytesToHex(bytes.subarray(32, 52))}`,
    vaultId: bytesToNumberBE(bytes.subarray(52)),
  };
}
