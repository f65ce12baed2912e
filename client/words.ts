/**
 * The 24 words of a seed. An entry of its own: who reads or writes a vault needs no list of 2,048 words.
 *
 * @module
 */
export { seedToWords, wordsToSeed } from "./crypto/words.ts";
