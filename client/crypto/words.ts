import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { abytes } from "@noble/hashes/utils.js";

import { InvalidWords } from "../errors.ts";

const COUNT = 24;

/** The seed as 24 English words (BIP-39), to be shown once and written down. */
export function seedToWords(seed: Uint8Array): string {
  return entropyToMnemonic(abytes(seed, 32, "seed"), wordlist);
}

/**
 * The seed of 24 words, however they were typed: case and white space do not matter.
 *
 * @returns 32 bytes.
 * @throws {InvalidWords} when a word is unknown, missing or in the wrong place. No word is repeated in the message.
 */
export function wordsToSeed(text: string): Uint8Array {
  const words = text
    .normalize("NFKD")
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length !== COUNT) throw new InvalidWords(`${words.length} words, ${COUNT} are needed`);
  const unknown = words.findIndex((word) => !wordlist.includes(word));
  if (unknown !== -1) throw new InvalidWords(`word ${unknown + 1} is not in the list`);
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    // The library's own error is not passed on: a cause might carry the words into a log.
    throw new InvalidWords("the checksum is wrong, so a word is wrong or out of place");
  }
}
