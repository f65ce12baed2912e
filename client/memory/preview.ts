import type { RecordTooLarge } from "../errors.ts";
import { applyOperation } from "./apply.ts";
import type { Operation, ShredOperation } from "./operations.ts";
import type { Memory } from "./record.ts";
import { versionsOf } from "./versions.ts";

/** A memory as its device sees it: in the vault, or about to be. */
export interface Previewed {
  readonly memory: Memory;
  /** The scope's name. */
  readonly scope: string;
  /** Whether an operation that no commit carries yet made it or changed it. */
  readonly pending: boolean;
}

/** What the vault holds once everything that waits is committed, if no other device writes meanwhile. */
export interface Preview {
  /** By memory id. */
  readonly memories: ReadonlyMap<string, Previewed>;
  /** The operations that cannot be applied, by their ids. */
  readonly refused: ReadonlyMap<string, RecordTooLarge>;
}

/**
 * Lays waiting operations over verified memories, by the rules of a commit.
 *
 * @param scopes - all that the head has.
 * @param operations - those that it does not carry, in order.
 */
export function preview(
  scopes: readonly { readonly name: string; readonly memories: readonly Memory[] }[],
  operations: readonly (Operation | ShredOperation)[],
): Preview {
  const memories = new Map<string, Previewed>();
  for (const { name, memories: live } of scopes) {
    for (const memory of live) memories.set(memory.id, { memory, scope: name, pending: false });
  }
  const refused = new Map<string, RecordTooLarge>();
  for (const operation of operations) {
    if (operation.kind === "shred") {
      const standing = [...memories.values()].map(({ memory }) => memory);
      for (const versions of versionsOf(standing, operation.memoryIds).values())
        for (const id of versions) memories.delete(id);
      continue;
    }
    const touched = operation.kind === "create" ? operation.id : operation.memoryId;
    const standing = [touched, operation.id].flatMap((id) => memories.get(id)?.memory ?? []);
    const outcome = applyOperation(new Map(standing.map((memory) => [memory.id, memory])), operation);
    const scope = memories.get(touched)?.scope ?? (operation.kind === "create" ? operation.scope : undefined);
    if (outcome.kind === "refused") refused.set(operation.id, outcome.fault);
    else if (outcome.kind === "removed") memories.delete(touched);
    else if ((outcome.kind === "put" || outcome.kind === "conflict") && scope !== undefined) {
      memories.set(outcome.memory.id, { memory: outcome.memory, scope, pending: true });
    }
  }
  return { memories, refused };
}
