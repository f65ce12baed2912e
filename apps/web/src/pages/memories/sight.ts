import {
  headOf,
  isOfMemory,
  preview,
  read,
  uncommitted,
  type Previewed,
  type Vault,
} from "../../../../../client/index.ts";

/** What a vault holds now, verified, with what waits on this device laid over it. */
export interface Sight {
  /** Of the commit that was read; 0 before the first one. */
  readonly sequence: bigint;
  /** By memory id. */
  readonly memories: ReadonlyMap<string, Previewed>;
}

/**
 * Looks at a vault now, and not as a page read it a while ago: what is brought in or carried out goes by it.
 *
 * @throws {VaultError} as `read` does: nothing partial is returned.
 */
export async function look(vault: Vault): Promise<Sight> {
  const { sequence } = await headOf(vault);
  const view = sequence === 0n ? null : await read(vault);
  const waiting = (await uncommitted(vault, view)).filter(isOfMemory);
  return { sequence: view?.sequence ?? 0n, memories: preview(view?.scopes ?? [], waiting).memories };
}
