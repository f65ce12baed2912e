// Node only: exports as they lie on disk.
import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { MalformedExport } from "./errors.ts";
import type { SourceFile } from "./importer.ts";
import { openZip, type RandomAccess } from "./zip.ts";

/**
 * Finds the files of an export.
 *
 * @param path - A file, a zip file (known by its first bytes, whatever its name), or a folder with any of them in it.
 * @returns The files, those of a zip as if it were a folder. They are read when opened.
 * @throws MalformedExport if a zip file is broken or hostile, or there is nothing at this path.
 */
export async function readSources(path: string): Promise<SourceFile[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new MalformedExport(path, "its path", whyClosed(cause), { cause });
  });
  if (!info.isDirectory()) return sourcesAt(path, basename(path), info.size);
  const found = [];
  for (const inner of await walk(path, "")) {
    const { size } = await stat(join(path, inner)).catch((cause: unknown) => {
      throw new MalformedExport(path, inner, whyClosed(cause), { cause });
    });
    // A zip among others is a folder of its name: parts of one export hold files of one name.
    found.push(...(await sourcesAt(join(path, inner), inner, size, `${inner}/`)));
  }
  return found;
}

/** In words: the system's own code says little to most people. */
function whyClosed(cause: unknown): string {
  const { code = "unknown" } = cause as { readonly code?: string };
  if (code === "ENOENT") return "it does not exist";
  return code === "EACCES" || code === "EPERM" ? "you may not read it" : `it cannot be opened (${code})`;
}

const MAX_FILES = 50_000;
const MAX_DEPTH = 8;

/** Regular files below a folder, in order; links are not followed, they could lead anywhere. */
async function walk(root: string, folder: string, depth = 0): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
    throw new MalformedExport(root, folder === "" ? "its path" : folder, whyClosed(cause), { cause });
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) found.push(path);
    if (entry.isDirectory() && depth < MAX_DEPTH) found.push(...(await walk(root, path, depth + 1)));
    if (found.length > MAX_FILES)
      throw new MalformedExport(root, path, "there are too many files in this folder");
  }
  return found;
}

/** @param below - what the paths in a zip begin with. */
async function sourcesAt(path: string, name: string, size: number, below = ""): Promise<SourceFile[]> {
  const file = await open(path).catch((cause: unknown) => {
    throw new MalformedExport(path, "its path", whyClosed(cause), { cause });
  });
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
    if (bytesRead < 4 || !ZIP_STARTS.has(new DataView(buffer.buffer).getUint32(0))) {
      return [{ path: name, size, open: () => createReadStream(path) as AsyncIterable<Uint8Array> }];
    }
  } finally {
    await file.close();
  }
  const inner = await openZip(onDisk(path, name, size));
  return inner.map((source) => ({ ...source, path: `${below}${source.path}` }));
}

/** "PK" and the kinds of record that a zip file begins with: a file, or the end of an empty one. */
const ZIP_STARTS = new Set([0x504b0304, 0x504b0506]);

function onDisk(path: string, name: string, size: number): RandomAccess {
  return {
    path: name,
    size,
    async read(offset, length) {
      const file = await open(path);
      try {
        const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, offset);
        if (bytesRead !== length)
          throw new MalformedExport(name, `byte ${offset + bytesRead}`, "it changed while it was read");
        return buffer;
      } finally {
        await file.close();
      }
    },
  };
}
