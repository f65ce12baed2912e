import { SUGGESTED_SCOPES, type MemoryType } from "../../client/index.ts";
import { UsageFault } from "./faults.ts";

/** Names with commas between. */
export const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** A vault's id, all of it. */
export const WHOLE_ID = /^0x[0-9a-f]{64}$/i;

/** A whole number within bounds. */
export function whole(name: string, text: string, low: number, high: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value >= low && value <= high))
    throw new UsageFault(`${name} is a whole number from ${low} to ${high}, not ${text}.`);
  return value;
}

/** A number above zero. */
export function positive(name: string, text: string, high: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value > 0 && value <= high))
    throw new UsageFault(`${name} is a number above 0, at most ${high}, not ${text}.`);
  return value;
}

/** A type of memory. */
export function memoryType(text: string): MemoryType {
  if (text === "semantic" || text === "episodic") return text;
  throw new UsageFault(`A memory is semantic or episodic, not ${text}.`);
}

/** The end of a day, UTC, or a time, in Unix milliseconds. */
export function time(name: string, text: string): number {
  const value = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(value))
    throw new UsageFault(`${name} is a date like 2027-01-31, not ${text}.`);
  return value;
}

/** Where a memory goes that names no scope. */
export const DEFAULT_SCOPE = "private";

/** The names that are offered; any other is as good. */
export const SCOPES_OFFERED = SUGGESTED_SCOPES.join(", ");
