/** What waits for its turn. */
export interface Waiting {
  readonly requestId: bigint;
  readonly requester: string;
}

/**
 * Whose turn it is: requesters in a circle, each with one request at a time, so that whoever asks a thousand times delays another's
 * question by one.
 */
export class Turns {
  private readonly busy = new Set<bigint>();
  private readonly notBefore = new Map<bigint, number>();
  private readonly failures = new Map<bigint, number>();
  private lastServed = new Map<string, number>();
  private served = 0;

  /** How many are worked on. */
  get atWork(): number {
    return this.busy.size;
  }

  /** The next one that may be worked on now, or `undefined`. */
  next<T extends Waiting>(waiting: Iterable<T>, now: number): T | undefined {
    let first: T | undefined;
    for (const each of waiting) {
      if (this.busy.has(each.requestId) || (this.notBefore.get(each.requestId) ?? 0) > now) continue;
      if (first === undefined || this.servedAt(each) < this.servedAt(first)) first = each;
    }
    return first;
  }

  private servedAt({ requester }: Waiting): number {
    return this.lastServed.get(requester) ?? 0;
  }

  isBusy({ requestId }: Waiting): boolean {
    return this.busy.has(requestId);
  }

  /** How often a request had to wait. */
  failuresOf({ requestId }: Waiting): number {
    return this.failures.get(requestId) ?? 0;
  }

  begin({ requestId, requester }: Waiting): void {
    this.busy.add(requestId);
    this.lastServed.set(requester, ++this.served);
  }

  end({ requestId }: Waiting): void {
    this.busy.delete(requestId);
  }

  /** Has a request wait, longer each time. @returns the milliseconds. */
  delay({ requestId }: Waiting, now: number): number {
    const failures = this.failures.get(requestId) ?? 0;
    const wait = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
    this.failures.set(requestId, failures + 1);
    this.notBefore.set(requestId, now + wait);
    return wait;
  }

  /** Has a request wait until something happens. */
  hold({ requestId }: Waiting): void {
    this.notBefore.set(requestId, Infinity);
  }

  /** Lets a request go on that was held. */
  release({ requestId }: Pick<Waiting, "requestId">): void {
    this.notBefore.delete(requestId);
  }

  /** Nothing more is known of a request. */
  forget({ requestId, requester }: Waiting, others: Iterable<Waiting>): void {
    this.notBefore.delete(requestId);
    this.failures.delete(requestId);
    for (const other of others) if (other.requester === requester) return;
    this.lastServed.delete(requester);
  }
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;
