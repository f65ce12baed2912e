import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { bytesOf, decodeCbor, encodeCbor, fixed, flag, list, nullOr, text, tuple, uint } from "../cbor.ts";
import { MalformedData } from "../errors.ts";
import { decodeOperation, encodeOperation, type Operation } from "../memory/operations.ts";
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

/** Whatever the journal holds until it is final. */
export type VaultOperation = Operation | AdmitOperation | DismissOperation;

/** Kinds of operations as the journal has them. */
const TAG = { memory: 0, admit: 1, dismiss: 2 } as const;

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
  if (fields[0] === TAG.memory) return decodeOperation(bytesOf(fields[1], "memory operation"));
  if (fields[0] === TAG.dismiss) {
    const [, id, memberId] = tuple(fields, 3, "dismiss");
    return { kind: "dismiss", id: hexId(id), memberId: hexId(memberId) };
  }
  if (fields[0] !== TAG.admit) throw new MalformedData("operation", `kind ${String(fields[0])}`);
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
    recipient: fixed(recipient, 1_216, "recipient"),
    grantee: nullOr(grantee, (value) => text(value, "grantee")),
    listed: flag(listed, "listed"),
    scopes: list(scopes, "scopes").map((scope) => text(scope, "scope")),
    expiresAt: nullOr(expiresAt, (value) => uint(value, "expiry")),
    permissions: uint(permissions, "permissions", 255),
    admission: uint(admission, "admission", 1) === 0 ? "fresh" : "joined",
    label: text(label, "label"),
    storeWelcome: flag(storeWelcome, "stored welcome"),
  };
}

const hexId = (value: unknown): string => bytesToHex(fixed(value, 16, "an id"));
