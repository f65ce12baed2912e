import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";
import { jsonArray } from "./json-array.ts";
import { jsonMembers } from "./json-members.ts";

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
  /** The member of the root whose element it is. */
  readonly member?: string;
  readonly value?: unknown;
}

/** Why a {@link Placed} without a value is skipped. */
export const TOO_LARGE = "it is larger than 64 MiB";

/**
 * Reads a JSON file that holds an array, one element at a time; or an object, whose arrays of these names are read in the same way. An object without any
 * of them is one value itself.
 *
 * @throws MalformedExport if it is broken, or its root is neither.
 */
export async function* elementsOf(file: SourceFile, ...names: readonly string[]): AsyncGenerator<Placed> {
  if (!/^\ufeff?\s*\{/.test(await headOf(file))) {
    for await (const { index, ...element } of jsonArray(file))
      yield { place: `${file.path}[${index}]`, ...element };
    return;
  }
  if (names.length > 0 && (yield* placedMembers(file, names)).size > 0) return;
  yield { place: file.path, ...(file.size <= MAX_FILE && { value: await jsonOf(file) }) };
}

/** The elements of a root's arrays with their places; at the end, the names of those that were there. */
export async function* placedMembers(
  file: SourceFile,
  names: readonly string[],
): AsyncGenerator<Placed, ReadonlySet<string>> {
  const members = jsonMembers(file, names);
  for (;;) {
    const { value, done } = await members.next();
    if (done === true) return value;
    const { name, index, ...element } = value;
    yield { member: name, place: `${file.path}.${name}[${index}]`, ...element };
  }
}
