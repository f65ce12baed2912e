/** A number that stands before a word, or alone, as sheets have it: "1.", "2)", "3". */
const NUMBERS = /(?<!\S)\d+[.):]?(?=[\s\p{L}]|$)/gu;

/** Words without the numbers that a sheet has before them. What else is there stays as it was typed. */
export const withoutNumbers = (text: string): string => text.replace(NUMBERS, " ").trim();

/** The words that a form holds, in its field `words`, without their numbers. */
export function wordsIn(form: HTMLFormElement): string {
  const value = new FormData(form).get("words");
  return typeof value === "string" ? withoutNumbers(value) : "";
}
