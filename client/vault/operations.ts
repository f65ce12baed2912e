import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

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
import { RECIPIENT_BYTES } from "../crypto/identity.ts";
import type { SeedSecrets } from "../crypto/keys.ts";
import { MalformedData } from "../errors.ts";
import {
  decodeOperation,
  encodeOperation,
  type Operation,
  type ShredOperation,
} from "../memory/operations.ts";
import type { Admission, MemberClass } from "./roster.ts";

/** Admits a member. Its id becomes the member's. */
export interface AdmitOperation {
  readonly kind: "admit";
  /** 16 random bytes, hex. */
  readonly id: string;
  readonly class: MemberClass;
  readonly recipient: Uint8Array;
  readonly grantee: string | null;
  readonly listed: boolean;
  /** Scope names; created where they do not exist. */
  readonly scopes: readonly string[];
  readonly expiresAt: number | null;
  readonly permissions: number;
  readonly admission: Admission;
  readonly label: string;
  /** Whether the welcome also goes to the store, for a reader that runs unattended. */
  readonly storeWelcome: boolean;
}

/** Drops a reader, under a new epoch. */
export interface DismissOperation {
  readonly kind: "dismiss";
  readonly id: string;
  readonly memberId: string;
}

/** What a reader may do until when. */
export interface Terms {
  /** Scope names. */
  readonly scopes: readonly string[];
  /** Unix seconds. */
  readonly expiresAt: number | null;
  readonly permissions: number;
}

/** Gives a reader other terms, and with them a new secret. */
export interface ChangeOperation {
  readonly kind: "change";
  readonly id: string;
  readonly memberId: string;
  /** The terms that the owner saw: if others stand by now, two devices changed one grant. */
  readonly seen: Terms;
  /** `null` where they stay; without a label as well, a new welcome is all that is asked for. */
  readonly wanted: Terms | null;
  /** `null` where it stays. */
  readonly label: string | null;
  /** Whether a listed grant is given anew on chain even where its terms stay. */
  readonly anew: boolean;
}

/** Writes the recipient of a device that replaced its identity. */
export interface RenewOperation {
  readonly kind: "renew";
  readonly id: string;
  readonly memberId: string;
  readonly recipient: Uint8Array;
}

/** Gives everybody who stays other secrets, under another commit key: whoever leaves has all that there were. */
export interface RekeyOperation {
  readonly kind: "rekey";
  readonly id: string;
  /** Ids of the members that leave. */
  readonly remove: readonly string[];
  /** Fingerprints of the records that the owner vouches for. */
  readonly confirmed: readonly string[];
  /** Sequence of the head that it builds on; `null` for the newest. */
  readonly base: number | null;
  /** Private key of the new authorizer, 32 bytes: safe here before it is in force there. */
  readonly commitKey: Uint8Array;
  /** Address of the authorizer that was in force before it. */
  readonly replaced: string;
  /** What the present words give, where the owner typed them. */
  readonly words: SeedSecrets | null;
  /** What the words give that replace them; `null` where they stay. */
  readonly newWords: SeedSecrets | null;
}

/** A device's word that it followed a shred. It goes along with other commits and is worth none of its own. */
export interface NoteOperation {
  readonly kind: "note";
  readonly id: string;
  readonly memberId: string;
  /** Sequence of the shred. */
  readonly erased: bigint;
}

/** Turns the epoch until it is above that of a commit that was stored and lost. */
export interface RotateOperation {
  readonly kind: "rotate";
  readonly id: string;
  readonly above: number;
}

/** Leaves everything that lives to one new member, and nobody and nothing else. Its id becomes the member's. */
export interface HandoverOperation {
  readonly kind: "handover";
  readonly id: string;
  readonly recipient: Uint8Array;
  readonly label: string;
}

/** Whatever the journal holds until it is final. */
export type VaultOperation =
  | Operation
  | AdmitOperation
  | DismissOperation
  | ChangeOperation
  | RenewOperation
  | RekeyOperation
  | ShredOperation
  | NoteOperation
  | RotateOperation
  | HandoverOperation;

