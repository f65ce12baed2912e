import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import { canonicalJson } from "./canonical-json.ts";

/** What `schema` says in a file of Portable AI Memory 1.0 (https://portable-ai-memory.org/spec/v1.0). */
export const PAM_SCHEMA = "portable-ai-memory";

/** The key of a PAM memory's `metadata` under which stands what PAM has no field for. */
export const PAM_EXTENSION = "memory-vault";

/** PAM's types of memories; `custom` goes with a `custom_type`. */
export const PAM_TYPES = [
  "fact",
  "preference",
  "skill",
  "context",
  "relationship",
  "goal",
  "instruction",
  "identity",
  "environment",
  "project",
  "custom",
] as const;

/**
 * PAM's `content_hash`: of the text trimmed, in lower case, in NFC, with single spaces. It is not salted, so it exists inside of a plaintext export,
 * next to the text itself, and nowhere else.
 */
export function pamContentHash(text: string): string {
  return digest(text.trim().toLowerCase().normalize("NFC").split(/\s+/).join(" "));
}

/**
 * PAM's `integrity.checksum`: of the memories in the order of their ids, as canonical JSON.
 *
 * @throws {RangeError} when a memory is nested too deeply.
 */
export function pamChecksum(memories: readonly unknown[]): string {
  const id = (memory: unknown) => {
    const value = (memory as { readonly id?: unknown } | null)?.id;
    return typeof value === "string" ? value : "";
  };
  return digest(canonicalJson([...memories].sort((a, b) => (id(a) < id(b) ? -1 : 1))));
}

const digest = (text: string) => `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
