import { reinforce, remember, type Vault } from "../../../../../../client/index.ts";
import { noteImported } from "../../../../../../client/manage.ts";
import type { FoundMemory } from "./words.ts";

/** Memories that go into the journal together: all of them, or none. */
const TOGETHER = 250;

/**
 * Writes memories to the journal, some at a time. What was written is safe and noted when the next ones begin: a tab that is closed
 * on the way loses the rest only, and another import of the same files brings that and nothing twice.
 *
 * @param sequence - of the head that they were compared with.
 * @param heard - Gets how many are written.
 * @param signal - Ends it after the ones that are on their way.
 * @returns How many were written.
 */
export async function writeFound(
  vault: Vault,
  sequence: bigint,
  found: readonly FoundMemory[],
  heard: (written: number) => void,
  signal: AbortSignal,
): Promise<number> {
  let written = 0;
  for (let begin = 0; begin < found.length && !signal.aborted; begin += TOGETHER) {
    const some = found.slice(begin, begin + TOGETHER);
    await noteImported(vault, sequence, await writeSome(vault, some, signal));
    written += some.length;
    heard(written);
  }
  return written;
}

async function writeSome(
  vault: Vault,
  some: readonly FoundMemory[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const ids = await remember(vault, ...some.map(({ memory }) => memory));
  const brought = new Map<string, string>();
  for (const [i, { key, reinforcements }] of some.entries()) {
    const id = ids[i] ?? "";
    for (let done = 0; done < reinforcements && !signal.aborted; done++) await reinforce(vault, { id });
    brought.set(key, id);
  }
  return brought;
}
