import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { sep } from "node:path";

/** A step that changes what is on disk, on its way there. */
export interface DiskStep {
  readonly what: "create" | "write" | "rename" | "unlink";
  /** The file; of a rename the old name. */
  readonly path: string;
  /** Does it. */
  readonly go: () => Promise<unknown>;
  /** Does half of it, as a step does that is stopped in its midst: of a write the first half of the bytes, of others nothing. */
  readonly tear: () => Promise<unknown>;
}

/** Sees each step before it is done, and does it, or a part, or fails with what a disk fails with. */
export type DiskWatch = (step: DiskStep) => Promise<unknown>;

/**
 * Has somebody watch what this process does in some folders, from here on until it is told to stop. Everything else of the
 * process goes by unseen. Built upon the file system's own functions, so that what is tested is the stores as they are.
 *
 * @returns stops it.
 */
export function watchDisk(folders: readonly string[], watch: DiskWatch): () => void {
  const { open, rename, unlink } = fs.promises;
  const isWatched = (path: unknown): path is string =>
    typeof path === "string" && folders.some((folder) => path.startsWith(folder + sep));
  const nothing = () => Promise.resolve();
  const step = async (what: DiskStep["what"], path: string, go: DiskStep["go"], tear = nothing) =>
    watch({ what, path, go, tear });

  const watched = {
    async open(...args: Parameters<typeof open>) {
      const [path, flags] = args;
      if (!isWatched(path) || flags !== "wx") return open(...args);
      let handle: fs.promises.FileHandle | undefined;
      await step("create", path, async () => (handle = await open(...args)));
      if (handle === undefined) throw new Error(`${path} was watched and not opened`);
      return watchedFile(handle, path, watch);
    },
    rename: (from: fs.PathLike, to: fs.PathLike) =>
      isWatched(from) ? step("rename", from, () => rename(from, to)) : rename(from, to),
    unlink: (path: fs.PathLike) =>
      isWatched(path) ? step("unlink", path, () => unlink(path)) : unlink(path),
  };
  const replace = (functions: object): void => {
    Object.assign(fs.promises, functions);
    syncBuiltinESMExports();
  };
  replace(watched);
  return () => replace({ open, rename, unlink });
}

function watchedFile(handle: fs.promises.FileHandle, path: string, watch: DiskWatch): fs.promises.FileHandle {
  const whole = handle.writeFile.bind(handle);
  const writeFile = (bytes: Uint8Array) =>
    watch({
      ...{ what: "write", path },
      go: () => whole(bytes),
      tear: () => whole(bytes.subarray(0, bytes.length >> 1)),
    });
  return Object.assign(handle, { writeFile });
}

/** What the system says of a disk: `ENOSPC` when it is full, `EROFS` when it takes nothing, `EACCES` when it may not. */
export const diskFault = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: a disk's fault, ${syscall}`), { code, syscall, errno: -1 });
