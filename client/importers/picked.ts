import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";
import { openZip, type RandomAccess } from "./zip.ts";

/** A file that a person gave a page, and where it lay. */
export interface PickedFile {
  /** Its path inside what was given, with `/`. */
  readonly path: string;
  readonly file: Blob;
}

/** What a page gets of a folder or a file that was dropped on it: the part of `FileSystemEntry` that is needed. */
export interface DroppedEntry {
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly name: string;
}

/** The part of a drop's items that is needed. */
export interface DroppedItem {
  readonly kind: string;
  webkitGetAsEntry(): DroppedEntry | null;
  getAsFile(): File | null;
}

/** Files and folders: an empty folder takes as long as a file. */
const MAX_ENTRIES = 50_000;
const MAX_DEPTH = 8;

/**
 * The files of a file picker, or of a folder picker: then with their paths in it.
 *
 * @param files - An input's `files`.
 * @returns The same files, by path.
 * @throws MalformedExport if there are more than an export has.
 */
export function pickedFiles(files: Iterable<File>): PickedFile[] {
  const picked: PickedFile[] = [];
  for (const file of files) {
    // Empty unless a folder was picked.
    const path = file.webkitRelativePath || file.name;
    if (picked.push({ path, file }) > MAX_ENTRIES) throw tooMany(path);
  }
  return picked;
}

/**
 * The files of a drop, those of dropped folders among them. Call it in the drop's event itself: its items are gone after it.
 *
 * @param items - The event's `dataTransfer.items`.
 * @returns The files, by path; text that was dropped is none.
 * @throws MalformedExport if there are more than an export has, folders among them, or deeper ones, or one cannot be read.
 */
export async function droppedFiles(items: Iterable<DroppedItem>): Promise<PickedFile[]> {
  // Everything is taken before the first wait.
  const dropped = [...items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const walked: Walked = { files: [], entries: 0 };
  for (const { entry, file } of dropped) {
    if (entry !== null) await walk(entry, "", walked);
    else if (file !== null) {
      count(walked, file.name);
      walked.files.push({ path: file.name, file });
    }
  }
  return walked.files;
}

/**
 * Makes the files of an export of what a person gave a page.
 *
 * @param picked - From {@link pickedFiles} or {@link droppedFiles}.
 * @returns The files, those of a zip (known by its first bytes, whatever its name) as if it were a folder. They are read when opened.
 * @throws MalformedExport if a zip file is broken or hostile.
 */
export async function filesSource(picked: readonly PickedFile[]): Promise<SourceFile[]> {
  const [only] = picked;
  if (only !== undefined && picked.length === 1) return sourcesOf(baseName(only.path), only.file, "");
  const below = commonFolder(picked);
  const named = picked.map(({ path, file }) => ({ path: path.slice(below.length), file }));
  const found = [];
  for (const { path, file } of named.sort((a, b) => (a.path < b.path ? -1 : 1)))
    // A zip among others is a folder of its name: parts of one export hold files of one name.
    found.push(...(await sourcesOf(path, file, `${path}/`)));
  return found;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** The folder that everything lies in, with its `/`: what a person calls it says nothing. */
function commonFolder(picked: readonly PickedFile[]): string {
  const [first] = picked;
  const folder = first?.path.slice(0, first.path.indexOf("/") + 1) ?? "";
  return picked.every(({ path }) => path.startsWith(folder)) ? folder : "";
}

/** @param below - what the paths in a zip begin with. */
async function sourcesOf(path: string, file: Blob, below: string): Promise<SourceFile[]> {
  const start = await bytesIn(path, file, 0, Math.min(4, file.size));
  if (start.length < 4 || !ZIP_STARTS.has(new DataView(start.buffer).getUint32(0)))
    return [{ path, size: file.size, open: () => piecesOf(path, file) }];
  const inner = await openZip(inBrowser(path, file));
  return inner.map((source) => ({ ...source, path: `${below}${source.path}` }));
}

/** "PK" and the kinds of record that a zip file begins with: a file, or the end of an empty one. */
const ZIP_STARTS = new Set([0x504b0304, 0x504b0506]);

const inBrowser = (path: string, file: Blob): RandomAccess => ({
  path,
  size: file.size,
  read: (offset, length) => bytesIn(path, file, offset, length),
});

async function bytesIn(
  path: string,
  file: Blob,
  offset: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const part = file.slice(offset, offset + length).arrayBuffer();
  const bytes = await part.catch((cause: unknown) => {
    throw changed(path, cause);
  });
  return new Uint8Array(bytes);
}

/** By a reader, not by iterating: not every browser's streams iterate. */
async function* piecesOf(path: string, file: Blob): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw changed(path, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // A browser that has nothing left to cancel may say so; there is nobody to tell.
    await reader.cancel().catch(() => undefined);
  }
}

/** A browser reads no file that is not any more what the person gave it. */
const changed = (path: string, cause: unknown): MalformedExport =>
  new MalformedExport(path, "its content", "it cannot be read, or changed since it was chosen", { cause });

/** What a walk came past. */
interface Walked {
  readonly files: PickedFile[];
  /** Files and folders. */
  entries: number;
}

/** Regular files below an entry, in the browser's order. */
async function walk(entry: DroppedEntry, above: string, walked: Walked, depth = 0): Promise<void> {
  const path = `${above}${entry.name}`;
  count(walked, path);
  if (isFileEntry(entry)) walked.files.push({ path, file: await fileOf(entry, path) });
  if (!isFolderEntry(entry)) return;
  if (depth > MAX_DEPTH)
    throw new MalformedExport(path, "its path", `it lies deeper than ${String(MAX_DEPTH)} folders`);
  for await (const inner of entriesOf(entry, path)) await walk(inner, `${path}/`, walked, depth + 1);
}

function count(walked: Walked, path: string): void {
  if (++walked.entries > MAX_ENTRIES) throw tooMany(path);
}

const tooMany = (path: string): MalformedExport =>
  new MalformedExport(
    path,
    "its folder",
    `there are more than ${MAX_ENTRIES.toLocaleString("en")} files and folders with it`,
  );

const isFileEntry = (entry: DroppedEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolderEntry = (entry: DroppedEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const fileOf = (entry: FileSystemFileEntry, path: string): Promise<File> =>
  new Promise((resolve, reject) =>
    entry.file(resolve, (cause) =>
      reject(new MalformedExport(path, "its path", "it cannot be opened", { cause })),
    ),
  );

/** A browser hands a folder out in parts, and an empty one says that it was the last. */
async function* entriesOf(folder: FileSystemDirectoryEntry, path: string): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, (cause) =>
        reject(new MalformedExport(path, "its path", "it cannot be opened", { cause })),
      ),
    );
    if (part.length === 0) return;
    yield* part;
  }
}
