import { JournalBusyInTab, type TabLocks } from "../../../../client/browser.ts";
import { JournalBusy } from "../../../../client/errors.ts";
import type { JournalStore } from "../../../../client/index.ts";
import type { Awake } from "./awake.ts";
import { DeviceLocked } from "./errors.ts";

/** Another tab of this page is at work with the vault. */
export class AnotherTabWorks extends JournalBusy {
  constructor(options?: ErrorOptions) {
    super("", 0);
    this.message =
      "Another tab of this page is at work with this vault. Answer there, or close that tab, and try again. Nothing of what you typed is lost.";
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}

/** Something else that was begun in this tab is at work with the vault. */
export class StillAtWork extends JournalBusy {
  constructor(options?: ErrorOptions) {
    super("", 0);
    this.message =
      "Something else that you began in this tab is not done yet. Wait for it, and try again. Nothing of what you typed is lost.";
    if (options?.cause !== undefined) this.cause = options.cause;
  }
}

/** What somebody waits for: another tab. */
export interface TabWait {
  /** Gives it up: nothing was begun. `null` where something was, and only the other tab ends it. */
  readonly stop: (() => void) | null;
}

/** What turns are made of. */
export interface TurnsParts {
  /** `null` where a browser has none. */
  readonly locks: TabLocks | null;
  /** Who waits for another tab does no work. */
  readonly awake: Pick<Awake, "aside">;
  /** Milliseconds after which a wait is told. */
  readonly soon: number;
}

type JournalLock = Required<JournalStore>["lock"];

/**
 * Turns of tabs. One act at a time sends something for a vault, in all tabs: whoever comes second is told why it waits, goes on by
 * itself, and can give it up before anything is begun. The journal's own lock stays what it is; this only waits for it.
 */
export class Turns {
  private waits: readonly TabWait[] = [];
  private readonly listeners = new Set<() => void>();
  /** What this tab holds, by name: for that nobody is sent to another one. */
  private readonly mine = new Map<string, number>();
  private readonly ends = new Set<(fault: Error) => void>();
  private acting = 0;
  private sending = 0;

  constructor(private readonly parts: TurnsParts) {}

  /** As React's useSyncExternalStore asks for it: those that took longer than a moment. */
  readonly get = (): readonly TabWait[] => this.waits;

  /** As React's useSyncExternalStore asks for it. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => void this.listeners.delete(changed);
  };

  /**
   * Does what a person asked for and what sends nothing: where it needs the journal, it waits for as long as the person does.
   *
   * @throws {AnotherTabWorks} when the person waits no more. {DeviceLocked} when the device was locked meanwhile.
   */
  async act<T>(work: () => Promise<T>): Promise<T> {
    this.acting++;
    try {
      return await work();
    } finally {
      this.acting--;
    }
  }

  /**
   * Does what a person asked for and what sends something, after what was begun before for the same vault, in whichever tab.
   *
   * @param vault - What all tabs call it by; it says nothing of it, as locks can be listed by whoever looks into the browser.
   * @throws {AnotherTabWorks} when the person waits no more; nothing was begun. {DeviceLocked} when the device was locked meanwhile.
   */
  async send<T>(vault: string, work: () => Promise<T>): Promise<T> {
    const name = `memory-vault/turn/${vault}`;
    return this.act(async () => {
      const release = await this.told(
        name,
        () => true,
        (ended) => this.turnOf(name, ended),
      );
      this.sending++;
      try {
        return await work();
      } finally {
        this.sending--;
        release();
      }
    });
  }

  /** A journal whose lock is waited for in turn. */
  journal(name: string, journal: Required<JournalStore>): Required<JournalStore> {
    return { ...journal, lock: () => this.lockOf(`journal/${name}`, () => journal.lock()) };
  }

  /** Ends all waits: the device is locked. */
  lock(): void {
    for (const end of this.ends) end(new DeviceLocked());
  }

  private async turnOf(name: string, ended: AbortSignal): Promise<() => void> {
    const { locks } = this.parts;
    if (locks === null) return () => undefined;
    const held = new Promise<() => void>((resolve, reject) => {
      const over = locks.request(name, { signal: ended }, () => new Promise<void>((done) => resolve(done)));
      over.catch((cause: unknown) => reject((ended.aborted ? ended.reason : cause) as Error));
    });
    return this.marked(name, await held);
  }

  private async lockOf(name: string, lock: JournalLock): Promise<() => Promise<void>> {
    // What a page does for itself is told nobody, and tries again another time.
    const isAsked = this.acting > 0;
    const wait = (ended: AbortSignal): Promise<() => Promise<void>> =>
      untilEnded(ended, lock, {
        goesOn: () => isAsked && !this.holds(name),
        busy: (cause) => (this.holds(name) ? new StillAtWork({ cause }) : new AnotherTabWorks({ cause })),
      });
    if (!isAsked) return this.marked(name, await wait(new AbortController().signal));
    // What sends may have noted already what it is to do: that is seen to its end.
    return this.marked(name, await this.told(name, () => this.sending === 0, wait));
  }

  private holds(name: string): boolean {
    return (this.mine.get(name) ?? 0) > 0;
  }

  /** Keeps in mind, until it is released, that this tab holds something. */
  private marked<T>(name: string, release: () => T): () => T {
    this.mine.set(name, (this.mine.get(name) ?? 0) + 1);
    let over = false;
    return () => {
      if (!over) this.mine.set(name, (this.mine.get(name) ?? 1) - 1);
      over = true;
      return release();
    };
  }

  /** Waits, and says so when that takes long and no other work of this tab is what it waits for. */
  private async told<T>(
    name: string,
    mayStop: () => boolean,
    wait: (ended: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ended = new AbortController();
    const end = (fault: Error): void => ended.abort(fault);
    let [told, rested]: [TabWait | null, () => void] = [null, () => undefined];
    const tell = (): void => {
      if (told !== null || this.holds(name)) return;
      told = { stop: mayStop() ? () => end(new AnotherTabWorks()) : null };
      this.put([...this.waits, told]);
      void this.parts.awake.aside(() => new Promise<void>((resolve) => (rested = resolve)));
    };
    const timer = setInterval(tell, this.parts.soon);
    this.ends.add(end);
    try {
      return await wait(ended.signal);
    } finally {
      clearInterval(timer);
      this.ends.delete(end);
      rested();
      this.put(this.waits.filter((each) => each !== told));
    }
  }

  private put(waits: readonly TabWait[]): void {
    if (waits.length === this.waits.length) return;
    this.waits = waits;
    for (const listener of this.listeners) listener();
  }
}

/** What decides when the lock's own patience ends. */
interface Patience {
  readonly goesOn: () => boolean;
  readonly busy: (cause: unknown) => JournalBusy;
}

/**
 * Tries again each time that the lock's own patience ends, for as long as somebody wants it, until it is held or given up; what comes
 * too late is let go.
 */
function untilEnded(
  ended: AbortSignal,
  lock: JournalLock,
  { goesOn, busy }: Patience,
): Promise<() => Promise<void>> {
  return new Promise((resolve, reject) => {
    ended.addEventListener("abort", () => reject(ended.reason as Error));
    const failed = (fault: Error): void => {
      if (!(fault instanceof JournalBusyInTab)) reject(fault);
      else if (!ended.aborted && goesOn()) again();
      else reject(busy(fault));
    };
    const again = (): void =>
      void lock().then((release) => (ended.aborted ? void release() : resolve(release)), failed);
    again();
  });
}
