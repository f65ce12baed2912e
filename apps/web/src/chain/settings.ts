import { openDB } from "idb";

/** What this browser remembers of chain and wallet. None of it is secret. */
export type SettingName = "network" | "wallet" | `sent-${string}`;

/** Where it is remembered. */
export interface Settings {
  /** What is remembered; whoever can write to this browser's disk can put in other names. */
  readonly names: () => Promise<readonly string[]>;
  readonly get: (name: SettingName) => Promise<string | null>;
  readonly set: (name: SettingName, text: string) => Promise<void>;
  readonly remove: (name: SettingName) => Promise<void>;
  /** Forgets everything. */
  readonly clear: () => Promise<void>;
}

const STORE = "settings";

/** This browser's settings, in a database of their own. It is opened when it is first asked. */
export function browserSettings(database = "memory-vault-settings"): Settings {
  let opened: ReturnType<typeof open> | null = null;
  const open = () =>
    openDB(database, 1, {
      upgrade: (made) => void made.createObjectStore(STORE),
    });
  const db = () => (opened ??= open());
  return {
    names: async () => (await (await db()).getAllKeys(STORE)).map(String),
    get: async (name) => {
      const text: unknown = await (await db()).get(STORE, name);
      return typeof text === "string" ? text : null;
    },
    set: async (name, text) => {
      await (await db()).put(STORE, text, name);
    },
    remove: async (name) => (await db()).delete(STORE, name),
    clear: async () => (await db()).clear(STORE),
  };
}
