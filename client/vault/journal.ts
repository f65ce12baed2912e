import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { bytesOf, decodeCbor, encodeCbor, fixed, flag, list, nullOr, text, tuple, uint } from "../cbor.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { journalContext, open, seal, type Random } from "../crypto/seal.ts";
import { WrongKeyError } from "../errors.ts";
import type { JournalStore } from "../storage/journal-store.ts";
import type { Delta, VaultCall } from "./contract.ts";
import { decodeVaultOperation, encodeVaultOperation, type VaultOperation } from "./operations.ts";
import type { Genesis } from "./plan.ts";
import { decodeMember, encodeMember, type MemberClass } from "./roster.ts";

/** The last head that was final and verified: nothing below it, and no other at its sequence, is accepted. */
export interface Pin {
  readonly sequence: bigint;
  readonly stateRoot: string;
  readonly generation: bigint;
}

/** What a device keeps of its membership, sealed under its journal key. */
export interface MemberState {
  readonly ref: VaultRef;
  /** Hex, 16 bytes. */
  readonly memberId: string;
  readonly class: MemberClass;
  readonly visibilityKey: Uint8Array;
  readonly locator: Uint8Array;
  /** The age identity that the member's welcomes are encrypted to, or `null` when it is kept elsewhere. */
  readonly identity: string | null;
  /** The member's secret at `epoch`. */
  readonly secret: Uint8Array;
  readonly epoch: number;
  /** Whether the member's keyring entry was ever found in a final head. */
  readonly admitted: boolean;
  readonly pin: Pin | null;
  /** A reader's scopes. */
  readonly scopes: readonly { readonly id: string; readonly name: string }[];
  /** A reader's terms: unix seconds. */
  readonly expiresAt: number | null;
  /** A listed reader's account, whose grant also stands on chain. */
  readonly grantee: string | null;
  /** Until the first commit is final. */
  readonly genesis: Genesis | null;
  /** The member that this device becomes once its admission is final: recovery only. */
  readonly enrolling: string | null;
}

/** A welcome that waits for its admission to be final. */
export interface PendingWelcome {
  readonly memberId: string;
  readonly file: Uint8Array;
  readonly store: boolean;
}

/** A commit that was built: kept, its blobs pinned, until its sequence is final, whichever won (SPEC §7). */
export interface Candidate {
  /** Batch id, hex. */
  readonly id: string;
  readonly sequence: bigint;
  /** State root that the commit makes. */
  readonly stateRoot: string;
  readonly epoch: number;
  readonly delta: Delta;
  readonly calls: readonly VaultCall[];
  readonly blobs: readonly Uint8Array[];
  /** Operations that the commit carries. */
  readonly operations: readonly string[];
  /** Members that it drops because the chain shows their grant ended. */
  readonly gone: readonly string[];
  readonly welcomes: readonly PendingWelcome[];
}

/** The device's sealed journal of one vault: state, operations, candidates, welcomes. */
export interface Journal {
  readonly store: JournalStore;
  readonly key: Uint8Array;
  readonly ref: VaultRef;
  readonly random: Random;
}

const STATE = "state";
const OPERATION = "op-";
const PLACE_DIGITS = 12;
const CANDIDATE = "candidate-";
const WELCOME = "welcome-";

async function write(journal: Journal, name: string, value: Uint8Array): Promise<void> {
  const { key, ref, random, store } = journal;
  await store.write(name, seal(key, journalContext(ref, name), value, random));
}

async function read(journal: Journal, name: string): Promise<Uint8Array | null> {
  const sealed = await journal.store.read(name);
  if (sealed === null) return null;
  const value = open(journal.key, journalContext(journal.ref, name), sealed);
  if (value === null) throw new WrongKeyError(`the journal's ${name}`);
  return value;
}

const named = async (journal: Journal, prefix: string): Promise<string[]> =>
  (await journal.store.list()).filter((name) => name.startsWith(prefix)).sort();

async function readAll<T>(journal: Journal, prefix: string, decode: (bytes: Uint8Array) => T): Promise<T[]> {
  const values = await Promise.all((await named(journal, prefix)).map((name) => read(journal, name)));
  return values.filter((value) => value !== null).map(decode);
}

export const writeState = (journal: Journal, state: MemberState): Promise<void> =>
  write(journal, STATE, encodeState(state));

/** @returns the device's state, or `null` when the journal is new. */
export async function readState(journal: Journal): Promise<MemberState | null> {
  const bytes = await read(journal, STATE);
  return bytes === null ? null : decodeState(bytes);
}

