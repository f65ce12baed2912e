import { mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

import { randomBytes } from "@noble/hashes/utils.js";

import { deploymentOf, type Deployment } from "../client/deployments.ts";
import { VaultError, type BlobStore, type JournalStore, type VaultRef } from "../client/index.ts";
import { directoryStore, fileJournalStore } from "../client/node.ts";

/** The folder of keys and state: `MEMVAULT_HOME`, else `~/.memvault`. */
export const homeOf = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MEMVAULT_HOME === undefined || env.MEMVAULT_HOME === ""
    ? path.join(homedir(), ".memvault")
    : path.resolve(env.MEMVAULT_HOME);

/** The profile's folder is open to other users of this machine. */
export class ProfileExposed extends VaultError {
  constructor(readonly home: string) {
    super(
      `Others on this machine can enter ${home}. It will hold keys: run chmod 700 on it, or choose another.`,
    );
  }
}

/** A file of the profile is not what it should be. */
export class ProfileBroken extends VaultError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(`${file} is broken. Restore it from a backup; nothing was changed.`, options);
  }
}

/** The profile has no such vault. */
export class NoSuchVault extends VaultError {
  constructor(
    readonly home: string,
    readonly chainId: bigint,
  ) {
    super(
      `${home} has no such vault on chain ${chainId}. Mint one, or look at the network and MEMVAULT_HOME.`,
    );
  }
}

/** The profile has several vaults that fit. */
export class WhichVault extends VaultError {
  constructor(readonly vaults: readonly KnownVault[]) {
    const list = vaults.map(({ vaultId, label }) => `\n  ${idText(vaultId)} ${label}`).join("");
    super(`There are ${vaults.length} vaults here. Name one by its id:${list}`);
  }
}

/** What the profile remembers of a vault: nothing in it is secret. */
export interface KnownVault extends VaultRef {
  /** The user's own words. */
  readonly label: string;
  readonly role: "owner" | "reader";
}

/** A person's keys and state on this machine. */
export interface Profile {
  readonly home: string;
  /** 32 bytes that seal the journals of this profile and never leave the machine. */
  readonly journalKey: Uint8Array;
  /** The blobs of all vaults. */
  readonly store: BlobStore;
}

/** What a vault's handle takes from a profile. */
export interface Device {
  readonly store: BlobStore;
  readonly journalKey: Uint8Array;
  readonly journalStore: JournalStore;
}

/** A vault's id as 0x and 64 digits. */
export const idText = (vaultId: bigint): string => `0x${vaultId.toString(16).padStart(64, "0")}`;

/**
 * Opens a profile; makes its folder and its journal key when there are none.
 *
 * @param home - The folder, {@link homeOf} unless given.
 * @throws {ProfileExposed} when other users can enter the folder. {ProfileBroken} when its key is none.
 */
export async function openProfile(home = homeOf()): Promise<Profile> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { mode } = await stat(home);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new ProfileExposed(home);
  const journalKey = await locked(home, async (files) => {
    const known = await files.read(JOURNAL_KEY);
    if (known !== null) return known;
    const drawn = randomBytes(32);
    await files.write(JOURNAL_KEY, drawn);
    return drawn;
  });
  if (journalKey.length !== 32) throw new ProfileBroken(path.join(home, JOURNAL_KEY));
  return { home, journalKey, store: directoryStore(path.join(home, "blobs")) };
}

/** The profile's parts of a vault's handle; each vault has a journal of its own. */
export function deviceOf({ home, journalKey, store }: Profile, ref: VaultRef): Device {
  const folder = path.join(
    home,
    "journals",
    `${ref.chainId}`,
    ref.contract.toLowerCase(),
    idText(ref.vaultId),
  );
  return { store, journalKey, journalStore: fileJournalStore(folder) };
}

/** All vaults that the profile remembers. */
export const vaultsOf = ({ home }: Profile): Promise<KnownVault[]> => readVaults(home, filesOf(home));

/** Remembers a vault; one that is known gets the new label and role. */
export async function rememberVault({ home }: Profile, vault: KnownVault): Promise<void> {
  await locked(home, async (files) => {
    const others = (await readVaults(home, files)).filter((known) => !sameVault(known, vault));
    await writeVaults(files, [...others, vault]);
  });
}

