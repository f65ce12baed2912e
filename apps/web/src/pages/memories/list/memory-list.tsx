import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useMemo, useRef, type KeyboardEvent, type ReactNode } from "react";

import type { Query } from "../find/words.ts";
import { keyTarget } from "../logic/keys.ts";
import type { Row } from "../logic/months.ts";
import { MemoryRow } from "./memory-row.tsx";
import { MonthRow } from "./month-row.tsx";

interface MemoryListProps {
  /** What the list is, for who does not see it. */
  readonly label: string;
  readonly rows: readonly Row[];
  /** Names what the rows were chosen by: of another choice the list begins at its top. */
  readonly chosenBy: string;
  /** A row to bring to the top; another object brings it there again. */
  readonly jump: { readonly row: number } | null;
  readonly query: Query;
  /** The memory at hand, by its id. */
  readonly active: string | null;
  readonly onActive: (id: string) => void;
  readonly onOpen: (id: string) => void;
}

/** Before it is measured: three lines of text and what stands below them. */
const ROW_HEIGHT = 108;
const MONTH_HEIGHT = 48;

/** Memories, of which only those in sight are in the page: a list box, whose keys are the arrows, Home, End and the pages. */
export function MemoryList(props: MemoryListProps): ReactNode {
  const { label, rows, chosenBy, jump, query, active, onActive, onOpen } = props;
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  /** Rows of memories by their place among them. */
  const places = useMemo(
    () => rows.flatMap((row, at) => (row.kind === "memory" ? [{ at, id: row.each.memory.id }] : [])),
    [rows],
  );
  const place = useMemo(() => places.findIndex((each) => each.id === active), [places, active]);
  const activeRow = places[place]?.at;
  const order = useMemo(() => new Map(places.map(({ at }, i) => [at, i + 1])), [places]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (at) => (rows[at]?.kind === "month" ? MONTH_HEIGHT : ROW_HEIGHT),
    getItemKey: (at) => keyOf(rows[at]) ?? at,
    overscan: 6,
  });
  const shown = virtual.getVirtualItems();
  useEffect(() => virtual.scrollToOffset(0), [virtual, chosenBy]);
  useEffect(() => {
    if (jump !== null) virtual.scrollToIndex(jump.row, { align: "start" });
  }, [virtual, jump]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.key === "Enter" || event.key === " ") && active !== null && place >= 0) {
      event.preventDefault();
      onOpen(active);
      return;
    }
    const { startIndex = 0, endIndex = 0 } = virtual.range ?? {};
    const page = endIndex - startIndex;
    const target = keyTarget(event.key, { at: place, count: places.length, page });
    const to = target === null ? undefined : places[target];
    if (to === undefined) return;
    event.preventDefault();
    onActive(to.id);
    // The first memory of a month comes with its name.
    virtual.scrollToIndex(rows[to.at - 1]?.kind === "month" ? to.at - 1 : to.at, { align: "auto" });
  };
  const isSeen = shown.some(({ index }) => index === activeRow);
  return (
    <div
      ref={box}
      className="memory-list"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={isSeen && activeRow !== undefined ? `${id}-${activeRow}` : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => {
        const [first] = places;
        if (place < 0 && first !== undefined) onActive(first.id);
      }}
    >
      <div role="presentation" className="memory-list-all" style={{ height: virtual.getTotalSize() }}>
        {shown.map(({ index, start, key }) => {
          const row = rows[index];
          if (row === undefined) return null;
          return (
            <div
              key={key}
              role="presentation"
              ref={virtual.measureElement}
              data-index={index}
              className="memory-list-place"
              style={{ transform: `translateY(${start}px)` }}
            >
              {row.kind === "month" ? (
                <MonthRow month={row.month} />
              ) : (
                <MemoryRow
                  id={`${id}-${index}`}
                  each={row.each}
                  query={query}
                  active={index === activeRow}
                  position={order.get(index) ?? 0}
                  of={places.length}
                  onOpen={() => {
                    onActive(row.each.memory.id);
                    onOpen(row.each.memory.id);
                  }}
                />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const keyOf = (row: Row | undefined): string | undefined =>
  row?.kind === "month" ? row.month.key : row?.each.memory.id;
