import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

import { bytesOf, decodeCbor, encodeCbor, fixed, list, text, tuple, uint } from "../cbor.ts";
import type { VaultRef } from "../crypto/ref.ts";
import { journalContext, open, seal, type Random } from "../crypto/seal.ts";
import { AlteredError, JournalDamaged, JournalVersion, MalformedData, WrongKeyError } from "../errors.ts";
import type { JournalStore } from "../storage/journal-store.ts";
import type { Digest } from "../storage/store.ts";
import type { Delta, VaultCall } from "./contract.ts";
import { decodeVaultOperation, encodeVaultOperation } from "./operations.ts";
import type { RekeyOperation, VaultOperation } from "./operations.ts";
import type { Genesis, Shredded } from "./plan.ts";
import { recordIdOf, type MemberClass } from "./roster.ts";

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
  /** The one that takes its place once a final head names its recipient: an owner-class device's (SPEC §11). */
  readonly nextIdentity: string | null;
  /** The member's secret at `epoch`. */
  readonly secret: Uint8Array;
  readonly epoch: number;
  /** Digest of the stored welcome that the secret began with; `null` when it was none that a head names. */
  readonly welcomeDigest: Uint8Array | null;
  /** Whether the member's keyring entry was ever found in a final head. */
  readonly admitted: boolean;
  readonly pin: Pin | null;
  /** A reader's scopes. */
  readonly scopes: readonly { readonly id: string; readonly name: string }[];
  /** A reader's terms: unix seconds. */
  readonly expiresAt: number | null;
  /** A listed reader's account, whose grant also stands on chain. */
  readonly grantee: string | null;
  /** Where a reader's proposals are encrypted to, if it may propose. */
  readonly inboxRecipient?: Uint8Array | null;
  /** Until the first commit is final. */
  readonly genesis: Genesis | null;
  /** The member that this device becomes once its admission is final: recovery only. */
  readonly enrolling: string | null;
  /** Sequence of the newest shred that a final head told of, and of the newest that this device followed; 0 for none. */
  readonly shredSeen: bigint;
  readonly shredFollowed: bigint;
}

/** A welcome that waits for its admission to be final. */
export interface PendingWelcome {
  readonly memberId: string;
  readonly file: Uint8Array;
  readonly store: boolean;
}

/** Words that no memory has any more because two devices worked on it: kept aside, to be shown. */
export interface LostText {
  readonly operationId: string;
  readonly memoryId: string;
  readonly text: string;
}

/** What a batch of this device carried that is final: a rekey that builds on an earlier head leaves it out (SPEC §11). */
export interface SentBatch {
  /** Batch id, hex. */
  readonly id: string;
  readonly sequence: bigint;
  readonly operations: readonly VaultOperation[];
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
  /** Members whose new welcomes are among its blobs. */
  readonly reissued: readonly string[];
  /** What its operations cost in words. */
  readonly lost: readonly LostText[];
  /** Listed grantees whose grants it is to end on chain. */
  readonly revoked: readonly string[];
  /** The authorizer whose signature its welcomes bear. */
  readonly authorizer: string;
  /** Whether, stored and lost, it would open what is still in use: the epoch is turned past it then. */
  readonly ratcheted: boolean;
  /** The shreds that it makes. */
  readonly shreds: readonly Shredded[];
  /** Sequence of the newest shred that it was built upon; 0 for none. */
  readonly shredded: bigint;
  /** Ids of the owner class that a rekey leaves in; `null` where it is none. */
  readonly stays: readonly string[] | null;
}

/** A shred that is final and not yet done. */
export interface StartedShred extends Omit<Shredded, "kind" | "operationId"> {
  /** The operation's id, hex. */
  readonly id: string;
  /** Sequence of the commit that made it. */
  readonly sequence: bigint;
  /** How many blobs the store was told to give up for it. */
  readonly blobs: number;
}

