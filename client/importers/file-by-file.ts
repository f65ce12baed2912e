import type { ImportedItem, Importer, SourceFile } from "./importer.ts";
import { Seen } from "./seen.ts";

/** Makes an importer of a format whose files each stand for themselves: it reads those that look right, and passes the others over. */
export const fileByFile = (
  name: string,
  looksRight: (file: SourceFile) => Promise<boolean>,
  readFile: (file: SourceFile, seen: Seen) => AsyncIterable<ImportedItem>,
): Importer => ({
  name,
  async detect(files) {
    for (const file of files) if (await looksRight(file)) return true;
    return false;
  },
  async *read(files) {
    const seen = new Seen();
    for (const file of files) if (await looksRight(file)) yield* readFile(file, seen);
  },
});
