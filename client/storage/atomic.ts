// Node only: durable files, the part that the blob directory and the journal share.
import { constants } from "node:fs";
import { mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { StoreFull, StoreUnavailable } from "../errors.ts";

/**
 * Writes a file so that every reader, and every crash, sees its old content or its new one and never a part: a temporary file in the same folder,
 * fsync, rename, fsync of the folder (without which the rename itself may be lost).
 *
 * @param folder - An existing folder.
 * @param name - The file's name in it.
 * @param bytes - Its new content.
 * @param mode - Its permissions.
 */
export async function writeAtomic(
  folder: string,
  name: string,
  bytes: Uint8Array,
  mode: number,
): Promise<void> {
  const [temporary, file] = await openTemporary(folder, mode);
  try {
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/**
 * Creates a folder with its parents, durably, for its owner alone.
 *
 * @param folder - Its path.
 */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made))
    await syncFolder(dirname(made));
}

/**
 * Makes renames and removals in a folder durable.
 *
 * @param folder - Its path.
 */
export async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders; its file systems journal names by themselves.
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes what writers left that died between creating and renaming. Only old ones: a young one may belong to a living process.
 *
 * @param folder - An existing folder.
 * @param now - The present, in unix milliseconds.
 */
export async function sweepTemporaries(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > ABANDONED) await unlink(path).catch(() => undefined);
  }
}

/**
 * Runs a piece of file work and gives the system's errors the project's names.
 *
 * @param store - The store's name, for the error.
 * @param work - What to do.
 * @returns What the work returns.
 * @throws StoreFull when there is no room or quota left, StoreUnavailable for any other system error.
 */
export async function fileWork<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSystemError(error) ? named(store, error) : error;
  }
}

/**
 * Tells a missing file from other faults.
 *
 * @param error - What was thrown.
 * @returns True for ENOENT.
 */
export function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === "ENOENT";
}

const TEMPORARY = /^\.tmp-\d+-\d+$/;
const ABANDONED = 60 * 60 * 1000;
let drawn = 0;

async function openTemporary(folder: string, mode: number) {
  for (;;) {
    const path = join(folder, `.tmp-${process.pid}-${drawn++}`);
    try {
      return [path, await open(path, "wx", mode)] as const;
    } catch (error) {
      // The name is taken by a dead process of the same number, or one in another container: draw the next.
      if (!(isSystemError(error) && error.code === "EEXIST")) throw error;
    }
  }
}

function named(store: string, error: NodeJS.ErrnoException) {
  const full = error.code === "ENOSPC" || error.code === "EDQUOT" || error.code === "EFBIG";
  return full
    ? new StoreFull(store, { cause: error })
    : new StoreUnavailable(store, error.message, { cause: error });
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}
