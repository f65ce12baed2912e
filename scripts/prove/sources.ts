/** A contract's file and all that it imports, parsed. */
import { readFileSync } from "node:fs";
import path from "node:path";

import { compile } from "./compiler.ts";
import type { Source } from "./model.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Text instead of what a file has, by the file's path from the project's root. */
export type Overlay = Readonly<Record<string, string>>;

/** The content of a file of the project, or of a package. */
export function contentOf(file: string, overlay: Overlay = {}): string {
  const folder = file.startsWith("@") ? "node_modules" : "";
  return overlay[file] ?? readFileSync(path.join(root, folder, file), "utf8");
}

/**
 * @param file The contract's file, from the project's root.
 * @throws {SyntaxError} if it does not compile.
 */
export function sourcesOf(file: string, overlay: Overlay = {}): ReadonlyMap<string, Source> {
  const contents = new Map([[file, contentOf(file, overlay)]]);
  const read = (imported: string) => {
    const found = contentOf(imported, overlay);
    contents.set(imported, found);
    return { contents: found };
  };
  const settings = { outputSelection: { "*": { "": ["ast"] } } };
  const output = compile(file, contentOf(file, overlay), settings, { import: read });
  return new Map(
    Object.entries(output.sources).map(([name, { ast }]) => [
      name,
      { ast, content: contents.get(name) ?? "" },
    ]),
  );
}
