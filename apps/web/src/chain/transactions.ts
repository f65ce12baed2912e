import { makeAwake, type Awake } from "../device/awake.ts";
import { EarlierUnsettled, SignatureRejected, TransactionDeclined, WalletUnanswered } from "./errors.ts";

/** What a transaction does and takes, as a person sees it before it is sent. */
export interface TransactionCost {
  /** One sentence for each thing that it does. */
  readonly what: readonly string[];
  /** Ids of the vaults that it is about, in hexadecimal. */
  readonly vaults: readonly string[];
  /** Who pays, and where. */
  readonly account: string;
  readonly wallet: string;
  readonly network: string;
  readonly chainId: bigint;
  /** Gas that it takes by the chain's own estimate. */
  readonly gas: bigint;
  /** The most gas that it may take. */
  readonly gasLimit: bigint;
  /** What it costs at the present price, in wei. */
  readonly likely: bigint;
  /** The most that it may cost, in wei. */
  readonly most: bigint;
  /** What the account has, in wei. */
  readonly balance: bigint;
}

/** How far a transaction is. */
export type Stage =
  /** The person is asked about its cost. */
  | { readonly kind: "asking" }
  /** The wallet is asked to send it. */
  | { readonly kind: "wallet" }
  /** Something is to be sent, and waits for what was sent before. */
  | { readonly kind: "behind" }
  /** It was sent and is in no block; `lost`: nobody answers when asked about it. The hash is `null` where the wallet did not say it. */
  | { readonly kind: "sent"; readonly hash: string | null; readonly lost: boolean }
  | { readonly kind: "landed"; readonly hash: string; readonly block: number; readonly final: boolean }
  /** It was sent, or perhaps was, and nobody can say now what became of it. */
  | { readonly kind: "uncertain"; readonly hash: string | null; readonly fault: unknown }
  | { readonly kind: "failed"; readonly hash: string | null; readonly fault: unknown };

/** One transaction of this page. */
export interface ShownTransaction {
  readonly id: number;
  readonly cost: TransactionCost;
  readonly stage: Stage;
}

/** Milliseconds after which a wait for what was sent before is shown. */
const MOMENT = 1_000;

/** What is known of a transaction that is not priced yet. */
const NOTHING: TransactionCost = {
  ...{ what: [], vaults: [], account: "", wallet: "", network: "", chainId: 0n },
  ...{ gas: 0n, gasLimit: 0n, likely: 0n, most: 0n, balance: 0n },
};

const isOver = ({ stage }: ShownTransaction): boolean =>
  stage.kind === "failed" || stage.kind === "uncertain" || (stage.kind === "landed" && stage.final);

/** What a transaction that commits says of itself. */
export const NEXT_COMMIT = "Writes the vault's next commit.";

/** What a person asked for, and what a commit of it carries besides. */
interface Asked {
  readonly what: string;
  readonly carries: string | null;
}

