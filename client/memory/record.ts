/** Data that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** What a memory is: a fact that holds, or something that happened. */
export type MemoryType = "semantic" | "episodic";

/** Where a memory comes from; `null` for what is not known. */
export interface Source {
  /** The tool that it was imported from or written with. */
  readonly tool: string | null;
  /** The agent or model that wrote it. */
  readonly agent: string | null;
  /** The conversation. */
  readonly thread: string | null;
  readonly url: string | null;
}

/** A memory (SPEC §5). Ids and salts are 16 bytes as lower-case hex, times are Unix milliseconds. */
export interface Memory {
  readonly id: string;
  /** Drawn anew at each revision, so that a leaf says nothing of a text that somebody guesses. */
  readonly salt: string;
  readonly type: MemoryType;
  /** 1 to 32,768 bytes of UTF-8. */
  readonly text: string;
  /** 0 to 100. */
  readonly importance: number;
  /** How often it was confirmed. */
  readonly reinforcements: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly validUntil: number | null;
  readonly source: Source;
  readonly tags: readonly string[];
  /** From 1; every update raises it by one. */
  readonly revision: number;
  /** The memory beside which this one stands because two devices changed it at once. */
  readonly conflictsWith: string | null;
  readonly metadata: JsonObject;
}

/** Most bytes of a memory's text. */
export const MAX_TEXT_BYTES = 32_768;

/** Most bytes of a memory's canonical record. */
export const MAX_RECORD_BYTES = 65_536;

/** Most bytes of a scope's name: a welcome with 62 of them fits its file. */
export const MAX_SCOPE_NAME_BYTES = 128;

/** The importance of a memory that nobody rated. */
export const DEFAULT_IMPORTANCE = 50;

/** A source of which nothing is known. */
export const NO_SOURCE: Source = { tool: null, agent: null, thread: null, url: null };

/** MemSync's ten categories, offered as names of scopes. */
export const SUGGESTED_SCOPES = [
  "identity",
  "career",
  "interests",
  "relationships",
  "health",
  "finance",
  "learning",
  "travel",
  "productivity",
  "private",
] as const;
