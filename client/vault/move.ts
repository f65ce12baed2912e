import { bytesToHex } from "@noble/hashes/utils.js";

import { NoText } from "../errors.ts";
import type { Changes } from "../memory/operations.ts";
import type { Memory } from "../memory/record.ts";
import { journalOperations, scopeName } from "./memories.ts";
import type { Vault } from "./session.ts";

/**
 * Journals that a memory stands in another scope from now on: a new one there, with its date, tags and source, and the old one
 * forgotten, both or neither. How often it was reinforced begins anew.
 *
 * @param seen - the memory as the writer had it before its eyes.
 * @param changes - what else it says from now on.
 * @returns the new memory's id.
 * @throws {NoText} when the new text is empty. {InvalidScopeName} for a name that no scope has. {OwnerClassOnly} for a reader.
 */
export async function moveMemory(
  vault: Vault,
  seen: Memory,
  scope: string,
  changes: Changes = {},
): Promise<string> {
  const { text, type, importance, tags, validUntil, metadata, source, createdAt } = { ...seen, ...changes };
  if (text === "") throw new NoText();
  const id = bytesToHex(vault.random(16));
  const at = vault.now();
  const terms = { text, type, importance, tags, validUntil, metadata, source, createdAt };
  await journalOperations(vault, [
    { kind: "create", id, at, scope: scopeName(scope), ...terms },
    {
      ...{ kind: "forget", id: bytesToHex(vault.random(16)), at },
      ...{ memoryId: seen.id, seenRevision: seen.revision },
    },
  ]);
  return id;
}
