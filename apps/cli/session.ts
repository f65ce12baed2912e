import path from "node:path";

import { AbstractProvider } from "ethers";

import {
  OwnerClassOnly,
  StoreUnavailable,
  vaultAt,
  type Environment,
  type Vault,
  type VaultError,
} from "../../client/index.ts";
import { isMirror, randomDelay } from "../../client/stores.ts";
import { DEV, readConfig, type Config } from "./config.ts";
import { DEV_CHAIN } from "./devnode.ts";
import { ChainUnreachable } from "../mcp/faults.ts";
import { DevNotRunning, NotConfirmed, UsageFault } from "./faults.ts";
import { PassphraseNeeded, type Passphrase } from "./keys.ts";
import { connect, deploymentOn, devAccount, rpcsOf, type Network } from "./network.ts";
import {
  deviceOf,
  findVault,
  homeOf,
  idText,
  NoSuchVault,
  openProfile,
  profileHome,
  vaultsOf,
  WhichVault,
  type KnownVault,
  type Profile,
} from "./profile.ts";
import { priceText, storeAt, storeText, type StoreWorld } from "./stores.ts";
import { progress, type Progress } from "./terminal.ts";
import { accountOfKey, accountOfKeystore, type Account } from "./wallet.ts";
import type { World } from "./world.ts";

