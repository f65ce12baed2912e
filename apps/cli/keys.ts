import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { Decrypter, Encrypter } from "age-encryption";

import { generateIdentity, VaultError, type JournalStore } from "../../client/index.ts";

/** The passphrase does not open the keys. */
export class WrongPassphrase extends VaultError {
  constructor(readonly file: string) {
    super(`The passphrase does not open ${file}. Nothing was changed; try again.`);
  }
}

/** The keys are sealed, and nobody is there to ask for the passphrase. */
export class PassphraseNeeded extends VaultError {
  constructor(
    readonly what: string,
    variable = "MEMVAULT_PASSPHRASE",
  ) {
    super(`The passphrase ${what} is needed. Run this in a terminal, or set ${variable}.`);
  }
}

/** Gives the passphrase; asked only when the keys are sealed. */
export type Passphrase = () => Promise<string>;

/** A profile's secrets. They never leave the machine. */
export interface Keys {
  /** 32 bytes that seal the profile's journals. */
  readonly journalKey: Uint8Array;
  /** The age identity that welcomes to this profile are encrypted to. */
  readonly identity: string;
  /** The private key of the profile's account on the local chain; nowhere else is it used. */
  readonly account: string;
  /** The seed whose words were written down, until a vault is minted from it. */
  readonly seed: Uint8Array | null;
}

/** Sealed under a passphrase: an age file. */
export const SEALED_KEYS = "keys.age";
/** Without a passphrase, which takes an explicit word: readable for whoever can read the owner's files. */
export const PLAIN_KEYS = "keys.json";
/** What profiles had before there was anything but a journal key in them. */
const FORMER_KEY = "journal.key";

/** scrypt with N = 2^17, r = 8: half a second here, and 128 MiB, for each guess. */
const WORK_FACTOR = 17;
/** That of the age program: a file that somebody sealed by hand opens, in twice the time. */
const MAX_WORK_FACTOR = 18;

/** A file of keys that is not what it should be; carries nothing of it. */
export class KeysBroken extends Error {
  constructor(readonly file: string) {
    super(file);
  }
}

/** Draws keys for a new profile. */
export const drawKeys = (): Keys => ({
  journalKey: randomBytes(32),
  identity: generateIdentity(),
  account: `0x${bytesToHex(randomBytes(32))}`,
  seed: null,
});

/** How a profile's keys lie on disk. */
export async function formOfKeys(files: JournalStore): Promise<"sealed" | "plain" | "former" | null> {
  const names = new Set(await files.list());
  if (names.has(SEALED_KEYS)) return "sealed";
  if (names.has(PLAIN_KEYS)) return "plain";
  return names.has(FORMER_KEY) ? "former" : null;
}

/**
 * Reads a profile's keys.
 *
 * @returns `null` when it has none.
 * @throws {WrongPassphrase} when it is not the one. {KeysBroken} when the file is damaged.
 */
export async function readKeys(files: JournalStore, passphrase: Passphrase): Promise<Keys | null> {
  const form = await formOfKeys(files);
  const read = async (name: string): Promise<Uint8Array> => (await files.read(name)) ?? new Uint8Array();
  switch (form) {
    case null:
      return null;
    case "sealed":
      return decodeKeys(SEALED_KEYS, await unseal(await read(SEALED_KEYS), await passphrase()));
    case "plain":
      return decodeKeys(PLAIN_KEYS, await read(PLAIN_KEYS));
    case "former": {
      const journalKey = await read(FORMER_KEY);
      if (journalKey.length !== 32) throw new KeysBroken(FORMER_KEY);
      const keys = { ...drawKeys(), journalKey };
      // What was drawn now must be there the next time.
      await writeKeys(files, keys, "");
      return keys;
    }
  }
}

/**
 * Writes a profile's keys, and removes them in any other form.
 *
 * @param passphrase - Empty for a plain file.
 */
export async function writeKeys(files: JournalStore, keys: Keys, passphrase: string): Promise<void> {
  const bytes = encodeKeys(keys);
  const kept = passphrase === "" ? PLAIN_KEYS : SEALED_KEYS;
  await files.write(kept, passphrase === "" ? bytes : await seal(bytes, passphrase));
  for (const name of [SEALED_KEYS, PLAIN_KEYS, FORMER_KEY]) if (name !== kept) await files.remove(name);
}

function encodeKeys({ journalKey, identity, account, seed }: Keys): Uint8Array {
  const text = JSON.stringify(
    {
      version: 1,
      journalKey: bytesToHex(journalKey),
      identity,
      account,
      seed: seed === null ? null : bytesToHex(seed),
    },
    null,
    2,
  );
  return new TextEncoder().encode(`${text}\n`);
}

function decodeKeys(file: string, bytes: Uint8Array): Keys {
  try {
    const found = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    const { version, journalKey, identity, account, seed } = found;
    const valid =
      version === 1 &&
      isText(journalKey, KEY) &&
      isText(identity, IDENTITY) &&
      isText(account, ACCOUNT) &&
      (seed === null || isText(seed, KEY));
    if (!valid) throw new KeysBroken(file);
    return {
      ...{ journalKey: hexToBytes(journalKey), identity, account },
      seed: seed === null ? null : hexToBytes(seed),
    };
  } catch {
    // A parser's message quotes what it read, and these are keys.
    throw new KeysBroken(file);
  }
}

const KEY = /^[0-9a-f]{64}$/;
const IDENTITY = /^AGE-SECRET-KEY-PQ-1[02-9AC-HJ-NP-Z]{58}$/;
const ACCOUNT = /^0x[0-9a-f]{64}$/;

const isText = (value: unknown, form: RegExp): value is string =>
  typeof value === "string" && form.test(value);

async function seal(bytes: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setScryptWorkFactor(WORK_FACTOR);
  encrypter.setPassphrase(passphrase);
  return encrypter.encrypt(bytes);
}

async function unseal(file: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const header = new TextDecoder().decode(file.subarray(0, 64));
  const factor = /^age-encryption\.org\/v1\n-> scrypt \S+ ([1-9]\d?)\n/.exec(header)?.[1];
  // Who plants a file must not decide how much memory it takes to refuse it.
  if (factor === undefined || Number(factor) > MAX_WORK_FACTOR) throw new KeysBroken(SEALED_KEYS);
  if (passphrase === "") throw new WrongPassphrase(SEALED_KEYS);
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  try {
    return await decrypter.decrypt(file);
  } catch {
    throw new WrongPassphrase(SEALED_KEYS);
  }
}
