import { generateIdentity, openForDevice, sealForDevice } from "../../../../client/browser.ts";
import type { JournalStore, VaultRef } from "../../../../client/index.ts";
import {
  DeviceExists,
  DeviceFileBroken,
  DeviceLocked,
  DeviceMissing,
  NoSuchWay,
  TooFewWays,
} from "./errors.ts";
import type { DeviceKeys, KnownVault, Profile } from "./profile.ts";
import {
  decoded,
  encoded,
  IDLE_MINUTES,
  keysCodec,
  renewalCodec,
  settingsCodec,
  unfinishedCodec,
  vaultsCodec,
  type Codec,
  type DeviceSettings,
  type Renewal,
  type Unfinished,
} from "./sealed-files.ts";
import { journalNameOf, whileUnlocked } from "./journals.ts";
import { wayFile, type Way } from "./way-record.ts";
import {
  deviceKeyBy,
  kindsOf,
  readWays,
  writeWay,
  type NewWay,
  type Random,
  type Unlocking,
  type Ways,
} from "./ways.ts";

/** The fewest kinds of ways to unlock a device: one that is lost must not lose the device. */
export const LEAST_WAYS = 2;

/** Where a device lives. */
export interface DeviceHome {
  /** The device's own files. */
  readonly files: Required<JournalStore>;
  /** A vault's own journal, by a name that says nothing of it. */
  readonly journalStore: (name: string) => Required<JournalStore>;
  readonly random: Random;
}

/** An unlocked device, with what only its own pages need. */
export interface Device extends Profile {
  /** Forgets a vault; its journal stays. */
  readonly forget: (vault: VaultRef) => Promise<void>;
  readonly settings: () => Promise<DeviceSettings>;
  readonly keepSettings: (settings: DeviceSettings) => Promise<void>;
  /** The vault that is being minted, or `null`. */
  readonly unfinished: () => Promise<Unfinished | null>;
  /** Keeps it until the chain has it; `null` lets it go. */
  readonly keepUnfinished: (unfinished: Unfinished | null) => Promise<void>;
  /** A vault's new words that are not in force yet, or `null`. */
  readonly renewal: (vault: VaultRef) => Promise<Renewal | null>;
  /** Keeps them until the chain has them; `null` lets them go. */
  readonly keepRenewal: (vault: VaultRef, renewal: Renewal | null) => Promise<void>;
  readonly ways: () => Promise<Ways>;
  /** Adds a way to unlock; a passphrase and words take the place of what was there, in one write. */
  readonly keepWay: (way: NewWay) => Promise<void>;
  /** @throws TooFewWays when fewer than two kinds would be left. */
  readonly removeWay: (id: string) => Promise<void>;
  /** Gives the keys up. What still uses the device gets DeviceLocked. */
  readonly lock: () => void;
}

/** Whether this browser has a device. */
export const hasDevice = async ({ files }: DeviceHome): Promise<boolean> =>
  (await files.list()).includes(keysCodec.file);

/** The ways to unlock the device that is here. */
export const waysOf = async ({ files }: DeviceHome): Promise<Ways> => readWays(files);

/**
 * Makes a device: draws its keys, and keeps them sealed.
 *
 * @param ways - At least two kinds; each opens it alone.
 * @throws TooFewWays for fewer. DeviceExists when there is one.
 */
export async function createDevice(home: DeviceHome, ways: readonly NewWay[]): Promise<Device> {
  if (kindsOf(ways) < LEAST_WAYS) throw new TooFewWays(kindsOf(ways));
  const deviceKey = home.random(32);
  const keys: DeviceKeys = { journalKey: home.random(32), identity: generateIdentity(home.random) };
  await locked(home, async () => {
    if (await hasDevice(home)) throw new DeviceExists();
    // Of a device that was never finished.
    for (const file of await home.files.list()) await home.files.remove(file);
    for (const way of ways) await writeWay(home.files, way, deviceKey, home.random);
    // The keys come last: they are what makes it a device.
    await writeSealed(home, deviceKey, keysCodec, keys);
  });
  return deviceWith(home, deviceKey, keys);
}

/**
 * Unlocks the device.
 *
 * @throws DeviceMissing when there is none; and what {@link deviceKeyBy} throws.
 */
export async function openDevice(home: DeviceHome, by: Unlocking): Promise<Device> {
  if (!(await hasDevice(home))) throw new DeviceMissing();
  const deviceKey = await deviceKeyBy(home.files, by);
  const keys = await readSealed(home, deviceKey, keysCodec);
  if (keys === null) throw new DeviceMissing();
  return deviceWith(home, deviceKey, keys);
}

