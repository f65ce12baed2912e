import { bytesToHex, concatBytes, hexToBytes } from "@noble/hashes/utils.js";

import {
  bytesOf,
  decodeCbor,
  encodeCbor,
  fixed,
  flag,
  list,
  nullOr,
  seconds,
  shown,
  text,
  tuple,
  uint,
} from "../cbor.ts";
import type { Random } from "../crypto/seal.ts";
import { SCOPE_ONE, SCOPE_ZERO } from "../crypto/keys.ts";
import { MalformedData } from "../errors.ts";

/** Kinds of records; every record is a CBOR array that begins with kind, id and salt (SPEC §5). */
export const KIND = {
  memory: 1,
  secret: 2,
  commitKey: 3,
  inbox: 4,
  batch: 5,
  member: 6,
  scopeName: 7,
  shred: 8,
  rekey: 9,
} as const;

/** Owner-class members hold the epoch key, readers the keys of their scopes. */
export type MemberClass = "owner" | "reader";

/** How a member was admitted: to a new snapshot, or to the epoch as it stood. */
export type Admission = "fresh" | "joined";

/** A member as the roster knows it (scope one). Ids are hex strings. */
export interface RosterMember {
  readonly id: string;
  readonly class: MemberClass;
  /** The 1,216 bytes that welcomes are encrypted to. */
  readonly recipient: Uint8Array;
  /** 32 bytes that find the member's newest welcome. */
  readonly locator: Uint8Array;
  /** The grantee's address, lower case, or `null` for a recipient alone. */
  readonly grantee: string | null;
  /** Whether the grant also stands on chain. */
  readonly listed: boolean;
  readonly scopes: readonly string[];
  /** Unix seconds, or `null` for an owner-class member. */
  readonly expiresAt: number | null;
  readonly permissions: number;
  readonly admission: Admission;
  /** The owner's own words; never a request's. */
  readonly label: string;
  /** Sequence of the commit that admitted the member. */
  readonly since: bigint;
  /** Sequence of the commit that wrote the recipient: a device replaces its own. */
  readonly written: bigint;
  /** Digest of the newest welcome of a reissued member. */
  readonly welcomeDigest: Uint8Array | null;
  /** Sequence of the newest shred that the device says it followed; 0 for none. */
  readonly erased: bigint;
}

/** The newest shred, for every device of the owner to follow. */
export interface NewestShred {
  /** Sequence of the commit that made it. */
  readonly sequence: bigint;
  /** Ids of the memories that were shredded last, at most {@link KEPT_SHREDDED}, oldest first. */
  readonly memoryIds: readonly string[];
}

/** What scope zero holds: everything that must not outlive an epoch. */
export interface Secrets {
  /** Member id to the member's secret at this epoch. */
  readonly members: ReadonlyMap<string, Uint8Array>;
  /** Private key of the authorizer, 32 bytes, or `null` when the owner commits itself. */
  readonly commitKey: Uint8Array | null;
  /** Age identity of the vault's inbox. */
  readonly inbox: string;
  /** Batch ids of the last commits to the sequence each landed at. */
  readonly batches: ReadonlyMap<string, bigint>;
}

/** What the words' own member is called: it is no device, and follows no shred. */
export const WORDS_LABEL = "the 24 words";

/** The scopes that the owner class keeps for itself. */
export const ZERO = bytesToHex(SCOPE_ZERO);
export const ONE = bytesToHex(SCOPE_ONE);

/** Whether a scope is one that the owner class keeps for itself. */
export const isInternal = (id: string): boolean => id === ZERO || id === ONE;

/** How many batch ids scope zero remembers. */
export const KEPT_BATCHES = 128;

/** How many ids of shredded memories scope one remembers. */
export const KEPT_SHREDDED = 128;

const SINGLE = (kind: number): Uint8Array => concatBytes(new Uint8Array(15), Uint8Array.of(kind));
/** Ids of the records that stand once: two in scope zero, and the newest shred and rekey in scope one. */
export const COMMIT_KEY_ID = bytesToHex(SINGLE(KIND.commitKey));
export const INBOX_ID = bytesToHex(SINGLE(KIND.inbox));
export const SHRED_ID = bytesToHex(SINGLE(KIND.shred));
export const REKEY_ID = bytesToHex(SINGLE(KIND.rekey));

