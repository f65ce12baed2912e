import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";

import { wordsToSeed } from "../../client/words.ts";

/**
 * The files below a folder that hold the seed of 24 words, in any form in which somebody might have written it down: raw, hex,
 * base64, words, or a list of bytes. Sealed files tell nothing.
 */
export async function seedTraces(folder: string, words: readonly string[]): Promise<string[]> {
  const forms = formsOf(words);
  const found: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (!(await stat(file)).isFile()) continue;
    const bytes = await readFile(file);
    const text = bytes.toString("latin1").toLowerCase().replace(/\s+/g, " ");
    const written = forms.texts.some((form) => text.includes(form.toLowerCase()));
    if (written || bytes.includes(forms.raw) || holdsSeed(name, bytes)) found.push(name);
  }
  return found.sort();
}

/** A third of the seed is enough to notice: whoever has that has no business to have it. */
function formsOf(words: readonly string[]): { readonly raw: Buffer; readonly texts: readonly string[] } {
  const seed = Buffer.from(wordsToSeed(words.join(" ")));
  const raw = seed.subarray(0, 12);
  const base64 = raw.toString("base64");
  const few = words.slice(0, 8);
  const lists = [" ", ",", ", ", '","', '", "'].flatMap((between) => [
    few.join(between),
    [...raw].join(between),
  ]);
  return { raw, texts: [raw.toString("hex"), base64, raw.toString("base64url"), ...lists] };
}

/** Whether it is a profile's plain file of keys, with a seed in it. */
const holdsSeed = (name: string, bytes: Buffer): boolean =>
  path.basename(name) === "keys.json" &&
  (JSON.parse(bytes.toString("utf8")) as { readonly seed: string | null }).seed !== null;
