import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";

/** A line of a file, without its end; `text` is missing where the line is too long to be held. */
export interface Line {
  /** From 1. */
  readonly number: number;
  readonly text?: string;
}

/**
 * Reads a file line by line, in the memory of its longest line.
 *
 * @param file - The file.
 * @param limit - Longest line that is held, in characters.
 * @throws MalformedExport if it is not UTF-8.
 */
export async function* textLines(file: SourceFile, limit: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  /** What is held of the present line; undefined once it is too long. */
  let rest: string | undefined = "";
  let number = 1;
  const line = (): Line => (rest === undefined ? { number } : { number, text: rest });
  const take = (piece: string) => {
    rest = rest === undefined || rest.length + piece.length > limit ? undefined : rest + piece;
  };
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw new MalformedExport(file.path, `after line ${number - 1}`, "it is not text in UTF-8", { cause });
    }
  };
  for await (const chunk of file.open()) {
    const [first = "", ...others] = decode(chunk).split("\n");
    take(first);
    for (const other of others) {
      yield line();
      rest = "";
      number++;
      take(other);
    }
  }
  take(decode());
  if (line().text !== "") yield line();
}

/** A line's JSON, or undefined where it is none. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
