import { randomBytes } from "@noble/hashes/utils.js";

import { askToKeep, indexedDbJournalStore, removeJournals } from "../../../../client/browser.ts";
import type { DeviceHome } from "./device.ts";
import { awake } from "./awake.ts";
import { browserPasskeys } from "./passkeys.ts";
import { passphraseBox, workerBox } from "./passphrase.ts";
import { Turns } from "./turns.ts";
import type { Drawing } from "./ways.ts";

/** The device's own journal: no vault's is called like it. */
const DEVICE = "device";

/** Milliseconds after which a person is told that another tab goes first. */
const SOON = 2_000;

/** Turns of this browser's tabs. */
export const turns = new Turns({
  ...{ awake, soon: SOON },
  locks: (globalThis.navigator as Partial<Navigator> | undefined)?.locks ?? null,
});

/** Where this browser keeps its device. */
export const home: DeviceHome = {
  files: indexedDbJournalStore({ journal: DEVICE }),
  journalStore: (name) => turns.journal(name, indexedDbJournalStore({ journal: name })),
  random: randomBytes,
};

/** What new ways to unlock are drawn with. */
export const drawing: Drawing = { random: randomBytes, now: Date.now };

/** This browser's passkeys. */
export const passkeys = browserPasskeys();

/** Passphrases, in a worker. */
export const box = workerBox(
  () => new Worker(new URL("./passphrase.worker.ts", import.meta.url), { type: "module" }),
  passphraseBox(),
);

/** Asks the browser to keep what is here when room gets short; it may say no, and nothing depends on it. */
export const keep = askToKeep;

/** Removes the device and all journals from this browser, for ever. */
export const removeEverything = (): Promise<void> => removeJournals();
