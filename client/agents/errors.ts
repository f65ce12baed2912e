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

/** A proposal that nobody can take. */
export class ProposalRejected extends VaultError {
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`The proposal was rejected: ${why}. Refuse it, or ask its sender for another.`, options);
  }
}

/** A reader that may not propose. */
export class MayNotPropose extends VaultError {
  constructor(readonly proposer: string) {
    super(`${proposer} may not propose to this vault. Ask its owner for a grant with that permission.`);
  }
}

/** A proposal for a scope that its proposer was not granted. */
export class ScopeNotGranted extends VaultError {
  constructor(readonly scope: string) {
    super(`The proposer was not granted scope ${scope}. Propose for a scope that it reads.`);
  }
}
