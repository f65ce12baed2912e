import { MalformedExport } from "../errors.ts";
import type { SourceFile } from "./importer.ts";

/** An element of a JSON array; `value` is missing where the element is too large to be held. */
export interface Element {
  readonly index: number;
  readonly value?: unknown;
}

/**
 * Reads a JSON file whose root is an array, one element at a time, so that an export of any size needs the memory of its largest conversation.
 *
 * @param file - The file.
 * @param limit - Largest element in bytes; a larger one is passed over. 64 MiB unless given.
 * @returns The elements in order.
 * @throws MalformedExport if the file is not JSON, its root is no array, or it ends too early.
 */
export async function* jsonArray(file: SourceFile, limit = 64 * 2 ** 20): AsyncGenerator<Element> {
  const splitter = new Splitter(file.path, limit);
  for await (const chunk of file.open()) yield* splitter.take(chunk);
  splitter.end();
}

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = new TextEncoder().encode('"\\,[]{}');
const isBlank = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Cuts the bytes of an array at the commas of its first level; what is between two commas is left to `JSON.parse`. */
class Splitter {
  #state: "before" | "inside" | "after" = "before";
  #index = 0;
  /** Brackets open inside the present element. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #parts: Uint8Array[] = [];
  #length = 0;
  #blank = true;
  #seen = 0;

  readonly #path: string;
  readonly #limit: number;

  constructor(path: string, limit: number) {
    this.#path = path;
    this.#limit = limit;
  }

  *take(chunk: Uint8Array): Generator<Element> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#state !== "inside") {
        this.#outside(byte);
        start = at + 1;
      } else if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) {
        this.#inString = true;
        this.#blank = false;
      } else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE)) {
        this.#keep(chunk.subarray(start, at));
        yield* this.#element(byte === CLOSE);
        start = at + 1;
      } else {
        if (byte === OPEN || byte === OPEN_BRACE) this.#depth++;
        if (byte === CLOSE || byte === CLOSE_BRACE) this.#depth--;
        if (!isBlank(byte)) this.#blank = false;
        if (this.#depth < 0) throw this.#fault("a bracket is closed that was not opened");
      }
    }
    if (this.#state === "inside") this.#keep(chunk.subarray(start));
  }

  end(): void {
    if (this.#state === "before") throw this.#fault("it is empty");
    if (this.#state === "inside") throw this.#fault("it ends too early");
  }

  #outside(byte: number): void {
    const first = this.#seen++;
    if (isBlank(byte) || (this.#state === "before" && byte === BYTE_ORDER_MARK[first])) return;
    if (this.#state === "after") throw this.#fault("something follows the array");
    if (byte !== OPEN) throw this.#fault("a JSON array was expected");
    this.#state = "inside";
  }

  #keep(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#limit) this.#parts = [];
    // A copy: the reader may use its buffer again.
    else if (piece.length > 0) this.#parts.push(piece.slice());
  }

  *#element(last: boolean): Generator<Element> {
    if (last) this.#state = "after";
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
      throw this.#fault("it is not JSON in UTF-8", { cause });
    }
  }

  #fault(why: string, options?: ErrorOptions): MalformedExport {
    const where =
      this.#state === "inside"
        ? `element ${this.#index}`
        : this.#state === "before"
          ? "its start"
          : "its end";
    return new MalformedExport(this.#path, where, why, options);
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
