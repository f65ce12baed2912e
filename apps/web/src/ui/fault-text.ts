import { VaultError } from "../../../../client/errors.ts";

/** A failure as a person reads it. */
export interface FaultText {
  readonly name: string;
  readonly message: string;
}

/** What a failure is called and says. The client's own errors say what to do; others get a sentence that does. */
export function faultText(fault: unknown): FaultText {
  if (fault instanceof VaultError) return { name: spaced(fault.name), message: fault.message };
  const message = fault instanceof Error ? fault.message : String(fault);
  return {
    name: "Something failed",
    message: `${message}. Nothing that was saved is lost: reload this page and look again.`,
  };
}

const spaced = (name: string): string =>
  name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").replace(/ [A-Z]/g, (letters) => letters.toLowerCase());
