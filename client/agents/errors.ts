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

/** Not a purpose that a request can state. */
export class InvalidPurpose extends VaultError {
  constructor(readonly why: string) {
    super(
      `A purpose is 1 to 1024 bytes on one line, without control characters; this one is ${why}. Write it in plain words.`,
    );
  }
}

/** A request for another vault. */
export class RequestElsewhere extends VaultError {
  constructor(
    readonly named: string,
    readonly here: string,
  ) {
    super(`The request is for ${named}, this is ${here}. Open the vault that it names, or ask for another.`);
  }
}

/** An agent's key is another than it signed its request with. */
export class KeyChanged extends VaultError {
  constructor(
    readonly account: string,
    readonly signed: string,
    readonly published: string,
  ) {
    super(
      `${account} asked for its key ${signed} and has ${published} in the registry now. Ask it for a new request.`,
    );
  }
}

/** A request that was taken before: each is taken once on a device. */
export class RequestTaken extends VaultError {
  constructor(
    readonly request: string,
    readonly state: "waiting" | "accepting" | "accepted" | "refused",
  ) {
    super(`Request ${request.slice(0, 8)} ${TAKEN[state]}`);
  }
}

const TAKEN = {
  waiting: "waits already, in another form. Accept or refuse that one first.",
  accepting: "is being accepted. Accept it again to go on with it; what it has become ends with a revoke.",
  accepted: "was accepted before, and is taken once. Ask the agent for another.",
  refused: "was refused before, and is taken once. Ask the agent for another.",
} as const;

/** No request of that id is kept on this device. */
export class UnknownRequest extends VaultError {
  constructor(readonly request: string) {
    super(`No request ${request} is kept here. List the requests, or add it.`);
  }
}

/** No proposal of that id waits. */
export class UnknownProposal extends VaultError {
  constructor(readonly proposal: string) {
    super(`No proposal ${proposal.slice(0, 66)} waits for a decision. List the inbox to see which do.`);
  }
}

/** The chain may still take a proposal back. */
export class ProposalNotFinal extends VaultError {
  constructor(readonly proposal: string) {
    super(`The proposal ${proposal} is not final on chain yet. Decide on it in some minutes.`);
  }
}

/** This device proposed as much as it may by itself. */
export class ProposalsSpent extends VaultError {
  constructor(readonly limit: number) {
    super(
      `This device proposed ${limit} times within 24 hours, as often as it may by itself. Propose by hand, or later.`,
    );
  }
}

/** A node gives no log of some blocks, however few are asked for. */
export class LogsRefused extends VaultError {
  constructor(
    readonly block: number,
    options?: ErrorOptions,
  ) {
    super(
      `The RPC refuses the events of block ${block} and after it: somebody left more there than it gives at once. Try again, or use another RPC.`,
      options,
    );
  }
}

/** The vault has another owner, and the chain may still take that back. */
export class OwnerNotFinal extends VaultError {
  constructor(readonly vaultId: bigint) {
    super(
      `The RPC shows another owner of vault 0x${vaultId.toString(16)}, and no final block does. Nothing was changed; try again ` +
        "when it is final, and ask another RPC if it never is.",
    );
  }
}