/**
 * Adds operations, all or none; they are safe on disk when this returns. They stand after everything that is in the
 * journal, whatever the clock says: a change must not come before what it changes.
 */
export async function writeOperations(journal: Journal, operations: readonly VaultOperation[]): Promise<void> {
  const last = (await named(journal, OPERATION)).at(-1);
  const place = last === undefined ? 0 : Number(last.slice(OPERATION.length, OPERATION.length + PLACE_DIGITS)) + 1;
  const name = `${OPERATION}${String(place).padStart(PLACE_DIGITS, "0")}-${bytesToHex(journal.random(8))}`;
  await write(journal, name, encodeBundle(operations));
}

/** Everything that waits, in order. */
export const readOperations = async (journal: Journal): Promise<VaultOperation[]> =>
  (await readAll(journal, OPERATION, decodeBundle)).flat();

/** Lets operations go; what was written with them and is not among them stays. */
export async function removeOperations(journal: Journal, ids: ReadonlySet<string>): Promise<void> {
  for (const name of await named(journal, OPERATION)) {
    const bundle = decodeBundle((await read(journal, name)) ?? encodeBundle([]));
    const rest = bundle.filter(({ id }) => !ids.has(id));
    if (rest.length === 0) await journal.store.remove(name);
    else if (rest.length < bundle.length) await write(journal, name, encodeBundle(rest));
  }
}

const encodeBundle = (operations: readonly VaultOperation[]): Uint8Array =>
  encodeCbor(operations.map(encodeVaultOperation));

const decodeBundle = (bytes: Uint8Array): VaultOperation[] =>
  list(decodeCbor(bytes), "operations").map((operation) => decodeVaultOperation(bytesOf(operation, "operation")));

export const writeCandidate = (journal: Journal, candidate: Candidate): Promise<void> =>
  write(journal, CANDIDATE + candidate.id, encodeCandidate(candidate));

export const readCandidates = (journal: Journal): Promise<Candidate[]> =>
  readAll(journal, CANDIDATE, decodeCandidate);

export const removeCandidate = (journal: Journal, id: string): Promise<void> => journal.store.remove(CANDIDATE + id);

/** Keeps a welcome whose admission is final until it was handed over. */
export const writeWelcome = (journal: Journal, memberId: string, file: Uint8Array): Promise<void> =>
  write(journal, WELCOME + memberId, file);

export const readWelcome = (journal: Journal, memberId: string): Promise<Uint8Array | null> =>
  read(journal, WELCOME + memberId);

export const removeWelcome = (journal: Journal, memberId: string): Promise<void> =>
  journal.store.remove(WELCOME + memberId);

function encodeState(state: MemberState): Uint8Array {
  const { pin, genesis } = state;
  return encodeCbor([
    [state.ref.chainId, state.ref.contract, hexToBytes(state.ref.vaultId.toString(16).padStart(64, "0"))],
    hexToBytes(state.memberId),
    state.class === "owner" ? 0 : 1,
    state.visibilityKey,
    state.locator,
    state.secret,
    state.epoch,
    state.admitted,
    pin === null ? null : [pin.sequence, pin.stateRoot, pin.generation],
    state.scopes.map(({ id, name }) => [hexToBytes(id), name]),
    state.expiresAt,
    state.grantee,
    genesis === null
      ? null
      : [
          genesis.commitKey,
          genesis.inbox,
          // A roster record needs a salt; here nobody sees the record, so it is a constant one.
          genesis.members.map(({ member, secret }) => [encodeMember(member, (n) => new Uint8Array(n)), secret]),
        ],
    state.enrolling,
    state.identity,
  ]);
}

function decodeState(bytes: Uint8Array): MemberState {
  const fields = tuple(decodeCbor(bytes), 15, "state");
  const [ref, memberId, kind, visibilityKey, locator, secret, epoch, admitted, pin, scopes, expiresAt] = fields;
  const [grantee, genesis, enrolling, identity] = fields.slice(11);
  const [chainId, contract, vaultId] = tuple(ref, 3, "state");
  return {
    ref: {
      chainId: BigInt(uint(chainId, "chain id")),
      contract: textIn(contract),
      vaultId: BigInt(`0x${bytesToHex(fixed(vaultId, 32, "vault id"))}`),
    },
    memberId: bytesToHex(fixed(memberId, 16, "member id")),
    class: kind === 0 ? "owner" : "reader",
    visibilityKey: fixed(visibilityKey, 32, "visibility key"),
    locator: fixed(locator, 32, "locator"),
    secret: fixed(secret, 32, "secret"),
    epoch: uint(epoch, "epoch"),
    admitted: flag(admitted, "admitted"),
    pin: nullOr(pin, decodePin),
    scopes: list(scopes, "scopes").map((scope) => {
      const [id, name] = tuple(scope, 2, "scope");
      return { id: bytesToHex(fixed(id, 16, "scope id")), name: textIn(name) };
    }),
    expiresAt: nullOr(expiresAt, (value) => uint(value, "expiry")),
    grantee: nullOr(grantee, textIn),
    genesis: nullOr(genesis, decodeGenesis),
    enrolling: nullOr(enrolling, textIn),
    identity: nullOr(identity, textIn),
  };
}

