import type { Settings } from "./settings.ts";

/** A transaction that was sent and is in no block that this browser saw. */
export interface SentNote {
  readonly hash: string;
  readonly account: string;
  readonly nonce: number;
  readonly chainId: string;
  readonly to: string;
  readonly data: string;
  readonly startBlock: number;
  /** Unix milliseconds. */
  readonly sentAt: number;
  readonly what: readonly string[];
}

/** What this browser sent, until it is known what became of it: a reload must not send anything twice. */
export class SentLog {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly settings: Settings) {}

  /** What is on its way on one chain, the oldest first. */
  async list(chainId: bigint): Promise<readonly SentNote[]> {
    return (await this.all()).filter((note) => note.chainId === String(chainId));
  }

  add(note: SentNote): Promise<void> {
    return this.change((notes) => [...notes, note]);
  }

  remove(hash: string): Promise<void> {
    return this.change((notes) => notes.filter((note) => note.hash !== hash));
  }

  private async all(): Promise<readonly SentNote[]> {
    const text = await this.settings.get("sent");
    // Written by this class alone.
    return text === null ? [] : (JSON.parse(text) as SentNote[]);
  }

  private change(work: (notes: readonly SentNote[]) => readonly SentNote[]): Promise<void> {
    const changed = this.turn.then(async () =>
      this.settings.set("sent", JSON.stringify(work(await this.all()))),
    );
    this.turn = changed.catch(() => undefined);
    return changed;
  }
}
