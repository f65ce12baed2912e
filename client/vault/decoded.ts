import { MalformedData } from "../errors.ts";
import { decodeRecord } from "../memory/codec.ts";
import type { Memory } from "../memory/record.ts";
import type { OpenedHead } from "./head.ts";
import { isInternal } from "./roster.ts";

/** The memories of each scope that is not internal, by the record's bytes themselves. */
export type Memories = ReadonlyMap<string, ReadonlyMap<Uint8Array, Memory>>;

/** A head of which every record is known to be a memory. */
export interface DecodedHead extends OpenedHead {
  readonly memories: Memories;
}

/**
 * Decodes every memory of a head that was proven: a root says nothing of what a record is (SPEC §6, step 10).
 *
 * @param known - what an earlier head had; what stands unchanged is not decoded again.
 * @throws {MalformedData} when a record is not the canonical record of a memory, or its id stands in two scopes.
 */
export function decodedHead(opened: OpenedHead, known: Memories = new Map()): DecodedHead {
  const ids = new Set<string>();
  const memories = new Map<string, ReadonlyMap<Uint8Array, Memory>>();
  for (const { id: scopeId, live } of opened.scopes.values()) {
    if (isInternal(scopeId)) continue;
    const before = known.get(scopeId);
    const decoded = new Map<Uint8Array, Memory>();
    for (const [id, record] of live) {
      if (ids.has(id)) throw new MalformedData("memory", `${id} stands in two scopes`);
      ids.add(id);
      decoded.set(record, before?.get(record) ?? decodeRecord(record));
    }
    memories.set(scopeId, decoded);
  }
  return { ...opened, memories };
}

/** A memory for a caller: what is done to it must not reach what the next read returns as proven. */
export const copyOf = (memory: Memory): Memory => ({
  ...memory,
  source: { ...memory.source },
  tags: [...memory.tags],
  metadata: structuredClone(memory.metadata),
});
