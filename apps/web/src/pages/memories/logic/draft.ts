import type { Changes, Memory, MemoryType } from "../../../../../../client/index.ts";
import { MAX_TEXT_BYTES } from "../../../../../../client/manage.ts";

/** What a form holds of a memory. */
export interface Draft {
  readonly text: string;
  readonly type: MemoryType;
  readonly importance: number;
  /** With commas between. */
  readonly tags: string;
  /** `2026-11-22`, a day where the person is; empty for no end. */
  readonly until: string;
}

/** A form of nothing. */
export const EMPTY_DRAFT: Draft = { text: "", type: "semantic", importance: 50, tags: "", until: "" };

/** A memory as a form shows it. */
export const draftOf = ({ text, type, importance, tags, validUntil }: Memory): Draft => ({
  ...{ text, type, importance },
  tags: tags.join(", "),
  until: validUntil === null ? "" : dayText(validUntil),
});

/** A day where the person is, as a date field has it; empty for a time that no calendar has. */
export function dayText(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return "";
  const [year, month, day] = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The last moment of a day where the person is; `null` for none. */
export function endOfDay(day: string): number | null {
  const [, year, month, date] = /^(\d{4,6})-(\d\d)-(\d\d)$/.exec(day) ?? [];
  if (year === undefined) return null;
  return new Date(Number(year), Number(month) - 1, Number(date) + 1).getTime() - 1;
}

/** The names between commas, each once. */
export const tagsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter((tag) => tag !== ""),
  ),
];

/** What a form changes; nothing for what stands as it was, to the millisecond. */
export function changesOf(memory: Memory, draft: Draft): Changes {
  const before = draftOf(memory);
  const { text, type, importance } = draft;
  return {
    ...(text === before.text ? {} : { text }),
    ...(type === before.type ? {} : { type }),
    ...(importance === before.importance ? {} : { importance }),
    ...(draft.tags === before.tags ? {} : { tags: tagsOf(draft.tags) }),
    ...(draft.until === before.until ? {} : { validUntil: endOfDay(draft.until) }),
  };
}

/** Whether a form holds something that closing it would lose. */
export const isChanged = (memory: Memory, draft: Draft): boolean =>
  Object.keys(changesOf(memory, draft)).length > 0;

/**
 * What is wrong with a text that is to be remembered, and what to do.
 *
 * @returns `null` when nothing is.
 */
export function textFault(text: string): string | null {
  if (text.trim() === "") return "Write what is to be remembered.";
  const size = new TextEncoder().encode(text).length;
  if (size <= MAX_TEXT_BYTES) return null;
  return `The text has ${size.toLocaleString()} bytes, a memory at most ${MAX_TEXT_BYTES.toLocaleString()}. Make two of it.`;
}
