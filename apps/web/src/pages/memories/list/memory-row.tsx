import { memo, type ReactNode } from "react";

import { PlainText } from "../../../ui/plain-text.tsx";
import { dateText } from "../../../ui/texts.ts";
import { marksOf, type Query } from "../find/words.ts";
import type { Filterable } from "../logic/filters.ts";
import { TYPE_NAMES } from "../logic/names.ts";

interface MemoryRowProps {
  readonly id: string;
  readonly each: Filterable;
  readonly query: Query;
  readonly active: boolean;
  /** From 1. */
  readonly position: number;
  readonly of: number;
  readonly onOpen: () => void;
}

/** More of a text than this is not looked at for a row: three lines hold less. */
const SHOWN = 600;

/** The tags that a row has room for. */
const TAGS_SHOWN = 4;

/** One memory in a list. */
export const MemoryRow = memo(function MemoryRow(props: MemoryRowProps): ReactNode {
  const { id, each, query, active, position, of, onOpen } = props;
  const { memory, scope, pending, inConflict } = each;
  const text = memory.text.slice(0, SHOWN);
  return (
    <div
      id={id}
      role="option"
      aria-selected={active}
      aria-setsize={of}
      aria-posinset={position}
      className="memory-row"
      onClick={onOpen}
    >
      <div className="memory-row-text">
        <PlainText text={text} marks={marksOf(text, query)} />
      </div>
      <div className="memory-row-facts quiet">
        <span className="memory-scope">
          <PlainText text={scope} />
        </span>
        <span>{TYPE_NAMES[memory.type]}</span>
        <span>
          Told <time dateTime={isoOf(memory.createdAt)}>{dateText(memory.createdAt)}</time>
        </span>
        {memory.tags.slice(0, TAGS_SHOWN).map((tag, i) => (
          <span key={i}>
            #<PlainText text={tag} />
          </span>
        ))}
        {inConflict && <span className="badge badge-warn">In conflict</span>}
        {pending && <span className="badge">Waits to be committed</span>}
      </div>
    </div>
  );
});

/** A time that a calendar does not reach has no ISO form. */
const isoOf = (milliseconds: number): string | undefined => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
};