const record = (kind: number, id: string, random: Random, ...fields: unknown[]): Uint8Array =>
  encodeCbor([kind, hexToBytes(id), random(16), ...fields]);

export const encodeSecret = (id: string, secret: Uint8Array, random: Random): Uint8Array =>
  record(KIND.secret, id, random, secret);

export const encodeCommitKey = (key: Uint8Array, random: Random): Uint8Array =>
  record(KIND.commitKey, COMMIT_KEY_ID, random, key);

export const encodeInbox = (identity: string, random: Random): Uint8Array =>
  record(KIND.inbox, INBOX_ID, random, identity);

export const encodeBatch = (id: string, sequence: bigint, random: Random): Uint8Array =>
  record(KIND.batch, id, random, sequence);

export const encodeScopeName = (id: string, name: string, random: Random): Uint8Array =>
  record(KIND.scopeName, id, random, name);

export const encodeRekey = ({ sequence, base }: RekeyRecord, random: Random): Uint8Array =>
  record(KIND.rekey, REKEY_ID, random, sequence, base);

export const encodeMember = (member: RosterMember, random: Random): Uint8Array =>
  record(
    KIND.member,
    member.id,
    random,
    member.class === "owner" ? 0 : 1,
    member.recipient,
    member.locator,
    member.grantee === null ? null : hexToBytes(member.grantee.slice(2)),
    member.listed,
    member.scopes.map((scope) => hexToBytes(scope)),
    member.expiresAt,
    member.permissions,
    member.admission === "fresh" ? 0 : 1,
    member.label,
    member.since,
    member.written,
    member.welcomeDigest,
    member.erased,
  );

export const encodeShred = ({ sequence, memoryIds }: NewestShred, random: Random): Uint8Array =>
  record(KIND.shred, SHRED_ID, random, sequence, memoryIds.map(hexToBytes));

/**
 * Reads the live records of scope zero.
 *
 * @throws {MalformedData} when a record is of no kind that belongs there, or another's id is on the one of its kind.
 */
export function decodeSecrets(records: Iterable<Uint8Array>): Secrets {
  const members = new Map<string, Uint8Array>();
  const batches = new Map<string, bigint>();
  let commitKey: Uint8Array | null = null;
  let inbox: string | null = null;
  for (const bytes of records) {
    const [kind, id, salt, value] = tuple(decodeCbor(bytes), 4, "a record of scope zero");
    checkSalt(salt);
    if (kind === KIND.secret) members.set(hexId(id), fixed(value, 32, "member secret"));
    else if (kind === KIND.batch) batches.set(hexId(id), BigInt(uint(value, "batch sequence")));
    else if (kind === KIND.commitKey && hexId(id) === COMMIT_KEY_ID)
      commitKey = fixed(value, 32, "commit key");
    else if (kind === KIND.inbox && hexId(id) === INBOX_ID) inbox = text(value, "inbox identity");
    else throw new MalformedData("a record of scope zero", `kind ${shown(kind)}`);
  }
  if (inbox === null) throw new MalformedData("scope zero", "no inbox identity");
  return { members, commitKey, inbox, batches };
}

/** The newest rekey: what landed between the head that it built on and its own was left out. */
export interface RekeyRecord {
  readonly sequence: bigint;
  readonly base: bigint;
}

/** The roster: members and scope names, by id. */
export interface Roster {
  readonly members: ReadonlyMap<string, RosterMember>;
  readonly scopeNames: ReadonlyMap<string, string>;
  readonly rekeyed: RekeyRecord | null;
  /** `null` where nothing was ever shredded. */
  readonly newestShred: NewestShred | null;
}

/**
 * Reads the live records of scope one.
 *
 * @throws {MalformedData} when a record is of no kind that belongs there.
 */