function decodePin(value: unknown): Pin {
  const [sequence, stateRoot, generation] = tuple(value, 3, "pin");
  return {
    sequence: BigInt(uint(sequence, "pin")),
    stateRoot: textIn(stateRoot),
    generation: BigInt(uint(generation, "pin")),
  };
}

function decodeGenesis(value: unknown): Genesis {
  const [commitKey, inbox, members] = tuple(value, 3, "genesis");
  return {
    commitKey: nullOr(commitKey, (value) => fixed(value, 32, "commit key")),
    inbox: textIn(inbox),
    members: list(members, "members").map((entry) => {
      const [member, secret] = tuple(entry, 2, "member");
      return { member: decodeMember(bytesOf(member, "member")), secret: fixed(secret, 32, "member secret") };
    }),
  };
}

function encodeCandidate(candidate: Candidate): Uint8Array {
  const { delta } = candidate;
  return encodeCbor([
    hexToBytes(candidate.id),
    candidate.sequence,
    candidate.stateRoot,
    candidate.epoch,
    [delta.spaceId, delta.prevStateRoot, delta.deltaCommitment, delta.profileId, delta.locatorCommitment],
    candidate.calls.map(encodeCallRecord),
    candidate.blobs,
    candidate.operations.map((id) => hexToBytes(id)),
    candidate.gone.map((id) => hexToBytes(id)),
    candidate.welcomes.map(({ memberId, file, store }) => [hexToBytes(memberId), file, store]),
  ]);
}

function decodeCandidate(bytes: Uint8Array): Candidate {
  const fields = tuple(decodeCbor(bytes), 10, "candidate");
  const [id, sequence, stateRoot, epoch, delta, calls, blobs, operations, gone, welcomes] = fields;
  const [spaceId, prevStateRoot, deltaCommitment, profileId, locatorCommitment] = tuple(delta, 5, "delta").map(textIn);
  const decoded: Delta = {
    ...{ spaceId: spaceId!, prevStateRoot: prevStateRoot!, deltaCommitment: deltaCommitment! },
    ...{ profileId: profileId!, locatorCommitment: locatorCommitment! },
    sequence: BigInt(uint(sequence, "sequence")),
    provenanceCommitment: `0x${"00".repeat(32)}`,
  };
  return {
    id: bytesToHex(fixed(id, 16, "batch id")),
    sequence: decoded.sequence,
    stateRoot: textIn(stateRoot),
    epoch: uint(epoch, "epoch"),
    delta: decoded,
    calls: list(calls, "calls").map((call) => decodeCallRecord(call, decoded)),
    blobs: list(blobs, "blobs").map((blob) => bytesOf(blob, "blob")),
    operations: list(operations, "operations").map((entry) => bytesToHex(fixed(entry, 16, "operation id"))),
    gone: list(gone, "gone").map((entry) => bytesToHex(fixed(entry, 16, "member id"))),
    welcomes: list(welcomes, "welcomes").map((entry) => {
      const [memberId, file, store] = tuple(entry, 3, "welcome");
      return {
        memberId: bytesToHex(fixed(memberId, 16, "member id")),
        file: bytesOf(file, "welcome file"),
        store: flag(store, "stored"),
      };
    }),
  };
}

function encodeCallRecord(call: VaultCall): unknown[] {
  switch (call.kind) {
    case "commit":
      return [0, call.signature];
    case "revoke":
      return [1, call.grantee];
    case "grant":
      return [2, call.grantee, call.expiresAt, call.permissions, call.welcome];
  }
}

function decodeCallRecord(value: unknown, delta: Delta): VaultCall {
  const [kind, first, expiresAt, permissions, welcome] = list(value, "call");
  if (kind === 0) return { kind: "commit", delta, signature: textIn(first) };
  if (kind === 1) return { kind: "revoke", grantee: textIn(first) };
  return {
    kind: "grant",
    grantee: textIn(first),
    expiresAt: uint(expiresAt, "expiry"),
    permissions: uint(permissions, "permissions"),
    welcome: textIn(welcome),
  };
}

const textIn = (value: unknown): string => text(value, "journal");
