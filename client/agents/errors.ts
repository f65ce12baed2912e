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

/** An answer that was not written for this place, or not for this key. */
export class AnswerRejected extends VaultError {
  constructor(
    readonly requestId: bigint,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `The answer to request ${requestId} was rejected: ${why}. Ask again, with your key published, or tell the agent's operator.`,
      options,
    );
  }
}