const OF_MEMORY: ReadonlySet<VaultOperation["kind"]> = new Set([
  "create",
  "update",
  "reinforce",
  "forget",
  "shred",
]);

/** Whether an operation says what memories there are: what a device sees before it is committed. */
export const isOfMemory = (operation: VaultOperation): operation is Operation | ShredOperation =>
  OF_MEMORY.has(operation.kind);

/** Kinds of operations as the journal has them. */
const TAG = {
  memory: 0,
  admit: 1,
  dismiss: 2,
  change: 3,
  renew: 4,
  rekey: 5,
  shred: 6,
  note: 7,
  rotate: 8,
  handover: 9,
} as const;

export function encodeVaultOperation(operation: VaultOperation): Uint8Array {
  switch (operation.kind) {
    case "admit":
      return encodeCbor([
        TAG.admit,
        hexToBytes(operation.id),
        operation.class === "owner" ? 0 : 1,
        operation.recipient,
        operation.grantee,
        operation.listed,
        operation.scopes,
        operation.expiresAt,
        operation.permissions,
        operation.admission === "fresh" ? 0 : 1,
        operation.label,
        operation.storeWelcome,
      ]);
    case "dismiss":
      return encodeCbor([TAG.dismiss, hexToBytes(operation.id), hexToBytes(operation.memberId)]);
    case "change":
      return encodeCbor([
        TAG.change,
        hexToBytes(operation.id),
        hexToBytes(operation.memberId),
        encodeTerms(operation.seen),
        operation.wanted === null ? null : encodeTerms(operation.wanted),
        operation.label,
        operation.anew,
      ]);
    case "renew":
      return encodeCbor([
        TAG.renew,
        hexToBytes(operation.id),
        hexToBytes(operation.memberId),
        operation.recipient,
      ]);
    case "rekey":
      return encodeCbor([
        TAG.rekey,
        hexToBytes(operation.id),
        operation.remove.map((id) => hexToBytes(id)),
        operation.confirmed,
        operation.base,
        operation.commitKey,
        operation.replaced,
        ...[operation.words, operation.newWords].map((words) => words && encodeSeedSecrets(words)),
      ]);
    case "shred":
      return encodeCbor([TAG.shred, hexToBytes(operation.id), operation.memoryIds.map(hexToBytes)]);
    case "note":
      return encodeCbor([
        TAG.note,
        hexToBytes(operation.id),
        hexToBytes(operation.memberId),
        operation.erased,
      ]);
    case "rotate":
      return encodeCbor([TAG.rotate, hexToBytes(operation.id), operation.above]);
    case "handover":
      return encodeCbor([TAG.handover, hexToBytes(operation.id), operation.recipient, operation.label]);
    case "create":
    case "update":
    case "reinforce":
    case "forget":
      return encodeCbor([TAG.memory, encodeOperation(operation)]);
  }
}

