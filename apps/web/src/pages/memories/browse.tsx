import { useEffect, useMemo, useState, type ReactNode } from "react";

import type { Previewed } from "../../../../../client/index.ts";
import { Button } from "../../ui/button.tsx";
import { numberText } from "../../ui/texts.ts";
import { FilterPanel } from "./filter-panel.tsx";
import { useFound } from "./find/use-found.ts";
import { queryOf } from "./find/words.ts";
import { MemoryList } from "./list/memory-list.tsx";
import { MonthBars } from "./list/month-bars.tsx";
import { NO_FILTERS, choicesOf, countOf, filtered, type Filterable, type Filters } from "./logic/filters.ts";
import { listRows, monthsOf, timelineRows } from "./logic/months.ts";

interface BrowseProps {
  readonly memories: ReadonlyMap<string, Previewed>;
  /** The same, in the order of a list. */
  readonly all: readonly Filterable[];
  readonly scopes: readonly string[];
  readonly filters: Filters;
  readonly onFilters: (filters: Filters) => void;
  readonly onOpen: (id: string) => void;
}

type Look = "list" | "timeline";

/** Looks through memories: by words, by what they are, by month. */
export function Browse({ memories, all, scopes, filters, onFilters, onOpen }: BrowseProps): ReactNode {
  const [text, setText] = useState("");
  const [look, setLook] = useState<Look>("list");
  const [isOpen, setIsOpen] = useState(false);
  const finding = useFound(memories, text);
  const ordered = useMemo(() => inOrder(all, finding?.ids ?? null), [all, finding]);
  const found = useMemo(() => filtered(ordered, filters), [ordered, filters]);
  const choices = useMemo(() => choicesOf(ordered, filters, scopes), [ordered, filters, scopes]);
  const active = countOf(filters);
  return (
    <div className="browse">
      <div className="browse-bar">
        <input
          type="search"
          className="browse-search"
          dir="auto"
          aria-label="Search memories"
          placeholder="Search memories"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <div className="row" role="group" aria-label="View">
          <Button aria-pressed={look === "list"} onClick={() => setLook("list")}>
            List
          </Button>
          <Button aria-pressed={look === "timeline"} onClick={() => setLook("timeline")}>
            Timeline
          </Button>
        </div>
        <span className="browse-filters-button">
          <Button aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            Filters{active === 0 ? "" : ` (${numberText(active)})`}
          </Button>
        </span>
      </div>
      <div className="browse-filters" data-open={isOpen}>
        <FilterPanel filters={filters} choices={choices} onChange={onFilters} />
      </div>
      <section className="browse-results" aria-label="Memories found">
        <CountLine shown={found.length} total={all.length} />
        {finding?.all === false && found.length > 0 && (
          <p className="quiet">No memory has all of these words. These come closest:</p>
        )}
        {found.length === 0 ? (
          <NoneFound
            onClear={() => {
              setText("");
              onFilters(NO_FILTERS);
            }}
          />
        ) : (
          <Results
            {...{ look, found, onOpen }}
            text={finding?.text ?? ""}
            chosenBy={JSON.stringify([text, filters, look])}
          />
        )}
      </section>
    </div>
  );
}

/** What was found, the best first; all of it where nothing was looked for. */
function inOrder(all: readonly Filterable[], ids: readonly string[] | null): readonly Filterable[] {
  if (ids === null) return all;
  const byId = new Map(all.map((each) => [each.memory.id, each]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const NoneFound = ({ onClear }: { readonly onClear: () => void }): ReactNode => (
  <div className="card memories-none">
    <p>No memory is like that.</p>
    <div className="row">
      <Button onClick={onClear}>Clear search and filters</Button>
    </div>
  </div>
);

/** So long a count stands before it is read out: typing changes it at every letter. */
const QUIET_MS = 500;

function CountLine({ shown, total }: { readonly shown: number; readonly total: number }): ReactNode {
  const text = `${numberText(shown)} of ${numberText(total)} ${total === 1 ? "memory" : "memories"}`;
  const [said, setSaid] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(text), QUIET_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <>
      <p className="quiet browse-count" aria-hidden="true">
        {text}
      </p>
      <p className="hidden-visually" role="status">
        {said}
      </p>
    </>
  );
}

interface ResultsProps {
  readonly look: Look;
  readonly found: readonly Filterable[];
  readonly text: string;
  readonly chosenBy: string;
  readonly onOpen: (id: string) => void;
}

function Results({ look, found, text, chosenBy, onOpen }: ResultsProps): ReactNode {
  const [active, setActive] = useState<string | null>(null);
  const [jump, setJump] = useState<{ readonly row: number } | null>(null);
  const query = useMemo(() => queryOf(text), [text]);
  const months = useMemo(() => (look === "timeline" ? monthsOf(found) : []), [look, found]);
  const rows = useMemo(
    () => (look === "timeline" ? timelineRows(months) : listRows(found)),
    [look, months, found],
  );
  return (
    <>
      {look === "timeline" && (
        <MonthBars
          months={months}
          onJump={(month) => {
            setActive(month.memories[0]?.memory.id ?? null);
            setJump({ row: rows.findIndex((row) => row.kind === "month" && row.month === month) });
          }}
        />
      )}
      <MemoryList
        label={look === "timeline" ? "Memories by month" : "Memories"}
        {...{ rows, chosenBy, jump, query, active, onOpen }}
        onActive={setActive}
      />
    </>
  );
}