/** Transactions of this page, from the question about their cost to their finality. All pages show the same. */
export class Transactions {
  private shown: readonly ShownTransaction[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly answers = new Map<number, (yes: boolean) => void>();
  private readonly stops = new Map<number, () => void>();
  private unlocked = new AbortController();
  private next = 1;
  private acts: readonly Asked[] = [];

  /** Who waits for a person or a wallet is let know: that is no work. */
  constructor(private readonly awake: Pick<Awake, "aside"> = makeAwake()) {}

  /** Aborted when this page is locked; who was given it asks and sends nothing any more, after the next unlocking either. */
  get session(): AbortSignal {
    return this.unlocked.signal;
  }

  /** Ends all that waits for an answer, with no, and shows nothing any more. What a wallet was given is followed again from the log. */
  lock(): void {
    const ended = this.unlocked;
    this.unlocked = new AbortController();
    ended.abort();
    for (const answer of this.answers.values()) answer(false);
    this.answers.clear();
    for (const stop of this.stops.values()) stop();
    this.put([]);
  }

  /** As React's useSyncExternalStore asks for it: the newest last. */
  readonly get = (): readonly ShownTransaction[] => this.shown;

  /** As React's useSyncExternalStore asks for it. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => void this.listeners.delete(changed);
  };

  /**
   * Does what a person asked for: the question about its cost says so first.
   *
   * @param carries - what else its commit takes along, in a sentence: said where it commits.
   */
  async during<T>(what: string, work: () => Promise<T>, carries: string | null = null): Promise<T> {
    const act = { what, carries };
    this.acts = [...this.acts, act];
    try {
      return await work();
    } finally {
      this.acts = this.acts.filter((each) => each !== act);
    }
  }

  /**
   * Asks the person about a cost.
   *
   * @returns What the transaction is called by in {@link advance}.
   * @throws {TransactionDeclined} when the answer is no.
   */
  async ask(cost: TransactionCost): Promise<number> {
    const id = this.next++;
    const answer = new Promise<boolean>((resolve) => this.answers.set(id, resolve));
    this.add(id, { ...cost, what: [...this.saying(cost), ...cost.what] }, { kind: "asking" });
    if (!(await this.awake.aside(() => answer))) {
      this.dismiss(id);
      throw new TransactionDeclined();
    }
    return id;
  }

  /** Shows one that was agreed to together with others. */
  announce(cost: TransactionCost): number {
    const id = this.next++;
    this.add(id, cost, { kind: "wallet" });
    return id;
  }

  /** The person's answer about a cost. */
  answer(id: number, yes: boolean): void {
    const resolve = this.answers.get(id);
    if (resolve === undefined) return;
    this.answers.delete(id);
    if (yes) this.advance(id, { kind: "wallet" });
    resolve(yes);
  }

  /**
   * Waits for a wallet, for as long as the person does.
   *
   * @throws {WalletUnanswered} when somebody stopped waiting.
   */
  async forWallet<T>(id: number, wallet: string, answer: Promise<T>): Promise<T> {
    const stopped = new Promise<never>((_, reject) =>
      this.stops.set(id, () => reject(new WalletUnanswered(wallet))),
    );
    try {
      return await this.awake.aside(() => Promise.race([answer, stopped]));
    } finally {
      this.stops.delete(id);
    }
  }

  /**
   * Waits for what was sent before, for as long as the person does; a wait of more than a moment is shown.
   *
   * @throws {EarlierUnsettled} when somebody stopped waiting.
   */
  async behind<T>(earlier: Promise<T>): Promise<T> {
    let over: () => void = () => undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stopped = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const id = this.next++;
        this.add(id, NOTHING, { kind: "behind" });
        this.stops.set(id, () => reject(new EarlierUnsettled()));
        over = () => {
          this.stops.delete(id);
          this.dismiss(id);
        };
      }, MOMENT);
    });
    try {
      return await this.awake.aside(() => Promise.race([earlier, stopped]));
    } finally {
      clearTimeout(timer);
      over();
    }
  }

  /** Waits for somebody about something that is not shown. */
  aside<T>(wait: () => Promise<T>): Promise<T> {
    return this.awake.aside(wait);
  }

  /** The person waits for the wallet, or for what was sent before, no more. */
  stopWaiting(id: number): void {
    this.stops.get(id)?.();
  }

  advance(id: number, stage: Stage): void {
    // Who said no in the wallet is told so where they pressed, and nothing is left to follow.
    if (stage.kind === "failed" && stage.hash === null && stage.fault instanceof SignatureRejected) {
      this.dismiss(id);
      return;
    }
    this.put(this.shown.map((each) => (each.id === id ? { ...each, stage } : each)));
  }

  /** Takes one off the page; on chain nothing changes by that. */
  dismiss(id: number): void {
    this.put(this.shown.filter((each) => each.id !== id));
  }

  private saying({ what }: TransactionCost): string[] {
    const commits = what.includes(NEXT_COMMIT);
    return this.acts.flatMap((act) => (commits && act.carries !== null ? [act.what, act.carries] : act.what));
  }

  private add(id: number, cost: TransactionCost, stage: Stage): void {
    // What is over makes room for what begins.
    this.put([...this.shown.filter((each) => !isOver(each)), { id, cost, stage }]);
  }

  private put(shown: readonly ShownTransaction[]): void {
    this.shown = shown;
    for (const listener of this.listeners) listener();
  }
}
