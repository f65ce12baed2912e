/**
 * Makes text safe to keep: ordinary line ends, no control characters, no halves of surrogate pairs, no blanks around it. Words stay as they are.
 *
 * @param text - Text of an export.
 * @returns The same text, cleaned; empty if nothing is left.
 */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufeff]/g, "")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .trim();
}

/**
 * Reads a time as exports write it.
 *
 * @param value - Unix seconds with a fraction, or an ISO 8601 date.
 * @returns Unix milliseconds, or null for anything else and for 0, which exports use for "unknown".
 */
export function timeOf(value: unknown): number | null {
  const milliseconds =
    typeof value === "number"
      ? Math.round(value * 1000)
      : typeof value === "string"
        ? Date.parse(value)
        : NaN;
  return milliseconds > 0 && milliseconds < END_OF_TIME ? milliseconds : null;
}

/**
 * Reads a field of something that may not be an object. Only own fields count, so that a key such as `__proto__` is a key like any other.
 *
 * @param value - Anything from JSON.
 * @param key - The field.
 * @returns Its value, or undefined.
 */
export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/**
 * Reads a field that should hold text.
 *
 * @param value - Anything from JSON.
 * @param key - The field.
 * @returns Its cleaned text, or null if there is none.
 */
export function textField(value: unknown, key: string): string | null {
  const text = field(value, key);
  return typeof text === "string" ? cleanText(text) || null : null;
}

/**
 * Splits a list or prose into its statements: a line each, without the marks of bullets and numbers, headings left out.
 *
 * @param text - Plain text or Markdown.
 * @returns The statements, cleaned, none empty.
 */
export function linesOf(text: string): string[] {
  return cleanText(text)
    .split("\n")
    .filter((line) => !/^\s*(#{1,6}\s|```|[-*_]{3,}\s*$)/.test(line))
    .map((line) => line.replace(/^\s*(?:[-*+\u2022]|\d{1,4}[.)])\s+(?:\[[ xX]\]\s+)?/, "").trim())
    .filter((line) => line !== "");
}

// The year 10000.
const END_OF_TIME = 253_402_300_800_000;
