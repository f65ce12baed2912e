import type { JsonObject, Memory, MemoryType, Source } from "./record.ts";

export { applyOperation, type Outcome } from "./apply.ts";
export { decodeOperation, encodeOperation } from "./operation-codec.ts";

interface Common {
  /** 16 random bytes, hex: the operation's own id. */
  readonly id: string;
  /** When it was asked for, in Unix milliseconds. */
  readonly at: number;
}

/** Makes a memory; the operation's id becomes the memory's. */
export interface CreateOperation extends Common {
  readonly kind: "create";
  /** The scope's name. */
  readonly scope: string;
  readonly text: string;
  readonly type: MemoryType;
  readonly importance?: number;
  readonly tags?: readonly string[];
  readonly source?: Source;
  /** When it was first told, if that was before `at`: imports keep their dates. */
  readonly createdAt?: number;
  readonly validUntil?: number | null;
  readonly metadata?: JsonObject;
}

/** The fields that an update may change. */
export type Changes = Partial<
  Pick<Memory, "text" | "type" | "importance" | "tags" | "validUntil" | "metadata" | "source">
>;

/** Changes a memory. */
export interface UpdateOperation extends Common {
  readonly kind: "update";
  readonly memoryId: string;
  /** The revision that the writer had before its eyes. */
  readonly seenRevision: number;
  readonly changes: Changes;
}

/** Confirms a memory; no new revision. */
export interface ReinforceOperation extends Common {
  readonly kind: "reinforce";
  readonly memoryId: string;
}

/** Removes a memory from the live ones. */
export interface ForgetOperation extends Common {
  readonly kind: "forget";
  readonly memoryId: string;
  readonly seenRevision: number;
}

/** Takes memories out, all versions of them, and cuts whatever led to what was stored of them before (SPEC §9). */
export interface ShredOperation {
  readonly kind: "shred";
  /** 16 random bytes, hex: the operation's own id. */
  readonly id: string;
  readonly memoryIds: readonly string[];
}

/** What a writer asks for (SPEC §5). */
export type Operation = CreateOperation | UpdateOperation | ReinforceOperation | ForgetOperation;
