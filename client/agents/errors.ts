/** Errors of the entry `memory-vault/agents` alone. */
import { VaultError } from "../errors.ts";

/** A claim in an account's name that neither the account signed nor the operator that its contract names. */
export class NotSignedBy extends VaultError {
  constructor(
    readonly account: string,
    /** The operator that the account's contract names, or `null`. */
    readonly operator: string | null,
  ) {
    super(
      `This is not signed by ${account}${operator === null ? "" : `, nor by its operator ${operator}`}. ` +
        "Somebody else wrote or changed it: take it from the agent itself.",
    );
  }
}
