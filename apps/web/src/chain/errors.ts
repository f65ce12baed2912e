import { RpcUnavailable, VaultError } from "../../../../client/errors.ts";

/** What names a network is not written as it must be. */
export class NetworkFaulty extends VaultError {
  constructor(
    readonly where: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`${where} cannot be used: ${why}. Correct it, or name the network by hand.`, options);
  }
}

/** A chain whose contracts nobody named. */
export class ChainUnknown extends VaultError {
  constructor(readonly chainId: bigint) {
    super(
      `Nobody said where the contracts stand on chain ${chainId}. Give the three addresses, or choose another chain.`,
    );
  }
}

/** Nobody answers for the chain. The address is not repeated whole: it may hold a key. */
export class ChainUnreachable extends VaultError {
  constructor(
    readonly host: string,
    options?: ErrorOptions,
  ) {
    super(
      `The chain does not answer at ${host}. What waits on this device stays there. Look at your connection, try again, ` +
        "or name another RPC in the settings.",
      options,
    );
  }
}

/** An RPC answers with an error. Its own words are not repeated: they are others', and may hold its address. */
export class ChainFaulty extends VaultError {
  constructor(
    readonly host: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(
      `${host} answered with ${why}. Nothing was sent, and what waits on this device stays there. Try again in a minute, or name another ` +
        "RPC in the settings.",
      options,
    );
  }
}

/** An answer of which no more is read: less is asked for then, where that can be. */
export class AnswerTooLong extends RpcUnavailable {
  constructor(
    readonly host: string,
    readonly most: number,
  ) {
    super("first", `what ${host} answers is longer than the ${most / 2 ** 20} MiB that are read`);
  }
}

/** An RPC, or a wallet, of another chain. */
export class WrongChain extends VaultError {
  constructor(
    readonly who: string,
    readonly actual: bigint,
    readonly expected: bigint,
  ) {
    super(
      `${who} is on chain ${actual}, and this vault is on chain ${expected}. Switch it, and press again.`,
    );
  }
}

/** A vault of another chain or contract than the network that is set. */
export class VaultElsewhere extends VaultError {
  constructor(
    readonly label: string,
    readonly chainId: bigint,
    readonly contract: string,
  ) {
    super(
      `The vault ${JSON.stringify(label)} is on chain ${chainId}, at contract ${contract}, and the settings name another network. ` +
        "Name that one in the settings.",
    );
  }
}

/** Something that a wallet must do, where none is connected. */
export class WalletMissing extends VaultError {
  constructor() {
    super(
      "No wallet is connected. Connect one here or in the settings, and press again. Reading works without.",
    );
  }
}

/** The wallet has not answered an earlier request. */
export class WalletBusy extends VaultError {
  constructor(readonly wallet: string) {
    super(`${wallet} has a request open already. Open the wallet, answer it, and press again.`);
  }
}

/** The wallet answered what no wallet answers. */
export class WalletFaulty extends VaultError {
  constructor(
    readonly wallet: string,
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(`${wallet} failed: ${why}. Look into the wallet before you press again, or use another.`, options);
  }
}

/** The person waited for the wallet, and does no more. */
export class WalletUnanswered extends VaultError {
  constructor(readonly wallet: string) {
    super(
      `${wallet} did not answer, and nobody waits for it any more. It may still send: look into the wallet, and reject the request ` +
        "there before you press again. What it sends all the same is followed here when it says so.",
    );
  }
}

/** The person said no to the wallet. */
export class SignatureRejected extends VaultError {
  constructor(readonly wallet: string) {
    super(`It was rejected in ${wallet}. Nothing was sent. Press again when you want it.`);
  }
}

/** The person let the page see no account. */
export class ConnectionDeclined extends VaultError {
  constructor(readonly wallet: string) {
    super(`${wallet} was not connected: it was declined there. Press again when you want it.`);
  }
}

