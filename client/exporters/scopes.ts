import type { Memory } from "../memory/record.ts";

/** The memories of one scope: `scopes` of what `read` returns are such. An export has nothing else to take from: no key, grant or credential. */
export interface ScopeMemories {
  readonly name: string;
  readonly memories: readonly Memory[];
}
