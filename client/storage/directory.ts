// Node only: the embedded default store, a folder of blocks.
import { readdir, readFile, stat, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BlobAltered } from "../errors.ts";
import { fileWork, isMissing, makeFolder, sweepTemporaries, syncFolder, writeAtomic } from "./atomic.ts";
import { digestOfCid } from "./cid.ts";
import { cidOf, digestOf, type BlobStore, type Digest } from "./store.ts";

/** What a directory store takes from outside. */
export interface DirectoryOptions {
  /** The present, in unix milliseconds; decides which leftovers are old. `Date.now` unless given. */
  readonly now?: () => number;
}

/** A folder of blobs. */
export interface DirectoryStore extends BlobStore {
  /**
   * Deletes every blob that is not to be kept. Several vaults, and several people, may share a folder: what is not named is gone for all
   * of them. Files that are no blobs stay.
   *
   * @param keep - What all vaults in this folder need.
   * @param age - Milliseconds that a blob must have lain there: a commit stores its blobs before anybody needs them. A day unless given.
   * @returns the digests of what was deleted.
   */
  sweep(keep: ReadonlySet<Digest>, age?: number): Promise<Digest[]>;
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * Keeps each blob as one file, named by its CID, in one flat folder, so that stock tools can take it from there: `ipfs block put FOLDER/*`.
 *
 * Safe with any number of processes: a file appears whole or not at all, and equal names mean equal bytes. Reads are verified; a put over an
 * altered file repairs it.
 *
 * @param path - The folder; made at the first put.
 * @param options - Where time comes from.
 * @returns The store. Its methods throw StoreUnavailable or StoreFull when the folder fails, `get` throws BlobAltered for a file that is not what its name says.
 * @example
 * const store = directoryStore("/tmp/blobs");
 * const digest = await store.put(new Uint8Array(4096));
 */
export function directoryStore(path: string, options: DirectoryOptions = {}): DirectoryStore {
  const folder = resolve(path);
  const now = options.now ?? Date.now;
  const name = `directory ${folder}`;
  const fileOf = (digest: Digest) => join(folder, cidOf(digest));

  let prepared: Promise<void> | undefined;
  const prepare = async () => {
    try {
      await makeFolder(folder);
      await sweepTemporaries(folder, now());
    } catch (error) {
      // The next put tries again.
      prepared = undefined;
      throw error;
    }
  };

  return {
    name,
    put: (blob) =>
      fileWork(name, async () => {
        const digest = digestOf(blob);
        // Read, not trusted to be there: an altered copy is replaced.
        const present = await readIfThere(fileOf(digest));
        if (present !== null && digestOf(present) === digest) {
          // Another process may have renamed it and not yet made the name durable.
          await syncFolder(folder);
          return digest;
        }
        const write = async (): Promise<void> => {
          await (prepared ??= prepare());
          await writeAtomic(folder, cidOf(digest), blob, 0o600);
        };
        await write().catch((fault: unknown) => {
          // The folder was there, and somebody removed it.
          if (!isMissing(fault)) throw fault;
          prepared = undefined;
          return write();
        });
        return digest;
      }),
    get: (digest) =>
      fileWork(name, async () => {
        const blob = await readIfThere(fileOf(digest));
        if (blob !== null && digestOf(blob) !== digest) throw new BlobAltered(digest, name);
        return blob;
      }),
    has: (digest) =>
      fileWork(name, async () => {
        const found = await stat(fileOf(digest)).catch(nullIfMissing);
        return found !== null && found.isFile();
      }),
    delete: (digest) =>
      fileWork(name, async () => {
        const gone = await unlink(fileOf(digest)).catch(nullIfMissing);
        if (gone !== null) await syncFolder(folder);
      }),
    sweep: (keep, age = DAY) =>
      fileWork(name, async () => {
        const swept: Digest[] = [];
        for (const file of (await readdir(folder).catch(nullIfMissing)) ?? []) {
          const digest = digestOfCid(file);
          if (digest === null || cidOf(digest) !== file || keep.has(digest)) continue;
          const found = await stat(join(folder, file)).catch(nullIfMissing);
          if (found === null || !found.isFile() || now() - found.mtimeMs < age) continue;
          await unlink(join(folder, file)).catch(nullIfMissing);
          swept.push(digest);
        }
        if (swept.length > 0) await syncFolder(folder);
        return swept;
      }),
  };
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  const bytes = await readFile(path).catch(nullIfMissing);
  // A plain Uint8Array: a Buffer would compare unequal to the bytes that were put.
  return bytes && new Uint8Array(bytes);
}

function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
