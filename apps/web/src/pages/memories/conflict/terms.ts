import type { Previewed } from "../../../../../../client/index.ts";
import { dateText } from "../../../ui/texts.ts";
import { TYPE_NAMES } from "../logic/names.ts";

/** What a version says beside its text. */
export interface Term {
  readonly name: string;
  readonly value: string;
  /** Whether the version beside it says something else. */
  readonly differs: boolean;
}

/** A version's terms, held against those of another. */
export function termsOfVersion(version: Previewed, beside: Previewed | null): Term[] {
  const others = beside === null ? null : valuesOf(beside);
  return valuesOf(version).map(([name, value], i) => ({
    name,
    value,
    differs: others !== null && others[i]?.[1] !== value,
  }));
}

const valuesOf = ({ memory, scope }: Previewed): [string, string][] => [
  ["Scope", scope],
  ["Type", TYPE_NAMES[memory.type]],
  ["Importance", `${memory.importance} of 100`],
  ["Tags", memory.tags.length === 0 ? "none" : memory.tags.join(", ")],
  ["Valid until", memory.validUntil === null ? "no end" : dateText(memory.validUntil)],
];