/** The person said no to the cost. */
export class TransactionDeclined extends VaultError {
  constructor() {
    super("You chose not to send it. Nothing was sent, and what waits is kept.");
  }
}

/** Another account is chosen in the wallet than the one that was asked about. */
export class AccountChanged extends VaultError {
  constructor(
    readonly expected: string,
    readonly actual: string | null,
  ) {
    super(
      `The wallet changed to ${actual ?? "no account"} while this was done for ${expected}. Nothing was sent. ` +
        "Choose the account that you mean, and press again.",
    );
  }
}

/** What the wallet says it sent is not what was shown. */
export class AnotherTransaction extends VaultError {
  constructor(
    readonly wallet: string,
    readonly hash: string,
  ) {
    super(
      `${wallet} answered with transaction ${hash}, which is not what was shown here. Look into the wallet at what it sent; ` +
        "this page looks at the chain again by itself before anything is sent anew.",
    );
  }
}

/** A transaction was sent, and nobody can say now whether it landed. */
export class TransactionUncertain extends VaultError {
  constructor(
    /** `null` where the wallet did not say it. */
    readonly hash: string | null,
    options?: ErrorOptions,
  ) {
    super(
      `${hash === null ? "What the wallet was asked to send before" : `Transaction ${hash}`} was sent, and is in no block yet. It may still land: ` +
        "this page looks again by itself, and sends nothing twice.",
      options,
    );
  }
}

/** A transaction was sent, is in no block, and no node knows it any more. */
export class TransactionUnknown extends VaultError {
  constructor(readonly hash: string) {
    super(
      `Transaction ${hash} was sent, is in no block after a long time, and the chain's node knows nothing of it. Look into the wallet whether it is ` +
        "still on its way, and cancel it there if it is. Press again when it is not.",
    );
  }
}

/** The person waited for what was sent before, and does no more. */
export class EarlierUnsettled extends VaultError {
  constructor() {
    super(
      "Something that was sent before is in no block yet. Nothing was sent beside it, and what waits is kept. Press again later.",
    );
  }
}

/** The browser keeps no note of what would be sent. */
export class NoteNotKept extends VaultError {
  constructor(options?: ErrorOptions) {
    super(
      "This browser keeps nothing more: its storage is full, or closed to this page. Nothing was sent, for a reload would not know of it. " +
        "Make room, and press again.",
      options,
    );
  }
}

/** What this browser noted of transactions is not as this page wrote it. */
export class SentNotesBroken extends VaultError {
  constructor(readonly count: number) {
    super(
      `${count === 1 ? "A note" : `${count} notes`} of transactions that were sent, in this browser, ${count === 1 ? "is" : "are"} damaged, altered or too old, ` +
        "and of no use. Look into the wallet at what it sent last, and press again.",
    );
  }
}

/** The wallet was asked to send something, and nobody here heard its answer. */
export class AnswerMissing extends VaultError {
  constructor(readonly what: readonly string[]) {
    super(
      `The wallet was asked to send this, and another tab waits for its answer, or this page was closed before it came: ${what.join(" ")} ` +
        "Answer it in the wallet, or look there whether it was sent. Press again when it was not.",
    );
  }
}

/** The wallet put another transaction in place of this one. */
export class TransactionReplaced extends VaultError {
  /** What ethers calls it: a store on chain looks for that. */
  readonly code = "TRANSACTION_REPLACED";

  constructor(
    readonly hash: string,
    readonly replacement: string,
    readonly cancelled: boolean,
  ) {
    super(
      `Transaction ${hash} was ${cancelled ? "cancelled" : "replaced"} in the wallet by ${replacement}. ` +
        "What it was to do did not happen. Press again when you want it.",
    );
  }
}

/** Whether a fault is about what was sent before: nothing else says it. */
export const isOfSent = (fault: unknown): boolean =>
  [AnswerMissing, SentNotesBroken, TransactionUncertain, TransactionUnknown].some(
    (kind) => fault instanceof kind,
  );
