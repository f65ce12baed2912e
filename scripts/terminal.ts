import { styleText } from "node:util";

/** Takes a line at a time. */
export type Say = (line: string) => void;

/** What stands out, and what stands back: on a terminal that shows colours, and nowhere else. */
export const bold = (text: string): string => styleText("bold", text);
export const dim = (text: string): string => styleText("dim", text);
export const green = (text: string): string => styleText("green", text);

/** A number with its thousands apart: 1,234,567. */
export const number = (value: bigint | number): string => value.toLocaleString("en-US");

/** A size: `4 KiB`, `1.5 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const [unit, value] = bytes < 1_048_576 ? ["KiB", bytes / 1_024] : ["MiB", bytes / 1_048_576];
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`;
}

/** The beginning of something long. */
export const short = (text: string): string => (text.length <= 14 ? text : `${text.slice(0, 12)}…`);

/** A line that is drawn over and over on a terminal, and never anywhere else. */
export interface Progress {
  show(text: string): void;
  end(): void;
}

/** Starts a progress line on stdout. */
export function progress(stream: NodeJS.WriteStream = process.stdout): Progress {
  if (!stream.isTTY) return { show: () => undefined, end: () => undefined };
  const draw = (text: string) => stream.write(`\r\x1b[2K${text.slice(0, stream.columns - 1)}`);
  return { show: (text) => void draw(text), end: () => void draw("") };
}

/** A bar of 30 characters: `██████░░░░  60 %`. */
export function bar(done: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * 30);
  return `${"█".repeat(full)}${"░".repeat(30 - full)} ${String(Math.round(share * 100)).padStart(3)} %`;
}
