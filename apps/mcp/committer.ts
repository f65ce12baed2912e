import type { SyncResult } from "../../client/index.ts";
import { faultFields, type Log } from "./log.ts";
import type { Timers } from "./timers.ts";

/** Writes that make a commit at once. */
export const BATCH_WRITES = 20;
/** Longest that a write waits for its commit. */
export const BATCH_DELAY_MS = 60_000;

/** How the last attempt to commit ended. */
export interface CommitReport {
  /** Unix milliseconds. */
  readonly at: number;
  /** Why it failed, or `null`. */
  readonly fault: unknown;
  /** Texts that found no memory to go to, because another device forgot it first. */
  readonly lost: readonly LostText[];
}

/** A text that is in no memory any more, kept to be shown. */
export interface LostText {
  /** The memory that it was for. */
  readonly id: string;
  readonly text: string;
}

/** Commits the journal in batches, behind the back of whoever writes: no assistant waits for a block. */
export interface Committer {
  /** Counts a write that is safe in the journal: the 20th commits, any other waits for company, 60 s at most. */
  wrote(): void;
  /** Commits what waits, now. Never rejects: what fails stays in the journal, and is tried again. */
  flush(): Promise<void>;
  /** Attempts that have begun. */
  readonly attempts: number;
  /** Whether the last of them is under way. */
  readonly busy: boolean;
  /** How the last one ended. */
  readonly last: CommitReport | null;
  /** Tries nothing again. */
  stop(): void;
}

/** What a committer works with. */
export interface CommitterParts {
  /** Sends everything that the journal holds. */
  readonly commit: () => Promise<SyncResult>;
  readonly timers: Timers;
  readonly now: () => number;
  readonly log: Log;
}

/** Makes a committer. */
export function createCommitter({ commit, timers, now, log }: CommitterParts): Committer {
  let waiting = 0;
  let attempts = 0;
  let last: CommitReport | null = null;
  let running: Promise<void> | null = null;
  let cancel: (() => void) | null = null;
  let stopped = false;

  const arm = (): void => {
    if (stopped) return;
    cancel ??= timers.after(BATCH_DELAY_MS, () => {
      cancel = null;
      void flush();
    });
  };
  const attempt = async (): Promise<void> => {
    attempts += 1;
    cancel?.();
    cancel = null;
    // What is written while the commit is under way may be too late for it, and counts for the next.
    const carried = waiting;
    waiting = 0;
    try {
      const result = await commit();
      report(log, result);
      last = { at: now(), fault: null, lost: lostOf(result) };
    } catch (fault) {
      waiting += carried;
      last = { at: now(), fault, lost: [] };
      log({ level: "error", event: "commit failed", writes: waiting, ...faultFields(fault) });
    }
    if (waiting > 0) arm();
  };
  const flush = async (): Promise<void> => {
    while (running !== null) await running;
    if (waiting === 0) return;
    running = attempt().finally(() => (running = null));
    await running;
    commitIfMany();
  };
  const commitIfMany = (): boolean => {
    // After a failure the timer decides: a dead node is not asked again at every write.
    const healthy = last === null || last.fault === null;
    const many = waiting >= BATCH_WRITES && running === null && healthy && !stopped;
    if (many) void flush();
    return many;
  };
  return {
    wrote() {
      waiting += 1;
      if (!commitIfMany()) arm();
    },
    flush,
    get attempts() {
      return attempts;
    },
    get busy() {
      return running !== null;
    },
    get last() {
      return last;
    },
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}

const lostOf = ({ outcomes }: SyncResult): LostText[] =>
  [...outcomes.values()].flatMap((outcome) => {
    if (outcome.kind !== "absent" && outcome.kind !== "removed") return [];
    const text = outcome.kind === "absent" ? outcome.text : outcome.lostText;
    return text === null ? [] : [{ id: outcome.memoryId, text }];
  });

function report(log: Log, { receipt, sequence, outcomes, rotated }: SyncResult): void {
  const count = (kind: string): number =>
    [...outcomes.values()].filter((outcome) => outcome.kind === kind).length;
  log({
    ...{ level: "info", event: "committed", sequence: Number(sequence), rotated },
    ...{ operations: outcomes.size, conflicts: count("conflict"), refused: count("refused") },
    transaction: receipt?.hash ?? null,
  });
}
