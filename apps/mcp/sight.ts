import {
  preview,
  UnknownMemory,
  type Operation,
  type Preview,
  type Previewed,
  type ShredOperation,
  type VaultView,
} from "../../client/index.ts";
import { ChainUnreachable, UnknownScope } from "./faults.ts";

/** What the vault holds at one moment: verified, with this device's waiting operations laid over it. */
export interface Sight extends Preview {
  /** The verified head, or `null` before the first commit. */
  readonly view: VaultView | null;
  /** How many memories each scope has, by name. */
  readonly scopes: ReadonlyMap<string, number>;
  /** What no commit carries yet. */
  readonly waiting: readonly (Operation | ShredOperation)[];
  /** Whether the chain was asked; if it did not answer, this is what was seen last. */
  readonly current: boolean;
}

/** Lays what waits over a verified head. */
export function sightOf(view: VaultView | null, waiting: Sight["waiting"]): Sight {
  const laid = preview(view?.scopes ?? [], waiting);
  const scopes = new Map<string, number>(view?.scopes.map(({ name }) => [name, 0]));
  for (const { scope } of laid.memories.values()) scopes.set(scope, (scopes.get(scope) ?? 0) + 1);
  return { ...laid, view, scopes, waiting, current: true };
}

/** Whether a sight is still that of this head and of what waits now. */
export const stillHolds = (sight: Sight, view: VaultView | null, waiting: Sight["waiting"]): boolean =>
  sight.view === view &&
  sight.waiting.length === waiting.length &&
  sight.waiting.every(({ id }, i) => id === waiting[i]?.id);

/** The memories of a head alone. */
export const verified = (view: VaultView): Previewed[] =>
  view.scopes.flatMap(({ name, memories }) =>
    memories.map((memory) => ({ memory, scope: name, pending: false })),
  );

/** What one would tell somebody new first: what matters most, was confirmed most often, and is newest. */
export const byWeight = ({ memory: a }: Previewed, { memory: b }: Previewed): number =>
  b.importance - a.importance ||
  b.reinforcements - a.reinforcements ||
  b.updatedAt - a.updatedAt ||
  (a.id < b.id ? -1 : 1);

/**
 * The memory of an id, if there is one, and this member may read it.
 *
 * @throws {ChainUnreachable} when it is not in what was seen last, and nobody says whether it is there now.
 */
export function find({ memories, current }: Sight, id: string): Previewed | undefined {
  const found = memories.get(id);
  if (found === undefined && !current) throw new ChainUnreachable();
  return found;
}

/**
 * The memory of an id.
 *
 * @throws {UnknownMemory} when there is none, or none for this member: all the same.
 */
export function memoryOf(sight: Sight, id: string): Previewed {
  const found = find(sight, id);
  if (found === undefined) throw new UnknownMemory(id);
  return found;
}

/**
 * A scope's name as it is kept.
 *
 * @throws {UnknownScope} when there is none, or none for this member: all the same.
 */
export function knownScope({ scopes }: Sight, name: string): string {
  const normal = name.normalize("NFC").trim();
  if (!scopes.has(normal)) throw new UnknownScope(name);
  return normal;
}