/**
 * What was done for a shred, made when all is done that this device can do. What nobody can do stays so: whoever archived
 * blobs opens them with the 24 words, with what a silent device has until it follows, with an identity that an archived
 * welcome came to, or with a copy of what a device held before; and readers keep what they read.
 */
export interface ShredReceipt extends StartedShred {
  /** Sequence and epoch of the final head behind which it was done. */
  readonly doneAt: bigint;
  readonly epoch: number;
  /** Blobs that other scopes still list: what they hold of the shredded memories has no key left. */
  readonly listed: number;
  /** Member ids of the owner's devices that destroyed their older keys, this one among them. */
  readonly followed: readonly string[];
  /** Those that did not say so yet: each does at its next sync. */
  readonly silent: readonly string[];
  /** Member ids of readers. */
  readonly readers: readonly string[];
}

/** What this device saw of one member of the newest final head. */
export interface Witnessed {
  /** Of the record that it has. */
  readonly fingerprint: string;
  /** Sequence of the first final head since which the record was there, and that. */
  readonly seen: bigint;
  /** Sequence of the first final head in which it was a member, wherever it was since. */
  readonly memberSeen: bigint;
  /** Whether it ever was of the owner class: such a one may have written heads. */
  readonly owner: boolean;
}

/** What this device saw of members in final heads. */
export interface Witness {
  /** The members of the newest final head, by id. */
  readonly members: ReadonlyMap<string, Witnessed>;
  /** Since when those of the owner class had been members that left, by anything but a rekey of this device. */
  readonly vanished: ReadonlyMap<string, bigint>;
}

/** What was handed over to this device, as it was when it was checked. */
export interface CheckedHead {
  readonly memberId: string;
  readonly stateRoot: string;
  readonly epoch: number;
  readonly scopes: readonly {
    readonly id: string;
    readonly name: string;
    readonly live: ReadonlyMap<string, Uint8Array>;
  }[];
}

