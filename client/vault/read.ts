import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { NotAMember, UnknownMemory, VaultError } from "../errors.ts";
import type { Memory } from "../memory/record.ts";
import { memoryLeaf, MerkleTree } from "../memory/tree.ts";
import { copyOf, type DecodedHead } from "./decoded.ts";
import type { MemberState } from "./journal.ts";
import { isInternal } from "./roster.ts";
import { rosterOf, secretsOf } from "./plan.ts";
import { checkTerms, openedAlready, openWith, pinnedHead, stateOf, type Vault } from "./session.ts";
import { dropIdentity, lookForPin } from "./settle.ts";

/** One scope, complete. */
export interface ScopeView {
  readonly id: string;
  readonly name: string;
  readonly memories: readonly Memory[];
}

/** What a member may read, complete, unaltered and current at `sequence`: nothing partial is ever returned. */
export interface VaultView {
  readonly sequence: bigint;
  readonly stateRoot: string;
  readonly root: string;
  readonly epoch: number;
  /** Whether the chain will not take this head back. */
  readonly final: boolean;
  readonly scopes: readonly ScopeView[];
  /** Ids of the batches that landed last: what {@link uncommitted} tells a device's own operations by. None for a reader. */
  readonly batches: ReadonlySet<string>;
}

/**
 * Reads everything that the member was granted and proves it against the chain's newest head (SPEC §6).
 *
 * @throws {GrantExpired|GrantRevoked|NotAMember|NotYetAdmitted} when the member may not read.
 * @throws {BlobMissing|BlobAltered|RootMismatch|RollbackDetected|ForeignHead} when the whole cannot be proven.
 */
export async function read(vault: Vault): Promise<VaultView> {
  const { state, opened, final } = await openLatest(vault);
  return viewOf(state, opened, final);
}

/** What a member reads of a head that it opened. */
export function viewOf(state: MemberState, opened: DecodedHead, final: boolean): VaultView {
  const names =
    state.class === "owner"
      ? rosterOf(opened).scopeNames
      : new Map(state.scopes.map(({ id, name }) => [id, name]));
  const scopes = [...opened.memories]
    .map(([id, memories]) => ({
      id,
      name: names.get(id) ?? id,
      memories: [...memories.values()].map(copyOf),
    }))
    .sort((a, b) => a.name.localeCompare(b.name));
  const { sequence, stateRoot, root } = opened.chain;
  const batches = new Set(state.class === "owner" ? secretsOf(opened).batches.keys() : []);
  return { sequence, stateRoot, root, epoch: opened.data.epoch, final, scopes, batches };
}

/**
 * Asks where the head is, and whether this member may still read: far cheaper than {@link read} for whoever holds a
 * view and wants to know whether it is the present one.
 *
 * @throws {GrantExpired|GrantRevoked} when the member may not read. {RollbackDetected} as {@link read} does.
 */
export async function headOf(vault: Vault): Promise<Pick<VaultView, "sequence" | "stateRoot">> {
  const state = await stateOf(vault);
  const { sequence, stateRoot } = await pinnedHead(vault, state);
  // Terms that ended may have been changed: the head knows.
  if ((await faultOf(checkTerms(vault, state))) !== null) await openLatest(vault);
  return { sequence, stateRoot };
}

/** Whether this device is one of the owner's or a reader's; asks the journal only. */
export const roleOf = async (vault: Vault): Promise<VaultStatus["role"]> => (await stateOf(vault)).class;

/** The newest head, and the member that may read it. */
export interface Latest {
  /** The member as this head has it. */
  readonly state: MemberState;
  readonly opened: DecodedHead;
  readonly final: boolean;
}

/** Opens the newest head, proven, for whoever may read it: refuses as {@link read} does. */
export async function openLatest(vault: Vault): Promise<Latest> {
  // What an RPC says of a grant is worth nothing while it shows a head from before the pin.
  const before = await stateOf(vault);
  const seen = await pinnedHead(vault, before);
  // A pin at the newest head has nowhere to move to.
  const known = before.pin?.stateRoot === seen.stateRoot ? openedAlready(vault, before, seen) : null;
  const { state } = known === null ? await lookForPin(vault) : { state: before };
  const chain = known === null ? await pinnedHead(vault, state) : seen;
  const ended = await faultOf(checkTerms(vault, state));
  const opened =
    known ??
    (await openWith(vault, state, chain).catch(async (fault: unknown) => {
      if (fault instanceof NotAMember) await dropIdentity(vault, state);
      throw ended ?? fault;
    }));
  // A newer welcome may have other terms than those that ended, or that go on.
  if (opened.reissued !== null) await checkTerms(vault, opened.reissued);
  else if (ended !== null) {
    await dropIdentity(vault, state);
    throw ended;
  }
  const final = state.pin?.stateRoot === chain.stateRoot;
  return { state: { ...state, ...opened.reissued }, opened, final };
}

const faultOf = (work: Promise<void>): Promise<VaultError | null> =>
  work.then(
    () => null,
    (fault: unknown) => {
      if (fault instanceof VaultError) return fault;
      throw fault;
    },
  );

/** What `verifyMemory` takes: discloses one whole record, its scope's id and the scope's count. */
export interface MemoryProof {
  readonly record: Uint8Array;
  readonly memoryPath: readonly Uint8Array[];
  readonly scopeId: Uint8Array;
  readonly count: bigint;
  readonly scopeSalt: Uint8Array;
  readonly scopePath: readonly Uint8Array[];
}

/**
 * Proves one memory against the present head, for a contract or anyone else.
 *
 * @throws {UnknownMemory} when no scope that the member reads has it.
 */
export async function proveMemory(vault: Vault, id: string): Promise<MemoryProof> {
  const { opened } = await openLatest(vault);
  const scope = [...opened.scopes.values()].find(({ live }) => live.has(id));
  const record = scope?.live.get(id);
  const proof = scope === undefined || isInternal(scope.id) ? undefined : opened.proofs.get(scope.id);
  if (scope === undefined || record === undefined || proof === undefined) throw new UnknownMemory(id);
  const tree = new MerkleTree([...scope.leaves.values()]);
  return {
    // Copies: what a caller does to them must not reach what the next read returns as proven.
    record: record.slice(),
    memoryPath: tree.proof(memoryLeaf(record)).map((node) => node.slice()),
    scopeId: hexToBytes(scope.id),
    count: BigInt(scope.live.size),
    scopeSalt: proof.scopeSalt.slice(),
    scopePath: proof.path.map((node) => node.slice()),
  };
}

/** Where a vault stands, without opening it. */
export interface VaultStatus {
  readonly chainId: bigint;
  readonly contract: string;
  readonly vaultId: string;
  readonly role: "owner" | "reader";
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
  readonly sequence: bigint;
  readonly pinned: bigint | null;
  /** How many RPCs were asked, and agreed: with one, a lying one can show a new device an old state. */
  readonly rpcs: 1 | 2;
}

/** Reads the status from journal and chain. */
export async function status(vault: Vault): Promise<VaultStatus> {
  const state = await stateOf(vault);
  const chain = await pinnedHead(vault, state);
  return {
    chainId: vault.ref.chainId,
    contract: vault.ref.contract,
    vaultId: `0x${bytesToHex(hexToBytes(vault.ref.vaultId.toString(16).padStart(64, "0")))}`,
    role: state.class,
    scopes: state.scopes.map(({ name }) => name),
    expiresAt: state.expiresAt,
    sequence: chain.sequence,
    pinned: state.pin?.sequence ?? null,
    rpcs: vault.second === null ? 1 : 2,
  };
}
