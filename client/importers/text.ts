import { utf8ToBytes } from "@noble/hashes/utils.js";

import { MAX_TEXT_BYTES, NO_SOURCE } from "../memory/record.ts";
import { linesOf } from "./clean.ts";
import { MalformedExport } from "./errors.ts";
import { contentKey, type ImportedItem, type Importer, type SourceFile } from "./importer.ts";
import { suggestScope } from "./scopes.ts";
import { Seen } from "./seen.ts";

/**
 * Reads Markdown and plain text: a memory for each bullet or line. It is also how a list that was copied from a tool's settings page comes in.
 */
export const text: Importer = {
  name: "text",
  detect: (files) => Promise.resolve(files.length > 0 && files.every(({ path }) => isText(path))),
  async *read(files) {
    const seen = new Seen();
    for (const file of files) if (isText(file.path)) yield* readFile(file, seen);
  },
};

const isText = (path: string) => /\.(md|markdown|txt)$/i.test(path);
const MAX_FILE = 32 * 2 ** 20;

async function* readFile(file: SourceFile, seen: Seen): AsyncGenerator<ImportedItem> {
  const lines = (await contentOf(file)).split(/\r\n?|\n/);
  for (const [index, line] of lines.entries()) {
    const place = `${file.path}:${index + 1}`;
    for (const statement of linesOf(line)) {
      if (utf8ToBytes(statement).length > MAX_TEXT_BYTES) {
        yield { kind: "skipped", place, why: `its text is longer than ${MAX_TEXT_BYTES} bytes` };
        continue;
      }
      const source = { ...NO_SOURCE, tool: "text" };
      const scope = suggestScope(statement);
      const memory = { scope, type: "semantic", text: statement, source, tags: [], metadata: {} } as const;
      yield { kind: seen.add(contentKey(memory)) ? "memory" : "duplicate", place, memory };
    }
  }
}

async function contentOf(file: SourceFile): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let content = "";
  let size = 0;
  try {
    for await (const chunk of file.open()) {
      size += chunk.length;
      if (size > MAX_FILE)
        throw new MalformedExport(file.path, "its end", "it is larger than 32 MiB, too large for notes");
      content += decoder.decode(chunk, { stream: true });
    }
    return content + decoder.decode();
  } catch (cause) {
    if (cause instanceof MalformedExport) throw cause;
    throw new MalformedExport(file.path, `byte ${size}`, "it is not text in UTF-8", { cause });
  }
}
