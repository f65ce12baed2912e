import { mkdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

import { deploymentOf, type Deployment } from "../../client/deployments.ts";
import {
  StoreUnavailable,
  VaultError,
  type BlobStore,
  type JournalStore,
  type VaultRef,
} from "../../client/index.ts";
import { directoryStore, fileJournalStore } from "../../client/node.ts";
import { drawKeys, formOfKeys, KeysBroken, readKeys, writeKeys, type Keys, type Passphrase } from "./keys.ts";

/** The folder of all profiles: `MEMVAULT_HOME`, else `~/.memvault`. The unnamed profile lies in it directly. */
export const homeOf = (env: NodeJS.ProcessEnv = process.env): string =>
  env.MEMVAULT_HOME === undefined || env.MEMVAULT_HOME === ""
    ? path.join(homedir(), ".memvault")
    : path.resolve(env.MEMVAULT_HOME);

/** Not a name for a profile. */
export class InvalidProfileName extends VaultError {
  constructor(readonly profile: string) {
    super(`${JSON.stringify(profile)} is no name for a profile: lower-case letters, digits and dashes are.`);
  }
}

/**
 * The folder of a profile.
 *
 * @param root - {@link homeOf}.
 * @param name - Left out, or `default`, for the unnamed one.
 * @throws {InvalidProfileName} when it is none.
 */
export function profileHome(root: string, name = "default"): string {
  if (name === "default") return root;
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name)) throw new InvalidProfileName(name);
  return path.join(root, "profiles", name);
}

/** A command as it is typed for the profile in a folder. */
function commandIn(home: string, command: string): string {
  const ofName = path.basename(path.dirname(home)) === "profiles" ? `--profile ${path.basename(home)} ` : "";
  return `memvault ${ofName}${command}`;
}

/** There is no profile in this folder. */
export class ProfileMissing extends VaultError {
  constructor(readonly home: string) {
    super(`There is no profile in ${home}. Make one: ${commandIn(home, "init")}`);
  }
}

/** There is a profile in this folder. */
export class ProfileExists extends VaultError {
  constructor(readonly home: string) {
    super(`There is a profile in ${home}, and its keys are kept. Name another with --profile.`);
  }
}

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

/** The profile has no such vault, or none at all. */
export class NoSuchVault extends VaultError {
  constructor(
    readonly home: string,
    readonly chainId: bigint,
    asked?: bigint,
  ) {
    super(
      asked === undefined
        ? `${home} has no vault on chain ${chainId} yet. Mint one (${commandIn(home, "mint")}), accept a welcome to ` +
            `somebody's (${commandIn(home, "accept FILE")}), or get yours back (${commandIn(home, "recover")}).`
        : `${home} has no vault ${idText(asked)} on chain ${chainId}. ${commandIn(home, "status")} lists those that it has; ` +
            "look at the network and MEMVAULT_HOME.",
    );
  }
}

/** The profile has several vaults that fit. */
export class WhichVault extends VaultError {
  readonly vaults: readonly string[];
  constructor(vaults: readonly KnownVault[]) {
    const list = vaults.map(({ vaultId, label }) => `\n  ${idText(vaultId)} ${label}`).join("");
    super(`There are ${vaults.length} vaults here. Name one by --vault, with its id or its label:${list}`);
    this.vaults = vaults.map(({ vaultId }) => idText(vaultId));
  }
}

/** A chain on which no deployment is known. */
export class UnknownNetwork extends VaultError {
  constructor(readonly chainId: bigint) {
    super(
      `No deployment is known on chain ${chainId}. Name the contract's address, or choose another network.`,
    );
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
  readonly keys: Keys;
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
 * Opens a profile.
 *
 * @param passphrase - Asked when its keys are sealed.
 * @param store - Where blobs are; the profile's own folder unless given.
 * @throws {ProfileMissing} when there is none. {ProfileExposed} when other users can enter the folder.
 * @throws {WrongPassphrase} when it opens no keys. {ProfileBroken} when they are damaged.
 */
export async function openProfile(home: string, passphrase: Passphrase, store?: BlobStore): Promise<Profile> {
  const files = filesOf(home);
  const form = await formOfKeys(files);
  if (form === null) throw new ProfileMissing(home);
  await requirePrivate(home);
  const read = (): Promise<Keys | null> => explained(home, () => readKeys(files, passphrase));
  // Nobody waits for a lock while a person thinks of a passphrase; only what is about to be rewritten is locked.
  const keys = form === "former" ? await locked(home, read) : await read();
  if (keys === null) throw new ProfileMissing(home);
  return profileAt(home, keys, store);
}

/**
 * Makes a profile.
 *
 * @param passphrase - What its keys are sealed under; empty for keys that are not.
 * @param choose - What to have in the keys besides what is drawn.
 * @throws {ProfileExists} when there is one with keys of its own.
 */
export async function createProfile(
  home: string,
  passphrase: string,
  choose: Partial<Keys> = {},
  store?: BlobStore,
): Promise<Profile> {
  await makePrivate(home);
  const keys = await locked(home, async (files) => {
    const form = await formOfKeys(files);
    if (form === "sealed" || form === "plain") throw new ProfileExists(home);
    // A journal key that was there before there were profiles stays what it is.
    const former = await explained(home, () => readKeys(files, () => Promise.resolve("")));
    const drawn = { ...(former ?? drawKeys()), ...choose };
    await writeKeys(files, drawn, passphrase);
    return drawn;
  });
  return profileAt(home, keys, store);
}

/**
 * Opens a profile, or makes one.
 *
 * @param passphrase - For either.
 */
export async function openOrCreateProfile(home = homeOf(), passphrase = ""): Promise<Profile> {
  await makePrivate(home);
  const keys = await locked(home, async (files) => {
    const known = await explained(home, () => readKeys(files, () => Promise.resolve(passphrase)));
    if (known !== null) return known;
    const drawn = drawKeys();
    await writeKeys(files, drawn, passphrase);
    return drawn;
  });
  return profileAt(home, keys);
}

/**
 * Writes a profile's keys anew.
 *
 * @param passphrase - What they are sealed under now, empty for keys that are not.
 */
export async function rewriteKeys(
  { home }: Pick<Profile, "home">,
  keys: Keys,
  passphrase: string,
): Promise<void> {
  await locked(home, (files) => writeKeys(files, keys, passphrase));
}

/** Whether a profile's keys are sealed; `null` when it has none. */
export async function isSealed(home: string): Promise<boolean | null> {
  const form = await formOfKeys(filesOf(home));
  return form === null ? null : form === "sealed";
}

const profileAt = (
  home: string,
  keys: Keys,
  store: BlobStore = directoryStore(path.join(home, "blobs")),
): Profile => ({
  ...{ home, keys, store },
});

async function makePrivate(home: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new StoreUnavailable(home, cause instanceof Error ? cause.message : String(cause), { cause });
  });
  await requirePrivate(home);
}

