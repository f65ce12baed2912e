import { bytesToHex, randomBytes } from "@noble/hashes/utils.js";

import { generateIdentity } from "../../client/crypto/identity.ts";
import { memoryStore, type BlobStore } from "../../client/storage/store.ts";
import { buildCommit, type BuiltCommit, type Draft } from "../../client/vault/commit.ts";
import { PERMISSION, type ChainHead } from "../../client/vault/contract.ts";
import { openHead, type MemberKeys, type OpenedHead } from "../../client/vault/head.ts";
import type { AdmitOperation, VaultOperation } from "../../client/vault/operations.ts";
import { planCommit, type Base } from "../../client/vault/plan.ts";
import type { RosterMember } from "../../client/vault/roster.ts";
import { EMPTY, headAfter, REF } from "../../test/client/vault/workbench.ts";

/** The next commit of a vault, drawn and sealed. */
export interface Next {
  readonly draft: Draft;
  readonly built: BuiltCommit;
}

/** A vault without a chain, as the owner's one device has it: planned, built and opened by what the client does it with. */
export interface Written {
  readonly head: ChainHead;
  readonly keys: MemberKeys;
  readonly store: BlobStore;
  readonly opened: OpenedHead;
}

/** Seconds; grants end later, and memories were made before. */
const NOW = 1_760_000_000;
const PUBLIC_KEY_BYTES = 1_216;

/** A memory of about the length that memories usually have, in one of some scopes. */
export const memory = (i: number, scopes: number): VaultOperation => ({
  ...{ kind: "create", id: bytesToHex(randomBytes(16)), at: NOW * 1_000 + i, type: "semantic" },
  scope: scopeName(i, scopes),
  text: `On day ${i} the owner told the assistant something of about the length that memories usually have: ${i * 7}.`,
  tags: ["bench"],
});

/** A reader of one scope. Its key is as long as one, and nothing is encrypted to it here. */
export const reader = (i: number, scopes: number): AdmitOperation => ({
  ...{ kind: "admit", id: bytesToHex(randomBytes(16)), class: "reader", scopes: [scopeName(i, scopes)] },
  ...{ recipient: randomBytes(PUBLIC_KEY_BYTES), grantee: null, listed: false, expiresAt: NOW + 86_400 },
  ...{ permissions: PERMISSION.read, admission: "joined", label: `reader ${i}`, storeWelcome: false },
});

const scopeName = (i: number, scopes: number): string => `scope ${i % scopes}`;

/** Writes a vault in one commit, and opens it. */
export function write(operations: readonly VaultOperation[]): Promise<Written> {
  const { keys, built } = first(operations);
  return land({ keys, store: memoryStore() }, built, EMPTY);
}

/** Builds the first commit of a new vault. */
export function first(operations: readonly VaultOperation[]): Next & { readonly keys: MemberKeys } {
  const [secret, visibilityKey] = [randomBytes(32), randomBytes(32)];
  const keys: MemberKeys = {
    ...{
      ref: REF,
      class: "owner",
      visibilityKey,
      secret,
      epoch: 0,
      sequence: 0n,
      admitted: true,
      scopes: [],
    },
  };
  const genesis = {
    ...{ commitKey: randomBytes(32), inbox: generateIdentity() },
    members: [{ member: ownDevice(), secret }],
  };
  return { keys, ...next(keys, { chain: EMPTY, opened: null, genesis }, operations) };
}

/** Decides and builds the commit that comes next, as `sync` does before it stores and sends anything. */
export function next(
  { visibilityKey }: Pick<MemberKeys, "visibilityKey">,
  base: Base,
  operations: readonly VaultOperation[],
): Next {
  const plan = planCommit({
    ...{ ref: REF, visibilityKey, base, operations, rekey: null, gone: new Set<string>() },
    ...{ batchId: bytesToHex(randomBytes(16)), now: NOW, random: randomBytes },
  });
  for (const { kind } of plan.outcomes.values())
    if (kind === "refused") throw new Error("an operation was refused");
  const draft = plan.draft();
  return { draft, built: buildCommit(draft, randomBytes) };
}

/** Stores a commit and opens the head that it makes; a device that built it hashes nothing again. */
export async function land(
  { keys, store }: Pick<Written, "keys" | "store">,
  { blobs, delta, scopes }: BuiltCommit,
  before: ChainHead,
): Promise<Written> {
  for (const blob of blobs) await store.put(blob);
  const head = headAfter(before, delta);
  return { head, keys, store, opened: await openHead(head, keys, store, scopes) };
}

const ownDevice = (): RosterMember => ({
  ...{
    id: bytesToHex(randomBytes(16)),
    class: "owner",
    locator: randomBytes(32),
    label: "bench",
    grantee: null,
  },
  ...{ listed: false, scopes: [], expiresAt: null, permissions: PERMISSION.read, admission: "joined" },
  ...{ since: 0n, written: 0n, recipient: randomBytes(PUBLIC_KEY_BYTES), welcomeDigest: null, erased: 0n },
});

/** What must be there, because it was just written. */
export function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("what was just written is not there");
  return value;
}
