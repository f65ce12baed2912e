import { MalformedExport } from "../errors.ts";
import type { SourceFile } from "./importer.ts";
import { jsonArray } from "./json-array.ts";

/** Largest file that is read as one, in bytes. */
export const MAX_FILE = 64 * 2 ** 20;

/**
 * Reads the beginning of a file, to recognise it. Bytes that are no text are no reason to stop.
 *
 * @param file - The file.
 * @param length - About how many bytes; 64 KiB unless given.
 */
export async function headOf(file: SourceFile, length = 65_536): Promise<string> {
  const decoder = new TextDecoder();
  let head = "";
  for await (const chunk of file.open()) {
    head += decoder.decode(chunk.subarray(0, length), { stream: true });
    if (head.length >= length) break;
  }
  return head;
}

/**
 * Reads a JSON file of at most 64 MiB.
 *
 * @throws MalformedExport if it is larger, not UTF-8 or not JSON.
 */
export async function jsonOf(file: SourceFile): Promise<unknown> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const pieces: string[] = [];
  let size = 0;
  try {
    for await (const chunk of file.open()) {
      size += chunk.length;
      if (size > MAX_FILE) throw new MalformedExport(file.path, "its end", "it is larger than 64 MiB");
      pieces.push(decoder.decode(chunk, { stream: true }));
    }
    return JSON.parse(pieces.join("") + decoder.decode()) as unknown;
  } catch (cause) {
    if (cause instanceof MalformedExport) throw cause;
    // The parser's own message quotes the file's text: it stays in `cause`, out of what is shown.
    throw new MalformedExport(file.path, `byte ${size}`, "it is not JSON in UTF-8", { cause });
  }
}

/** A value in a file, and where; `value` is missing where it is too large to be held. */
export interface Placed {
  readonly place: string;
  readonly value?: unknown;
}

/**
 * Reads a JSON file that holds an array, one element at a time, or a single object.
 *
 * @throws MalformedExport if it is broken, or its root is neither.
 */
export async function* elementsOf(file: SourceFile): AsyncGenerator<Placed> {
  if (/^\ufeff?\s*\{/.test(await headOf(file))) {
    yield { place: file.path, value: await jsonOf(file) };
    return;
  }
  for await (const { index, ...element } of jsonArray(file)) {
    yield { place: `${file.path}[${index}]`, ...element };
  }
}
