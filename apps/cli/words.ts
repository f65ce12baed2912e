import { readFile } from "node:fs/promises";

import { seedToWords } from "../../client/words.ts";
import { FileFault, NotConfirmed } from "./faults.ts";
import type { Session } from "./session.ts";
import { Interrupted } from "./world.ts";
import type { Say } from "./terminal.ts";

/**
 * Shows the 24 words of a seed.
 *
 * @param beside - what belongs on the sheet with them, to find the vault by: `the address 0x…`.
 * @param until - what the profile keeps their seed until: `the mint`. `null` where it does not keep it at all.
 */
export function showWords(words: string, beside: string, until: string | null, say: Say): void {
  const list = words.split(" ").map((word, i) => `${String(i + 1).padStart(2)} ${word.padEnd(9)}`);
  const kept =
    until === null ? "kept nowhere." : `until ${until} the profile keeps their seed, then nowhere.`;
  say("The 24 words of this vault. Write them down now: they are shown once, and");
  say(kept);
  for (let row = 0; row < 24; row += 6) say(`  ${list.slice(row, row + 6).join(" ")}`);
  say(`With ${beside} they give back everything on a new machine: whoever has`);
  say(
    "them reads every memory, and may write and revoke. They cannot grant or transfer: that takes the wallet.",
  );
}

/**
 * The 24 words of a file.
 *
 * @throws {FileFault} when nobody can read it.
 */
export const wordsIn = (file: string): Promise<string> =>
  readFile(file, "utf8").catch((cause: unknown) => {
    throw new FileFault(file, "cannot be read: name a file with the 24 words.", { cause });
  });

/** How often a wrong word may be given. */
const TRIES = 3;
/** How many words are asked for. */
const ASKED = 3;

/**
 * Shows the words of a seed, and checks that they were written down by asking for three of them. `--yes` asks nothing.
 *
 * @param until - what the profile keeps the seed until, or `null`.
 * @returns the words under `--json`, where nothing is shown.
 * @throws {NotConfirmed} when nobody can be asked, or the answers are wrong.
 */
export async function handOverWords(
  session: Session,
  seed: Uint8Array,
  beside: string,
  until: string | null,
  random: () => number = Math.random,
): Promise<string> {
  const { world, globals, say, warn } = session;
  const words = seedToWords(seed);
  if (globals.yes !== true && world.piped)
    throw new NotConfirmed("The 24 words must be written down. It takes --yes where nobody can be asked.");
  if (world.stdout.isTTY !== true) warn("stdout is no terminal: see to it that nobody keeps the words.");
  showWords(words, beside, until, say);
  if (globals.yes !== true) await askForWords(session, words.split(" "), random);
  return words;
}

const NOT_CONFIRMED =
  "The words were not confirmed, so they are void. Begin anew, and write down those that are shown then.";

async function askForWords(
  { world, warn }: Session,
  words: readonly string[],
  random: () => number,
): Promise<void> {
  const places = new Set<number>();
  while (places.size < ASKED) places.add(Math.floor(random() * words.length));
  for (const place of [...places].sort((a, b) => a - b)) {
    for (let tries = 1; ; tries++) {
      const answer = await world.ask(`Word ${place + 1}: `).catch((fault: unknown) => {
        throw fault instanceof Interrupted ? new Interrupted(NOT_CONFIRMED) : fault;
      });
      if (answer?.trim().toLowerCase() === words[place]) break;
      if (answer === null || tries === TRIES) throw new NotConfirmed(NOT_CONFIRMED);
      warn("That is another word. Look at what you wrote down.");
    }
  }
}