/** @throws {MalformedData} when the bytes are no operation. */
export function decodeVaultOperation(bytes: Uint8Array): VaultOperation {
  const fields = list(decodeCbor(bytes), "operation");
  if (fields[0] === TAG.memory) {
    const [, operation] = tuple(fields, 2, "memory operation");
    return decodeOperation(bytesOf(operation, "memory operation"));
  }
  if (fields[0] === TAG.dismiss) {
    const [, id, memberId] = tuple(fields, 3, "dismiss");
    return { kind: "dismiss", id: hexId(id), memberId: hexId(memberId) };
  }
  if (fields[0] === TAG.change) {
    const [, id, memberId, seen, wanted, label, anew] = tuple(fields, 7, "change");
    return {
      ...{ kind: "change", id: hexId(id), memberId: hexId(memberId) },
      ...{ seen: decodeTerms(seen), wanted: nullOr(wanted, decodeTerms) },
      label: nullOr(label, (value) => text(value, "label")),
      anew: flag(anew, "given anew"),
    };
  }
  if (fields[0] === TAG.renew) {
    const [, id, memberId, recipient] = tuple(fields, 4, "renew");
    return {
      ...{ kind: "renew", id: hexId(id), memberId: hexId(memberId) },
      recipient: fixed(recipient, RECIPIENT_BYTES, "recipient"),
    };
  }
  if (fields[0] === TAG.rekey) {
    const [, id, remove, confirmed, base, commitKey, replaced, words, newWords] = tuple(fields, 9, "rekey");
    return {
      ...{ kind: "rekey", id: hexId(id), remove: list(remove, "members").map(hexId) },
      confirmed: list(confirmed, "confirmed").map((each) => text(each, "fingerprint")),
      base: nullOr(base, (value) => uint(value, "base")),
      commitKey: fixed(commitKey, 32, "commit key"),
      replaced: text(replaced, "authorizer"),
      words: nullOr(words, decodeSeedSecrets),
      newWords: nullOr(newWords, decodeSeedSecrets),
    };
  }
  if (fields[0] === TAG.shred) {
    const [, id, memoryIds] = tuple(fields, 3, "shred");
    return { kind: "shred", id: hexId(id), memoryIds: list(memoryIds, "memories").map(hexId) };
  }
  if (fields[0] === TAG.note) {
    const [, id, memberId, erased] = tuple(fields, 4, "note");
    const sequence = BigInt(uint(erased, "sequence of a shred"));
    return { kind: "note", id: hexId(id), memberId: hexId(memberId), erased: sequence };
  }
  if (fields[0] === TAG.rotate) {
    const [, id, above] = tuple(fields, 3, "rotate");
    return { kind: "rotate", id: hexId(id), above: uint(above, "epoch") };
  }
  if (fields[0] === TAG.handover) {
    const [, id, recipient, label] = tuple(fields, 4, "handover");
    return {
      ...{ kind: "handover", id: hexId(id), label: text(label, "label") },
      recipient: fixed(recipient, RECIPIENT_BYTES, "recipient"),
    };
  }
  if (fields[0] !== TAG.admit) throw new MalformedData("operation", `kind ${shown(fields[0])}`);
  const [
    ,
    id,
    kind,
    recipient,
    grantee,
    listed,
    scopes,
    expiresAt,
    permissions,
    admission,
    label,
    storeWelcome,
  ] = tuple(fields, 12, "admit");
  return {
    kind: "admit",
    id: hexId(id),
    class: uint(kind, "class", 1) === 0 ? "owner" : "reader",
    recipient: fixed(recipient, RECIPIENT_BYTES, "recipient"),
    grantee: nullOr(grantee, (value) => text(value, "grantee")),
    listed: flag(listed, "listed"),
    ...decodeTerms([scopes, expiresAt, permissions]),
    admission: uint(admission, "admission", 1) === 0 ? "fresh" : "joined",
    label: text(label, "label"),
    storeWelcome: flag(storeWelcome, "stored welcome"),
  };
}

const encodeTerms = ({ scopes, expiresAt, permissions }: Terms): unknown => [scopes, expiresAt, permissions];

function decodeTerms(value: unknown): Terms {
  const [scopes, expiresAt, permissions] = tuple(value, 3, "terms");
  return {
    scopes: list(scopes, "scopes").map((scope) => text(scope, "scope")),
    expiresAt: nullOr(expiresAt, (bound) => seconds(bound, "expiry")),
    permissions: uint(permissions, "permissions", 255),
  };
}

const encodeSeedSecrets = (secrets: SeedSecrets): unknown => [
  ...[secrets.visibilityKey, secrets.recoverySecret, secrets.recoveryLocator, secrets.recoveryIdentity],
];

function decodeSeedSecrets(value: unknown): SeedSecrets {
  const [visibilityKey, secret, locator, identity] = tuple(value, 4, "words");
  return {
    visibilityKey: fixed(visibilityKey, 32, "visibility key"),
    recoverySecret: fixed(secret, 32, "recovery secret"),
    recoveryLocator: fixed(locator, 32, "recovery locator"),
    recoveryIdentity: text(identity, "recovery identity"),
  };
}

const hexId = (value: unknown): string => bytesToHex(fixed(value, 16, "an id"));
