import type { Random } from "../../device/ways.ts";

/** How many words are asked back. */
export const ASKED = 3;

/** Places of words to ask back, from 0, in order. */
export function drawPlaces(random: Random, count = 24): number[] {
  const left = Array.from({ length: count }, (_, place) => place);
  const drawn: number[] = [];
  while (drawn.length < ASKED) {
    const [byte = 0] = random(1);
    // No place is likelier than another.
    if (byte >= 256 - (256 % left.length)) continue;
    drawn.push(...left.splice(byte % left.length, 1));
  }
  return drawn.sort((a, b) => a - b);
}

/** The places whose words were typed wrongly. */
export const wrongPlaces = (
  words: readonly string[],
  places: readonly number[],
  typed: readonly string[],
): number[] => places.filter((place, i) => typed[i]?.trim().toLowerCase() !== words[place]);
