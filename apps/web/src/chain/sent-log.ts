import { bytesToHex } from "@noble/hashes/utils.js";
import { getAddress, isHexString } from "ethers";

import { NoteNotKept } from "./errors.ts";
import type { Settings } from "./settings.ts";

/** A transaction that the wallet was asked for, and that is in no block that this browser saw. */
export interface SentNote {
  /** What the note is called here. */
  readonly id: string;
  /** `null` until the wallet answers. */
  readonly hash: string | null;
  readonly account: string;
  readonly nonce: number;
  readonly chainId: string;
  readonly to: string;
  readonly data: string;
  readonly startBlock: number;
  /** Unix milliseconds. */
  readonly sentAt: number;
}

/** Older than this nothing waits: thirty days, in milliseconds. */
const OLDEST = 30 * 24 * 3_600_000;

/** A clock that was set back makes notes of tomorrow: up to a day, in milliseconds. */
const AHEAD = 24 * 3_600_000;

/** More than these a browser never sent at once. */
const MOST = 50;

/** Characters of a call: nodes take no larger ones. */
const LONGEST = 300_000;

/**
 * What this browser sent, until it is known what became of it: a reload must not send anything twice. Each note is a record of its
 * own, so that tabs do not write over each other's. Whoever can write to this browser's disk can alter them: what is not of the
 * form is not believed.
 */
export class SentLog {
  constructor(
    private readonly settings: Settings,
    private readonly random: (length: number) => Uint8Array,
  ) {}

  /** A name for a new note. */
  newId(): string {
    return bytesToHex(this.random(16));
  }

  /** What is on its way on one chain, the oldest first. */
  async list(chainId: bigint, now: number): Promise<readonly SentNote[]> {
    const notes = [...(await this.read(now)).values()].filter((note) => note !== null);
    return notes.filter((note) => note.chainId === String(chainId)).sort((a, b) => a.sentAt - b.sentAt);
  }

  /**
   * Keeps a note, or what became known of it.
   *
   * @throws {NoteNotKept} when the browser takes nothing more.
   */
  async keep(note: SentNote): Promise<void> {
    await this.settings.set(`sent-${note.id}`, noteText(note)).catch((cause: unknown) => {
      throw new NoteNotKept({ cause });
    });
  }

  remove(id: string): Promise<void> {
    return this.settings.remove(`sent-${id}`);
  }

  /** What is no note, by what it is called. */
  async broken(now: number): Promise<readonly string[]> {
    return [...(await this.read(now))].filter(([, note]) => note === null).map(([id]) => id);
  }

  /** Removes what is no note. Returns how many that were. */
  async removeBroken(now: number): Promise<number> {
    const broken = await this.broken(now);
    for (const id of broken) await this.remove(id);
    return broken.length;
  }

  /** All of them, by what they are called; `null` for what is no note. */
  private async read(now: number): Promise<ReadonlyMap<string, SentNote | null>> {
    const found = new Map<string, SentNote | null>();
    for (const name of await this.settings.names()) {
      if (!name.startsWith("sent-")) continue;
      const id = name.slice("sent-".length);
      const sound = [...found.values()].filter((note) => note !== null).length;
      const text = await this.settings.get(`sent-${id}`);
      // Removed by another tab meanwhile.
      if (text !== null) found.set(id, sound < MOST ? noteOf(id, text, now) : null);
    }
    return found;
  }
}

const noteText = ({ id, hash, account, nonce, chainId, to, data, startBlock, sentAt }: SentNote): string =>
  JSON.stringify({ id, hash, account, nonce, chainId, to, data, startBlock, sentAt });

/** The note of a text; `null` when it is not just what {@link noteText} makes of a sound one. */
function noteOf(id: string, text: string, now: number): SentNote | null {
  if (text.length > LONGEST + 1_000) return null;
  try {
    const note = JSON.parse(text) as SentNote;
    return isSound(note, now) && note.id === id && noteText(note) === text ? note : null;
  } catch {
    return null;
  }
}

const isSound = (
  { id, hash, account, nonce, chainId, to, data, startBlock, sentAt }: SentNote,
  now: number,
) =>
  /^[0-9a-f]{32}$/.test(id) &&
  (hash === null || (isHexString(hash, 32) && hash === hash.toLowerCase())) &&
  [account, to].every((address) => getAddress(address) === address) &&
  [nonce, startBlock, sentAt].every((count) => Number.isSafeInteger(count) && count >= 0) &&
  typeof chainId === "string" &&
  /^[1-9]\d{0,18}$/.test(chainId) &&
  isHexString(data, true) &&
  data.length <= LONGEST &&
  sentAt <= now + AHEAD &&
  sentAt >= now - OLDEST;
