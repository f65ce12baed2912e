import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
  type RefObject,
} from "react";

import {
  headOf,
  isOfMemory,
  preview,
  read,
  VaultEmpty,
  type Preview,
  type Vault,
  type VaultOperation,
  type VaultView,
} from "../../../../client/index.ts";
import { useSession } from "./session.tsx";
import { tabs } from "./tabs.ts";
import { waitingHere } from "./waiting.ts";

/** The vault as it was last read, and what waits on this device. */
export interface View {
  /** Complete, unaltered, current; `null` before the first reading is done, or when there was no commit yet. */
  readonly view: VaultView | null;
  /** The view with what waits laid over it. */
  readonly preview: Preview | null;
  /** What waits in the journal and would make a commit, in order. */
  readonly waiting: readonly VaultOperation[];
  readonly reading: boolean;
  /** Why the last reading failed; the view before it stays, and is named old by its sequence. */
  readonly fault: unknown;
  /** Reads again. Never throws: a failure is in `fault`. */
  readonly refresh: () => Promise<void>;
}

type Reading = Omit<View, "refresh">;

const NOTHING: Reading = { view: null, preview: null, waiting: [], reading: true, fault: null };

const ViewContext = createContext<View | null>(null);

/** What the last reading that succeeded found: `null` before the first commit. */
interface Last {
  readonly view: VaultView | null;
}

/** Reads the session's vault, once for all pages below; again when this tab or another one changed it. */
export function ViewProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const { vault } = useSession();
  const [reading, setReading] = useState(NOTHING);
  const asked = useRef(0);
  const last = useRef<Last | null>(null);
  const refresh = useCallback(async (): Promise<void> => {
    const turn = ++asked.current;
    setReading((before) => ({ ...before, reading: true }));
    const found = await readingOf(vault).catch((fault: unknown) =>
      withoutReading(vault, last.current, fault),
    );
    // A later reading is newer, whichever ends first.
    if (turn !== asked.current) return;
    if (found.view !== undefined) last.current = { view: found.view };
    setReading((before) => ({ ...before, ...found, reading: false }));
  }, [vault]);
  useNews(vault, last, refresh);
  useEffect(() => {
    void refresh();
    return tabs.listen((word) => {
      if (word === "changed") void refresh();
    });
  }, [refresh]);
  const value = useMemo(() => ({ ...reading, refresh }), [reading, refresh]);
  return <ViewContext value={value}>{children}</ViewContext>;
}

async function readingOf(vault: Vault): Promise<Omit<Reading, "reading">> {
  const view = await read(vault).catch((fault: unknown) => {
    // What waits before the first commit is shown as well.
    if (fault instanceof VaultEmpty) return null;
    throw fault;
  });
  const waiting = await waitingHere(vault, view);
  return { view, waiting, preview: preview(view?.scopes ?? [], waiting.filter(isOfMemory)), fault: null };
}

/** What can be said without the vault: what waits is on this device. Over nothing it would look like a whole. */
async function withoutReading(
  vault: Vault,
  last: Last | null,
  fault: unknown,
): Promise<Partial<Reading> & { readonly fault: unknown }> {
  const waiting = await waitingHere(vault, last?.view ?? null).catch(() => null);
  if (waiting === null) return { fault };
  if (last === null) return { waiting, fault };
  return { waiting, preview: preview(last.view?.scopes ?? [], waiting.filter(isOfMemory)), fault };
}

/** Milliseconds between two looks for a newer head. */
const LOOK_AGAIN = 30_000;

/** Reads again when there is something new on the chain, or the terms ended: other devices write, and owners revoke. Asked while the page is seen. */
function useNews(vault: Vault, last: RefObject<Last | null>, refresh: () => Promise<void>): void {
  useEffect(() => {
    const look = async (): Promise<void> => {
      if (document.visibilityState !== "visible") return;
      const head = await headOf(vault).catch(() => null);
      if (head?.stateRoot !== last.current?.view?.stateRoot) await refresh();
    };
    const again = (): void => void look();
    const timer = setInterval(again, LOOK_AGAIN);
    document.addEventListener("visibilitychange", again);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [vault, last, refresh]);
}

/** The vault as it was last read. */
export function useView(): View {
  const view = use(ViewContext);
  if (view === null) throw new TypeError("this page is shown where no vault is read");
  return view;
}
