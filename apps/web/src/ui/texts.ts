/** A date, as the person's own language writes it. */
export const dateText = (milliseconds: number): string =>
  new Date(milliseconds).toLocaleDateString(undefined, { dateStyle: "medium" });

/** A date and a time of day. */
export const timeText = (milliseconds: number): string =>
  new Date(milliseconds).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** A number with its separators. */
export const numberText = (value: number | bigint): string => value.toLocaleString();

/** A number of things: "1 memory", "2 memories". */
export const countText = (value: number, one: string, many = `${one}s`): string =>
  `${numberText(value)} ${value === 1 ? one : many}`;

/** An address or an id, short enough to tell two apart at a glance; the whole belongs in a title or beside it. */
export const shortText = (text: string): string =>
  text.length <= 16 ? text : `${text.slice(0, 8)}…${text.slice(-6)}`;

/** Bytes, in the unit that fits. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const units = ["KiB", "MiB", "GiB"] as const;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), units.length);
  return `${(bytes / 1024 ** power).toFixed(1)} ${units[power - 1] ?? ""}`;
}
