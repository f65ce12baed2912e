import type { SourceFile } from "../../../../../../client/importers/index.ts";

/** How many bytes are read between two words about it. */
const STEP = 2 ** 20;

/** What no importer opens: pictures, sound, film. It would keep a bar from its end. */
const MEDIA = /\.(png|jpe?g|gif|webp|avif|heic|svg|mp[34]|m4a|mov|wav|ogg|webm|pdf|dat)$/i;

/**
 * The same files, counting what is read of them. A file that is read again, as when it was looked at before, counts once.
 *
 * @param heard - Gets the bytes that were read, and those that there are.
 */
export function countedFiles(
  files: readonly SourceFile[],
  heard: (read: number, total: number) => void,
): SourceFile[] {
  const total = files.filter(isCounted).reduce((sum, { size }) => sum + size, 0);
  let [read, told] = [0, 0];
  return files.map((file) => {
    let furthest = 0;
    return {
      ...file,
      async *open() {
        let at = 0;
        for await (const piece of file.open()) {
          yield piece;
          at += piece.length;
          if (at <= furthest || !isCounted(file)) continue;
          read += Math.max(0, Math.min(at, file.size) - furthest);
          furthest = at;
          if (read - told < STEP && read < total) continue;
          told = read;
          heard(read, total);
        }
      },
    };
  });
}

const isCounted = ({ path }: SourceFile): boolean => !MEDIA.test(path);
