const MAX_DEPTH = 128;

/**
 * JSON in the one form of RFC 8785. ECMAScript already writes numbers and text as the RFC asks; what is added here is the order of the keys, by
 * their UTF-16 code units, and no blanks.
 *
 * @param value - What `JSON.parse` returns, at most 128 levels deep.
 * @returns The text, whose UTF-8 is what gets hashed.
 * @throws {RangeError} for what is nested deeper; such a value would exhaust the stack.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError(`nested more than ${MAX_DEPTH} deep`);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, depth + 1)}`).join(",")}}`;
}
