import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import type { VaultRef } from "../../../../client/index.ts";
import type { DeviceKeys, KnownVault } from "./profile.ts";
import { DeviceFileBroken } from "./errors.ts";

/** What the person set for this device. */
export interface DeviceSettings {
  /** After how many minutes without anybody the device locks. */
  readonly idleMinutes: number;
}

/** A vault that is being minted: its words were shown, and it may be on the chain or not. */
export interface Unfinished {
  readonly seed: Uint8Array;
  /** The person's own words for it. */
  readonly label: string;
}

/** New words of a vault that were shown, and are not in force yet. */
export interface Renewal {
  readonly seed: Uint8Array;
  /** Whether they are to unlock this browser as well, in place of the words before. */
  readonly unlocks: boolean;
}

/** Bounds of {@link DeviceSettings.idleMinutes}, and what it is unless set. */
export const IDLE_MINUTES = { least: 1, usual: 10, most: 60 } as const;

/** How a file of the device is written and read. */
export interface Codec<T> {
  readonly file: string;
  readonly encode: (value: T) => unknown;
  /** Throws anything when it is no such value. */
  readonly decode: (found: unknown) => T;
}

/** A value as bytes. */
export const encoded = <T>({ encode }: Codec<T>, value: T): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(encode(value)));

/**
 * A value of its bytes.
 *
 * @throws DeviceFileBroken when they are anything but what {@link encoded} makes.
 */
export function decoded<T>(codec: Codec<T>, bytes: Uint8Array): T {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const value = codec.decode(JSON.parse(text));
    if (JSON.stringify(codec.encode(value)) === text) return value;
  } catch {
    // A parser's message would quote what it read, and these are secrets.
  }
  throw new DeviceFileBroken(codec.file);
}

/** The device's secrets. */
export const keysCodec: Codec<DeviceKeys> = {
  file: "keys",
  encode: ({ journalKey, identity }) => ({ version: 1, journalKey: bytesToHex(journalKey), identity }),
  decode: (found) => {
    const { journalKey, identity } = found as Record<string, string>;
    if (!/^AGE-SECRET-KEY-PQ-1[02-9AC-HJ-NP-Z]{58}$/.test(textOf(identity))) throw new TypeError();
    return { journalKey: keyOf(journalKey), identity: textOf(identity) };
  },
};

/** The vaults that the device knows. */
export const vaultsCodec: Codec<readonly KnownVault[]> = {
  file: "vaults",
  encode: (vaults) =>
    vaults.map(({ chainId, contract, vaultId, label, role }) => ({
      ...{ chainId: chainId.toString(), contract, vaultId: vaultId.toString(), label, role },
    })),
  decode: (found) => {
    if (!Array.isArray(found)) throw new TypeError();
    return found.map((each) => vaultOf(each as Record<string, unknown>));
  },
};

function vaultOf({ chainId, contract, vaultId, label, role }: Record<string, unknown>): KnownVault {
  if (role !== "owner" && role !== "reader") throw new TypeError();
  if (!/^0x[0-9a-fA-F]{40}$/.test(textOf(contract))) throw new TypeError();
  return {
    ...{ chainId: BigInt(textOf(chainId)), contract: textOf(contract), vaultId: BigInt(textOf(vaultId)) },
    ...{ label: textOf(label), role },
  };
}

/** What the person set. */
export const settingsCodec: Codec<DeviceSettings> = {
  file: "settings",
  encode: ({ idleMinutes }) => ({ idleMinutes }),
  decode: (found) => {
    const { idleMinutes } = found as DeviceSettings;
    if (!Number.isInteger(idleMinutes)) throw new TypeError();
    if (idleMinutes < IDLE_MINUTES.least || idleMinutes > IDLE_MINUTES.most) throw new TypeError();
    return { idleMinutes };
  },
};

/** A vault that is being minted. */
export const unfinishedCodec: Codec<Unfinished> = {
  file: "unfinished",
  encode: ({ seed, label }) => ({ seed: bytesToHex(seed), label }),
  decode: (found) => {
    const { seed, label } = found as Record<string, unknown>;
    return { seed: keyOf(seed), label: textOf(label) };
  },
};

/** A journal's file has a short name: a vault is named by a digest. */
const shortName = ({ chainId, contract, vaultId }: VaultRef): string =>
  bytesToHex(sha256(utf8ToBytes(`${chainId}/${contract.toLowerCase()}/${vaultId}`))).slice(0, 32);

/** New words of a vault that were shown. */
export const renewalCodec = (vault: VaultRef): Codec<Renewal> => ({
  file: `renewal-${shortName(vault)}`,
  encode: ({ seed, unlocks }) => ({ seed: bytesToHex(seed), unlocks }),
  decode: (found) => {
    const { seed, unlocks } = found as Record<string, unknown>;
    if (typeof unlocks !== "boolean") throw new TypeError();
    return { seed: keyOf(seed), unlocks };
  },
});

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new TypeError();
  return value;
}

function keyOf(value: unknown): Uint8Array {
  const bytes = hexToBytes(textOf(value));
  if (bytes.length !== 32) throw new TypeError();
  return bytes;
}
