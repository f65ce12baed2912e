/** Where a key leads in a list. */
export interface Place {
  /** The line that is at hand; -1 for none. */
  readonly at: number;
  /** How many lines there are. */
  readonly count: number;
  /** How many are seen at once. */
  readonly page: number;
}

/**
 * The line that a key leads to.
 *
 * @returns `null` for keys that lead nowhere, and in a list of nothing.
 */
export function keyTarget(key: string, { at, count, page }: Place): number | null {
  if (count === 0) return null;
  const within = (place: number): number => Math.min(Math.max(place, 0), count - 1);
  switch (key) {
    case "ArrowDown":
      return within(at + 1);
    case "ArrowUp":
      return within(at < 0 ? 0 : at - 1);
    case "PageDown":
      return within(Math.max(at, 0) + Math.max(page, 1));
    case "PageUp":
      return within(at - Math.max(page, 1));
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
