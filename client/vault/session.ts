import { equalBytes } from "@noble/ciphers/utils.js";
import type { Provider, Signer } from "ethers";

import {
  GrantExpired,
  GrantRevoked,
  NoBlocks,
  NotInitialised,
  RollbackDetected,
  VaultChangedHands,
  VaultError,
} from "../errors.ts";
import { bounded } from "../storage/bounded.ts";
import type { BlobStore } from "../storage/store.ts";
import type { JournalStore } from "../storage/journal-store.ts";
import { randomBytes } from "@noble/hashes/utils.js";

import type { Random } from "../crypto/seal.ts";
import { finalityOf, readChainHead, vaultContract } from "./contract.ts";
import type { ChainHead, Finality } from "./contract.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { decodedHead, type DecodedHead } from "./decoded.ts";
import { openHead, type MemberKeys, type OpenedHead, type ScopeState } from "./head.ts";
import { readOperations, readState, type Journal, type MemberState } from "./journal.ts";
import { newestWelcome } from "./reissue.ts";
import { agreed, newestNumber, PATIENCE, type Rpc, type Rpcs } from "./rpcs.ts";

/** Where a member works: chain, store, journal. Everything that touches the world is here, so that tests need no patching. */
export interface Environment {
  readonly provider: Provider;
  /** Another RPC of the same chain, which must agree with the first in everything that decides about heads and members. */
  readonly secondProvider?: Provider | undefined;
  /** Milliseconds for which one RPC may lag behind the other; a block of Ethereum's unless said. */
  readonly patience?: number | undefined;
  /** Pays for transactions; an owner's for grants. Without one the commit key pays. */
  readonly wallet?: Signer | undefined;
  readonly store: BlobStore;
  /** Milliseconds that the store may take over one blob; two minutes unless said. */
  readonly storePatience?: number | undefined;
  /** Awaited between a commit's upload and its transaction, with the journal locked, unless the commit changes keys: `randomDelay`. */
  readonly hesitate?: (() => Promise<void>) | undefined;
  /** The vault's own journal; as a function for who does not know yet which vault it will be. */
  readonly journalStore: JournalStore | ((ref: VaultRef) => JournalStore);
  /** 32 bytes that seal the journal; never leave the device. */
  readonly journalKey: Uint8Array;
  /** When a head counts as final; the chain's own answer unless said. */
  readonly finality?: Finality | undefined;
  readonly random?: Random | undefined;
  /** Unix milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** A member's handle on one vault. Its state is in the journal; nothing here but a cache is lost with the process. */
export interface Vault extends Rpcs {
  readonly ref: VaultRef;
  readonly wallet: Signer | null;
  readonly store: BlobStore;
  readonly hesitate: (() => Promise<void>) | undefined;
  readonly journal: Journal;
  readonly finality: Finality;
  readonly random: Random;
  readonly now: () => number;
  /** Verified scopes of the last head that was opened. */
  cache: ReadonlyMap<string, ScopeState>;
  /** The head that was opened last; it is the cache's only while it has the same scopes. */
  opened: DecodedHead | null;
}

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Has only the vault's name printed of a thing: whoever logs a handle must not log keys and texts. */
function discreet<T extends object>(thing: T, { chainId, contract, vaultId }: VaultRef): T {
  const name = `vault ${chainId}/${contract}/0x${vaultId.toString(16).padStart(64, "0")}`;
  // Own and enumerable, so that a copy with another part has them too.
  return Object.assign(thing, { toJSON: () => name, [INSPECT]: () => name });
}

/** Makes a handle from its parts. JSON and `util.inspect` show the vault's name only. */
export function vaultAt(ref: VaultRef, environment: Environment): Vault {
  const { provider, secondProvider, wallet, store, journalStore, journalKey } = environment;
  const random = environment.random ?? ((length) => randomBytes(length));
  const rpc = (asked: Provider): Rpc => ({ provider: asked, contract: vaultContract(ref.contract, asked) });
  const journal: Journal = {
    store: typeof journalStore === "function" ? journalStore(ref) : journalStore,
    key: journalKey,
    ref,
    random,
  };
  const vault: Vault = {
    ref,
    ...rpc(provider),
    second: secondProvider === undefined ? null : rpc(secondProvider),
    patience: environment.patience ?? PATIENCE,
    // A browser's signer cannot be connected to another provider, and needs none.
    wallet: wallet === undefined ? null : wallet.provider === null ? wallet.connect(provider) : wallet,
    store: bounded(store, environment.storePatience),
    hesitate: environment.hesitate,
    journal: discreet(journal, ref),
    finality: environment.finality ?? finalityOf(ref.chainId),
    random,
    now: environment.now ?? Date.now,
    cache: new Map(),
    opened: null,
  };
  return discreet(vault, ref);
}

/**
 * The device's state of a vault.
 *
 * @throws {NotInitialised} when the device has none: mint, accept a welcome, or recover first.
 */
export async function stateOf(vault: Vault): Promise<MemberState> {
  const state = await readState(vault.journal);
  if (state === null) throw new NotInitialised(vault.ref.vaultId);
  return state;
}

/** Does something while no other process of this device works on the same journal. */
export async function locked<T>(vault: Vault, work: () => Promise<T>): Promise<T> {
  const release = (await vault.journal.store.lock?.()) ?? (() => Promise.resolve());
  try {
    return await work();
  } finally {
    await release();
  }
}

/** What a state gives to open heads with. */
export const memberKeys = (state: MemberState): MemberKeys => ({
  ref: state.ref,
  class: state.class,
  visibilityKey: state.visibilityKey,
  secret: state.secret,
  epoch: state.epoch,
  // Before a final head had this member, the pin is none of its epoch's: an epoch is never above its sequence, so that
  // this allows every honest head.
  sequence: state.admitted && state.pin !== null ? state.pin.sequence : BigInt(state.epoch),
  admitted: state.admitted,
  scopes: state.scopes.map(({ id }) => id),
});

/**
 * Reads the chain's head, of all RPCs.
 *
 * @throws {RpcsDisagree} when they show different ones. {VaultNotFound|HeadInconsistent} as `readChainHead` does.
 */
export const agreedHead = (vault: Vault, blockTag: number | "latest" = "latest"): Promise<ChainHead> =>
  agreed(vault, "the head", ({ contract }) => readChainHead(contract, vault.ref, blockTag), blockTag);

/**
 * Reads the chain's head and holds it against the pin (SPEC §6).
 *
 * @throws {RollbackDetected} below the pin, or another state root at its sequence.
 * @throws {VaultChangedHands} when the owner is another than the pin's.
 */
export async function pinnedHead(
  vault: Vault,
  state: MemberState,
  blockTag: number | "latest" = "latest",
): Promise<ChainHead> {
  const chain = await agreedHead(vault, blockTag);
  checkPin(state, chain);
  return chain;
}

/** Holds a head against the pin; refuses as {@link pinnedHead} says. */
export function checkPin({ pin }: MemberState, chain: ChainHead): void {
  if (pin === null) return;
  if (chain.generation !== pin.generation) throw new VaultChangedHands(pin.generation, chain.generation);
  const rolledBack = chain.sequence < pin.sequence;
  if (rolledBack || (chain.sequence === pin.sequence && chain.stateRoot !== pin.stateRoot)) {
    throw new RollbackDetected(`${pin.sequence} ${pin.stateRoot}`, `${chain.sequence} ${chain.stateRoot}`);
  }
}

/**
 * Opens a head with the state's keys, its memories decoded, and keeps its scopes for the next one.
 *
 * @param newest - the head whose owner and authorizer may sign welcomes.
 * @throws {MalformedData} when a record is no memory. All that {@link openHead} throws.
 */
export async function openWith(
  vault: Vault,
  state: MemberState,
  chain: ChainHead,
  newest: () => Promise<ChainHead> = () => pinnedHead(vault, state),
): Promise<DecodedHead> {
  const open = (as: MemberState): Promise<OpenedHead> =>
    openHead(chain, memberKeys(as), vault.store, vault.cache, (data, keyring) =>
      newestWelcome(vault, as, data, keyring, newest),
    );
  const proven = await open(state).catch(async (fault: unknown) => {
    for (const visibilityKey of fault instanceof VaultError ? await renewedKeys(vault) : []) {
      const renewed = await open({ ...state, visibilityKey }).catch((second: unknown) => {
        if (second instanceof VaultError) return null;
        throw second;
      });
      if (renewed !== null) return renewed;
    }
    throw fault;
  });
  const opened = decodedHead(proven, vault.opened?.memories);
  [vault.cache, vault.opened] = [opened.scopes, opened];
  return opened;
}

/**
 * A head that this handle opened as the same member, proven and not to be proven again.
 *
 * @returns `null` when it did not, or its cache was given up since.
 */
export function openedAlready(
  { cache, opened }: Pick<Vault, "cache" | "opened">,
  { secret }: Pick<MemberState, "secret">,
  chain: ChainHead,
): DecodedHead | null {
  if (opened === null || opened.scopes !== cache) return null;
  return opened.chain.stateRoot === chain.stateRoot && equalBytes(opened.secret, secret) ? opened : null;
}

/** Visibility keys that this device is about to put in place of its own, or has, and the head is not final yet: newest first. */
async function renewedKeys(vault: Vault): Promise<Uint8Array[]> {
  const rekeys = (await readOperations(vault.journal)).filter((each) => each.kind === "rekey");
  return rekeys.flatMap(({ newWords }) => newWords?.visibilityKey ?? []).reverse();
}

/** A block that all RPCs know: its number, and the chain's clock there in unix seconds. */
export interface Block {
  readonly number: number;
  readonly timestamp: number;
  readonly hash: string | null;
}

/** The newest block. */
export const newestBlock = async (vault: Vault): Promise<Block> =>
  agreedBlock(vault, vault.second === null ? "latest" : await newestNumber(vault));

/** Reads a block, of all RPCs: with its hash they agree on its time. */
export const agreedBlock = (vault: Vault, tag: number | "latest"): Promise<Block> =>
  agreed(vault, `block ${tag}`, ({ provider }) => blockOf(provider, tag), tag);

async function blockOf(provider: Provider, tag: number | "latest"): Promise<Block> {
  const block = await provider.getBlock(tag);
  if (block === null) throw new NoBlocks();
  const { number, timestamp, hash } = block;
  return { number, timestamp, hash };
}

/** The chain's clock: unix seconds of the newest block. */
export const chainTime = async (vault: Vault): Promise<number> => (await newestBlock(vault)).timestamp;

/**
 * Holds a reader to its terms before it reads.
 *
 * @throws {GrantExpired} past the expiry. {GrantRevoked} when a listed grant does not stand on chain any more.
 */
export async function checkTerms(
  vault: Vault,
  { expiresAt, grantee }: Pick<MemberState, "expiresAt" | "grantee">,
): Promise<void> {
  if (expiresAt !== null && expiresAt <= (await chainTime(vault))) throw new GrantExpired(expiresAt);
  if (grantee === null) return;
  const { vaultId } = vault.ref;
  if (!(await agreed(vault, "a grant", ({ contract }) => contract.canRead(vaultId, grantee))))
    throw new GrantRevoked(grantee);
}
