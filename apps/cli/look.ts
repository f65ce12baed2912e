import {
  headOf,
  isOfMemory,
  read,
  UnknownMemory,
  uncommitted,
  type Previewed,
  type Vault,
} from "../../client/index.ts";
import { knownScope, sightOf, type Sight } from "../mcp/sight.ts";
import { AmbiguousId } from "./faults.ts";

/** What a vault holds now, verified, with what this device has not committed laid over it. */
export async function look(vault: Vault): Promise<Sight> {
  const { sequence } = await headOf(vault);
  const view = sequence === 0n ? null : await read(vault);
  return sightOf(view, (await uncommitted(vault, view)).filter(isOfMemory));
}

/**
 * The memory that an id, or its beginning, names.
 *
 * @throws {UnknownMemory} when there is none. {AmbiguousId} when there are several.
 */
export function memoryNamed({ memories }: Sight, id: string): Previewed {
  const wanted = id.toLowerCase();
  const exact = memories.get(wanted);
  if (exact !== undefined) return exact;
  const found = [...memories.values()].filter(({ memory }) => memory.id.startsWith(wanted));
  if (found.length > 1) throw new AmbiguousId(id, found.length);
  if (found[0] === undefined || wanted.length < 4) throw new UnknownMemory(id);
  return found[0];
}

/** The memories of some scopes and types, the newest first. */
export function chosen(
  sight: Sight,
  { scope, type }: { readonly scope?: readonly string[]; readonly type?: string },
): Previewed[] {
  const scopes = scope?.map((name) => knownScope(sight, name));
  return [...sight.memories.values()]
    .filter(
      (found) =>
        (scopes?.includes(found.scope) ?? true) && (type === undefined || found.memory.type === type),
    )
    .sort((a, b) => b.memory.createdAt - a.memory.createdAt);
}
