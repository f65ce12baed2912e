import { styleText } from "node:util";

import { formatEther } from "ethers";

/** Takes a line at a time. */
export type Say = (line: string) => void;

/** What stands out, and what stands back: on a terminal that shows colours, and nowhere else. */
export const bold = (text: string): string => styled("bold", text);
export const dim = (text: string): string => styled("dim", text);
export const green = (text: string): string => styled("green", text);

// Node 20 styles whatever it is asked to; NO_COLOR and its like count in `hasColors`.
const styled = (format: "bold" | "dim" | "green", text: string): string =>
  process.stdout.isTTY && process.stdout.hasColors() ? styleText(format, text) : text;

/** A number with its thousands apart: 1,234,567. */
export const number = (value: bigint | number): string => value.toLocaleString("en-US");

/** A number of things: `1 memory`, `2 memories`. */
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`;

/** An amount in the chain's coin, of which each has 18 places: whatever its name is there. */
export const coins = (wei: bigint | string): string => `${formatEther(wei)} of the chain's coin`;

/** A size: `4 KiB`, `1.5 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const [unit, value] = bytes < 1_048_576 ? ["KiB", bytes / 1_024] : ["MiB", bytes / 1_048_576];
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
}

/** The beginning of something long. */
export const short = (text: string): string => (text.length <= 14 ? text : `${text.slice(0, 12)}…`);

/** A day: `2026-11-20`. A time that a calendar does not reach is no reason to fail. */
export function day(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "beyond any calendar" : date.toISOString().replace(/T.*$/, "");
}

/**
 * Somebody else's text on one line: a terminal obeys control characters, and a memory must not write to it.
 *
 * @param width - Longest; the rest becomes an ellipsis.
 */
export function oneLine(text: string, width = Infinity): string {
  const line = safe(text).replace(/\s+/g, " ").trim();
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** Somebody else's text, without what a terminal would obey; line breaks and tabs stay. */
export const safe = (text: string): string =>
  text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    /[\n\t]/.test(character) ? character : " ",
  );

/**
 * An emoji as Unicode lists it, which is seen whatever it is made of; or else one character that a terminal obeys or nobody sees, a
 * blank of another kind than ours, or half of a character. Made here: the compiler's target does not know the flag, Node does.
 */
const UNSEEN = new RegExp(String.raw`\p{RGI_Emoji}|[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]`, "gv");

/** The blanks and breaks of any language: written out, and no reason to warn. */
const BLANK = /^[\p{Zs}\t\n\r]$/u;

/**
 * Somebody else's text, whole and on one line: what a terminal would obey and what nobody sees is written out, so that no two texts
 * look the same for it. Letters of all scripts stay, and so do emoji; a joiner between letters is written out.
 *
 * @param width - Longest; the rest becomes an ellipsis.
 */
export function written(text: string, width = Infinity): string {
  const line = text
    .replace(/["\\]/g, "\\$&")
    .replace(UNSEEN, (found) => (found === " " || isEmoji(found) ? found : `\\u{${codeOf(found)}}`));
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

/** {@link written}, in quotes, and nothing of it outside. */
export const quoted = (text: string, width = Infinity): string => `"${written(text, width)}"`;

/** A word to stand beside somebody else's text that holds what nobody sees; empty for one that does not. */
export function hidden(...texts: readonly string[]): string {
  const found = texts.flatMap((text) => text.match(UNSEEN) ?? []);
  const many = found.filter((each) => !isEmoji(each) && !BLANK.test(each)).length;
  return many === 0 ? "" : `holds ${count(many, "character")} that cannot be seen`;
}

const codeOf = (character: string): string => (character.codePointAt(0) ?? 0).toString(16);

const isEmoji = (found: string): boolean => EMOJI.test(found);

const EMOJI = new RegExp(String.raw`^\p{RGI_Emoji}$`, "v");

/** Columns under each other, two blanks apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join("  "),
  );
}

/** Facts under each other, each with its name. */
export const facts = (rows: readonly (readonly [string, string] | null)[]): string[] =>
  rows.flatMap((row) => (row === null ? [] : [`${row[0].padEnd(12)} ${row[1]}`]));

/** A line that is drawn over and over on a terminal, and never anywhere else. */
export interface Progress {
  show(text: string): void;
  end(): void;
}

/** Where a progress line is drawn. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Starts a progress line. */
export function progress(stream: Screen = process.stdout): Progress {
  if (stream.isTTY !== true) return { show: () => undefined, end: () => undefined };
  const draw = (text: string) => stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  return { show: (text) => void draw(text), end: () => void draw("") };
}

/** A bar of 30 characters: `██████░░░░  60 %`. */
export function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * 30);
  return `${"█".repeat(full)}${"░".repeat(30 - full)} ${String(Math.round(share * 100)).padStart(3)} %`;
}