/** Forgets a vault; its journal stays. */
export async function forgetVault({ home }: Profile, vault: VaultRef): Promise<void> {
  await locked(home, async (files) => {
    await writeVaults(
      files,
      (await readVaults(home, files)).filter((known) => !sameVault(known, vault)),
    );
  });
}

/**
 * Finds the user's vault on a chain.
 *
 * @param vaultId - Needed only when there are several.
 * @throws {NoSuchVault} when there is none. {WhichVault} when there are several and none is named.
 */
export async function findVault(
  profile: Profile,
  { chainId, contract }: Pick<VaultRef, "chainId" | "contract">,
  role: KnownVault["role"],
  vaultId?: bigint,
): Promise<KnownVault> {
  const found = (await vaultsOf(profile)).filter(
    (known) =>
      known.role === role && sameVault(known, { chainId, contract, vaultId: vaultId ?? known.vaultId }),
  );
  if (found.length > 1) throw new WhichVault(found);
  if (found[0] === undefined) throw new NoSuchVault(profile.home, chainId);
  return found[0];
}

/**
 * Where the contracts stand on a chain: from the client's table, else from the profile.
 *
 * @returns `null` if neither knows the chain.
 */
export async function findDeployment(home: string, chainId: bigint): Promise<Deployment | null> {
  return deploymentOf(chainId) ?? (await readDeployment(home, chainId));
}

/** Reads what {@link saveDeployment} kept, or `null`. */
export async function readDeployment(home: string, chainId: bigint): Promise<Deployment | null> {
  const bytes = await filesOf(deploymentsIn(home)).read(`${chainId}.json`);
  if (bytes === null) return null;
  const { memoryVault, keyRegistry, blobLog, block } = parse(
    path.join(deploymentsIn(home), `${chainId}.json`),
    bytes,
  ) as Omit<Deployment, "chainId">;
  return { chainId, memoryVault, keyRegistry, blobLog, block };
}

/**
 * Keeps a deployment on a chain that the client's table does not have.
 *
 * @returns The file.
 */
export async function saveDeployment(home: string, deployment: Deployment): Promise<string> {
  const name = `${deployment.chainId}.json`;
  const text = JSON.stringify({ ...deployment, chainId: deployment.chainId.toString() }, null, 2);
  await filesOf(deploymentsIn(home)).write(name, new TextEncoder().encode(`${text}\n`));
  return path.join(deploymentsIn(home), name);
}

const JOURNAL_KEY = "journal.key";
const VAULTS = "vaults.json";

const deploymentsIn = (home: string): string => path.join(home, "deployments");

/** Files that are replaced whole, durable, for their owner alone: what a journal's folder is made of. */
const filesOf = (folder: string): Required<JournalStore> => fileJournalStore(folder);

async function locked<T>(home: string, work: (files: Required<JournalStore>) => Promise<T>): Promise<T> {
  const files = filesOf(home);
  const release = await files.lock();
  try {
    return await work(files);
  } finally {
    await release();
  }
}

const sameVault = (a: VaultRef, b: VaultRef): boolean =>
  a.chainId === b.chainId && a.contract.toLowerCase() === b.contract.toLowerCase() && a.vaultId === b.vaultId;

const vaultToJson = ({ chainId, contract, vaultId, label, role }: KnownVault) => ({
  ...{ chainId: chainId.toString(), contract, vaultId: idText(vaultId), label, role },
});

async function writeVaults(files: JournalStore, vaults: readonly KnownVault[]): Promise<void> {
  const text = JSON.stringify(vaults.map(vaultToJson), null, 2);
  await files.write(VAULTS, new TextEncoder().encode(`${text}\n`));
}

async function readVaults(home: string, files: JournalStore): Promise<KnownVault[]> {
  const bytes = await files.read(VAULTS);
  if (bytes === null) return [];
  const file = path.join(home, VAULTS);
  const list = parse(file, bytes) as ReturnType<typeof vaultToJson>[];
  try {
    return list.map(({ chainId, contract, vaultId, label, role }) => ({
      ...{ chainId: BigInt(chainId), contract, vaultId: BigInt(vaultId), label, role },
    }));
  } catch (cause) {
    throw new ProfileBroken(file, { cause });
  }
}

function parse(file: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new ProfileBroken(file, { cause });
  }
}
