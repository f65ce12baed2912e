import { VaultError } from "../../../../../../client/errors.ts";

/** Nobody knows what a file is. */
export class UnknownExport extends VaultError {
  constructor(
    readonly file: string,
    readonly why: string,
  ) {
    super(
      `${file} is no export that is known: ${why}. Known are those of ChatGPT, Claude, Gemini, mem0, MemSync, Letta and the MCP ` +
        "memory server, Portable AI Memory, JSON lines, and text in .txt or .md.",
    );
  }
}

/** A folder or a zip holds what must be read apart. */
export class SeveralExports extends VaultError {
  constructor(
    readonly file: string,
    readonly importers: readonly string[],
  ) {
    super(
      `${file} holds exports of ${importers.join(" and ")}. Unpack it, and bring them one after the other.`,
    );
  }
}

/** A file broke its reader in a way that nobody foresaw. */
export class UnreadableExport extends VaultError {
  constructor(file: string, options: ErrorOptions) {
    super(
      `${file} cannot be read: it is built in a way that no export is. Nothing of it was taken. Export it again, or leave it out.`,
      options,
    );
  }
}

/** An export has more than a page can hold for the review. */
export class ExportTooLarge extends VaultError {
  constructor(readonly memories: number) {
    super(
      `There are more than ${memories.toLocaleString()} memories, or more text than this page holds at once. Nothing was written. Bring ` +
        "the export in parts, or use the command line: memvault import.",
    );
  }
}

/** The reader ended without a word. */
export class ReaderStopped extends VaultError {
  constructor(why: string) {
    super(
      `The reader of the files stopped (${why}): they may need more memory than the browser gives. Nothing was written. Bring them ` +
        "one at a time, or close other pages and try again.",
    );
  }
}
