import { equalBytes } from "@noble/ciphers/utils.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { decodeCbor, encodeCbor, fixed, list, tuple, uint } from "../cbor.ts";
import { recipientBytes, recipientOf } from "../crypto/identity.ts";
import { seedSecrets, type SeedSecrets } from "../crypto/keys.ts";
import type { Random } from "../crypto/seal.ts";
import { seedToWords, wordsToSeed } from "../crypto/words.ts";
import { InvalidWords, OwnerClassOnly } from "../errors.ts";
import { read, write } from "./journal.ts";
import { rosterOf } from "./plan.ts";
import { openLatest } from "./read.ts";
import { wordsState } from "./recover.ts";
import { openWith, stateOf, type Vault } from "./session.ts";

/** Words that open the vault. */
export interface CheckedWords {
  /** Of the head that was opened by them alone. */
  readonly sequence: bigint;
  /** Whether the roster names what they give: else the next rekey would leave them out. */
  readonly inRoster: boolean;
}

/**
 * Proves that 24 words open the vault: its newest head is opened by them alone, as recovery would on a new machine. Then a few bits
 * are kept, sealed in the journal, by which {@link askedWords} can ask for three of them at a time.
 *
 * Whoever takes journal and key learns 8 bits of each of eight threes: 64 of the 256 that the seed has, however fast it guesses. A
 * commitment to each word, or each three, would give all of them away to whoever tries 2,048 words, or 2^33.
 *
 * @param text - the words, however they were typed.
 * @throws {InvalidWords} when they are no words, or another vault's. {NotAMember|…} when they open nothing any more. {OwnerClassOnly}
 *   for a reader. Whatever keeps the head from opening.
 */
export async function checkWords(vault: Vault, text: string): Promise<CheckedWords> {
  const seed = wordsToSeed(text);
  const { state, opened } = await openLatest(vault);
  if (state.class !== "owner") throw new OwnerClassOnly("check the words");
  const words = seedSecrets(seed, vault.ref);
  if (!equalBytes(words.visibilityKey, opened.visibilityKey))
    throw new InvalidWords("they are another vault's, or were renewed since");
  const { chain } = opened;
  const apart = { ...vault, cache: new Map(), opened: null };
  await openWith(apart, wordsState(vault.ref, words, state.memberId), chain, () => Promise.resolve(chain));
  await write(vault.journal, WORDS_CHECK, encodeChecks(drawChecks(seed, words.visibilityKey, vault.random)));
  return { sequence: chain.sequence, inRoster: await isNamed(opened, words) };
}

async function isNamed(
  opened: Parameters<typeof rosterOf>[0],
  { recoveryIdentity, recoveryLocator }: SeedSecrets,
): Promise<boolean> {
  const recipient = recipientBytes(await recipientOf(recoveryIdentity));
  return [...rosterOf(opened).members.values()].some(
    (member) => equalBytes(member.recipient, recipient) && equalBytes(member.locator, recoveryLocator),
  );
}

/**
 * Three of the words to ask for, others each time.
 *
 * @returns their places, from 1, in order; `null` when all were asked for, or the whole was never typed here: {@link checkWords} then.
 */
export async function askedWords(vault: Vault): Promise<readonly number[] | null> {
  const { threes } = (await checksOf(vault)) ?? { threes: [] };
  const [drawn = 0] = vault.random(1);
  return threes[drawn % Math.max(1, threes.length)]?.places ?? null;
}

/**
 * Holds three words against what is kept of them. Those that are right are not asked for again before the whole is typed anew.
 *
 * @param places - as {@link askedWords} named them.
 * @param words - in the order of the places.
 * @returns false when one is another word. Of 256 wrong answers one passes: this finds a lost or misread sheet, and keeps nobody out.
 */
export async function answerWords(
  vault: Vault,
  places: readonly number[],
  words: readonly string[],
): Promise<boolean> {
  const checks = await checksOf(vault);
  const asked = checks?.threes.find((three) => String(three.places) === String(places));
  if (checks === null || asked === undefined) return false;
  if (bitsOf(checks.salt, places, words) !== asked.bits) return false;
  const threes = checks.threes.filter((three) => three !== asked);
  await write(vault.journal, WORDS_CHECK, encodeChecks({ ...checks, threes }));
  return true;
}

const WORDS_CHECK = "words-check";
const PLACES = 24;
const ASKED = 3;

/** What is kept of the words. */
interface Checks {
  /** Which words they are, as the visibility key tells. */
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly threes: readonly { readonly places: readonly number[]; readonly bits: number }[];
}

/** Every word is in one three, and which go together is drawn each time. */
function drawChecks(seed: Uint8Array, visibilityKey: Uint8Array, random: Random): Checks {
  const words = seedToWords(seed).split(" ");
  const salt = random(32);
  const places = shuffled(
    words.map((_, index) => index + 1),
    random,
  );
  const threes = Array.from({ length: PLACES / ASKED }, (_, index) => {
    const some = places.slice(index * ASKED, (index + 1) * ASKED).sort((a, b) => a - b);
    return {
      places: some,
      bits: bitsOf(
        salt,
        some,
        some.map((place) => words[place - 1] ?? ""),
      ),
    };
  });
  return { key: sha256(visibilityKey), salt, threes };
}

/** By random keys: no place is likelier than another. */
function shuffled(places: readonly number[], random: Random): number[] {
  const drawn = random(places.length * 4).slice();
  const keys = new Map(places.map((place, i) => [place, new DataView(drawn.buffer).getUint32(i * 4)]));
  return [...places].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}

/** 8 bits of three words: what is kept tells no more of them. */
function bitsOf(salt: Uint8Array, places: readonly number[], words: readonly string[]): number {
  const typed = words.map((word) => word.normalize("NFKD").trim().toLowerCase());
  const [bits = 0] = hmac(
    sha256,
    salt,
    utf8ToBytes(places.map((place, i) => `${place} ${typed[i] ?? ""}`).join("\n")),
  );
  return bits;
}

const encodeChecks = ({ key, salt, threes }: Checks): Uint8Array =>
  encodeCbor([key, salt, threes.map(({ places, bits }) => [...places, bits])]);

/** @returns `null` when nothing is kept, or it is of other words. */
async function checksOf(vault: Vault): Promise<Checks | null> {
  const { visibilityKey } = await stateOf(vault);
  const bytes = await read(vault.journal, WORDS_CHECK);
  if (bytes === null) return null;
  const [key, salt, threes] = tuple(decodeCbor(bytes), 3, "checks of words");
  const checks = {
    ...{ key: fixed(key, 32, "key"), salt: fixed(salt, 32, "salt") },
    threes: list(threes, "threes").map((three) => {
      const numbers = tuple(three, ASKED + 1, "three words").map((each) => uint(each, "place", 255));
      return { places: numbers.slice(0, ASKED), bits: numbers[ASKED] ?? 0 };
    }),
  };
  return equalBytes(checks.key, sha256(visibilityKey)) ? checks : null;
}
