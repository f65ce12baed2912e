import { Suspense, lazy, useMemo, useState, type ReactNode } from "react";

import type { Previewed } from "../../../../../client/index.ts";
import { conflictsIn, type Conflict } from "../../../../../client/manage.ts";
import { useSession } from "../../session/session.tsx";
import { useView } from "../../session/view.tsx";
import { Button } from "../../ui/button.tsx";
import { Page } from "../../ui/page.tsx";
import { AddDialog } from "./add/add-dialog.tsx";
import { Browse } from "./browse.tsx";
import { ConflictDialog } from "./conflict/conflict-dialog.tsx";
import { NO_FILTERS, filterable, type Filters } from "./logic/filters.ts";
import { LeavingMemories } from "./notices/leaving.tsx";
import { LostTexts } from "./notices/lost-texts.tsx";
import { Receipts } from "./notices/receipts.tsx";
import { Refused } from "./notices/refused.tsx";
import { ReaderTerms } from "./notices/terms.tsx";
import { MemoryDialog } from "./one/memory-dialog.tsx";
import "./memories.css";

const ImportMemories = lazy(async () => ({ default: (await import("./import/index.tsx")).ImportMemories }));
const ExportMemories = lazy(async () => ({ default: (await import("./export/index.tsx")).ExportMemories }));

/** What lies over the page. */
type Over =
  | { readonly kind: "memory"; readonly id: string }
  | { readonly kind: "conflict"; readonly conflict: Conflict }
  | { readonly kind: "add" | "import" | "export" };

/** All memories, to look through, to look at, and to change. */
export function MemoriesPage(): ReactNode {
  const { known } = useSession();
  const { view, preview, reading, fault } = useView();
  const [over, setOver] = useState<Over | null>(null);
  const [filters, setFilters] = useState<Filters>(NO_FILTERS);
  const mayWrite = known.role === "owner";
  const memories = preview?.memories ?? NO_MEMORIES;
  const conflicts = useMemo(() => conflictsIn(memories), [memories]);
  const all = useMemo(() => filterable(memories, idsOf(conflicts)), [memories, conflicts]);
  const scopes = useMemo(() => scopesOf(view?.scopes ?? [], all), [view, all]);
  const open = (id: string): void => {
    const conflict = conflicts.find((each) => each.versions.some(({ memory }) => memory.id === id));
    setOver(conflict === undefined ? { kind: "memory", id } : { kind: "conflict", conflict });
  };
  const close = (): void => setOver(null);
  return (
    <Page
      title="Memories"
      actions={
        <>
          {mayWrite && (
            <>
              <Button kind="primary" onClick={() => setOver({ kind: "add" })}>
                Add a memory
              </Button>
              <Button onClick={() => setOver({ kind: "import" })}>Import</Button>
            </>
          )}
          {all.length > 0 && <Button onClick={() => setOver({ kind: "export" })}>Export</Button>}
        </>
      }
    >
      {mayWrite ? <OwnersNotices scopes={scopes} /> : <ReaderTerms />}
      {all.length > 0 ? (
        <Browse {...{ memories, all, scopes, filters }} onFilters={setFilters} onOpen={open} />
      ) : (
        <Nothing reading={reading} failed={fault !== null} mayWrite={mayWrite} />
      )}
      {over?.kind === "memory" && (
        <MemoryDialog
          key={over.id}
          id={over.id}
          scopes={scopes}
          onClose={close}
          onConflict={() => open(over.id)}
          onMoved={(id) => setOver({ kind: "memory", id })}
        />
      )}
      {over?.kind === "conflict" && <ConflictDialog conflict={over.conflict} onClose={close} />}
      {over?.kind === "add" && <AddDialog scopes={scopes} scope={filters.scope} onClose={close} />}
      <Suspense fallback={<p role="status">Loading…</p>}>
        {over?.kind === "import" && <ImportMemories onClose={close} />}
        {over?.kind === "export" && <ExportMemories onClose={close} />}
      </Suspense>
    </Page>
  );
}

const NO_MEMORIES: ReadonlyMap<string, Previewed> = new Map();

const idsOf = (conflicts: readonly Conflict[]): Set<string> =>
  new Set(conflicts.flatMap(({ versions }) => versions.map(({ memory }) => memory.id)));

const scopesOf = (
  committed: readonly { readonly name: string }[],
  memories: readonly { readonly scope: string }[],
): string[] =>
  [...new Set([...committed.map(({ name }) => name), ...memories.map(({ scope }) => scope)])].sort((a, b) =>
    a.localeCompare(b),
  );

const OwnersNotices = ({ scopes }: { readonly scopes: readonly string[] }): ReactNode => (
  <>
    <Refused />
    <LostTexts scopes={scopes} />
    <LeavingMemories />
    <Receipts />
  </>
);

function Nothing(props: {
  readonly reading: boolean;
  readonly failed: boolean;
  readonly mayWrite: boolean;
}): ReactNode {
  if (props.reading) return <p role="status">Reading the vault, and proving that all of it is there…</p>;
  if (props.failed) return null;
  return (
    <div className="card memories-none">
      <h2>No memories yet</h2>
      <p className="quiet">
        {props.mayWrite
          ? "Add the first one, or import what another assistant remembers of you. It is sealed on this device before it goes anywhere."
          : "The owner has put nothing into what you were granted."}
      </p>
    </div>
  );
}