async function requirePrivate(home: string): Promise<void> {
  const { mode } = await stat(home);
  if (process.platform !== "win32" && (mode & 0o077) !== 0) throw new ProfileExposed(home);
}

async function explained<T>(home: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    throw fault instanceof KeysBroken ? new ProfileBroken(path.join(home, fault.file)) : fault;
  }
}

/** The profile's parts of a vault's handle; each vault has a journal of its own. */
export function deviceOf({ home, keys, store }: Profile, ref: VaultRef): Device {
  const folder = path.join(
    home,
    "journals",
    `${ref.chainId}`,
    ref.contract.toLowerCase(),
    idText(ref.vaultId),
  );
  return { store, journalKey: keys.journalKey, journalStore: fileJournalStore(folder) };
}

/** All vaults that the profile remembers. */
export const vaultsOf = ({ home }: Pick<Profile, "home">): Promise<KnownVault[]> =>
  readVaults(home, filesOf(home));

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
 * @param role - `null` for any.
 * @param vaultId - Needed only when there are several.
 * @throws {NoSuchVault} when there is none. {WhichVault} when there are several and none is named.
 */
export async function findVault(
  profile: Pick<Profile, "home">,
  { chainId, contract }: Pick<VaultRef, "chainId" | "contract">,
  role: KnownVault["role"] | null,
  vaultId?: bigint,
): Promise<KnownVault> {
  const found = (await vaultsOf(profile)).filter(
    (known) =>
      (role === null || known.role === role) &&
      sameVault(known, { chainId, contract, vaultId: vaultId ?? known.vaultId }),
  );
  if (found.length > 1) throw new WhichVault(found);
  if (found[0] === undefined) throw new NoSuchVault(profile.home, chainId, vaultId);
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
  return parse(path.join(deploymentsIn(home), `${chainId}.json`), bytes, (found) => ({
    chainId,
    memoryVault: addressIn(found, "memoryVault"),
    keyRegistry: addressIn(found, "keyRegistry"),
    blobLog: addressIn(found, "blobLog"),
    block: blockIn(found),
  }));
}

/**
 * Does something while no other process deploys for this home, and not unless its deployments can be kept: what is paid
 * for must not be lost.
 *
 * @throws {ProfileExposed} when other users can enter the folder. {StoreUnavailable} when nothing can be written there.
 */
export async function whileDeploying<T>(home: string, work: () => Promise<T>): Promise<T> {
  await makePrivate(home);
  return locked(deploymentsIn(home), work);
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

const VAULTS = "vaults.json";

const deploymentsIn = (home: string): string => path.join(home, "deployments");

/** Files that are replaced whole, durable, for their owner alone: what a journal's folder is made of. */
export const filesOf = (folder: string): Required<JournalStore> => fileJournalStore(folder);

/** Does something while no other process works on the folder's files. */
export async function locked<T>(
  home: string,
  work: (files: Required<JournalStore>) => Promise<T>,
): Promise<T> {
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
  return parse(path.join(home, VAULTS), bytes, (found) => {
    if (!Array.isArray(found)) throw new TypeError("not a list");
    return found.map(knownVault);
  });
}

const knownVault = (found: unknown): KnownVault => ({
  chainId: BigInt(textIn(found, "chainId", /^\d{1,78}$/)),
  contract: addressIn(found, "contract"),
  vaultId: BigInt(textIn(found, "vaultId", /^0x[0-9a-f]{64}$/)),
  label: textIn(found, "label"),
  role: textIn(found, "role", /^(owner|reader)$/) === "owner" ? "owner" : "reader",
});

function textIn(found: unknown, name: string, form = /^/): string {
  const value = (found as Record<string, unknown>)[name];
  if (typeof value !== "string" || !form.test(value)) throw new TypeError(`its ${name}`);
  return value;
}

const addressIn = (found: unknown, name: string): string => textIn(found, name, /^0x[0-9a-f]{40}$/i);

function blockIn(found: unknown): number {
  const { block } = found as { readonly block?: unknown };
  if (!Number.isSafeInteger(block) || (block as number) < 0) throw new TypeError("its block");
  return block as number;
}

/**
 * Reads a JSON file of a profile.
 *
 * @param of - Makes of what it holds what is asked for; throws when that is something else.
 * @throws {ProfileBroken} when it does, or the file is no JSON.
 */
export function parse<T>(file: string, bytes: Uint8Array, of: (found: unknown) => T): T {
  try {
    return of(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new ProfileBroken(file, { cause });
  }
}
