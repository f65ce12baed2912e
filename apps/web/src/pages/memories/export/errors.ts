import { MalformedData, VaultError } from "../../../../../../client/errors.ts";

/** An export that nobody could open, or that has nothing in it. */
export class ExportRefused extends VaultError {
  constructor(readonly why: string) {
    super(`Nothing was exported: ${why}.`);
  }
}

/** Why nothing could be sealed, and whether that is what the person typed: a recipient that is not whole, or two kinds of them. */
export function sealFault(fault: unknown): {
  readonly name: string;
  readonly message: string;
  readonly refused: boolean;
} {
  const { name, message } = fault instanceof Error ? fault : new Error(String(fault));
  if (fault instanceof MalformedData && fault.what === "recipient")
    return { name, message: `a recipient is ${fault.where}. Copy it again`, refused: true };
  return { name, message, refused: fault instanceof RangeError };
}
