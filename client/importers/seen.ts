import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Numbers of 32 bits that a key takes: 128 bits of its sha256, which nobody makes two keys for. */
const WORDS = 4;
const FIRST_SLOTS = 1024;

/**
 * The keys of memories that came before in an export. An export of any size passes here, so a key takes 32 to 64 bytes and not the several hundred of a string
 * in a `Set`.
 */
export class Seen {
  #slots = new Uint32Array(FIRST_SLOTS * WORDS);
  #size = 0;

  /**
   * Adds a key.
   *
   * @returns False if it was there already.
   */
  add(key: string): boolean {
    const digest = sha256(utf8ToBytes(key));
    const view = new DataView(digest.buffer, digest.byteOffset);
    // Zeros are an empty slot: the last bit says that there is a key.
    const words = Uint32Array.from({ length: WORDS }, (_, n) => view.getUint32(n * 4));
    words[WORDS - 1] = (words[WORDS - 1] ?? 0) | 1;
    if (!insert(this.#slots, words)) return false;
    this.#size++;
    if (this.#size * WORDS * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += WORDS) {
      const words = this.#slots.subarray(at, at + WORDS);
      if (words[WORDS - 1] !== 0) insert(slots, words);
    }
    this.#slots = slots;
  }
}

/** Puts a key into the first slot that is free from where it belongs; at most half of them are taken. */
function insert(slots: Uint32Array, words: Uint32Array): boolean {
  let at = ((words[0] ?? 0) * WORDS) % slots.length;
  while (slots[at + WORDS - 1] !== 0) {
    if (words.every((word, n) => slots[at + n] === word)) return false;
    at = (at + WORDS) % slots.length;
  }
  slots.set(words, at);
  return true;
}
