import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import type { JsonObject, MemoryType, Source } from "../memory/record.ts";

/** A file of an export, wherever it lies: on disk, in a zip, in a page's file picker. */
export interface SourceFile {
  /** Its path inside the export, with `/`; what places in reports begin with. */
  readonly path: string;
  /** Its size in bytes, as far as it is known before reading. */
  readonly size: number;
  /** Reads it from its beginning, in pieces; may be called again. */
  open(): AsyncIterable<Uint8Array>;
}

/** A memory ready to be written: `remember` takes it as it is. */
export interface ImportedMemory {
  /** The name of the scope that is suggested for it; nothing is decided by it. */
  readonly scope: string;
  readonly type: MemoryType;
  readonly text: string;
  /** Unix milliseconds; left out where the export does not say. */
  readonly createdAt?: number;
  /** Unix milliseconds; left out where the export does not say, null where it says that there is no end. */
  readonly validUntil?: number | null;
  /** 0 to 100; left out where nobody rated it. */
  readonly importance?: number;
  readonly source: Source;
  readonly tags: readonly string[];
  readonly metadata: JsonObject;
}

/** Most confirmations that are reported of one memory: each is an operation of its own, and a file may claim any number. */
export const MAX_CONFIRMATIONS = 100;

/** What a file claims of confirmations, within {@link MAX_CONFIRMATIONS}; nothing where it is no whole number. */
export const confirmationsIn = (claimed: unknown): { readonly reinforcements?: number } =>
  Number.isSafeInteger(claimed)
    ? { reinforcements: Math.min(Math.max(claimed as number, 0), MAX_CONFIRMATIONS) }
    : {};

/** What an importer reports, in the order of the export. */
export type ImportedItem =
  | {
      readonly kind: "memory";
      readonly place: string;
      readonly memory: ImportedMemory;
      /** How often it was confirmed where it comes from; `reinforce` it as often to restore that. At most 100. Left out where the export does not say. */
      readonly reinforcements?: number;
    }
  /** The same memory came before, in this export. */
  | { readonly kind: "duplicate"; readonly place: string; readonly memory: ImportedMemory }
  /** Something that is no memory, or not what the format says. */
  | { readonly kind: "skipped"; readonly place: string; readonly why: string };

/** Reads the exports of one tool. */
export interface Importer {
  /** The tool's name, in `source.tool` of its memories unless the export names another for each. */
  readonly name: string;

  /**
   * Looks whether files are an export of this tool, by their content.
   *
   * @param files - All files of the export.
   * @returns True if {@link read} knows what to do with them.
   */
  detect(files: readonly SourceFile[]): Promise<boolean>;

  /**
   * Reads an export, one item after the other. Text is data: nothing in it is followed, opened or fetched.
   *
   * @param files - All files of the export.
   * @returns Memories, and what was left out and why.
   * @throws MalformedExport for a file that is broken as a whole, possibly after items that came before the break: collect before you write.
   */
  read(files: readonly SourceFile[]): AsyncIterable<ImportedItem>;
}

/**
 * What makes a memory the same one at the next import: its tool, conversation, text and time.
 *
 * A memory without a conversation (a saved fact, a line of a list) is the same at any time, because exports tell only when it was seen first.
 * Upper and lower case, white space and Unicode composition make no difference.
 *
 * @param memory - An imported memory, or one that a vault already has.
 * @returns A sha256 as hexadecimal digits. It is not salted, so it must not leave the device.
 */
export function contentKey(memory: Pick<ImportedMemory, "source" | "text" | "createdAt">): string {
  const { tool, thread } = memory.source;
  const text = memory.text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();
  const time = thread === null ? null : (memory.createdAt ?? null);
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([tool, thread, text, time]))));
}

/**
 * Finds the importers whose exports lie beside each other. What the first ones know, file by file, is nobody else's.
 *
 * @param importers - As for {@link recognise}, in this order.
 * @param files - All files that were named.
 * @returns None, one, or all that would have to be read apart.
 */
export async function recogniseAll(
  importers: readonly Importer[],
  files: readonly SourceFile[],
): Promise<readonly Importer[]> {
  const found: Importer[] = [];
  let left = files;
  for (const importer of importers) {
    if (left.length === 0) break;
    // An importer that takes whatever is text, or any single file, must not claim what the others leave of an export.
    if (!(await importer.detect(files)) || !(await importer.detect(left))) continue;
    found.push(importer);
    left = await unknownTo(importer, left);
  }
  return found;
}

async function unknownTo(importer: Importer, files: readonly SourceFile[]): Promise<SourceFile[]> {
  const unknown = [];
  for (const file of files) if (!(await importer.detect([file]))) unknown.push(file);
  return unknown;
}

/**
 * Finds the importer for an export.
 *
 * @param importers - Those to ask, in this order.
 * @param files - All files of the export.
 * @returns The first that knows it, or null.
 */
export async function recognise(
  importers: readonly Importer[],
  files: readonly SourceFile[],
): Promise<Importer | null> {
  for (const importer of importers) if (await importer.detect(files)) return importer;
  return null;
}
