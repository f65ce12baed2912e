import { bytesToHex } from "@noble/hashes/utils.js";

import { openForDevice, sealForDevice, unlockingKey } from "../../../../client/browser.ts";
import type { JournalStore } from "../../../../client/index.ts";
import { DeviceFileBroken, NoSuchWay, PasskeyCancelled, PasskeyLeftOver, WrongWords } from "./errors.ts";
import type { Passkeys } from "./passkeys.ts";
import { checkedPassphrase, type PassphraseBox } from "./passphrase.ts";
import {
  decodeWay,
  encodeWay,
  isWayFile,
  wayContext,
  wayFile,
  type Way,
  type WayRecord,
} from "./way-record.ts";

/** Draws random bytes. */
export type Random = (length: number) => Uint8Array;

/** A way that is ready to open a device, and does not yet: what the person had to do is done. */
export interface NewWay extends Way {
  readonly lock: Uint8Array;
  /** The way's key. Forgotten as soon as the way was added. */
  readonly key: Uint8Array;
}

/** What draws a new way from outside. */
export interface Drawing {
  readonly random: Random;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * A new passkey, as a way. The person is asked twice: to make it, and to use it.
 *
 * @param name - What the passkey's manager shows.
 * @throws PasskeyCancelled|PasskeyUnsupported
 * @throws PasskeyLeftOver when it was made, and not confirmed the second time.
 */
export async function newPasskey(passkeys: Passkeys, name: string, drawing: Drawing): Promise<NewWay> {
  const credential = await passkeys.create(name);
  const key = drawing.random(32);
  const id = `passkey-${bytesToHex(drawing.random(8))}`;
  const lock = await passkeys.seal(credential, key).catch((cause: unknown) => {
    // Nothing of a page can delete it.
    throw cause instanceof PasskeyCancelled ? new PasskeyLeftOver(name, { cause }) : cause;
  });
  return { kind: "passkey", id, since: drawing.now(), credential, key, lock };
}

/**
 * A passphrase, as a way.
 *
 * @throws PassphraseTooShort when it is easily guessed.
 */
export async function newPassphrase(
  box: PassphraseBox,
  typed: string,
  { random, now }: Drawing,
): Promise<NewWay> {
  const passphrase = checkedPassphrase(typed);
  const key = random(32);
  return {
    ...{ kind: "passphrase", id: "passphrase", since: now(), credential: null, key },
    lock: await box.seal(passphrase, key),
  };
}

/** 24 words, as a way. Their seed is not kept. */
export function newWords(seed: Uint8Array, { random, now }: Drawing): NewWay {
  const lock = random(32);
  const key = unlockingKey(seed, lock);
  return { kind: "words", id: "words", since: now(), credential: null, lock, key };
}

/** Has a way open a device from now on; one of the same id is replaced, in one write. */
export async function writeWay(
  files: JournalStore,
  { key, ...way }: NewWay,
  deviceKey: Uint8Array,
  random: Random,
): Promise<void> {
  const wrap = sealForDevice(key, wayContext(way), deviceKey, random);
  await files.write(wayFile(way.id), encodeWay({ ...way, wrap }));
}

/** The ways to unlock a device. */
export interface Ways {
  readonly sound: readonly WayRecord[];
  /** Files of ways that are broken: they open nothing, and count for nothing. */
  readonly broken: readonly string[];
}

/** Reads all ways; one that is broken is no hindrance to the others. */
export async function readWays(files: JournalStore): Promise<Ways> {
  const sound: WayRecord[] = [];
  const broken: string[] = [];
  for (const file of (await files.list()).filter(isWayFile)) {
    try {
      sound.push(decodeWay(file, (await files.read(file)) ?? new Uint8Array()));
    } catch (fault) {
      if (!(fault instanceof DeviceFileBroken)) throw fault;
      broken.push(file);
    }
  }
  return { sound, broken };
}

/** How many kinds of ways there are: two passkeys of one manager are lost together. */
export const kindsOf = (ways: readonly Way[]): number => new Set(ways.map(({ kind }) => kind)).size;

/** What the person brings to unlock a device. */
export type Unlocking =
  | { readonly kind: "passkey"; readonly id: string; readonly passkeys: Passkeys }
  | { readonly kind: "passphrase"; readonly passphrase: string; readonly box: PassphraseBox }
  | { readonly kind: "words"; readonly seed: Uint8Array };

/**
 * The device's key, by one way alone.
 *
 * @throws NoSuchWay when the device has none of this kind. DeviceFileBroken when it is not what it should be.
 * @throws WrongPassphrase|WrongWords|PasskeyWrong when it is not the person's part.
 */
export async function deviceKeyBy(files: JournalStore, by: Unlocking): Promise<Uint8Array> {
  const file = wayFile(by.kind === "passkey" ? by.id : by.kind);
  const bytes = await files.read(file);
  if (bytes === null) throw new NoSuchWay(by.kind);
  const way = decodeWay(file, bytes);
  const key = await keyOf(way, by);
  const deviceKey = opened(way, key);
  // Words open nothing of their own before; the others did, and what they opened is of another way or was changed.
  if (deviceKey === null && by.kind === "words") throw new WrongWords();
  if (deviceKey?.length !== 32) throw new DeviceFileBroken(file);
  return deviceKey;
}

function opened(way: WayRecord, key: Uint8Array): Uint8Array | null {
  try {
    return openForDevice(key, wayContext(way), way.wrap);
  } catch {
    throw new DeviceFileBroken(wayFile(way.id));
  }
}

async function keyOf(way: WayRecord, by: Unlocking): Promise<Uint8Array> {
  const key = await personsPart(way, by);
  if (key.length !== 32) throw new DeviceFileBroken(wayFile(way.id));
  return key;
}

async function personsPart({ id, lock, credential }: WayRecord, by: Unlocking): Promise<Uint8Array> {
  switch (by.kind) {
    case "passkey":
      return by.passkeys.open(credential ?? "", lock);
    case "passphrase":
      return by.box.open(by.passphrase.normalize("NFC"), lock);
    case "words":
      if (lock.length !== 32) throw new DeviceFileBroken(wayFile(id));
      return unlockingKey(by.seed, lock);
  }
}
