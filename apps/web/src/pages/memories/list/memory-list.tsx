import { useVirtualizer, useWindowVirtualizer, type Virtualizer } from "@tanstack/react-virtual";
import {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
} from "react";

import type { Query } from "../find/words.ts";
import { keyTarget } from "../logic/keys.ts";
import type { Row } from "../logic/months.ts";
import { MemoryRow } from "./memory-row.tsx";
import { MonthRow } from "./month-row.tsx";
import { useNarrow } from "./use-narrow.ts";

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
/** What the bar at the foot of a phone lies over, and a little more. */
const FOOT = 80;

/** Memories, of which only those in sight are in the page: a list box, whose keys are the arrows, Home, End and the pages. */
export const MemoryList = (props: MemoryListProps): ReactNode =>
  useNarrow() ? <ListInPage {...props} /> : <ListInBox {...props} />;

const virtualOf = (rows: readonly Row[]) => ({
  count: rows.length,
  estimateSize: (at: number) => (rows[at]?.kind === "month" ? MONTH_HEIGHT : ROW_HEIGHT),
  getItemKey: (at: number) => keyOf(rows[at]) ?? at,
  overscan: 6,
});

/** Scrolls by itself: what is above stays in sight. */
function ListInBox(props: MemoryListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    ...virtualOf(props.rows),
    getScrollElement: () => box.current,
  });
  const toTop = useCallback(() => virtual.scrollToOffset(0), [virtual]);
  return <Rows {...props} {...{ box, virtual, toTop }} above={0} />;
}

/** Scrolls with the page: on a phone a box of its own would show one memory. */
function ListInPage(props: MemoryListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const above = useAbove(box);
  const virtual = useWindowVirtualizer<HTMLDivElement>({
    ...virtualOf(props.rows),
    ...{ scrollMargin: above, scrollPaddingEnd: FOOT },
  });
  const toTop = useCallback(() => {
    const top = box.current?.getBoundingClientRect().top ?? 0;
    // What is above the list, and in sight, stays there.
    if (top < 0) virtual.scrollToOffset(top + scrollY);
  }, [virtual]);
  return <Rows {...props} {...{ box, virtual, toTop, above }} />;
}

/** How much of the page is above a list: notices come and go, and filters open. */
function useAbove(box: RefObject<HTMLDivElement | null>): number {
  const [above, setAbove] = useState(0);
  useLayoutEffect(() => {
    const measure = (): void => {
      if (box.current === null) return;
      setAbove(Math.round(box.current.getBoundingClientRect().top + scrollY + box.current.clientTop));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [box]);
  return above;
}

interface RowsProps extends MemoryListProps {
  readonly box: RefObject<HTMLDivElement | null>;
  readonly virtual: Virtualizer<HTMLDivElement, HTMLDivElement> | Virtualizer<Window, HTMLDivElement>;
  /** Where the first row begins, in what scrolls. */
  readonly above: number;
  readonly toTop: () => void;
}

function Rows(props: RowsProps): ReactNode {
  const { label, rows, chosenBy, jump, query, active, onActive, onOpen, box, virtual, above, toTop } = props;
  const id = useId();
  /** Rows of memories by their place among them. */
  const places = useMemo(
    () => rows.flatMap((row, at) => (row.kind === "memory" ? [{ at, id: row.each.memory.id }] : [])),
    [rows],
  );
  const place = useMemo(() => places.findIndex((each) => each.id === active), [places, active]);
  const activeRow = places[place]?.at;
  const order = useMemo(() => new Map(places.map(({ at }, i) => [at, i + 1])), [places]);
  const shown = virtual.getVirtualItems();
  useEffect(toTop, [toTop, chosenBy]);
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
              style={{ transform: `translateY(${start - above}px)` }}
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