export function decodeRoster(records: Iterable<Uint8Array>): Roster {
  const members = new Map<string, RosterMember>();
  const scopeNames = new Map<string, string>();
  let rekeyed: RekeyRecord | null = null;
  let newestShred: NewestShred | null = null;
  for (const bytes of records) {
    const fields = list(decodeCbor(bytes), "a record of scope one");
    if (fields[0] === KIND.scopeName) {
      const [, id, salt, name] = tuple(fields, 4, "scope name");
      checkSalt(salt);
      scopeNames.set(hexId(id), text(name, "scope name"));
    } else if (fields[0] === KIND.member) {
      const member = memberOf(fields);
      members.set(member.id, member);
    } else if (fields[0] === KIND.shred) newestShred = shredOf(fields);
    else if (fields[0] === KIND.rekey) {
      const [, id, salt, sequence, base] = tuple(fields, 5, "rekey");
      checkSalt(salt);
      if (hexId(id) !== REKEY_ID) throw new MalformedData("rekey", `id ${hexId(id)}`);
      rekeyed = {
        sequence: BigInt(uint(sequence, "rekey sequence")),
        base: BigInt(uint(base, "rekey base")),
      };
    } else throw new MalformedData("a record of scope one", `kind ${shown(fields[0])}`);
  }
  return { members, scopeNames, newestShred, rekeyed };
}

function shredOf(record: readonly unknown[]): NewestShred {
  const [, id, salt, sequence, ids] = tuple(record, 5, "shred");
  checkSalt(salt);
  if (hexId(id) !== SHRED_ID) throw new MalformedData("shred", `id ${hexId(id)}`);
  const memoryIds = list(ids, "shredded memories").map(hexId);
  if (memoryIds.length > KEPT_SHREDDED) throw new MalformedData("shred", `${memoryIds.length} memories`);
  return { sequence: BigInt(uint(sequence, "sequence of a shred")), memoryIds };
}

function memberOf(record: readonly unknown[]): RosterMember {
  const fields = tuple(record, 17, "member");
  const [, id, salt, kind, recipient, locator, grantee, listed, scopes, expiresAt, permissions, admission] =
    fields;
  const [label, since, written, welcomeDigest, erased] = fields.slice(12);
  checkSalt(salt);
  return {
    id: hexId(id),
    class: uint(kind, "member class", 1) === 0 ? "owner" : "reader",
    recipient: fixed(recipient, 1_216, "member recipient"),
    locator: fixed(locator, 32, "member locator"),
    grantee: nullOr(grantee, (value) => `0x${bytesToHex(fixed(value, 20, "grantee"))}`),
    listed: flag(listed, "listed"),
    scopes: list(scopes, "member scopes").map(hexId),
    expiresAt: nullOr(expiresAt, (value) => seconds(value, "member expiry")),
    permissions: uint(permissions, "permissions", 255),
    admission: uint(admission, "admission", 1) === 0 ? "fresh" : "joined",
    label: text(label, "label"),
    since: BigInt(uint(since, "since")),
    written: BigInt(uint(written, "written")),
    welcomeDigest: nullOr(welcomeDigest, (value) => fixed(value, 32, "welcome digest")),
    erased: BigInt(uint(erased, "erased")),
  };
}

const hexId = (value: unknown): string => bytesToHex(fixed(value, 16, "an id"));

const checkSalt = (value: unknown): Uint8Array => fixed(value, 16, "a record's salt");

/** Whether an item of a section removes a record: then it is the record's id, and no record is as short. */
export const isRemoval = (item: Uint8Array): boolean => item.length === 16;

/**
 * The id of any record, read from its first bytes: array header, kind, 16-byte string.
 *
 * @throws {MalformedData} when the bytes do not begin so.
 */
export function recordIdOf(bytes: Uint8Array): string {
  // A CBOR array of at most 23 items, a kind below 24, then a byte string of 16 (0x50).
  const [array = 0, kind = 24, idHeader] = bytes;
  if (bytes.length < 36 || array < 0x80 || array > 0x97 || kind > 23 || idHeader !== 0x50) {
    throw new MalformedData("record", "does not begin with kind and id");
  }
  return bytesToHex(bytesOf(bytes.subarray(3, 19), "record id"));
}
