import { VaultError } from "../../../../../../client/errors.ts";

/** An export that nobody could open, or that has nothing in it. */
export class ExportRefused extends VaultError {
  constructor(readonly why: string) {
    super(`Nothing was exported: ${why}.`);
  }
}
