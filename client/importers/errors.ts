import { VaultError } from "../errors.ts";

/** A file is not the export that it is taken for. A reader may have handed out items before it came to the break: collect before you write. */
export class MalformedExport extends VaultError {
  constructor(
    readonly file: string,
    readonly where: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `${file} cannot be imported: ${why} (at ${where}). Export it again, or name another file.`,
      options,
    );
  }
}
