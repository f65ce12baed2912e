import { VaultError, type Memory, type Vault } from "../../../../../../client/index.ts";
import { readAt } from "../../../../../../client/manage.ts";

/** A memory as a commit had it. */
export interface PastVersion {
  readonly sequence: bigint;
  readonly memory: Memory;
}

/** What this device can still tell of a memory's past. */
export interface Past {
  /** Those that differ from the one after them, the newest first. */
  readonly versions: readonly PastVersion[];
  /** The oldest commit that is known to have it; `null` where none but the newest was looked at. */
  readonly since: bigint | null;
  /** Why there is nothing before it. */
  readonly ended: "beginning" | "far enough" | VaultError;
}

/** So many commits are looked at. */
const COMMITS = 12;

/**
 * Looks for what a memory said in earlier commits, back to the first that this device no longer opens.
 *
 * @param memory - as it is now.
 * @param sequence - of the newest commit.
 */
export async function pastOf(vault: Vault, memory: Memory, sequence: bigint): Promise<Past> {
  const versions: PastVersion[] = [];
  let since: bigint | null = null;
  let seen = memory.revision;
  for (let at = sequence - 1n; at >= 1n; at--) {
    if (sequence - at > BigInt(COMMITS)) return { versions, since, ended: "far enough" };
    const found = await versionAt(vault, memory.id, at);
    if (found instanceof VaultError) return { versions, since, ended: found };
    if (found === null) return { versions, since: at + 1n, ended: "beginning" };
    since = at;
    if (found.revision !== seen) versions.push({ sequence: at, memory: found });
    seen = found.revision;
  }
  return { versions, since: 1n, ended: "beginning" };
}

async function versionAt(vault: Vault, id: string, sequence: bigint): Promise<Memory | VaultError | null> {
  try {
    const { scopes } = await readAt(vault, sequence);
    return scopes.flatMap(({ memories }) => memories).find((each) => each.id === id) ?? null;
  } catch (fault) {
    if (fault instanceof VaultError) return fault;
    throw fault;
  }
}
