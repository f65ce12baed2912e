import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";
import { Elements, isBlank, MAX_ELEMENT, type Element } from "./json-array.ts";

/** An element of an array that is a member of the root. */
export interface Member extends Element {
  /** The member's name. */
  readonly name: string;
}

/**
 * Reads a JSON file whose root is an object, one element of its arrays at a time, whatever the file's size.
 *
 * @param file - The file.
 * @param names - The members to read where they are arrays. Others are passed over; of those only strings and brackets are looked at.
 * @param limit - Largest element in bytes; a larger one is passed over. 64 MiB unless given.
 * @returns The elements in the file's order; at the end, the names of the arrays that were there.
 * @throws MalformedExport if the file is not JSON, its root is no object, or it ends too early.
 */
export async function* jsonMembers(
  file: SourceFile,
  names: readonly string[],
  limit = MAX_ELEMENT,
): AsyncGenerator<Member, ReadonlySet<string>> {
  const walk = new Walk(file.path, names, limit);
  for await (const chunk of file.open()) yield* walk.take(chunk);
  return walk.end();
}

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = new TextEncoder().encode(
  '"\\,:[]{}',
);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** Longer names are nobody's. */
const MAX_NAME = 1024;

/** Where the walk is: what it expects, or what it is in. */
type State = "start" | "first" | "key" | "name" | "colon" | "value" | "elements" | "other" | "next" | "after";

class Walk {
  #state: State = "start";
  #seen = 0;
  #name: number[] = [];
  #member = "";
  #elements: Elements | null = null;
  /** Brackets open inside a value that is passed over. */
  #depth = 0;
  #inString = false;
  #escaped = false;

  readonly #found = new Set<string>();
  readonly #path: string;
  readonly #names: ReadonlySet<string>;
  readonly #limit: number;

  constructor(path: string, names: readonly string[], limit: number) {
    this.#path = path;
    this.#names = new Set(names);
    this.#limit = limit;
  }

  *take(chunk: Uint8Array): Generator<Member> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === "elements" && this.#elements !== null) {
        const after = yield* this.#named(this.#elements.take(chunk, at));
        if (after === null) return;
        at = after;
        this.#state = "next";
      } else {
        this.#step(chunk[at] ?? 0);
        at++;
      }
    }
  }

  end(): ReadonlySet<string> {
    if (this.#state === "start") throw this.#fault("it is empty");
    if (this.#state === "elements" && this.#elements !== null)
      throw this.#elements.fault("it ends too early");
    if (this.#state !== "after") throw this.#fault("it ends too early");
    return this.#found;
  }

  *#named(elements: Generator<Element, number | null>): Generator<Member, number | null> {
    for (;;) {
      const { value, done } = elements.next();
      if (done === true) return value;
      yield { name: this.#member, ...value };
    }
  }

  #step(byte: number): void {
    if (this.#state === "name") this.#inName(byte);
    else if (this.#state === "other") this.#inOther(byte);
    else if (this.#state === "start" && byte === BYTE_ORDER_MARK[this.#seen]) this.#seen++;
    else if (!isBlank(byte)) this.#between(byte);
  }

  #between(byte: number): void {
    const state = this.#state;
    if (state === "start" && byte === OPEN_BRACE) this.#state = "first";
    else if ((state === "first" || state === "key") && byte === QUOTE) this.#state = "name";
    else if (state === "first" && byte === CLOSE_BRACE) this.#state = "after";
    else if (state === "colon" && byte === COLON) this.#state = "value";
    else if (state === "value") this.#begin(byte);
    else if (state === "next" && byte === COMMA) this.#state = "key";
    else if (state === "next" && byte === CLOSE_BRACE) this.#state = "after";
    else if (state === "start") throw this.#fault("a JSON object was expected");
    else if (state === "after") throw this.#fault("something follows the object");
    else throw this.#fault("it is not JSON");
  }

  #begin(byte: number): void {
    if (byte === OPEN && this.#names.has(this.#member)) {
      this.#found.add(this.#member);
      this.#elements = new Elements(this.#path, `${this.#member} `, this.#limit);
      this.#state = "elements";
    } else if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE) throw this.#fault("it is not JSON");
    else {
      this.#state = "other";
      this.#inOther(byte);
    }
  }

  #inName(byte: number): void {
    if (!this.#escaped && byte === QUOTE) {
      this.#member = this.#nameRead();
      this.#name = [];
      this.#state = "colon";
      return;
    }
    this.#escaped = !this.#escaped && byte === BACKSLASH;
    if (this.#name.length <= MAX_NAME) this.#name.push(byte);
  }

  #nameRead(): string {
    if (this.#name.length > MAX_NAME) return "";
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(this.#name));
      return JSON.parse(`"${text}"`) as string;
    } catch (cause) {
      throw this.#fault("it is not JSON in UTF-8", { cause });
    }
  }

  #inOther(byte: number): void {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) this.#inString = true;
    else if (this.#depth === 0 && (byte === COMMA || byte === CLOSE_BRACE)) {
      this.#state = byte === COMMA ? "key" : "after";
    } else {
      if (byte === OPEN || byte === OPEN_BRACE) this.#depth++;
      if (byte === CLOSE || byte === CLOSE_BRACE) this.#depth--;
      if (this.#depth < 0) throw this.#fault("a bracket is closed that was not opened");
    }
  }

  #fault(why: string, options?: ErrorOptions): MalformedExport {
    const where =
      this.#state === "start" || this.#state === "first"
        ? "its start"
        : this.#state === "after"
          ? "its end"
          : `the member after ${JSON.stringify(this.#member.slice(0, 80))}`;
    return new MalformedExport(this.#path, where, why, options);
  }
}
