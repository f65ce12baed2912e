import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import { InvalidScopeName, NoText, OwnerClassOnly } from "../errors.ts";
import type { CreateOperation, UpdateOperation } from "../memory/operations.ts";
import { MAX_SCOPE_NAME_BYTES } from "../memory/record.ts";
import {
  readCandidates,
  readLostTexts,
  readOperations,
  removeLostText,
  removeOperations,
  writeOperations,
  type LostText,
} from "./journal.ts";
import type { VaultOperation } from "./operations.ts";
import { locked, stateOf, type Vault } from "./session.ts";
import { unprinted } from "./unprinted.ts";

/** What a new memory may say; all but scope and text have defaults. */
export type MemoryInput = Omit<CreateOperation, "kind" | "id" | "at" | "type"> &
  Partial<Pick<CreateOperation, "type">>;

/** What names a revision of a memory: a {@link Memory} does. */
export interface SeenMemory {
  readonly id: string;
  readonly revision: number;
}

/**
 * Scope names are compared in one form: NFC, trimmed.
 *
 * @throws {InvalidScopeName} when it is empty, longer than 128 bytes, or has control characters or half a surrogate pair.
 */
export function scopeName(name: string): string {
  const normal = name.normalize("NFC").trim();
  const size = utf8ToBytes(normal).length;
  if (size === 0 || size > MAX_SCOPE_NAME_BYTES || /[\p{Cc}\p{Surrogate}]/u.test(normal)) {
    throw new InvalidScopeName(name);
  }
  return normal;
}

/**
 * Puts memories into the journal. They are safe on this device when it returns, and in the vault after the next
 * {@link sync}: any number of them goes in one transaction.
 *
 * @returns the memories' ids, in order.
 * @throws {NoText} when one has an empty text.
 */
export async function remember(vault: Vault, ...inputs: readonly MemoryInput[]): Promise<string[]> {
  const operations = inputs.map((input): CreateOperation => ({
    type: "semantic",
    ...input,
    scope: scopeName(input.scope),
    text: someText(input.text),
    kind: "create",
    id: bytesToHex(vault.random(16)),
    at: vault.now(),
  }));
  await journalOperations(vault, operations);
  return operations.map(({ id }) => id);
}

/** A request, and no fault of a format: who asks is told what to do. */
function someText(text: string): string {
  if (text === "") throw new NoText();
  return text;
}

/**
 * Journals a change to a memory as it was seen: if another device changed it meanwhile, both versions stay.
 *
 * @throws {NoText} when the new text is empty.
 */
export async function update(
  vault: Vault,
  seen: SeenMemory,
  changes: UpdateOperation["changes"],
): Promise<void> {
  if (changes.text !== undefined) someText(changes.text);
  await journalOperations(vault, [
    { ...operationOn(vault, seen), kind: "update", seenRevision: seen.revision, changes },
  ]);
}

/** Journals that a memory proved itself once more. */
export const reinforce = (vault: Vault, seen: Pick<SeenMemory, "id">): Promise<void> =>
  journalOperations(vault, [{ ...operationOn(vault, seen), kind: "reinforce" }]);

/** Journals that a memory leaves the live set. What earlier blobs hold stays readable to their readers. */
export const forget = (vault: Vault, seen: SeenMemory): Promise<void> =>
  journalOperations(vault, [{ ...operationOn(vault, seen), kind: "forget", seenRevision: seen.revision }]);

/**
 * What waits in the journal, in order; operations stay until the commit that carries them is final. A device's own word,
 * which goes along with the next commit, is nothing that anybody waits for.
 */
export const pending = async (vault: Vault): Promise<VaultOperation[]> =>
  (await readOperations(vault.journal)).filter(({ kind }) => kind !== "note").map(withoutSecrets);

/**
 * What waits in the journal and is in no commit up to a head: laid over that head's memories it is what this device
 * sees.
 *
 * @param view - the head's view, or what holds its batches; `null` before the first commit.
 */
export async function uncommitted(
  vault: Vault,
  view: { readonly batches: { has(id: string): boolean } } | null,
): Promise<VaultOperation[]> {
  // In this order: a settled commit lets its operations go before its candidate, so none is left without the other.
  const candidates = await readCandidates(vault.journal);
  const operations = await readOperations(vault.journal);
  const landed = candidates.filter(({ id }) => view?.batches.has(id));
  const carried = new Set(landed.flatMap((candidate) => candidate.operations));
  return operations.filter(({ id }) => !carried.has(id)).map(withoutSecrets);
}

/** The operation as it may be shown: a rekey's keys are there, and not printed. */
const withoutSecrets = (operation: VaultOperation): VaultOperation =>
  operation.kind === "rekey" ? unprinted(operation, "commitKey", "words", "newWords") : operation;

/** Texts that a concurrent forget took from their writers; they stay until {@link dropLostText}. */
export const lostTexts = (vault: Vault): Promise<LostText[]> => readLostTexts(vault.journal);

/** Lets a lost text go, once it was shown. */
export const dropLostText = (vault: Vault, operationId: string): Promise<void> =>
  removeLostText(vault.journal, operationId);

/** Takes operations back that were not sent: those, for instance, that a sync reports as refused. */
export const withdraw = (vault: Vault, ids: readonly string[]): Promise<void> =>
  locked(vault, () => removeOperations(vault.journal, new Set(ids)));

const operationOn = (vault: Vault, { id }: Pick<SeenMemory, "id">) => ({
  id: bytesToHex(vault.random(16)),
  at: vault.now(),
  memoryId: id,
});

/** @throws {OwnerClassOnly} for a reader. */
export async function journalOperations(vault: Vault, operations: readonly VaultOperation[]): Promise<void> {
  if ((await stateOf(vault)).class !== "owner") throw new OwnerClassOnly("write");
  await writeOperations(vault.journal, operations);
}