/** Options that every command takes. */
export interface Globals {
  readonly profile?: string;
  readonly vault?: string;
  readonly rpc?: string;
  readonly secondRpc?: string;
  readonly keystore?: string;
  readonly store?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** A vault of the profile, ready to work with. */
export interface OpenVault {
  readonly vault: Vault;
  readonly known: KnownVault;
  readonly network: Network;
  readonly profile: Profile;
  readonly account: Account | undefined;
}

/** What a command works with. Everything is opened when it is first asked for, and once. */
export interface Session {
  readonly world: World;
  readonly globals: Globals;
  /** The folder of all profiles. */
  readonly root: string;
  /** The folder of this one. */
  readonly home: string;
  /** Where blobs are, as `--store` says it. */
  readonly store: () => Promise<string>;
  /** What stores are made with. */
  readonly storeWorld: StoreWorld;
  /** The most gas that was agreed to for blobs on chain, in transactions of their own; 0 where none were. */
  readonly gasOfBlobs: () => bigint;
  readonly config: () => Promise<Config>;
  readonly passphrase: Passphrase;
  readonly profile: () => Promise<Profile>;
  readonly network: () => Promise<Network>;
  /** The account that pays, or `undefined`: then the commit key does. */
  readonly account: () => Promise<Account | undefined>;
  /** Opens the vault that is meant; with `write`, together with the account. */
  readonly vault: (role: KnownVault["role"] | null, write?: boolean) => Promise<OpenVault>;
  /** Opens the owner's vault for its journal alone, which takes what is written where no chain answers as well. */
  readonly journal: () => Promise<Pick<OpenVault, "vault">>;
  /** Says something to the person; nothing under `--json`. */
  readonly say: (line: string) => void;
  /** Warns, on stderr, whatever the output is. */
  readonly warn: (line: string) => void;
  readonly progress: () => Progress;
  /**
   * Asks before something that cannot be undone.
   *
   * @throws {NotConfirmed} when the answer is not yes, or nobody is there to give it.
   */
  readonly confirm: (what: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Begins a session. */
export function openSession(world: World, globals: Globals): Session {
  const { env } = world;
  const root = homeOf(env);
  const home = profileHome(root, globals.profile);
  const config = once(() => readConfig(home));
  const store = async () => storeText(globals.store ?? (await config()).store ?? path.join(root, "blobs"));
  let gasOfBlobs = 0n;
  const storeWorld: StoreWorld = {
    env,
    chain: async () => {
      const chain = await network();
      return { blobLog: deploymentOn(chain).blobLog, provider: chain.provider };
    },
    signer: async () => account(),
    approve: async (cost) => {
      await session.confirm(priceText(cost));
      gasOfBlobs += cost.gas;
    },
    notice: (fault) => session.warn(passedOver(fault)),
  };
  const passphrase = once(() => askPassphrase(world, `of ${home}`, "MEMVAULT_PASSPHRASE"));
  const profile = once(async () => openProfile(home, passphrase, storeAt(await store(), storeWorld)));
  const network = once(async () => {
    const { rpc, secondRpc } = await config();
    // The profile's second one is of the profile's network.
    const second = globals.secondRpc ?? (globals.rpc === undefined ? secondRpc : null);
    return connect(root, globals.rpc ?? rpc, second);
  });
  const account = once(async () => accountOf(session));
  const session: Session = {
    ...{ world, globals, root, home, store, storeWorld, config, passphrase, profile, network, account },
    gasOfBlobs: () => gasOfBlobs,
    vault: (role, write = false) => openVault(session, role, write),
    journal: () => openJournal(session),
    say: (line) => {
      if (globals.json !== true) world.stdout.write(`${line}\n`);
    },
    warn: (line) => void world.stderr.write(`${line}\n`),
    progress: () => progress(world.stderr),
    confirm: (what) => confirm(world, globals, what),
    close: async () => {
      // Repairs that reads began end before the process does.
      const used = (await profile.settled())?.store;
      if (used !== undefined && isMirror(used)) await used.settled();
      const opened = await network.settled();
      opened?.provider.destroy();
      opened?.secondProvider?.destroy();
    },
  };
  return session;
}

/** What others made up for is no failure of the command. */
const passedOver = (fault: VaultError): string =>
  fault instanceof StoreUnavailable ? `${fault.store} was passed over: ${fault.why}.` : fault.message;

/** Runs something when it is first asked for; `settled` has its result if it was, and if it succeeded. */
function once<T>(work: () => Promise<T>): (() => Promise<T>) & { settled(): Promise<T | null> } {
  let begun: Promise<T> | null = null;
  return Object.assign(() => (begun ??= work()), {
    settled: () => begun?.catch(() => null) ?? Promise.resolve(null),
  });
}

/**
 * Asks for a passphrase.
 *
 * @param variable - Of the environment, which comes first.
 * @throws {PassphraseNeeded} when there is none, and nobody to ask.
 */
export async function askPassphrase(world: World, what: string, variable: string): Promise<string> {
  const given = world.env[variable];
  if (given !== undefined && given !== "") return given;
  const answer = await world.ask(`Passphrase ${what}: `, true);
  if (answer === null) throw new PassphraseNeeded(what, variable);
  return answer;
}

/**
 * Asks for a new passphrase, twice.
 *
 * @param given - From the environment, which comes first.
 * @throws {PassphraseNeeded} when there is none, and nobody to ask.
 */
export async function newPassphrase(world: World, given = world.env.MEMVAULT_PASSPHRASE): Promise<string> {
  if (given) return given;
  const passphrase = await world.ask("New passphrase: ", true);
  if (passphrase === null) throw new PassphraseNeeded("for the keys");
  if (passphrase === "")
    throw new UsageFault("The passphrase is empty. --no-passphrase says so, if it is meant.");
  if (passphrase !== (await world.ask("Once more: ", true)))
    throw new NotConfirmed("That was another passphrase.");
  return passphrase;
}

async function accountOf({
  root,
  world,
  globals,
  config,
  network,
  profile,
}: Session): Promise<Account | undefined> {
  const { env } = world;
  const chain = await network();
  if (chain.name === DEV) return devAccount(root, chain, (await profile()).keys.account);
  const { provider } = chain;
  const ofFile = (file: string): Promise<Account> =>
    accountOfKeystore(
      file,
      () => askPassphrase(world, `of ${file}`, "MEMVAULT_KEYSTORE_PASSPHRASE"),
      provider,
    );
  if (globals.keystore !== undefined) return ofFile(globals.keystore);
  if (env.MEMVAULT_PRIVATE_KEY) return accountOfKey(env.MEMVAULT_PRIVATE_KEY, provider);
  const { keystore } = await config();
  return keystore === null ? undefined : ofFile(keystore);
}

/** @throws {UsageFault} when it is no number of seconds. */
function delayIn({ MEMVAULT_DELAY: text = "" }: NodeJS.ProcessEnv): Pick<Environment, "hesitate"> {
  if (text === "") return {};
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 3_600)) throw new UsageFault("MEMVAULT_DELAY is 0 to 3600 seconds.");
  return { hesitate: randomDelay(seconds * 1_000) };
}

async function openVault(
  session: Session,
  role: KnownVault["role"] | null,
  write: boolean,
): Promise<OpenVault> {
  const profile = await session.profile();
  const network = await session.network();
  const { chainId } = network;
  const of = { chainId, contract: deploymentOn(network).memoryVault };
  const named = await namedVault(profile, session.globals.vault);
  const known = await findVault(profile, of, role, named).catch(async (fault: unknown) => {
    // Who asks for what only an owner may, and holds a reader's vault, is told that.
    const read =
      fault instanceof NoSuchVault && role === "owner" && (await findVault(profile, of, null, named));
    throw read ? new OwnerClassOnly("do this") : fault;
  });
  const account = write ? await session.account() : undefined;
  const vault = vaultAt(known, {
    ...deviceOf(profile, known),
    ...rpcsOf(network),
    ...(account === undefined ? {} : { wallet: account }),
    ...delayIn(session.world.env),
  });
  return { vault, known, network, profile, account };
}

/** Where no chain answers nobody says which one it is: the vault that is named is meant, or the only one. */
async function openJournal(session: Session): Promise<Pick<OpenVault, "vault">> {
  const unreached = await session.network().then(
    () => null,
    (fault: unknown) => {
      if (fault instanceof ChainUnreachable || fault instanceof DevNotRunning) return fault;
      throw fault;
    },
  );
  if (unreached === null) return openVault(session, "owner", false);
  const profile = await session.profile();
  const named = await namedVault(profile, session.globals.vault);
  const fitting = (await vaultsOf(profile)).filter(
    ({ role, vaultId, chainId }) =>
      role === "owner" &&
      (named === undefined || vaultId === named) &&
      (unreached instanceof ChainUnreachable || chainId === DEV_CHAIN),
  );
  if (fitting.length > 1) throw new WhichVault(fitting);
  const [known] = fitting;
  if (known === undefined) throw unreached;
  // A provider that answers nothing: the journal asks nobody.
  return {
    vault: vaultAt(known, { ...deviceOf(profile, known), provider: new AbstractProvider(known.chainId) }),
  };
}

/** A vault by its id, the beginning of it, or its label. */
async function namedVault(profile: Profile, name: string | undefined): Promise<bigint | undefined> {
  if (name === undefined) return undefined;
  const fits = (known: KnownVault): boolean =>
    known.label === name ||
    (/^0x[0-9a-f]{4,64}$/i.test(name) && idText(known.vaultId).startsWith(name.toLowerCase()));
  const found = (await vaultsOf(profile)).filter(fits);
  const ids = new Set(found.map(({ vaultId }) => vaultId));
  if (ids.size > 1) throw new WhichVault(found);
  const [only] = ids;
  if (only !== undefined) return only;
  if (!/^0x[0-9a-f]{64}$/i.test(name))
    throw new UsageFault(`There is no vault ${JSON.stringify(name)} here: memvault status lists them.`);
  return BigInt(name);
}

async function confirm(world: World, globals: Globals, what: string): Promise<void> {
  if (globals.yes === true) return;
  const answer = await world.ask(`${what} Type yes to go on: `);
  if (answer === null) throw new NotConfirmed(`${what} It takes --yes where nobody can be asked.`);
  if (answer.trim().toLowerCase() !== "yes") throw new NotConfirmed("Not confirmed.");
}
