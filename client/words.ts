/**
 * The 24 words of a seed, and whether a person still has them. An entry of its own: who reads or writes a vault needs no list of 2,048 words.
 *
 * @module
 */
export { seedToWords, wordsToSeed } from "./crypto/words.ts";
export { answerWords, askedWords, checkWords, type CheckedWords } from "./vault/words-check.ts";
