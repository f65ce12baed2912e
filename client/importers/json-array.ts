import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";

/** An element of a JSON array; `value` is missing where the element is too large to be held. */
export interface Element {
  readonly index: number;
  readonly value?: unknown;
}

/** Largest element that is held, in bytes. */
export const MAX_ELEMENT = 64 * 2 ** 20;

/**
 * Reads a JSON file whose root is an array, one element at a time, so that an export of any size needs the memory of its largest conversation.
 *
 * @param file - The file.
 * @param limit - Largest element in bytes; a larger one is passed over. 64 MiB unless given.
 * @returns The elements in order.
 * @throws MalformedExport if the file is not JSON, its root is no array, or it ends too early.
 */
export async function* jsonArray(file: SourceFile, limit = MAX_ELEMENT): AsyncGenerator<Element> {
  const outside = new Outside(file.path);
  const elements = new Elements(file.path, "element ", limit);
  for await (const chunk of file.open()) {
    let at = outside.before(chunk);
    if (at !== null && outside.state === "inside") {
      at = yield* elements.take(chunk, at);
      if (at !== null) outside.state = "after";
    }
    if (at !== null) outside.after(chunk, at);
  }
  outside.end(elements);
}

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = new TextEncoder().encode('"\\,[]{}');
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

export const isBlank = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** What stands around the root: blanks, and a byte order mark before it. */
class Outside {
  state: "before" | "inside" | "after" = "before";
  #seen = 0;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns where the array's content goes on in this chunk, or what follows it; null if the chunk ends before. */
  before(chunk: Uint8Array): number | null {
    if (this.state !== "before") return 0;
    for (const [at, byte] of chunk.entries()) {
      const first = this.#seen++;
      if (isBlank(byte) || byte === BYTE_ORDER_MARK[first]) continue;
      if (byte !== OPEN) throw new MalformedExport(this.#path, "its start", "a JSON array was expected");
      this.state = "inside";
      return at + 1;
    }
    return null;
  }

  after(chunk: Uint8Array, from: number): void {
    if (!chunk.subarray(from).every(isBlank))
      throw new MalformedExport(this.#path, "its end", "something follows the array");
  }

  end(elements: Elements): void {
    if (this.state === "before") throw new MalformedExport(this.#path, "its start", "it is empty");
    if (this.state === "inside") throw elements.fault("it ends too early");
  }
}

/** Cuts the bytes after the `[` of an array at the commas of its first level; what is between two commas is left to `JSON.parse`. */
export class Elements {
  #index = 0;
  /** Brackets open inside the present element. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #parts: Uint8Array[] = [];
  #length = 0;
  #blank = true;

  readonly #path: string;
  readonly #name: string;
  readonly #limit: number;

  /**
   * @param path - Of the file, for faults.
   * @param name - What faults put before the number of an element.
   * @param limit - Largest element in bytes.
   */
  constructor(path: string, name: string, limit: number) {
    this.#path = path;
    this.#name = name;
    this.#limit = limit;
  }

  /** @returns the place behind the array's `]`, or null if the chunk ends before it. */
  *take(chunk: Uint8Array, from: number): Generator<Element, number | null> {
    let start = from;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) {
        this.#inString = true;
        this.#blank = false;
      } else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE)) {
        this.#keep(chunk.subarray(start, at));
        yield* this.#element(byte === CLOSE);
        if (byte === CLOSE) return at + 1;
        start = at + 1;
      } else {
        if (byte === OPEN || byte === OPEN_BRACE) this.#depth++;
        if (byte === CLOSE || byte === CLOSE_BRACE) this.#depth--;
        if (!isBlank(byte)) this.#blank = false;
        if (this.#depth < 0) throw this.fault("a bracket is closed that was not opened");
      }
    }
    this.#keep(chunk.subarray(start));
    return null;
  }

  #keep(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#limit) this.#parts = [];
    // A copy: the reader may use its buffer again.
    else if (piece.length > 0) this.#parts.push(piece.slice());
  }

  *#element(last: boolean): Generator<Element> {
    // `[]`; a comma before the end is a fault that JSON.parse finds.
    if (last && this.#blank && this.#index === 0) return;
    const index = this.#index;
    if (this.#length > this.#limit) yield { index };
    else yield { index, value: this.#parse() };
    this.#index++;
    this.#parts = [];
    this.#length = 0;
    this.#blank = true;
  }

  #parse(): unknown {
    try {
      return JSON.parse(
        new TextDecoder("utf-8", { fatal: true }).decode(concat(this.#parts, this.#length)),
      ) as unknown;
    } catch (cause) {
      // The parser's own message quotes the file's text: it stays in `cause`, out of what is shown.
      throw this.fault("it is not JSON in UTF-8", { cause });
    }
  }

  /** What is wrong at the present element. */
  fault(why: string, options?: ErrorOptions): MalformedExport {
    return new MalformedExport(this.#path, `${this.#name}${this.#index}`, why, options);
  }
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
