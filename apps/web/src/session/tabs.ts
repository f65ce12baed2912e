/** What tabs of this app tell each other. */
export type TabWord =
  /** Something was written to this vault's journal, or landed: read it again. */
  | "changed"
  /** Somebody is there: do not lock for want of anybody. */
  | "active"
  /** The device was locked: lock as well. */
  | "locked";

const WORDS: readonly unknown[] = ["changed", "active", "locked"] satisfies TabWord[];

const isWord = (data: unknown): data is TabWord => WORDS.includes(data);

/** The other tabs of this app. */
export interface Tabs {
  readonly tell: (word: TabWord) => void;
  /** @returns Ends listening. */
  readonly listen: (hear: (word: TabWord) => void) => () => void;
}

/** Tabs that are open in this browser, over a BroadcastChannel: nothing secret is said there. */
export function openTabs(channel = new BroadcastChannel("memory-vault")): Tabs {
  return {
    tell: (word) => channel.postMessage(word),
    listen: (hear) => {
      const heard = ({ data }: MessageEvent<unknown>): void => {
        if (isWord(data)) hear(data);
      };
      channel.addEventListener("message", heard);
      return () => channel.removeEventListener("message", heard);
    },
  };
}

/** This tab's. */
export const tabs = openTabs();