/** A new owner's state, and the commit that it comes into force with. */
export interface Succession {
  readonly state: MemberState;
  readonly candidate: Candidate | null;
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
const LOST = "lost-";
const SENT = "sent-";
const SHRED = "shred-";
const RECEIPT = "receipt-";
const REACH = "reach";
const GARBAGE = "garbage-";
const WITNESSED = "witnessed";
const NEEDED = "needed";
const GIVEN = "given";
const CHECKED = "checked";
const SUCCESSION = "succession";
const INDEX = "index-";
const IMPORTED = "imported-";

/** First byte of what a file holds: another release must not take its fields for something else. */
const VERSION = 1;

/** Seals and writes a file of the journal. */
export async function write(journal: Journal, name: string, value: Uint8Array): Promise<void> {
  const { key, ref, random, store } = journal;
  const versioned = concatBytes(Uint8Array.of(VERSION), value);
  await store.write(name, seal(key, journalContext(ref, name), versioned, random));
}

/** @returns what a file of the journal holds, or `null` when there is none. */
export async function read(journal: Journal, name: string): Promise<Uint8Array | null> {
  const sealed = await journal.store.read(name);
  if (sealed === null) return null;
  const value = opened(journal, name, sealed);
  if (value === null) throw new WrongKeyError(`the journal's ${name}`);
  const [version = 0] = value;
  if (version !== VERSION) throw new JournalVersion(name, version);
  return value.subarray(1);
}

function opened({ key, ref }: Journal, name: string, sealed: Uint8Array): Uint8Array | null {
  try {
    return open(key, journalContext(ref, name), sealed);
  } catch (cause) {
    if (cause instanceof AlteredError || cause instanceof MalformedData)
      throw new JournalDamaged(name, { cause });
    throw cause;
  }
}

/** A number as part of a name: names sort as the numbers do. */
const placeOf = (place: number | bigint): string => String(place).padStart(PLACE_DIGITS, "0");

/** Names of the journal's files that begin with `prefix`, sorted. */
export const named = async (journal: Journal, prefix: string): Promise<string[]> =>
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
export async function writeOperations(
  journal: Journal,
  operations: readonly VaultOperation[],
): Promise<void> {
  const last = (await named(journal, OPERATION)).at(-1);
  const place =
    last === undefined ? 0 : Number(last.slice(OPERATION.length, OPERATION.length + PLACE_DIGITS)) + 1;
  const name = `${OPERATION}${placeOf(place)}-${bytesToHex(journal.random(8))}`;
  await write(journal, name, encodeBundle(operations));
}

/** Everything that waits, in order. */
export const readOperations = async (journal: Journal): Promise<VaultOperation[]> =>
  (await readAll(journal, OPERATION, decodeBundle)).flat();

/** The rekey that waits, or `null`: of several the last one, which has the commit key of those before it. */
export async function readRekey(journal: Journal): Promise<RekeyOperation | null> {
  const operations = await readOperations(journal);
  return operations.findLast((each): each is RekeyOperation => each.kind === "rekey") ?? null;
}

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
  list(decodeCbor(bytes), "operations").map((operation) =>
    decodeVaultOperation(bytesOf(operation, "operation")),
  );

export const writeCandidate = (journal: Journal, candidate: Candidate): Promise<void> =>
  write(journal, CANDIDATE + candidate.id, encodeCandidate(candidate));

export const readCandidates = (journal: Journal): Promise<Candidate[]> =>
  readAll(journal, CANDIDATE, decodeCandidate);

export const removeCandidate = (journal: Journal, id: string): Promise<void> =>
  journal.store.remove(CANDIDATE + id);

/** Keeps a welcome whose admission is final until it was handed over. */
export const writeWelcome = (journal: Journal, memberId: string, file: Uint8Array): Promise<void> =>
  write(journal, WELCOME + memberId, file);

export const readWelcome = (journal: Journal, memberId: string): Promise<Uint8Array | null> =>
  read(journal, WELCOME + memberId);

export const removeWelcome = (journal: Journal, memberId: string): Promise<void> =>
  journal.store.remove(WELCOME + memberId);

/** Members whose welcome was not handed over yet. */
export const welcomedMembers = async (journal: Journal): Promise<string[]> =>
  (await named(journal, WELCOME)).map((name) => name.slice(WELCOME.length));

export const writeLostText = (journal: Journal, lost: LostText): Promise<void> =>
  write(journal, LOST + lost.operationId, encodeCbor(lost));

export const readLostTexts = (journal: Journal): Promise<LostText[]> =>
  readAll(journal, LOST, (bytes) => decodeCbor(bytes) as LostText);

export const removeLostText = (journal: Journal, operationId: string): Promise<void> =>
  journal.store.remove(LOST + operationId);

/** Its name has the place in which it landed: nothing is opened to find the oldest. */
const sentName = ({ id, sequence }: Pick<SentBatch, "id" | "sequence">): string =>
  `${SENT}${placeOf(sequence)}-${id}`;

/** Keeps what a final batch carried, or keeps to what is kept of it already. */
export async function writeSent(journal: Journal, batch: SentBatch): Promise<void> {
  const name = sentName(batch);
  // Interrupted while its operations go, it is written again: by then some are gone.
  if ((await journal.store.read(name)) !== null) return;
  const { id, sequence, operations } = batch;
  await write(journal, name, encodeCbor([id, sequence, operations.map(encodeVaultOperation)]));
}

/** What the last final batches of this device carried, in the order in which they landed. */
export const readSent = (journal: Journal): Promise<SentBatch[]> => readAll(journal, SENT, decodeSent);

/** Lets go of all batches but the newest. */
export async function trimSent(journal: Journal, kept: number): Promise<void> {
  for (const name of (await named(journal, SENT)).slice(0, -kept)) await journal.store.remove(name);
}

/** Lets go of every batch up to a sequence. */
export async function removeSent(journal: Journal, upTo: bigint): Promise<void> {
  const last = SENT + placeOf(upTo + 1n);
  for (const name of await named(journal, SENT)) if (name < last) await journal.store.remove(name);
}

function decodeSent(bytes: Uint8Array): SentBatch {
  const [id, sequence, operations] = tuple(decodeCbor(bytes), 3, "sent batch");
  return {
    id: text(id, "batch id"),
    sequence: BigInt(uint(sequence, "sequence")),
    operations: list(operations, "operations").map((each) =>
      decodeVaultOperation(bytesOf(each, "operation")),
    ),
  };
}

/** Notes a shred that is final, until it is done. */
export const writeShred = (journal: Journal, shred: StartedShred): Promise<void> =>
  write(journal, SHRED + shred.id, encodeCbor(shred));

export const readShreds = (journal: Journal): Promise<StartedShred[]> =>
  readAll(journal, SHRED, (bytes) => {
    const { sequence, ...shred } = decodeCbor(bytes) as Stored<StartedShred>;
    return { ...shred, sequence: BigInt(sequence) };
  });

export const removeShred = (journal: Journal, id: string): Promise<void> => journal.store.remove(SHRED + id);

/** Keeps a receipt until it was shown. */
export const writeReceipt = (journal: Journal, receipt: ShredReceipt): Promise<void> =>
  write(journal, RECEIPT + receipt.id, encodeCbor(receipt));

export const readReceipts = (journal: Journal): Promise<ShredReceipt[]> =>
  readAll(journal, RECEIPT, (bytes) => {
    const { sequence, doneAt, ...receipt } = decodeCbor(bytes) as Stored<ShredReceipt>;
    return { ...receipt, sequence: BigInt(sequence), doneAt: BigInt(doneAt) };
  });

export const removeReceipt = (journal: Journal, id: string): Promise<void> =>
  journal.store.remove(RECEIPT + id);

/** Keeps the digests of all blobs that the last final head needs. */
export const writeReach = (journal: Journal, digests: Iterable<Digest>): Promise<void> =>
  write(journal, REACH, encodeDigests(digests));

export async function readReach(journal: Journal): Promise<Digest[]> {
  const bytes = await read(journal, REACH);
  return bytes === null ? [] : decodeDigests(bytes);
}

/** Keeps the digests of what a vault that is handed over needs, and does not tell of. */
export const writeNeeded = (journal: Journal, digests: readonly Digest[]): Promise<void> =>
  write(journal, NEEDED, encodeDigests(digests));

/** @returns `null` when nothing was handed over, or nothing is left to do for it. */
export async function readNeeded(journal: Journal): Promise<Digest[] | null> {
  const bytes = await read(journal, NEEDED);
  return bytes === null ? null : decodeDigests(bytes);
}

export const removeNeeded = (journal: Journal): Promise<void> => journal.store.remove(NEEDED);

/** Notes the digests of blobs that no final head needs any more. */
export const writeGarbage = (journal: Journal, digests: readonly Digest[]): Promise<void> =>
  write(journal, GARBAGE + bytesToHex(journal.random(16)), encodeDigests(digests));

/** Notes of garbage, by name: each is dropped as a whole. */
export async function readGarbage(journal: Journal): Promise<ReadonlyMap<string, readonly Digest[]>> {
  const notes = await Promise.all(
    (await named(journal, GARBAGE)).map(async (name) => [name, await read(journal, name)] as const),
  );
  return new Map(notes.flatMap(([name, bytes]) => (bytes === null ? [] : [[name, decodeDigests(bytes)]])));
}

export const removeGarbage = (journal: Journal, name: string): Promise<void> => journal.store.remove(name);

/** Digests that are kept of what was given up, the newest: later ones are looked after longest. */
const MAX_GIVEN = 4_096;

/** Notes the digests of blobs that the store is told to give up. */
export async function noteGiven(journal: Journal, digests: readonly Digest[]): Promise<void> {
  const known = await readGiven(journal);
  await write(journal, GIVEN, encodeDigests([...known, ...digests].slice(-MAX_GIVEN)));
}

/** The digests of what was given up on purpose. */
export async function readGiven(journal: Journal): Promise<Digest[]> {
  const bytes = await read(journal, GIVEN);
  return bytes === null ? [] : decodeDigests(bytes);
}

const encodeDigests = (digests: Iterable<Digest>): Uint8Array => encodeCbor([...digests].map(hexToBytes));

const decodeDigests = (bytes: Uint8Array): Digest[] =>
  list(decodeCbor(bytes), "digests").map((digest) => bytesToHex(fixed(digest, 32, "digest")));

export const writeWitness = (journal: Journal, { members, vanished }: Witness): Promise<void> =>
  write(
    journal,
    WITNESSED,
    encodeCbor({ members: Object.fromEntries(members), vanished: Object.fromEntries(vanished) }),
  );

/** Lets go of what was seen of members: those of another owner say nothing of one's own. */
export const removeWitness = (journal: Journal): Promise<void> => journal.store.remove(WITNESSED);

export async function readWitness(journal: Journal): Promise<Witness> {
  const bytes = await read(journal, WITNESSED);
  if (bytes === null) return { members: new Map(), vanished: new Map() };
  const { members, vanished } = decodeCbor(bytes) as {
    readonly members: Record<string, Stored<Witnessed>>;
    readonly vanished: Record<string, number>;
  };
  return {
    members: new Map(
      Object.entries(members).map(([id, { seen, memberSeen, ...rest }]) => [
        id,
        { ...rest, seen: BigInt(seen), memberSeen: BigInt(memberSeen) },
      ]),
    ),
    vanished: new Map(Object.entries(vanished).map(([id, since]) => [id, BigInt(since)])),
  };
}

/** Keeps what a buyer checked, whole: the store that it came from may be the seller's. */
export const writeChecked = (
  journal: Journal,
  { memberId, stateRoot, epoch, scopes }: CheckedHead,
): Promise<void> =>
  write(
    journal,
    CHECKED,
    encodeCbor([
      memberId,
      stateRoot,
      epoch,
      scopes.map(({ id, name, live }) => [id, name, [...live.values()]]),
    ]),
  );

/** @returns `null` when nothing was handed over to this device. */
export async function readChecked(journal: Journal): Promise<CheckedHead | null> {
  const bytes = await read(journal, CHECKED);
  if (bytes === null) return null;
  const [memberId, stateRoot, epoch, scopes] = tuple(decodeCbor(bytes), 4, "checked head");
  return {
    memberId: text(memberId, "member id"),
    stateRoot: text(stateRoot, "state root"),
    epoch: uint(epoch, "epoch"),
    scopes: list(scopes, "scopes").map((scope) => {
      const [id, name, records] = tuple(scope, 3, "scope");
      const live = list(records, "records").map((record) => bytesOf(record, "record"));
      return {
        id: text(id, "scope id"),
        name: text(name, "scope name"),
        live: new Map(live.map((record) => [recordIdOf(record), record])),
      };
    }),
  };
}

export const removeChecked = (journal: Journal): Promise<void> => journal.store.remove(CHECKED);

/** Keeps what a new owner begins with, until its first commit is final. */
export const writeSuccession = (journal: Journal, { state, candidate }: Succession): Promise<void> =>
  write(
    journal,
    SUCCESSION,
    encodeCbor([encodeState(state), candidate === null ? null : encodeCandidate(candidate)]),
  );

export async function readSuccession(journal: Journal): Promise<Succession | null> {
  const bytes = await read(journal, SUCCESSION);
  if (bytes === null) return null;
  const [state, candidate] = tuple(decodeCbor(bytes), 2, "succession");
  return {
    state: decodeState(bytesOf(state, "state")),
    candidate: candidate === null ? null : decodeCandidate(bytesOf(candidate, "candidate")),
  };
}

export const removeSuccession = (journal: Journal): Promise<void> => journal.store.remove(SUCCESSION);

/** What an index for search is kept in: each file's name begins with the sequence that it was made at. */
export const indexNames = (journal: Journal): Promise<string[]> => named(journal, INDEX);

/** Sequence of the head that a file of the index was made at. */
export const indexSequence = (name: string): bigint =>
  BigInt(name.slice(INDEX.length, INDEX.length + PLACE_DIGITS));

export const readIndex = read;

/** @returns the file's name. */
export async function writeIndex(journal: Journal, sequence: bigint, bytes: Uint8Array): Promise<string> {
  const place = placeOf(sequence);
  const name = `${INDEX}${place}-${bytesToHex(journal.random(8))}`;
  await write(journal, name, bytes);
  return name;
}

/** Lets the whole index go. */
export async function removeIndex(journal: Journal): Promise<void> {
  for (const name of await indexNames(journal)) await journal.store.remove(name);
}

/** Notes what an import brought: ids of memories by the keys of what they were made of. */
export const writeImported = (journal: Journal, brought: ReadonlyMap<string, string>): Promise<void> =>
  write(journal, IMPORTED + bytesToHex(journal.random(8)), encodeCbor(Object.fromEntries(brought)));

const decodeImported = (bytes: Uint8Array) => Object.entries(decodeCbor(bytes) as Record<string, string>);

/** What all imports brought. */
export const readImported = async (journal: Journal): Promise<ReadonlyMap<string, string>> =>
  new Map((await readAll(journal, IMPORTED, decodeImported)).flat());

/** Lets go of what was noted of some memories. */
export async function dropImported(journal: Journal, isGone: (memoryId: string) => boolean): Promise<void> {
  for (const name of await named(journal, IMPORTED)) {
    const brought = await read(journal, name);
    const rest = brought && decodeImported(brought).filter(([, memoryId]) => !isGone(memoryId));
    if (rest?.length) await write(journal, name, encodeCbor(Object.fromEntries(rest)));
    else await journal.store.remove(name);
  }
}

// What is sealed under the device's own key was written by this module: its bytes are authentic, and only their types
// are restored here. CBOR has no word for integers beyond 2^53, so a vault's id travels as hex, and bigints that are
// smaller come back as numbers.

/** A type as CBOR gives it back. */
type Stored<T> = T extends bigint
  ? number
  : T extends Uint8Array | string | boolean | number | null
    ? T
    : { readonly [Key in keyof T]: Stored<T[Key]> };

type StoredState = Stored<Omit<MemberState, "ref">> & {
  readonly ref: { readonly chainId: number; readonly contract: string; readonly vaultId: string };
};

const encodeState = (state: MemberState): Uint8Array =>
  encodeCbor({ ...state, ref: { ...state.ref, vaultId: state.ref.vaultId.toString(16) } });

function decodeState(bytes: Uint8Array): MemberState {
  const { ref, pin, genesis, shredSeen, shredFollowed, ...state } = decodeCbor(bytes) as StoredState;
  return {
    ...state,
    ...{ shredSeen: BigInt(shredSeen), shredFollowed: BigInt(shredFollowed) },
    ref: { chainId: BigInt(ref.chainId), contract: ref.contract, vaultId: BigInt(`0x${ref.vaultId}`) },
    pin: pin && { ...pin, sequence: BigInt(pin.sequence), generation: BigInt(pin.generation) },
    genesis: genesis && {
      ...genesis,
      members: genesis.members.map(({ member, secret }) => ({
        member: {
          ...member,
          since: BigInt(member.since),
          written: BigInt(member.written),
          erased: BigInt(member.erased),
        },
        secret,
      })),
    },
  };
}

const encodeCandidate = (candidate: Candidate): Uint8Array => encodeCbor(candidate);

function decodeCandidate(bytes: Uint8Array): Candidate {
  const { sequence, delta, calls, shredded, ...candidate } = decodeCbor(bytes) as Stored<Candidate>;
  const restored: Delta = { ...delta, sequence: BigInt(delta.sequence) };
  return {
    ...candidate,
    ...{ sequence: BigInt(sequence), shredded: BigInt(shredded) },
    delta: restored,
    calls: calls.map((call): VaultCall => (call.kind === "commit" ? { ...call, delta: restored } : call)),
  };
}
