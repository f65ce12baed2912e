import { followHands } from "../../client/agents.ts";
import {
  acceptWelcome,
  findWelcome,
  GrantExpired,
  GrantRevoked,
  NotAMember,
  NotInitialised,
  read,
  vaultAt,
  VaultChangedHands,
  vaultContract,
  WelcomeRejected,
  WrongKeyError,
  type BlobStore,
  type Environment,
  type Vault,
  type VaultRef,
  type VaultView,
} from "../../client/index.ts";
import { NoIdentity, VaultTooLarge } from "./faults.ts";
import { serial, type Serial } from "./serial.ts";
import type { AgentWorld } from "./world.ts";

/** Vaults that are held open at most: each has what was read of it in memory. */
export const MAX_OPEN = 16;

/** Bytes of blobs that one read fetches at most: anybody may grant an agent anything, and all of a read is held in memory. */
export const MAX_FETCHED = 67_108_864;

/** The vaults that an agent was granted. */
export interface OpenedVaults {
  /**
   * Reads what the agent was granted of a vault, all of it and proven, with whatever welcome is in force.
   *
   * @throws {WelcomeNotStored} when no welcome is in the store yet. {NoIdentity} when none that is kept opens it.
   * @throws {GrantExpired|GrantRevoked|NotAMember|NotYetAdmitted|BlobMissing} and all else that `read` throws.
   */
  read(vaultId: bigint): Promise<VaultView>;
  /** Does something with a vault that was read, and nothing else with it meanwhile. */
  use<T>(vaultId: bigint, work: (vault: Vault) => Promise<T>): Promise<T>;
}

/** What vaults are opened with. */
export interface OpenedParts {
  readonly world: AgentWorld;
  readonly chainId: bigint;
  /** The contract of the vaults. */
  readonly contract: string;
  readonly firstBlock: number;
  readonly identities: () => readonly string[];
}

/** What the read that is under way has fetched. */
interface Meter {
  bytes: number;
}

interface Opened {
  readonly vault: Vault;
  readonly meter: Meter;
  readonly alone: Serial;
  /** How many are at work with it, or wait to be. */
  users: number;
}

/** Vaults are opened when they are first asked for, and let go of when others were asked for since and nobody is at work with them. */
export function openedVaults(parts: OpenedParts): OpenedVaults {
  const open = new Map<bigint, Opened>();
  const opened = (vaultId: bigint): Opened => {
    const known = open.get(vaultId) ?? { ...handleOn(parts, vaultId), alone: serial(), users: 0 };
    open.delete(vaultId);
    open.set(vaultId, known);
    return known;
  };
  const letGo = (): void => {
    for (const [oldest, { users }] of open) if (open.size > MAX_OPEN && users === 0) open.delete(oldest);
  };
  const use = async <T>(vaultId: bigint, work: (vault: Vault, meter: Meter) => Promise<T>): Promise<T> => {
    const held = opened(vaultId);
    held.users += 1;
    try {
      return await held.alone(() => work(held.vault, held.meter));
    } finally {
      held.users -= 1;
      letGo();
    }
  };
  return {
    use,
    read: (vaultId) => use(vaultId, (vault, meter) => ((meter.bytes = 0), readGranted(parts, vault))),
  };
}

const environmentOf = ({ world }: OpenedParts): Environment => ({
  ...{ provider: world.provider, secondProvider: world.secondProvider, store: world.store },
  ...{ journalStore: world.vaultJournal, journalKey: world.journalKey, finality: world.finality },
  ...{ random: world.random, now: world.now },
});

function handleOn(parts: OpenedParts, vaultId: bigint): Pick<Opened, "vault" | "meter"> {
  const meter = { bytes: 0 };
  const environment = environmentOf(parts);
  const store = metered(environment.store, meter, vaultId);
  return { vault: vaultAt(refOf(parts, vaultId), { ...environment, store }), meter };
}

/** A store that gives no more than one read may fetch. */
const metered = (store: BlobStore, meter: Meter, vaultId: bigint): BlobStore => ({
  ...store,
  get: async (digest) => {
    const blob = await store.get(digest);
    meter.bytes += blob?.length ?? 0;
    if (meter.bytes > MAX_FETCHED) throw new VaultTooLarge(vaultId, MAX_FETCHED);
    return blob;
  },
});

const refOf = ({ chainId, contract }: OpenedParts, vaultId: bigint): VaultRef => ({
  chainId,
  contract: contract.toLowerCase(),
  vaultId,
});

/** What a newer welcome may mend. */
const MENDED = [NotInitialised, NotAMember, GrantExpired, GrantRevoked, VaultChangedHands];

async function readGranted(parts: OpenedParts, vault: Vault): Promise<VaultView> {
  const { vaultId } = vault.ref;
  try {
    return await read(vault);
  } catch (fault) {
    if (!MENDED.some((kind) => fault instanceof kind)) throw fault;
    // What the agent was to the last owner is over, once the chain says so for good; the new one's welcome begins anew.
    if (fault instanceof VaultChangedHands)
      await followHands(vault, async (journalStore) => {
        await read(await welcome(parts, vaultId, journalStore));
      });
    else await welcome(parts, vaultId);
    return read(vault);
  }
}

/** Takes in the welcome of the grant in force with the identity that it is for. */
async function welcome(
  parts: OpenedParts,
  vaultId: bigint,
  journalStore: Environment["journalStore"] = parts.world.vaultJournal,
): Promise<Vault> {
  const { world, contract, firstBlock } = parts;
  const vaults = vaultContract(contract, world.provider);
  const file = await findWelcome(vaults, vaultId, world.agent, world.store, firstBlock);
  for (const identity of parts.identities()) {
    const request = { ...environmentOf(parts), journalStore, address: contract, identity, welcome: file };
    const accepted = await acceptWelcome(request).catch(isForAnother);
    if (!(accepted instanceof WelcomeRejected)) return accepted;
  }
  throw new NoIdentity(vaultId);
}

/** @throws what is another fault than that the welcome is for another identity. */
function isForAnother(fault: unknown): WelcomeRejected {
  if (fault instanceof WelcomeRejected && fault.cause instanceof WrongKeyError) return fault;
  throw fault;
}