function deviceWith(home: DeviceHome, deviceKey: Uint8Array, keys: DeviceKeys): Device {
  let held: { readonly deviceKey: Uint8Array; readonly keys: DeviceKeys } | null = { deviceKey, keys };
  const open = (): { readonly deviceKey: Uint8Array; readonly keys: DeviceKeys } => {
    if (held === null) throw new DeviceLocked();
    return held;
  };
  const readOr = async <T>(codec: Codec<T>, otherwise: T): Promise<T> =>
    (await readSealed(home, open().deviceKey, codec)) ?? otherwise;
  const write = async <T>(codec: Codec<T>, value: T): Promise<void> =>
    writeSealed(home, open().deviceKey, codec, value);
  const changeVaults = (change: (vaults: readonly KnownVault[]) => readonly KnownVault[]): Promise<void> =>
    locked(home, async () => write(vaultsCodec, change(await readOr(vaultsCodec, []))));

  return {
    get keys() {
      return open().keys;
    },
    vaults: () => readOr(vaultsCodec, []),
    remember: (vault) =>
      changeVaults((vaults) =>
        vaults.some((known) => sameVault(known, vault))
          ? vaults.map((known) => (sameVault(known, vault) ? vault : known))
          : [...vaults, vault],
      ),
    forget: (vault) => changeVaults((vaults) => vaults.filter((known) => !sameVault(known, vault))),
    journalStore: (vault) =>
      whileUnlocked(home.journalStore(journalNameOf(open().keys.journalKey, vault)), open),
    settings: () => readOr(settingsCodec, { idleMinutes: IDLE_MINUTES.usual }),
    keepSettings: (settings) => write(settingsCodec, bounded(settings)),
    unfinished: () => readOr<Unfinished | null>(unfinishedCodec as Codec<Unfinished | null>, null),
    keepUnfinished: async (unfinished) => {
      if (unfinished !== null) await write(unfinishedCodec, unfinished);
      else await home.files.remove(unfinishedCodec.file);
    },
    renewal: (vault) => readOr<Renewal | null>(renewalCodec(vault) as Codec<Renewal | null>, null),
    keepRenewal: async (vault, renewal) => {
      if (renewal !== null) await write(renewalCodec(vault), renewal);
      else await home.files.remove(renewalCodec(vault).file);
    },
    ways: () => readWays(home.files),
    keepWay: (way) => locked(home, async () => writeWay(home.files, way, open().deviceKey, home.random)),
    removeWay: (id) => locked(home, () => removeWay(home, id)),
    lock: () => {
      // What is under way may hold the journal's key; what it seals from here on, under zeros, is written nowhere.
      held?.deviceKey.fill(0);
      held?.keys.journalKey.fill(0);
      held = null;
    },
  };
}

async function removeWay({ files }: DeviceHome, id: string): Promise<void> {
  const { sound } = await readWays(files);
  const left: Way[] = sound.filter((way) => way.id !== id);
  if (left.length === sound.length) throw new NoSuchWay(id);
  if (kindsOf(left) < LEAST_WAYS) throw new TooFewWays(kindsOf(left));
  await files.remove(wayFile(id));
}

const bounded = ({ idleMinutes }: DeviceSettings): DeviceSettings => ({
  idleMinutes: Math.min(IDLE_MINUTES.most, Math.max(IDLE_MINUTES.least, Math.round(idleMinutes) || 0)),
});

/** Does something while no other tab changes the device. */
async function locked<T>({ files }: DeviceHome, work: () => Promise<T>): Promise<T> {
  const release = await files.lock();
  try {
    return await work();
  } finally {
    await release();
  }
}

async function writeSealed<T>(
  { files, random }: DeviceHome,
  deviceKey: Uint8Array,
  codec: Codec<T>,
  value: T,
): Promise<void> {
  await files.write(codec.file, sealForDevice(deviceKey, codec.file, encoded(codec, value), random));
}

async function readSealed<T>(
  { files }: DeviceHome,
  deviceKey: Uint8Array,
  codec: Codec<T>,
): Promise<T | null> {
  const sealed = await files.read(codec.file);
  if (sealed === null) return null;
  return decoded(codec, opened(deviceKey, codec.file, sealed));
}

function opened(deviceKey: Uint8Array, file: string, sealed: Uint8Array): Uint8Array {
  try {
    const bytes = openForDevice(deviceKey, file, sealed);
    if (bytes !== null) return bytes;
  } catch {
    // Cut, or altered.
  }
  throw new DeviceFileBroken(file);
}

/** Whether two names are of one vault. */
export const sameVault = (a: VaultRef, b: VaultRef): boolean =>
  a.chainId === b.chainId && a.contract.toLowerCase() === b.contract.toLowerCase() && a.vaultId === b.vaultId;
