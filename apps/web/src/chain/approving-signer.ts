import {
  AbstractSigner,
  hexlify,
  isHexString,
  resolveAddress,
  Signature,
  toQuantity,
  toUtf8Bytes,
  TransactionResponse,
  TypedDataEncoder,
  ZeroHash,
  type Provider,
  type TransactionReceipt,
  type TransactionRequest,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";

import { InsufficientFunds, type VaultError } from "../../../../client/index.ts";
import { describeCalls, vaultsIn } from "./describe.ts";
import {
  AccountChanged,
  AnotherTransaction,
  AnswerMissing,
  SentNotesBroken,
  SignatureRejected,
  TransactionUncertain,
  TransactionUnknown,
  WalletFaulty,
  WalletUnanswered,
  WrongChain,
} from "./errors.ts";
import { finalAt } from "./finality.ts";
import { FollowedTransaction, landing } from "./follow.ts";
import type { InTurn } from "./in-turn.ts";
import type { NetworkConfig } from "./network.ts";
import { answerFrom, hostOf } from "./rpc.ts";
import type { SentLog, SentNote } from "./sent-log.ts";
import type { TransactionCost, Transactions } from "./transactions.ts";
import { asked, type Connected, type FoundWallet, type Wallets } from "./wallets.ts";
import { expectOpen, whileOpen } from "./while-open.ts";

/** What a signer works with. */
export interface SignerParts {
  readonly config: NetworkConfig;
  /** Reads the chain: estimates, receipts. The wallet only signs and sends. */
  readonly provider: Provider;
  readonly wallets: Wallets;
  readonly transactions: Transactions;
  /** Milliseconds between two looks at what was sent. */
  readonly pause: number;
  /** Milliseconds after which nobody can say what became of it. */
  readonly patience: number;
  /** What was sent and is in no block yet, by this page or before a reload. */
  readonly log: SentLog;
  /** Notes of what this page sent itself, and follows. */
  readonly followed: Set<string>;
  /** Notes of which the person was told, on pressing something, that nobody knows whether they were sent. */
  readonly told: Set<string>;
  /** Looks at the notes: one at a time, on all signers of this page. */
  readonly looks: InTurn;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Ends when the page is locked: from then on nothing is asked and nothing sent. */
  readonly session: AbortSignal;
}

/** A node's estimate is of one state: a tenth more is allowed, and what is not used is not paid. */
const MARGIN = 10n;

/** How often a node is asked for what it may know a moment later. */
const LOOKS = 5;

/** A note that the wallet answered. */
type Sent = SentNote & { readonly hash: string };

/** A call that is priced. */
interface Priced {
  readonly cost: TransactionCost;
  readonly to: string;
  readonly data: string;
  readonly fees: Readonly<Record<string, string>>;
}

/**
 * The person's wallet, as the client sees it. Whatever is sent through it is priced first and asked about, and followed until
 * it is final; one after the other.
 */
export class ApprovingSigner extends AbstractSigner<Provider> {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly parts: SignerParts,
    /** Whether each transaction is asked about; not where several were agreed to together. */
    private readonly asks = true,
  ) {
    super(parts.provider);
  }

  /** The same wallet: another provider changes nothing of what it sends. */
  override connect(provider: Provider | null): ApprovingSigner {
    return new ApprovingSigner(provider === null ? this.parts : { ...this.parts, provider }, this.asks);
  }

  /** @throws {WalletMissing} when none is connected. */
  override getAddress(): Promise<string> {
    return this.soon(() => this.parts.wallets.expectConnected().account);
  }

  /**
   * Prices a transaction, asks the person and then the wallet, and follows it.
   *
   * @throws {TransactionDeclined|SignatureRejected} when the person says no, here or in the wallet: nothing was sent.
   * @throws {WrongChain|AccountChanged} when the wallet is not where it was. {InsufficientFunds} when the account has too little.
   * @throws {WalletUnanswered} when the person waits for the wallet no more. {DeviceLocked} when the page was locked meanwhile.
   * @throws {WalletBusy|WalletFaulty|AnotherTransaction} when the wallet does something else.
   * @throws {NoteNotKept} when the browser cannot note it. What {@link settled} throws when something else is on its way.
   */
  override async sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
    const before = this.turn;
    let release: () => void = () => undefined;
    this.turn = new Promise<void>((resolve) => (release = resolve));
    try {
      const { session } = this.parts;
      await whileOpen(session, before);
      const { sent, landed } = await whileOpen(session, this.send(request));
      // Several that were agreed to together need not wait for each other's blocks.
      if (this.asks) void landed.then(release, release);
      else release();
      return sent;
    } catch (fault) {
      release();
      throw fault;
    }
  }

  private async send(request: TransactionRequest) {
    const { transactions, session } = this.parts;
    await this.settled();
    const connected = await this.checked(await payerOf(request));
    const priced = await this.price(request, connected);
    // It may have been locked meanwhile: then nobody is asked.
    expectOpen(session);
    const id = this.asks ? await transactions.ask(priced.cost) : transactions.announce(priced.cost);
    const given: { hash: string | null } = { hash: null };
    try {
      // While the person read, the wallet may have moved.
      await transactions.forWallet(id, connected.wallet.name, this.checked(connected.account));
      const { note, sent } = await this.handOver(id, connected, priced, given);
      const landed = whileOpen(session, this.follow(id, sent, note));
      // Who asked for it may be gone by then.
      landed.catch(() => undefined);
      return { sent: new FollowedTransaction(sent, this.parts.provider, landed), landed };
    } catch (fault) {
      // A wallet that fails by itself may have sent it before.
      const kind = fault instanceof WalletFaulty ? "uncertain" : "failed";
      transactions.advance(id, { kind, hash: given.hash, fault });
      throw fault;
    }
  }

  /** Notes what is to be sent, asks the wallet, and keeps what it says that it sent before anything else can fail. */
  private async handOver(
    id: number,
    { account, wallet }: Connected,
    priced: Priced,
    given: { hash: string | null },
  ) {
    const { provider, transactions, config, log, followed, told, now } = this.parts;
    const [startBlock, nonce] = await this.answers(
      Promise.all([provider.getBlockNumber(), provider.getTransactionCount(account, "pending")]),
    );
    const { to, data } = priced;
    const chainId = String(config.deployment.chainId);
    const asking: SentNote = {
      ...{ id: log.newId(), hash: null, account, nonce, chainId, to, data, startBlock, sentAt: now() },
    };
    await this.keepAsking(asking);
    const request = { from: account, to, data, value: "0x0", ...priced.fees };
    const answer = asked(wallet, "eth_sendTransaction", [request]).then((said) => hashFrom(wallet, said));
    try {
      given.hash = await transactions.forWallet(id, wallet.name, answer);
    } catch (fault) {
      followed.delete(asking.id);
      told.add(asking.id);
      if (fault instanceof WalletUnanswered) this.noteLate(answer, asking);
      // What was not even tried leaves nothing to look for.
      else if (!(fault instanceof WalletFaulty)) await this.forget(asking);
      throw fault;
    }
    const note = { ...asking, hash: given.hash };
    transactions.advance(id, { kind: "sent", hash: note.hash, lost: false });
    // Without room for it, a reload finds it by its nonce: it is followed all the same.
    await log.keep(note).catch(() => undefined);
    const found = await this.look(wallet.name, note);
    return { note, sent: found ?? this.standIn(note) };
  }

  /** Notes what the wallet is about to be asked. Where it is not asked after all, no note stays: nobody would know what became of it. */
  private async keepAsking(asking: SentNote): Promise<void> {
    const { log, followed, session } = this.parts;
    expectOpen(session);
    followed.add(asking.id);
    try {
      await log.keep(asking);
      // It may have been locked while the browser wrote.
      expectOpen(session);
    } catch (fault) {
      await this.forget(asking);
      followed.delete(asking.id);
      throw fault;
    }
  }

  /** What a wallet sends when nobody waits for it any more is followed all the same: now, or after the next unlocking. */
  private noteLate(answer: Promise<string>, asking: SentNote): void {
    void answer
      .then((hash) => this.parts.log.keep({ ...asking, hash }))
      .then(
        () => this.resume(),
        // It said no.
        (fault: unknown) => (fault instanceof SignatureRejected ? this.forget(asking) : undefined),
      )
      // The page was locked; what was sent and is in no block is looked for again before the next.
      .catch(() => undefined);
  }

  /**
   * Looks for what was sent before a reload, or in another tab, and follows it. Nobody pressed anything for this: it tells, and forgets
   * nothing that may still be sent.
   *
   * @throws {TransactionUncertain} when something still is in no block: it may land. {AnswerMissing|TransactionUnknown} when nobody knows
   * whether it will be. {SentNotesBroken} when notes are of no use.
   */
  resume(): Promise<void> {
    return this.parts.looks.run(() => this.takeUp(false));
  }

  /**
   * Waits, on a person's word, until nothing that was sent before is on its way: nothing is sent beside it. Looks go one after the other:
   * what an earlier one follows has its end before this one reads the notes. The person is told why it waits, and can stop it.
   *
   * @throws What {@link resume} throws. What nobody knows is thrown once: at the next word the person does, and the note is let go.
   * @throws {EarlierUnsettled} when the person waits no more; nothing was begun.
   */
  settled(): Promise<void> {
    const { looks, session, transactions } = this.parts;
    return whileOpen(session, transactions.behind(looks.run(() => this.takeUp(true))));
  }

  private async takeUp(pressed: boolean): Promise<void> {
    const { log, config, followed, now, session } = this.parts;
    expectOpen(session);
    const broken = pressed ? await log.removeBroken(now()) : (await log.broken(now())).length;
    if (broken > 0) throw new SentNotesBroken(broken);
    for (const note of await log.list(config.deployment.chainId, now())) {
      // What this page sent itself, and follows.
      if (followed.has(note.id)) continue;
      expectOpen(session);
      const unknown = await (note.hash === null ? this.unanswered(note) : this.answered(note, note.hash));
      if (unknown !== null) await this.letGo(note, pressed, unknown);
    }
  }

  /** Lets go of a note of which nobody knows whether it was sent, on a person's second word: the first is answered with why. */
  private async letGo(note: SentNote, pressed: boolean, why: VaultError): Promise<void> {
    const { told } = this.parts;
    if (pressed && told.has(note.id)) return this.forget(note);
    if (pressed) told.add(note.id);
    throw why;
  }

  /**
   * Follows what may have been sent in the place of a note that the wallet did not answer.
   *
   * @returns What nobody knows; `null` when it landed.
   * @throws {TransactionUncertain} while something has that place and is in no block.
   */
  private async unanswered(note: SentNote): Promise<VaultError | null> {
    const { provider, config } = this.parts;
    const missing = new AnswerMissing(describeCalls(config.deployment, note.to, note.data));
    const next = await this.answers(provider.getTransactionCount(note.account, "pending"));
    if (next <= note.nonce) return missing;
    // Another call took the place: the wallet may send this one in the next.
    return (await this.isLanded(note, this.standIn(note))) ? null : missing;
  }

  /**
   * Follows what the wallet said that it sent.
   *
   * @returns What nobody knows; `null` when it landed, failed or was replaced, which is shown.
   * @throws {TransactionUncertain} while a node has it, and no block.
   */
  private async answered(note: SentNote, hash: string): Promise<VaultError | null> {
    const { provider } = this.parts;
    const found = await this.answers(provider.getTransaction(hash));
    if (found !== null && !isOf(note, found)) return new SentNotesBroken(1);
    try {
      await this.isLanded(note, found ?? this.standIn(note));
      return null;
    } catch (fault) {
      if (!(fault instanceof TransactionUncertain)) throw fault;
      if ((await this.answers(provider.getTransaction(hash))) !== null) throw fault;
      // A node lets go of what waited too long, or never saw it.
      return new TransactionUnknown(hash);
    }
  }

  /** @throws {TransactionUncertain} when it is in no block in time. */
  private async isLanded(note: SentNote, sent: TransactionResponse): Promise<boolean> {
    const { transactions, config, now, patience, wallets } = this.parts;
    const { hash, account, to, data, sentAt } = note;
    // What the browser kept says which call it was, and no more: the words are made anew.
    const what = describeCalls(config.deployment, to, data);
    const wallet = wallets.get().connected?.wallet.name ?? "the wallet";
    const unknown = { gas: 0n, gasLimit: 0n, likely: 0n, most: 0n, balance: 0n };
    const id = transactions.announce({
      ...{ what, account, wallet, network: config.name, vaults: [], chainId: config.deployment.chainId },
      ...unknown,
    });
    transactions.advance(id, { kind: "sent", hash, lost: false });
    // A clock may have been set back since.
    const left = Math.min(patience, Math.max(0, sentAt + patience - now()));
    return this.follow(id, sent, note, left).then(
      () => true,
      (fault: unknown) => {
        if (fault instanceof TransactionUncertain) throw fault;
        return false;
      },
    );
  }

  /** A note that stays is looked at again: that it cannot be removed keeps nobody from anything. */
  private forget({ id }: SentNote): Promise<void> {
    return this.parts.log.remove(id).catch(() => undefined);
  }

  /** @throws {WrongChain|AccountChanged} when the wallet is not where it must be. */
  private async checked(account?: string): Promise<Connected> {
    const { wallets, config } = this.parts;
    const now = await wallets.now();
    if (account !== undefined && now.account !== account) throw new AccountChanged(account, now.account);
    const { chainId } = config.deployment;
    if (now.chainId !== chainId) throw new WrongChain(now.wallet.name, now.chainId, chainId);
    return now;
  }

  private answers<T>(asked: Promise<T>): Promise<T> {
    return answerFrom(hostOf(this.parts.config.rpc), asked);
  }

  private async price(request: TransactionRequest, { account, wallet }: Connected): Promise<Priced> {
    const { provider, config } = this.parts;
    const to = await resolveAddress(request.to ?? "", provider);
    const data = hexlify(request.data ?? "0x");
    const [gas, fees, block, balance] = await this.answers(
      Promise.all([
        // What the contract refuses is refused here: the caller reads why, and nothing is asked.
        provider.estimateGas({ from: account, to, data }),
        provider.getFeeData(),
        provider.getBlock("latest"),
        provider.getBalance(account),
      ]),
    );
    const gasLimit = request.gasLimit == null ? gas + gas / MARGIN : BigInt(request.gasLimit);
    const given = request.maxFeePerGas ?? request.gasPrice;
    const perGas = given == null ? (fees.maxFeePerGas ?? fees.gasPrice ?? 0n) : BigInt(given);
    const tip = least(BigInt(request.maxPriorityFeePerGas ?? fees.maxPriorityFeePerGas ?? 0n), perGas);
    const base = block?.baseFeePerGas ?? null;
    const present = base === null ? perGas : least(base + tip, perGas);
    if (balance < gas * present) throw new InsufficientFunds(account);
    return {
      ...{ to, data },
      fees:
        base === null
          ? { gas: toQuantity(gasLimit), gasPrice: toQuantity(perGas) }
          : {
              gas: toQuantity(gasLimit),
              maxFeePerGas: toQuantity(perGas),
              maxPriorityFeePerGas: toQuantity(tip),
            },
      cost: {
        what: describeCalls(config.deployment, to, data),
        vaults: vaultsIn(config.deployment, to, data),
        chainId: config.deployment.chainId,
        ...{ account, wallet: wallet.name, network: config.name, gas, gasLimit, balance },
        ...{ likely: gas * present, most: gasLimit * perGas },
      },
    };
  }

  /**
   * Looks for what the wallet sent; a node may know it a moment later, or never show what is in no block.
   *
   * @throws {AnotherTransaction} when it is not what was shown.
   */
  private async look(wallet: string, note: Sent): Promise<TransactionResponse | null> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const found = await this.parts.provider.getTransaction(note.hash).catch(() => null);
      if (found !== null) {
        if (isOf(note, found)) return found;
        await this.forget(note);
        throw new AnotherTransaction(wallet, note.hash);
      }
      await new Promise((resolve) => setTimeout(resolve, this.parts.pause));
    }
    return null;
  }

  /** What was asked for, until a node shows what was sent. */
  private standIn({ hash, nonce, to, data, account, chainId }: SentNote): TransactionResponse {
    return new TransactionResponse(
      {
        ...{ hash: hash ?? ZeroHash, nonce, to, data, from: account, value: 0n, type: 2, index: 0 },
        ...{ blockHash: null, blockNumber: null, accessList: null, gasPrice: 0n, gasLimit: 0n },
        ...{ maxFeePerGas: null, maxPriorityFeePerGas: null, authorizationList: null },
        ...{ chainId: BigInt(chainId), signature: Signature.from() },
      },
      this.parts.provider,
    );
  }

  private async follow(
    id: number,
    sent: TransactionResponse,
    note: SentNote,
    patience = this.parts.patience,
  ): Promise<TransactionReceipt> {
    const { transactions, provider, config, pause, followed } = this.parts;
    const { hash, startBlock } = note;
    let lost = false;
    const answering = (answers: boolean): void => {
      if (lost === !answers) return;
      lost = !answers;
      transactions.advance(id, { kind: "sent", hash, lost });
    };
    try {
      const receipt = await landing(sent, startBlock, { pause, patience, answering });
      await this.forget(note);
      const landed = { kind: "landed", hash: receipt.hash, block: receipt.blockNumber } as const;
      transactions.advance(id, { ...landed, final: false });
      const { chainId } = config.deployment;
      void finalAt(provider, chainId, receipt.blockNumber, pause).then((final) =>
        transactions.advance(id, { ...landed, final }),
      );
      return receipt;
    } catch (thrown) {
      const uncertain = thrown instanceof TransactionUncertain;
      const fault = uncertain ? new TransactionUncertain(hash, { cause: thrown.cause }) : thrown;
      // Whoever sends next looks for it first.
      if (uncertain) followed.delete(note.id);
      // What took the place of one that the wallet did not answer says nothing of that one.
      else if (hash !== null) await this.forget(note);
      if (uncertain || hash !== null)
        transactions.advance(id, { kind: uncertain ? "uncertain" : "failed", hash, fault });
      else transactions.dismiss(id);
      throw fault;
    }
  }

  /** @throws {SignatureRejected} when the person says no. */
  override async signMessage(message: string | Uint8Array): Promise<string> {
    const { account, wallet } = await this.checked();
    const bytes = hexlify(typeof message === "string" ? toUtf8Bytes(message) : message);
    return this.signed(wallet, "personal_sign", [bytes, account]);
  }

  /** @throws {SignatureRejected} when the person says no. {WrongChain} when the wallet is on another chain. */
  override async signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    const { account, wallet } = await this.checked();
    const payload = JSON.stringify(TypedDataEncoder.getPayload(domain, types, value));
    return this.signed(wallet, "eth_signTypedData_v4", [account, payload]);
  }

  private async signed(wallet: FoundWallet, method: string, params: readonly string[]): Promise<string> {
    const { session, transactions } = this.parts;
    expectOpen(session);
    const answer = transactions.aside(() => whileOpen(session, asked(wallet, method, params)));
    return signatureOf(wallet, await answer);
  }

  /** Wallets send; what they only sign, nobody here would follow. */
  override signTransaction(): Promise<string> {
    return Promise.reject(new TypeError("this wallet sends transactions and gives none away"));
  }

  private async soon<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    return work();
  }
}

/** The account that a caller agreed on to pay, if it did. */
const payerOf = async ({ from }: TransactionRequest): Promise<string | undefined> =>
  from == null ? undefined : resolveAddress(from);

const isOf = ({ account, to, data }: SentNote, found: TransactionResponse): boolean =>
  found.from === account && found.to === to && found.data === data;

function hashFrom(wallet: FoundWallet, answer: unknown): string {
  if (isHexString(answer, 32)) return answer.toLowerCase();
  throw new WalletFaulty(wallet.name, "it sent something and does not say what");
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function signatureOf(wallet: FoundWallet, answer: unknown): string {
  if (isHexString(answer)) return answer;
  throw new WalletFaulty(wallet.name, "what it gave is no signature");
}
