/**
 * Porter's stemmer (M. F. Porter, "An algorithm for suffix stripping", Program 14, 1980), with the author's two later departures: "bli" and "logi".
 * Words of one meaning get one form: "connected", "connecting" and "connections" become "connect". The form need not be a word.
 *
 * @param word - A word in lower-case ASCII letters; anything else comes back as it is.
 * @returns Its stem.
 */
export function stem(word: string): string {
  if (word.length < 3 || !/^[a-z]+$/.test(word)) return word;
  // A y that begins a word is a consonant; written as Y it is one to all patterns below.
  let w = word.startsWith("y") ? `Y${word.slice(1)}` : word;
  w = plurals(w);
  w = pastAndProgressive(w);
  if (w.endsWith("y") && hasVowel(w.slice(0, -1))) w = `${w.slice(0, -1)}i`;
  w = replace(w, STEP_2, 0);
  w = replace(w, STEP_3, 0);
  w = replace(w, STEP_4, 1);
  w = finalLetters(w);
  return w.toLowerCase();
}

const C = "[^aeiou]";
const V = "[aeiouy]";
const CONSONANTS = `${C}[^aeiouy]*`;
const VOWELS = `${V}[aeiou]*`;
/** How many times a vowel run is followed by a consonant run: the measure m of the paper. */
const MORE_THAN: readonly RegExp[] = [
  new RegExp(`^(${CONSONANTS})?${VOWELS}${CONSONANTS}`),
  new RegExp(`^(${CONSONANTS})?(${VOWELS}${CONSONANTS}){2}`),
];
const EXACTLY_ONE = new RegExp(`^(${CONSONANTS})?${VOWELS}${CONSONANTS}(${VOWELS})?$`);
const VOWEL = new RegExp(`^(${CONSONANTS})?${V}`);
const SHORT = new RegExp(`^${CONSONANTS}${V}[^aeiouwxy]$`);

const hasVowel = (part: string) => VOWEL.test(part);
const measure = (part: string, over: 0 | 1) => MORE_THAN[over]?.test(part) === true;

/** Step 1a: caresses, ponies, cats. */
function plurals(w: string): string {
  if (w.endsWith("sses") || w.endsWith("ies")) return w.slice(0, -2);
  return w.endsWith("s") && !w.endsWith("ss") ? w.slice(0, -1) : w;
}

/** Step 1b: agreed, plastered, motoring; and what that leaves bare: conflat(e), hop(p), fil(e). */
function pastAndProgressive(w: string): string {
  if (w.endsWith("eed")) return measure(w.slice(0, -3), 0) ? w.slice(0, -1) : w;
  const rest = w.endsWith("ed") ? w.slice(0, -2) : w.endsWith("ing") ? w.slice(0, -3) : null;
  if (rest === null || !hasVowel(rest)) return w;
  if (/(at|bl|iz)$/.test(rest)) return `${rest}e`;
  if (/([^aeiouylsz])\1$/.test(rest)) return rest.slice(0, -1);
  return SHORT.test(rest) ? `${rest}e` : rest;
}

/** Step 5: probate, rate, controll. */
function finalLetters(w: string): string {
  const rest = w.slice(0, -1);
  if (w.endsWith("e") && (measure(rest, 1) || (EXACTLY_ONE.test(rest) && !SHORT.test(rest)))) w = rest;
  return w.endsWith("ll") && measure(w, 1) ? w.slice(0, -1) : w;
}

type Suffixes = readonly (readonly [suffix: string, by: string])[];

/** Longer suffixes stand first: the longest that fits decides, whether the rest is long enough for it or not. */
function replace(w: string, suffixes: Suffixes, over: 0 | 1): string {
  const found = suffixes.find(([suffix]) => w.endsWith(suffix));
  if (found === undefined) return w;
  const rest = w.slice(0, -found[0].length);
  // "ion" goes after s and t alone.
  if (found[0] === "ion" && !/[st]$/.test(rest)) return w;
  return measure(rest, over) ? rest + found[1] : w;
}

const table = (text: string): Suffixes =>
  text
    .split(" ")
    .map((pair) => pair.split(">"))
    .map(([suffix = "", by = ""]) => [suffix, by] as const)
    .sort(([a], [b]) => b.length - a.length);

const STEP_2 = table(
  "ational>ate tional>tion enci>ence anci>ance izer>ize bli>ble alli>al entli>ent eli>e ousli>ous ization>ize ation>ate ator>ate alism>al iveness>ive fulness>ful ousness>ous aliti>al iviti>ive biliti>ble logi>log",
);
const STEP_3 = table("icate>ic ative> alize>al iciti>ic ical>ic ful> ness>");
const STEP_4 = table(
  "al> ance> ence> er> ic> able> ible> ant> ement> ment> ent> ion> ou> ism> ate> iti> ous> ive> ize>",
);
